// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what append-only and immutable files and directories refuse, and who may set such flags, is as on ext4
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

static const char *const flags[] = { "0", "FS_APPEND_FL", "FS_IMMUTABLE_FL", "FS_APPEND_FL|FS_IMMUTABLE_FL", "FS_NODUMP_FL|FS_NOATIME_FL" };
/*
 * All of them have a right to the object.  Where both the flag and a right that is missing refuse, an open() is as on ext4;
 * other calls find on the mount the right first (EACCES), for the flag is below.
 */
static const char *const who[] = { "root", "alice", "root-LINUX_IMMUTABLE" };

/* But for fcntl(), which does not know of the flag below: see passthrough-rights/append-only. */
static const char *const on_file[] = {
	"open o O_RDONLY 0", "open o O_WRONLY 0", "open o O_RDWR|O_APPEND 0", "open o O_WRONLY|O_TRUNC 0", "open o O_WRONLY|O_TRUNC|O_APPEND 0",
	"open o O_RDONLY|O_TRUNC 0", "open o O_WRONLY|O_CREAT|O_APPEND 0644", "truncate o 1", "truncate o 9", "write 1 x", "pwrite 1 y 0", "ftruncate 1 2",
	"fallocate 1 0 0 20", "fallocate 1 FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE 0 2", "write 2 appended", "ftruncate 2 3",
	"chmod o 0600", "fchmod 3 0640", "chown o -1 team", "utimes o", "utimensat AT_FDCWD o 5 6 0", "utimensat AT_FDCWD o NOW OMIT 0", "utimensat AT_FDCWD o NOW NOW 0",
	"setxattr o user.a value 0", "setxattr o trusted.a value 0", "removexattr o user.a", "setacl o access 7 7 5", "link o n", "rename o n", "rename n o", "rename2 o other RENAME_EXCHANGE",
	"rename2 o other RENAME_EXCHANGE", "rename other o", "access o W_OK", "access o R_OK", "cat o", "exec o", "chattr o FS_NODUMP_FL", "unlink o",
};

static const char *const on_dir[] = {
	"open d/n O_CREAT|O_RDWR 0644", "mkdir d/n 0755", "mkfifo d/n 0644", "symlink x d/n", "link other d/n", "rename other d/n", "rename d/n other", "open d O_TMPFILE|O_RDWR 0600",
	"unlink d/f", "rmdir d/sub", "rename d/f d/g", "rename d/f other2", "rename d/sub sub2", "rename2 d/f other RENAME_EXCHANGE", "rename2 d/f d/sub RENAME_EXCHANGE",
	"file d/f more 0644", "chmod d 0777", "chown d -1 team", "utimes d", "utimensat AT_FDCWD d 5 6 0", "setxattr d user.a v 0", "setacl d default 7 7 5", "removexattr d user.a", "list d",
	"rename d d2", "rename d2 d", "chattr d FS_NODUMP_FL", "rmdir d",
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void remove_all(const char *const *paths, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		remove(paths[i]);
}

/* Of the descriptors, only what the step uses. */
static void open_some(const char *line)
{
	if (strstr(line, " 1 "))
		step_must("1=open o O_RDWR 0");
	if (strstr(line, " 2 "))
		step_must("2=open o O_WRONLY|O_APPEND 0");
	if (strstr(line, " 3 "))
		step_must("3=open o O_RDONLY 0");
}

/* @only: the first word of what is done; "": all. */
static void file_as(const char *name, const char *flag, const char *only)
{
	static const char *const made[] = { "o", "n", "other" };
	unsigned int i;
	int slot;

	for (i = 0; i < COUNT(on_file); i++) {
		if (strncmp(on_file[i], only, strlen(only)))
			continue;
		step_must("make S_IFREG o 0755 alice alice");
		step_must("make S_IFREG other 0644 alice alice");
		open_some(on_file[i]);
		step_must("chattr o %s", flag);
		step("%s: %s", name, on_file[i]);
		if (!access("o", F_OK))
			step_must("chattr o 0");
		for (slot = 1; slot < 4; slot++)
			step_close(slot);
		remove_all(made, COUNT(made));
	}
}

static void dir_as(const char *name, const char *flag)
{
	static const char *const made[] = { "d/f", "d/g", "d/n", "d/sub", "d", "d2", "other", "other2", "sub2" };
	unsigned int i;

	for (i = 0; i < COUNT(on_dir); i++) {
		step_must("make S_IFDIR d 0777 alice alice");
		step_must("make S_IFREG d/f 0644 alice alice");
		step_must("make S_IFDIR d/sub 0755 alice alice");
		step_must("make S_IFREG other 0644 alice alice");
		step_must("chattr d %s", flag);
		step("%s: %s", name, on_dir[i]);
		if (!access("d", F_OK))
			step_must("chattr d 0");
		remove_all(made, COUNT(made));
	}
}

static const char *const setting[] = {
	"make S_IFREG f 0644 alice alice", "make S_IFDIR d 0755 alice alice", "mkfifo fifo 0644", "symlink f l", "mknod null S_IFCHR|0666 1:3",
	"alice: chattr f FS_NODUMP_FL", "bob: chattr f FS_NODUMP_FL", "bob: chattr f 0", "alice: chattr f FS_IMMUTABLE_FL", "alice: chattr f FS_APPEND_FL", "alice: chattr f FS_NOATIME_FL|FS_SYNC_FL",
	"alice+LINUX_IMMUTABLE: chattr f FS_APPEND_FL", "alice: chattr f 0", "root-LINUX_IMMUTABLE: chattr f 0", "alice+LINUX_IMMUTABLE: chattr f 0", "root-FOWNER: chattr f FS_NODUMP_FL",
	"bob+FOWNER: chattr f FS_NODUMP_FL", "chattr f FS_DIRSYNC_FL", "chattr f FS_TOPDIR_FL", "alice: chattr d FS_DIRSYNC_FL|FS_TOPDIR_FL", "mkdir d/sub 0755", "file d/f x 0644", "chattr l FS_NODUMP_FL",
	"chattr fifo FS_NODUMP_FL", "chattr d FS_NOATIME_FL|FS_SYNC_FL|FS_NODUMP_FL", "mkdir d/inherits 0755", "file d/inherits/f x 0644", "symlink x d/inherits/l", "chattr none 0",
	"chattr d 0", "unlink d/inherits/f", "unlink d/inherits/l", "rmdir d/inherits", "rmdir d/sub", "unlink d/f", "rmdir d", "unlink l", "unlink fifo", "unlink null", "unlink f",
};

static void steps(void)
{
	unsigned int i, j;

	umask(0);
	for (i = 0; i < COUNT(flags); i++) {
		for (j = 0; j < COUNT(who); j++) {
			/* Each caller with some flags. */
			if ((i + j) % 2 && !getenv("LONG"))
				continue;
			file_as(who[j], flags[i], "");
			dir_as(who[j], flags[i]);
		}
		file_as("bob", flags[i], "open ");
	}
	STEPS(setting);
}

STEPS_MAIN(steps)
