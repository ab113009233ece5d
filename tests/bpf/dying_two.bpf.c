// SPDX-License-Identifier: GPL-2.0-only
/* The second of two sets that take each other's place under load; see dying_set.h. */
#define SET	2
#define VERDICT	(-EXTFUSE_EACCES)
#include "dying_set.h"
