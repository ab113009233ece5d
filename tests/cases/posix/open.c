// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: open is as on ext4: each combination of flags on each type, by each caller; what a descriptor may do; unnamed files
 * needs: extfuse ext4 root jq
 * timeout: 240
 */
#include "steps.h"

/* "lfile" is a link to a file, "ldir" one to a directory, "dangling" to nothing. */
static const char *const objects[] = { "file", "dir", "lfile", "ldir", "dangling", "loop", "fifo", "socket", "none", "null" };

static const char *const access_modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "3" };
/* All subsets of these. */
static const char *const flags[] = { "O_CREAT", "O_EXCL", "O_TRUNC", "O_DIRECTORY", "O_NOFOLLOW", "O_PATH" };
static const char *const more_flags[] = {
	"O_APPEND", "O_APPEND|O_TRUNC", "O_SYNC", "O_DSYNC", "O_NOATIME", "O_NONBLOCK", "O_ASYNC", "O_NOCTTY", "O_TMPFILE",
	"O_TMPFILE|O_EXCL", "O_TMPFILE|O_CREAT", "O_PATH|O_APPEND", "O_PATH|O_TMPFILE", "020000000|O_CREAT", "O_CREAT|O_APPEND",
	"O_DIRECT",
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void restore(void)
{
	struct stat st;

	unlink("none");
	if (stat("file", &st) || !st.st_size)
		step("file file content 0644");
}

static void one(const char *object, const char *mode, const char *flag)
{
	restore();
	/* Who reads a fifo that nobody writes would wait. */
	step("open %s %s%s%s|O_NONBLOCK 0644", object, mode, *flag ? "|" : "", flag);
}

static void subsets(const char *object, const char *mode)
{
	unsigned int set, i;
	char flag[128];

	for (set = 0; set < 1 << COUNT(flags); set++) {
		*flag = '\0';
		for (i = 0; i < COUNT(flags); i++)
			if (set & 1 << i)
				sprintf(flag + strlen(flag), "%s%s", *flag ? "|" : "", flags[i]);
		one(object, mode, flag);
	}
}

static const char *const who[] = { "root", "alice", "bob", "carol", "root-DAC", "carol+DAC_READ_SEARCH", "carol+DAC_OVERRIDE",
				   "root-FOWNER", "root-ALL" };
static const char *const modes[] = { "0", "0400", "0200", "0100", "0040", "0020", "0004", "0002", "0644", "0070", "0007", "0600" };
static const char *const ways[] = {
	"open o O_RDONLY 0", "open o O_WRONLY 0", "open o O_RDWR 0", "open o O_RDONLY|O_TRUNC 0", "open o O_RDONLY|O_NOATIME 0",
	"open o O_PATH 0", "open o O_RDONLY|O_CREAT 0644", "exec o",
};

static void rights(void)
{
	unsigned int i, j, k;

	for (i = 0; i < COUNT(modes); i++) {
		step("make S_IFREG o %s alice team", modes[i]);
		for (j = 0; j < COUNT(who); j++)
			for (k = 0; k < COUNT(ways); k++)
				step("%s: %s", who[j], ways[k]);
		step("unlink o");
	}
}

/* The rights of a descriptor are those of its opening. */
static const char *const descriptors[] = {
	"make S_IFREG f 0666 alice alice", "1=open f O_RDONLY 0", "2=open f O_WRONLY 0", "3=open f O_PATH 0", "4=open f O_RDWR|O_APPEND 0",
	"write 1 x", "read 2 9", "read 3 9", "write 3 x", "ftruncate 1 3", "ftruncate 3 3", "ftruncate 2 3", "fallocate 1 0 0 9",
	"fallocate 2 0 0 9", "fchmod 3 0600", "fsync 1", "fsync 3", "lseek 3 0 SEEK_END", "read 1 9", "write 4 appended", "pwrite 4 p 0",
	"lseek 4 0 SEEK_CUR", "setfl 4 0", "pwrite 4 P 0", "lseek 4 0 SEEK_SET", "write 4 W", "setfl 2 O_APPEND", "write 2 end", "setfl 2 O_NOATIME",
	"alice: setfl 1 O_NOATIME", "carol: setfl 1 O_NOATIME", "setfl 3 O_APPEND", "cat f", "unlink f", "write 2 gone", "lseek 1 0 SEEK_SET",
	"read 1 60", "fchmod 1 0400", "fchown 1 bob bob", "futimens 1 5 6", "ftruncate 2 0", "fsetxattr 1 user.a v 0", "fgetxattr 1 user.a",
	"open /proc/self/fd/9 O_RDWR 0", "close 1", "close 2", "close 3", "close 4",
	"mkdir d 0755", "1=open d O_RDONLY 0", "read 1 9", "write 1 x", "ftruncate 1 0", "fallocate 1 0 0 9", "lseek 1 0 SEEK_END", "fsync 1",
	"fdatasync 1", "syncfs 1", "futimens 1 5 6", "fchmod 1 0700", "close 1", "rmdir d",
};

static const char *const unnamed[] = {
	"alice: open . O_TMPFILE|O_RDWR 0600", "alice: 1=open t O_TMPFILE|O_RDWR 0640", "alice: write 1 text", "fsync 1", "lseek 1 0 SEEK_SET", "read 1 9",
	"alice: fchmod 1 06755", "bob: write 1 x", "close 1", "bob: open t O_TMPFILE|O_RDWR 0600", "bob: open t O_TMPFILE|O_RDONLY 0600",
	"open file O_TMPFILE|O_RDWR 0600", "open none O_TMPFILE|O_RDWR 0600", "open lfile O_TMPFILE|O_RDWR 0600", "open ldir O_TMPFILE|O_RDWR 0600",
	"open ldir O_TMPFILE|O_RDWR|O_NOFOLLOW 0600", "1=open t O_TMPFILE|O_WRONLY|O_APPEND 0600", "write 1 a", "pwrite 1 b 0", "ftruncate 1 9", "close 1",
};

static const char *const resolving[] = {
	"1=open dir O_PATH|O_DIRECTORY 0", "openat2 1 x O_RDONLY 0 0", "openat2 1 ../file O_RDONLY 0 0", "openat2 1 ../file O_RDONLY 0 RESOLVE_BENEATH",
	"openat2 1 ../file O_RDONLY 0 RESOLVE_IN_ROOT", "openat2 1 x O_RDONLY 0 RESOLVE_BENEATH", "openat2 1 ./x O_RDONLY 0 RESOLVE_IN_ROOT",
	"openat2 AT_FDCWD lfile O_RDONLY 0 RESOLVE_NO_SYMLINKS", "openat2 AT_FDCWD ldir/x O_RDONLY 0 RESOLVE_NO_SYMLINKS",
	"openat2 AT_FDCWD ldir/x O_RDONLY 0 RESOLVE_BENEATH", "openat2 AT_FDCWD file O_RDONLY 0 RESOLVE_NO_XDEV", "openat2 AT_FDCWD file O_RDONLY 0644 0",
	"openat2 AT_FDCWD file O_RDONLY|020 0 0", "openat2 AT_FDCWD file O_RDONLY 0 0100", "openat2 1 n O_CREAT|O_RDWR 0640 RESOLVE_BENEATH",
	"openat2 1 n O_CREAT|O_RDWR 010640 RESOLVE_BENEATH", "openat2 1 ../n O_CREAT|O_RDWR 0640 RESOLVE_BENEATH", "openat2 1 n O_PATH|O_RDWR 0 0",
	"unlinkat 1 n 0", "openat 1 n O_CREAT|O_EXCL|O_RDWR 0600", "openat 1 n O_CREAT|O_EXCL|O_RDWR 0600", "unlinkat 1 n 0", "close 1",
};

static void steps(void)
{
	unsigned int i, j;

	umask(0);
	CHECK(!symlink("file", "lfile") && !symlink("dir", "ldir") && !symlink("none", "dangling") && !symlink("loop", "loop"), "links");
	STEPS(((const char *const[]){
		"mkdir dir 0755", "file dir/x x 0644", "make S_IFDIR t 0755 alice alice", "mkfifo fifo 0644", "make S_IFSOCK socket 0644 root root",
		"mknod null S_IFCHR|0666 1:3",
	}));
	for (i = 0; i < COUNT(objects); i++) {
		for (j = 0; j < COUNT(access_modes); j++) {
			if (j < 2 || getenv("LONG"))
				subsets(objects[i], access_modes[j]);
		}
		for (j = 0; j < COUNT(more_flags); j++)
			one(objects[i], access_modes[j % 3], more_flags[j]);
	}
	restore();
	rights();
	STEPS(descriptors);
	STEPS(unnamed);
	STEPS(resolving);
}

STEPS_MAIN(steps)
