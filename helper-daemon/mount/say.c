// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mount.extfuse says to its caller: one line, about one mount point.
 */
#include <stdio.h>

#include "say.h"
#include "text.h"

void say(const char *target, const char *what)
{
	fputs("mount.extfuse: ", stderr);
	text_plain(stderr, target);
	fputs(": ", stderr);
	text_plain(stderr, what);
	fputc('\n', stderr);
}
