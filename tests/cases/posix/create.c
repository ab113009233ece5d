// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: mkdir, mkfifo, mknod of each type, symlink, O_CREAT are as on ext4: umask, setgid directories, default ACLs, who may
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

static const char *const who[] = { "root", "alice", "bob", "carol", "root-MKNOD", "root-FSETID", "root-DAC", "alice+MKNOD",
				   "carol+DAC_OVERRIDE", "root-ALL" };
static const char *const calls[] = {
	"mkdir d/n 0777", "mkdir d/n 07777", "mkdir d/n 0", "mkfifo d/n 0666", "mkfifo d/n 07777", "symlink target d/n",
	"open d/n O_CREAT|O_RDWR 0666", "open d/n O_CREAT|O_WRONLY|O_EXCL 07777", "open d/n O_CREAT|O_RDWR|O_TRUNC 0",
	"mknod d/n 0644 0", "mknod d/n S_IFREG|02775 0", "mknod d/n S_IFIFO|0604 0", "mknod d/n S_IFSOCK|06666 0",
	"mknod d/n S_IFCHR|0600 1:3", "mknod d/n S_IFCHR|0 0:0", "mknod d/n S_IFBLK|0600 7:200", "mknod d/n S_IFCHR|0600 4095:1048575",
	"mknod d/n S_IFDIR|0755 0", "mknod d/n S_IFLNK|0777 0", "mknod d/n 0160644 0", "mknodat AT_FDCWD d/n S_IFBLK|0640 259:3",
	"open d O_TMPFILE|O_RDWR 07777", "open d O_TMPFILE|O_WRONLY|O_EXCL 0600",
};

/* The directory that things are made in: mode, owner, group, umask, default ACL. */
static const struct {
	const char *mode, *owner, *umask, *acl;
} places[] = {
	{ "0777", "root root", "022", NULL }, { "02777", "root team", "027", NULL }, { "03777", "carol carol", "0", NULL },
	{ "0755", "alice team", "077", NULL }, { "0775", "root team", "0777", NULL }, { "02777", "root team", "077", "7 7 5" },
	{ "0777", "root root", "022", "6 4 0" }, { "0711", "alice alice", "002", NULL }, { "0766", "root root", "002", NULL },
	{ "0555", "alice alice", "022", NULL },
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void in_place(unsigned int i)
{
	unsigned int j, k;

	umask(022);
	step("make S_IFDIR d %s %s", places[i].mode, places[i].owner);
	if (places[i].acl)
		step("setacl d default %s", places[i].acl);
	step("umask 0%s", places[i].umask);
	for (j = 0; j < COUNT(who); j++) {
		for (k = 0; k < COUNT(calls); k++) {
			step("%s: %s", who[j], calls[k]);
			remove("d/n");
		}
	}
	step("rmdir d");
}

/* On all that may be there already. */
static void over(const char *type)
{
	static const char *const again[] = {
		"mkdir o 0755", "mkdir o/ 0755", "mkdir o/. 0755", "mkdir o/.. 0755", "mkfifo o 0600", "mknod o S_IFCHR|0600 1:3",
		"symlink x o", "symlink x o/", "mknod o/ 0644 0", "mkdir l 0755", "mkdir l/ 0755", "mkfifo l 0644", "symlink x l",
		"symlink o dangling", "mkdir dangling 0755", "mkdir dangling/ 0755", "mknod dangling S_IFIFO|0644 0", "unlink dangling",
	};

	step("make %s o 0755 alice alice", type);
	step("symlink o l");
	STEPS(again);
	step("unlink l");
	step("%s o", strcmp(type, "S_IFDIR") ? "unlink" : "rmdir");
}

static const char *const others[] = {
	"mkdir d 0755", "mkdir d/ 0755", "mkdir e/ 0755", "mkdir e/f/ 0755", "mkdir e/g/. 0755", "mkdir e/g/.. 0755", "mkdir / 0755",
	"mkdir . 0755", "mkdir .. 0755", "mkdir e/... 0755", "mkdir e/%255 0755", "mkdir e/%256 0755", "mkfifo e/fifo/ 0644",
	"mknod e/file/ 0644 0", "open e/file/ O_CREAT|O_RDWR 0644", "open e/file O_CREAT|O_RDWR|O_DIRECTORY 0644",
	"symlink '' e/empty", "symlink x e/link/", "symlink %256 e/link", "readlink e/link", "rmdir e/f", "rmdir e/...",
	"rmdir e/%255", "unlink e/file", "unlink e/link", "rmdir e", "rmdir d", "mkdir d 0755", "mkdir d/a 0755", "mkdir d/a/b 0755",
	"file d/f x 0644", "mkdir d/a/b/c 0755", "rmdir d/a/b/c", "rmdir d/a/b", "rmdir d/a", "unlink d/f", "rmdir d",
	/* What is made where nothing can be any more. */
	"mkdir d 0755", "1=open d O_RDONLY|O_DIRECTORY 0", "rmdir d", "mkdirat 1 x 0755", "mknodat 1 x 0644 0", "openat 1 x O_CREAT|O_RDWR 0644",
	"symlinkat x 1 y", "openat 1 . O_TMPFILE|O_RDWR 0600", "openat 1 . O_RDONLY 0", "openat 1 .. O_RDONLY 0", "fchmod 1 0700", "fsync 1", "close 1",
};

static const char *const types[] = { "S_IFREG", "S_IFDIR", "S_IFLNK", "S_IFIFO", "S_IFSOCK", "S_IFCHR" };

static void steps(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(places); i++)
		in_place(i);
	umask(022);
	for (i = 0; i < COUNT(types); i++)
		over(types[i]);
	STEPS(others);
}

STEPS_MAIN(steps)
