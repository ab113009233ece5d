// SPDX-License-Identifier: GPL-2.0-only
/* warm, but a member of its value has another name. */
#define WARM_MEMBER	said
#include "warm.bpf.c"
