// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: a program that faults memory of its caller, so that the task makes a request from inside of it. It
 * attaches with unsafe_helpers=1 only.
 */
#include <extfuse/bpf.h>
#include "nested.h"

struct nested nested;

EXTFUSE_REQUEST(getattr)
{
	__u64 word = 0;

	if (!nested.address)
		return EXTFUSE_UPCALL;
	nested.getattrs++;
	nested.copied = bpf_copy_from_user(&word, sizeof(word), (void *)nested.address);
	nested.word = word;
	nested.after = bpf_extfuse_read_args(req, NODEID, &word, sizeof(word));
	nested.nodeid = word;
	return -EXTFUSE_EPERM;
}

EXTFUSE_REQUEST(read)
{
	(void)req;
	nested.reads++;
	return EXTFUSE_UPCALL;
}

EXTFUSE_REPLY(read)
{
	(void)req;
	nested.replies++;
	return EXTFUSE_KEEP;
}

char _license[] SEC("license") = "GPL";
