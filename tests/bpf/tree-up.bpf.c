// SPDX-License-Identifier: GPL-2.0-only
/* passthrough, but names that begin with "up" are the daemon's, whatever is done with them. */
#include "passthrough.h"

EXTFUSE_WANT_BACKING;
EXTFUSE_WANT_TREE;

static __noinline int goes_up(struct extfuse_req *req, __u32 arg)
{
	char name[256] = "";

	return !bpf_extfuse_read_args(req, arg, name, sizeof(name)) && name[0] == 'u' && name[1] == 'p';
}

#define NAMED(op, n) \
	EXTFUSE_REQUEST(op) { return goes_up(req, IN_PARAM_##n##_VALUE) ? EXTFUSE_UPCALL : EXTFUSE_PASSTHROUGH; }

PASS_READING(PASS)
PASS_CHANGING(PASS)
NAMED(lookup, 0)
NAMED(mknod, 1)
NAMED(mkdir, 1)
NAMED(symlink, 0)
NAMED(link, 1)
NAMED(unlink, 0)
NAMED(rmdir, 0)

EXTFUSE_REQUEST(rename2)
{
	return goes_up(req, IN_PARAM_1_VALUE) || goes_up(req, IN_PARAM_2_VALUE) ? EXTFUSE_UPCALL : EXTFUSE_PASSTHROUGH;
}

char _license[] SEC("license") = "GPL";
