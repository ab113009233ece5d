// SPDX-License-Identifier: GPL-2.0-only
/* warm, but with a smaller map. */
#define WARM_ENTRIES	512
#include "warm.bpf.c"
