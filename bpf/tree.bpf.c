// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree: passthrough of names as well.  The kernel looks names up, makes, moves and
 * removes them on the file system of the mirror's directory, and the daemon is asked
 * nothing.  Each program says PASSTHROUGH and no more, so the module knows without
 * running it.
 */
#include "passthrough.h"

EXTFUSE_WANT_BACKING;
EXTFUSE_WANT_TREE;

PASS_READING(PASS)
PASS_CHANGING(PASS)
PASS_NAMES(PASS)
PASS(ioctl)

char _license[] SEC("license") = "GPL";
