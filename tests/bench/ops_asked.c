// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations that ask what is neither a name nor an attribute nor data: where links lead, and how much room there is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "ops.h"

#define LINKS	160	/* more than the calls of one repetition */

static int fds[LINKS];
static unsigned int serial;

void op_statfs(void)
{
	struct statfs sfs;

	MUST(statfs(".", &sfs));
}

/* Room that must be asked for again, because something has changed. */
void op_chmod_statfs(void)
{
	MUST(chmod(".", serial++ & 1 ? 0755 : 0711));
	op_statfs();
}

/* Without a name, so that there is no LOOKUP. */
void op_readlink(void)
{
	char target[64];

	MUST(readlinkat(fds[0], "", target, sizeof(target)));
}

void op_readlink_fresh(void)
{
	char target[64];

	MUST(readlinkat(fds[serial++], "", target, sizeof(target)));
}

/* Links that are open, and that nobody has read. */
void prepare_links(unsigned int rep)
{
	char name[32];

	for (serial = 0; serial < LINKS; serial++) {
		if (fds[serial] > 0)
			close(fds[serial]);
		snprintf(name, sizeof(name), "link-%u-%u", rep, serial);
		MUST(symlink("a/b/c/f", name));
		MUST(fds[serial] = open(name, O_PATH | O_NOFOLLOW));
		MUST(unlink(name));
	}
	serial = 0;
}
