/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the command hours tells the policy of the same name. */
#ifndef HOURS_H
#define HOURS_H

#include <linux/types.h>

#define HOURS_MINUTES	(24 * 60)

/* Of the map "hours", by user: minutes of the day; @to may be before @from, over midnight. */
struct hours {
	__u32	from;
	__u32	to;
};

#endif /* HOURS_H */
