// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads behind the context. The verifier allows 64 KiB of it in programs of this
 * type; the module knows how much there is.
 * expect: attach "bytes of context"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	const volatile __u64 *behind = (const volatile __u64 *)(req + 1);

	return *behind == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
