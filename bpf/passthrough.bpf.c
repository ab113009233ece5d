// SPDX-License-Identifier: GPL-2.0-only
/*
 * passthrough: the kernel does what is asked on the files behind the nodes.  The daemon,
 * our mirror, has given them to it (backing objects), and serves a node without one itself.
 *
 * Where names are the kernel's too (EXTFUSE_BACKING_TREE), it looks them up, makes, moves
 * and removes them there, and the daemon is asked nothing.  Elsewhere they go to the daemon.
 *
 * Each program says PASSTHROUGH and no more, so the module knows without running it.
 */
#include "passthrough.h"

EXTFUSE_WANT_BACKING;
EXTFUSE_WANT_TREE;

PASS_READING(PASS)
PASS_CHANGING(PASS)
PASS_NAMES(PASS)
PASS(ioctl)

char _license[] SEC("license") = "GPL";
