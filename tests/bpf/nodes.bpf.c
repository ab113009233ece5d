// SPDX-License-Identifier: GPL-2.0-only
/* passthrough of what is done on nodes, and names are the daemon's: each node has a backing object. */
#include "passthrough.h"

EXTFUSE_WANT_BACKING;

PASS_READING(PASS)
PASS_CHANGING(PASS)
PASS(ioctl)

char _license[] SEC("license") = "GPL";
