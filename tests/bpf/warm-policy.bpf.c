// SPDX-License-Identifier: GPL-2.0-only
/* warm, but it is a policy. */
#define WARM_POLICY
#include "warm.bpf.c"
