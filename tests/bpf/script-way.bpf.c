// SPDX-License-Identifier: GPL-2.0-only
/*
 * For trace/way: the scripted programs of the requests that it traces, and a
 * reply program for one of them.
 */
#define SCRIPT_ONLY 1
#include "script.bpf.c"

EXTFUSE_REQUEST(getattr)
{
	return play(req, EXTFUSE_PHASE_REQUEST);
}

EXTFUSE_REQUEST(open)
{
	return play(req, EXTFUSE_PHASE_REQUEST);
}

EXTFUSE_REQUEST(lookup)
{
	return play(req, EXTFUSE_PHASE_REQUEST);
}

EXTFUSE_REPLY(lookup)
{
	return play(req, EXTFUSE_PHASE_REPLY);
}
