// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a bind mount of a part of the mirror that is remounted read-only, nosuid, noexec or nodev refuses what one of ext4 refuses
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include <sys/mount.h>

#include "steps.h"

/* No link is followed: by which mount that is done is not said below, so the time of its reading moves even so. */
static const char *const calls[] = {
	"open ro/f O_RDONLY 0", "open ro/f O_WRONLY 0", "open ro/f O_RDWR 0", "open ro/f O_RDONLY|O_TRUNC 0", "open ro/f O_RDONLY|O_CREAT 0644",
	"open ro/f O_RDONLY|O_CREAT|O_EXCL 0644", "open ro/n O_RDWR|O_CREAT 0644", "open ro/n O_RDONLY 0", "open ro/f O_PATH 0", "open ro O_TMPFILE|O_RDWR 0600", "open ro/fifo O_RDWR|O_NONBLOCK 0",
	"open ro/null O_RDWR 0", "mkdir ro/n 0755", "mkdir ro/d 0755", "mkdir ro/d/ 0755", "rmdir ro/d", "rmdir ro/n", "mkfifo ro/n 0644", "mkfifo ro/f 0644", "mknod ro/n S_IFCHR|0600 1:3", "symlink x ro/n",
	"symlink x ro/f", "link ro/f ro/n", "link ro/f ro/f2", "link ro/f out", "link out-file ro/n", "unlink ro/f", "unlink ro/n", "unlink ro/d", "rename ro/f ro/n", "rename ro/f ro/f",
	"rename ro/n ro/m", "rename ro/f out", "rename out-file ro/n", "rename2 ro/f ro/d RENAME_EXCHANGE", "chmod ro/f 0600", "chmod ro/n 0600", "chown ro/f -1 team", "lchown ro/l -1 team", "truncate ro/f 1",
	"utimes ro/f", "utimensat AT_FDCWD ro/f OMIT OMIT 0", "setxattr ro/f user.a v 0", "removexattr ro/f user.a", "getxattr ro/f user.a", "setacl ro/f access 7 7 5", "chattr ro/f FS_NODUMP_FL", "access ro/f W_OK",
	"access ro/f R_OK", "access ro/d W_OK", "access ro/null W_OK", "access ro/fifo W_OK", "access ro/n W_OK", "list ro", "cat ro/f", "exec ro/script", "exec ro/f", "statfs ro", "statfs ro/d", "write 1 x",
	"fchmod 1 0600", "ftruncate 1 2", "fsetxattr 1 user.b v 0", "futimens 1 5 6", "fsync 1", "fallocate 1 0 0 10", "rename ro out", "rmdir ro", "unlink ro",
};

static const struct {
	const char *name;
	unsigned long flags;
} kinds[] = {
	{ "nothing", 0 }, { "read-only", MS_RDONLY }, { "noexec", MS_NOEXEC | MS_NOSUID }, { "nodev", MS_NODEV | MS_NOATIME },
};

static const char *const who[] = { "root", "alice", "bob" };

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void make(void)
{
	STEPS_MUST(((const char *const[]){
		"make S_IFDIR part 0777 alice alice", "mkdir ro 0755", "make S_IFREG part/f 0644 alice alice", "setxattr part/f user.a v 0", "make S_IFDIR part/d 0755 alice alice",
		"make S_IFLNK part/l 0777 alice alice", "make S_IFIFO part/fifo 0666 alice alice", "make S_IFCHR part/null 0666 alice alice", "file part/script #!/bin/true 04755",
		"make S_IFREG out-file 0644 alice alice", "1=open part/f O_RDWR 0",
	}));
}

static void removed(void)
{
	step("close 1");
	CHECK(!system("rm -rf part ro out out-file"), "all must go");
}

/* Objects below the mount are looked at through it on both sides, so not in the directory below. */
static void with(const char *name, unsigned long flags, const char *caller)
{
	const char *below = compare_below;
	unsigned int i;

	make();
	compare_below = ".";
	CHECK(!mount("part", "ro", NULL, MS_BIND, NULL), "a bind mount");
	CHECK(!mount(NULL, "ro", NULL, MS_BIND | MS_REMOUNT | flags, NULL), "%s", name);
	SAY("%s, %s", name, caller);
	for (i = 0; i < COUNT(calls); i++)
		step("%s: %s", caller, calls[i]);
	CHECK(!umount("ro"), "the bind mount must go");
	compare_below = below;
	removed();
}

static void steps(void)
{
	unsigned int i, j;

	umask(0);
	for (i = 0; i < COUNT(kinds); i++)
		for (j = 0; j < COUNT(who); j++)
			with(kinds[i].name, kinds[i].flags, who[j]);
}

STEPS_MAIN(steps)
