// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hours: a policy by user and time, on top of passing through.  A user who has hours can
 * open and change nothing outside of them (EACCES); all other users can at any time.
 * The command hours (hours.c) fills its maps, and attaches it.
 *
 * What is open when the hours end stays open: what may be done with a file is settled when it
 * is opened.
 */
#include <extfuse/bpf.h>
#include "hours.h"

EXTFUSE_WANT_BACKING;
EXTFUSE_WANT_TREE;
EXTFUSE_FAIL_CLOSED;		/* without it, what it covers is refused */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct hours);
} hours SEC(".maps");

/* From the clock that programs have, which begins at boot, to local time: nanoseconds. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} offset SEC(".maps");

static __noinline int refuses(struct extfuse_req *req)
{
	__u32 zero = 0, uid = req->uid, minute;
	__u64 *boot = bpf_map_lookup_elem(&offset, &zero);
	struct hours *h = bpf_map_lookup_elem(&hours, &uid);

	if (!h || !boot)
		return 0;
	minute = (req->now + *boot) / (60 * EXTFUSE_NSEC_PER_SEC) % HOURS_MINUTES;
	if (h->from <= h->to)
		return minute < h->from || minute >= h->to;
	return minute < h->from && minute >= h->to;
}

#define POLICY(op)	EXTFUSE_REQUEST(op) { return refuses(req) ? -EXTFUSE_EACCES : EXTFUSE_PASSTHROUGH; }

POLICY(open)
POLICY(opendir)
POLICY(create)
POLICY(tmpfile)
POLICY(mknod)
POLICY(mkdir)
POLICY(symlink)
POLICY(link)
POLICY(unlink)
POLICY(rmdir)
POLICY(rename)
POLICY(rename2)
POLICY(setattr)
POLICY(setxattr)
POLICY(removexattr)

/* All else is done below; what cannot be is an upcall. */
EXTFUSE_REQUEST_ANY
{
	(void)req;
	return EXTFUSE_PASSTHROUGH;
}

char _license[] SEC("license") = "GPL";
