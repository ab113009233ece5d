// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * @NAME@: counts who opens files, and lets nobody open one for writing.
 *
 * This is a beginning that compiles, loads and has a test.  Say here what yours is for;
 * extfuse-bpf(7) says what a program may do, and what it may rely on.
 */
#include <extfuse/bpf.h>

/* O_ACCMODE and O_TRUNC, by number: libc's headers are not for BPF programs. */
#define OPEN_WRITES	(03 | 01000)

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} opens_by_uid SEC(".maps");

static __always_inline void count(__u32 uid)
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&opens_by_uid, &uid);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&opens_by_uid, &uid, &one, BPF_NOEXIST);
}

/* Asked before an OPEN is sent to the daemon. */
EXTFUSE_REQUEST(open)
{
	struct fuse_open_in in = {};

	count(req->uid);
	if (bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, &in, sizeof(in)))
		return EXTFUSE_UPCALL;	/* the daemon decides */
	return in.flags & OPEN_WRITES ? -EXTFUSE_EROFS : EXTFUSE_UPCALL;
}

/* Shown what the daemon has answered. */
EXTFUSE_REPLY(open)
{
	(void)req;
	return EXTFUSE_KEEP;		/* as it came */
}

char _license[] SEC("license") = "GPL";
