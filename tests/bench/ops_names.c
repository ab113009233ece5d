// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations that make, move and remove names.  Each leaves its directory as it was, but for unpack, whose files
 * stay, and unlink, which takes those that were made before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops.h"

#define GONE_FILES	160	/* more than the calls of one repetition */

static unsigned int serial;

void op_create(void)
{
	int fd = open("new", O_CREAT | O_EXCL | O_WRONLY, 0644);

	MUST(fd);
	close(fd);
	MUST(unlink("new"));
}

void op_mknod(void)
{
	MUST(mknod("new", S_IFREG | 0644, 0));
	MUST(unlink("new"));
}

void op_mkdir(void)
{
	MUST(mkdir("new", 0755));
	MUST(rmdir("new"));
}

void op_rename(void)
{
	MUST(rename("a/b/f", "a/g"));
	MUST(rename("a/g", "a/b/f"));
}

void op_link(void)
{
	MUST(link("f", "new"));
	MUST(unlink("new"));
}

void op_symlink(void)
{
	MUST(symlink("f", "new"));
	MUST(unlink("new"));
}

/* As tar does it. */
void op_unpack(void)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "unpacked-%06u", serial++);
	fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
	MUST(fd);
	MUST(write(fd, "bytes", 5));
	MUST(fchmod(fd, 0644));
	close(fd);
}

/* The repetition's own directory, beside that of the one before. */
static void dir_enter(const char *what, unsigned int rep)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%s%u", rep ? "../" : "", what, rep);
	MUST(mkdir(name, 0755));
	MUST(chdir(name));
	serial = 0;
}

void prepare_unpack(unsigned int rep)
{
	dir_enter("unpack", rep);
}

/* Files that somebody has listed and looked at, as rm -r does. */
void prepare_unlink(unsigned int rep)
{
	char name[32];
	struct stat st;

	dir_enter("gone", rep);
	for (serial = 0; serial < GONE_FILES; serial++) {
		snprintf(name, sizeof(name), "%u", serial);
		file_make(name, 1);
		MUST(stat(name, &st));
	}
	serial = 0;
}

void op_unlink(void)
{
	char name[32];

	snprintf(name, sizeof(name), "%u", serial++);
	MUST(unlink(name));
}

/* What nobody uses goes out of the caches of dentries and inodes; pages stay. */
void caches_drop(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	MUST(fd);
	sync();
	MUST(write(fd, "2", 1));
	close(fd);
}
