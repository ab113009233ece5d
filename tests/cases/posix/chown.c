// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: chown in all its forms is as on ext4: by type, caller, capability, group, through links and descriptors, set-id bits
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

static const char *const types[] = { "S_IFREG", "S_IFDIR", "S_IFLNK", "S_IFIFO", "S_IFCHR" };
static const char *const who[] = { "root", "alice", "bob", "carol", "root-CHOWN", "root-FSETID", "root-FOWNER", "alice+CHOWN",
				   "root-ALL" };
static const char *const modes[] = { "0644", "06755", "06644", "02654" };
static const char *const calls[] = {
	"chown o -1 -1", "chown o alice -1", "chown o -1 team", "chown o -1 alice", "chown o alice team", "chown o bob -1",
	"chown o -1 carol", "lchown o -1 team", "lchown o bob bob", "fchownat AT_FDCWD o -1 team AT_SYMLINK_NOFOLLOW",
	"fchownat AT_FDCWD o -1 alice 0", "fchownat AT_FDCWD o 1 1 AT_REMOVEDIR", "fchownat 2 '' -1 team AT_EMPTY_PATH", "fchown 1 -1 team",
	"fchown 1 alice -1", "fchown 2 alice -1",
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

/* The mode is given anew each time, for a call may take bits of it. */
static void of_type(const char *type, const char *mode)
{
	bool is_link = !strcmp(type, "S_IFLNK");
	unsigned int i, j;

	step("make %s o %s alice alice", type, mode);
	if (!is_link)
		step("1=open o O_RDONLY|O_NONBLOCK 0");
	step("2=open o O_PATH|O_NOFOLLOW 0");
	for (i = 0; i < COUNT(who); i++) {
		for (j = 0; j < COUNT(calls); j++) {
			CHECK(!lchown("o", ALICE, ALICE) && (is_link || !chmod("o", strtol(mode, NULL, 0))), "o");
			step("%s: %s", who[i], calls[j]);
		}
	}
	step("close 1");
	step("close 2");
	step("%s o", strcmp(type, "S_IFDIR") ? "unlink" : "rmdir");
}

static const char *const links[] = {
	"make S_IFREG f 0600 alice alice", "symlink f l", "lchown l bob team", "bob: lchown l -1 bob", "alice: chown l -1 team",
	"bob: chown l -1 team", "bob: fchownat AT_FDCWD l -1 team AT_SYMLINK_NOFOLLOW", "chown l carol carol", "carol: cat f",
	"alice: cat f", "1=open l O_PATH|O_NOFOLLOW 0", "fchownat 1 '' alice team AT_EMPTY_PATH",
	"alice: fchownat AT_FDCWD '' -1 -1 AT_EMPTY_PATH", "fchownat AT_FDCWD '' -1 -1 0", "close 1", "symlink none dangling",
	"chown dangling alice -1", "lchown dangling alice -1", "link f g", "chown g alice team", "alice: 1=open f O_RDWR 0",
	"chown f bob bob", "alice: write 1 still", "alice: fchown 1 alice -1", "bob: fchown 1 -1 team", "unlink f", "unlink g",
	"bob: fchown 1 -1 bob", "fchown 1 carol carol", "fchown 99 0 0", "close 1",
};

static const char *const xattrs[] = {
	"make S_IFREG f 06777 alice alice", "setacl f access 7 7 5", "chown f -1 team", "chown f bob -1", "root-FSETID: chown f alice -1",
	"chmod f 06777", "alice: chown f -1 alice", "unlink f", "make S_IFREG f 0777 alice alice",
	"setxattr f user.u value 0", "setxattr f trusted.t value 0", "chown f -1 team", "alice: chown f -1 alice", "unlink f",
	"make S_IFDIR d 07777 alice alice", "setacl d default 7 7 5", "chown d bob team", "bob: chown d -1 bob", "root-ALL: chown d 0 0",
	"mkdir d/s 0777", "file d/f x 0666", "rmdir d/s", "unlink d/f", "rmdir d",
};

static void steps(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(types); i++)
		of_type(types[i], "0644");
	for (i = 1; i < COUNT(modes); i++)
		of_type("S_IFREG", modes[i]);
	of_type("S_IFDIR", "07777");
	STEPS(links);
	STEPS(xattrs);
}

STEPS_MAIN(steps)
