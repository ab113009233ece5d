// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: the scripted programs for a handful of opcodes, so that what is
 * not covered by a set can be seen beside what is.
 */
#define SCRIPT_ONLY 1
#include "script.bpf.c"

SCRIPT_PROGRAMS(getattr)
SCRIPT_PROGRAMS(flush)
SCRIPT_PROGRAMS(release)
SCRIPT_PROGRAMS(setattr)
