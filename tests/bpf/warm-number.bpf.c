// SPDX-License-Identifier: GPL-2.0-only
/* warm, but with another constant. */
#define WARM_NUMBER	2
#include "warm.bpf.c"
