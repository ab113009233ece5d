// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: who opens with O_SYNC gets a handle of the daemon, everybody else one on the backing object; attributes and
 * xattrs come from there too. So one node has handles of both kinds.
 */
#include <extfuse/bpf.h>

#define O_SYNC_ITSELF	04000000	/* what O_SYNC has beyond O_DSYNC */

EXTFUSE_WANT_BACKING;

EXTFUSE_REQUEST(open)
{
	struct fuse_open_in in = {};

	if (bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, &in, sizeof(in)) || in.flags & O_SYNC_ITSELF)
		return EXTFUSE_UPCALL;
	return EXTFUSE_PASSTHROUGH;
}

EXTFUSE_REQUEST(getattr)
{
	(void)req;
	return EXTFUSE_PASSTHROUGH;
}

EXTFUSE_REQUEST(statx)
{
	(void)req;
	return EXTFUSE_PASSTHROUGH;
}

EXTFUSE_REQUEST(setattr)
{
	(void)req;
	return EXTFUSE_PASSTHROUGH;
}

char _license[] SEC("license") = "GPL";
