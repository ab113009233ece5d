// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks who is running: a reply program may run in the daemon's thread, so the
 * answer would be wrong half of the time. The context has the caller's ids.
 * expect: attach "helper bpf_get_current_pid_tgid is not allowed"
 */
#include <extfuse/bpf.h>

EXTFUSE_REQUEST(getattr)
{
	(void)req;
	return bpf_get_current_pid_tgid() == 1 ? -EXTFUSE_EACCES : EXTFUSE_UPCALL;
}

char _license[] SEC("license") = "GPL";
