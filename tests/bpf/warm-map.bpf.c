// SPDX-License-Identifier: GPL-2.0-only
/* warm, but with a map of another name. */
#define WARM_MAP	cache_others
#include "warm.bpf.c"
