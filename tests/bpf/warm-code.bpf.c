// SPDX-License-Identifier: GPL-2.0-only
/* warm, with a program more: a newer build of the same. */
#include "warm.bpf.c"

EXTFUSE_REQUEST(statfs)
{
	(void)req;
	return EXTFUSE_UPCALL;
}
