// SPDX-License-Identifier: GPL-2.0-only
/* The first of two sets that take each other's place under load; see dying_set.h. */
#define SET	1
#define VERDICT	(-EXTFUSE_EPERM)
#include "dying_set.h"
