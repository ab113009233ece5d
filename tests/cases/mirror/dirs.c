// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: listings of a mirror are as on ext4: complete, positions that can be kept, changes while listing, big directories
 * needs: extfuse ext4 root jq
 * timeout: 240
 */
#include <dirent.h>

#include "compare.h"

#define FILES	700

static int count(DIR *d, unsigned int *sum, int stop)
{
	struct dirent *e;
	const char *c;
	int n = 0;

	*sum = 0;
	while (n != stop && (e = readdir(d))) {
		unsigned int h = e->d_type;

		/* The order is the file system's own (a hash with a seed). */
		for (c = e->d_name; *c; c++)
			h = h * 31 + *c;
		*sum += h;
		n++;
	}
	return n;
}

static void step_list(void)
{
	unsigned int sum;
	char name[64];
	DIR *d;
	int i;

	CALL(mkdir("many", 0755));
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "many/file-with-a-name-%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	CALL(mkdir("many/sub", 0755));
	CALL(symlink("x", "many/link"));
	CALL(mknod("many/fifo", S_IFIFO | 0600, 0));
	d = opendir("many");
	SAY("entries %d", count(d, &sum, -1));
	SAY("sum %x", sum);
	SAY("after the end %d", count(d, &sum, -1));
	rewinddir(d);
	SAY("again %d", count(d, &sum, -1));
	SAY("sum %x", sum);
	closedir(d);
	LOOK("many");
	SAY("ls -l: %d", system("ls -lR many | wc -l >&2"));
}

static void step_seek(void)
{
	DIR *d = opendir("many");
	struct dirent *e;
	unsigned int sum;
	char name[256];
	long where;
	int n;

	n = count(d, &sum, 300);
	where = telldir(d);
	e = readdir(d);
	snprintf(name, sizeof(name), "%s", e->d_name);
	SAY("rest %d", n + 1 + count(d, &sum, -1));
	seekdir(d, where);
	e = readdir(d);
	SAY("the same entry: %d", e && !strcmp(e->d_name, name));
	SAY("rest %d", n + 1 + count(d, &sum, -1));
	seekdir(d, where);
	SAY("rest %d", n + count(d, &sum, -1));
	closedir(d);
}

static void step_inodes(void)
{
	struct dirent *e;
	struct stat st;
	int wrong = 0, n = 0;
	DIR *d = opendir("many");

	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".."))
			continue;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) || st.st_ino != e->d_ino)
			wrong++;
		n++;
	}
	SAY("%d entries, %d with another inode number than stat", n, wrong);
	closedir(d);
}

/* Everything can be removed while it is listed. */
static void step_remove(void)
{
	struct dirent *e;
	DIR *d = opendir("many");
	int n = 0, failed = 0;

	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		if (unlinkat(dirfd(d), e->d_name, e->d_type == DT_DIR ? AT_REMOVEDIR : 0))
			failed++;
	}
	SAY("removed %d, failed %d", n, failed);
	rewinddir(d);
	e = readdir(d);
	e = e ? readdir(d) : NULL;
	SAY("two entries left: %d", e && !readdir(d));
	CALL(rmdir("many"));
	rewinddir(d);
	SAY("a removed directory lists nothing: %d", !readdir(d));
	closedir(d);
	CALL(fsync(OPEN(open(".", O_RDONLY | O_DIRECTORY))));
}

/* What another process adds and removes is in the next listing. */
static void step_change(void)
{
	unsigned int sum;
	DIR *d;
	int i, status;
	char name[32];

	CALL(mkdir("c", 0755));
	for (i = 0; i < 20; i++) {
		if (!fork()) {
			snprintf(name, sizeof(name), "c/%d", i);
			_exit(mkdir(name, 0755) || (i % 3 == 0 && rmdir(name)));
		}
		wait(&status);
		d = opendir("c");
		SAY("%d: %d", i, count(d, &sum, -1));
		closedir(d);
	}
	LOOK("c");
}

static void steps(void)
{
	step_list();
	step_seek();
	step_inodes();
	step_remove();
	step_change();
}

COMPARE_MAIN(steps)
