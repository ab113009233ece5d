// SPDX-License-Identifier: GPL-2.0-only
/* For tests: the scripted programs in a set that asks for extfuse_req.who. */
#include "script.bpf.c"

EXTFUSE_WANT_WHO;
