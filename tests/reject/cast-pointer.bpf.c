// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads any memory of the kernel through a pointer made of a number. A kernel
 * without bpf_rdonly_cast() does not load it; where it loads, the cast leaves a
 * plain move behind and only the read shows.
 * expect: load "bpf_rdonly_cast"
 * expect: attach "reads through a cast pointer"
 * expect: attach "bpf_rdonly_cast is not one of extfuse"
 */
#include <extfuse/bpf.h>
#include <bpf/bpf_core_read.h>

struct sk_buff___any {
	unsigned int len;
} __attribute__((preserve_access_index));

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;

EXTFUSE_REQUEST(getattr)
{
	struct sk_buff___any *skb = bpf_rdonly_cast((void *)req->cookie[0],
						    bpf_core_type_id_kernel(struct sk_buff___any));

	return skb->len == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
