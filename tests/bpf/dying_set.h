/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Body of the two sets that are put in each other's place under load: SET is
 * the number of this one, VERDICT what it says to GETATTR.  Whatever a request
 * meets must be of one set: the number travels in the cookie.
 */
#include <extfuse/bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

/* Elements of the map. */
enum { RUNS, REPLIES, MIXED };

static __always_inline void count(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&seen, &what);

	if (n)
		__sync_fetch_and_add(n, 1);
}

EXTFUSE_REQUEST(getattr)
{
	(void)req;
	count(RUNS);
	return VERDICT;
}

EXTFUSE_REQUEST_ANY
{
	count(RUNS);
	req->cookie[0] = SET;
	req->cookie[1] = ~0ULL - SET;
	return EXTFUSE_UPCALL;
}

EXTFUSE_REPLY_ANY
{
	count(REPLIES);
	if (req->cookie[0] != SET || req->cookie[1] != ~0ULL - SET)
		count(MIXED);
	return EXTFUSE_KEEP;
}

char _license[] SEC("license") = "GPL";
