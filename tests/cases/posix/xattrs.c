// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: extended attributes are as on ext4: each namespace on each type, by each caller, flags, sizes, names, by path and descriptor
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include <sys/xattr.h>

#include "steps.h"

static const char *const types[] = { "S_IFREG", "S_IFDIR", "S_IFLNK", "S_IFIFO", "S_IFCHR", "S_IFSOCK" };
static const char *const who[] = { "root", "alice", "bob", "carol", "root-SYS_ADMIN", "root-FOWNER", "root-ALL", "alice+SYS_ADMIN" };
static const char *const names[] = { "user.a", "trusted.a", "security.a", "system.a", "unknown.a", "user.", "nothing", "security.capability",
				     "system.posix_acl_access", "system.posix_acl_default", "system.nfs4_acl" };

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void of_type(const char *type, const char *mode)
{
	unsigned int i, j;

	step("make %s o %s alice team", type, mode);
	for (i = 0; i < COUNT(who); i++) {
		for (j = 0; j < COUNT(names); j++) {
			step("%s: lsetxattr o %s value 0", who[i], names[j]);
			step("%s: lgetxattr o %s", who[i], names[j]);
			step("%s: llistxattr o", who[i]);
			if (i & 1)
				step("%s: lremovexattr o %s", who[i], names[j]);
		}
	}
	step("%s o", strcmp(type, "S_IFDIR") ? "unlink" : "rmdir");
}

static const char *const details[] = {
	"make S_IFREG f 0644 alice alice", "symlink f l", "symlink none dangling",
	"setxattr f user.a one XATTR_REPLACE", "setxattr f user.a one XATTR_CREATE", "setxattr f user.a two XATTR_CREATE", "setxattr f user.a three XATTR_REPLACE",
	"setxattr f user.a x XATTR_CREATE|XATTR_REPLACE", "setxattr f user.a x 4", "setxattr f user.a '' 0", "getxattr f user.a", "getxattr_room f user.a 0",
	"setxattr f user.a 0123456789 0", "getxattr_room f user.a 0", "getxattr_room f user.a 5", "getxattr_room f user.a 10", "getxattr_room f user.a 100",
	"getxattr f user.none", "removexattr f user.none", "removexattr f user.a", "listxattr f", "setxattr l user.b v 0", "getxattr l user.b", "lgetxattr l user.b",
	"lsetxattr l user.b v 0", "lsetxattr l trusted.b v 0", "lgetxattr l trusted.b", "llistxattr l", "listxattr l", "removexattr l user.b", "lremovexattr l trusted.b",
	"setxattr dangling user.a v 0", "lsetxattr dangling trusted.a v 0", "lsetxattr dangling security.a v 0", "setxattr none user.a v 0", "setxattr f/ user.a v 0",
	"1=open f O_RDONLY 0", "2=open f O_PATH 0", "fsetxattr 1 user.c v 0", "fgetxattr 1 user.c", "fsetxattr 2 user.c v 0", "fgetxattr 2 user.c", "flistxattr 1",
	"flistxattr 2", "bob: fsetxattr 1 user.c w 0", "bob: fgetxattr 1 user.c", "chmod f 0", "alice: fgetxattr 1 user.c", "alice: getxattr f user.c",
	"alice: fsetxattr 1 user.c w 0", "bob: getxattr f trusted.c", "bob: listxattr f", "fremovexattr 1 user.c", "fgetxattr 99 user.c", "close 1", "close 2",
	"chmod f 0755", "setxattr f trusted.t v 0", "alice: listxattr f", "root: listxattr f", "root-SYS_ADMIN: listxattr f", "alice: getxattr f trusted.t",
	"unlink f", "unlink l", "unlink dangling",
	"make S_IFDIR d 01777 root root", "bob: setxattr d user.a v 0", "setxattr d user.a v 0", "bob: getxattr d user.a", "bob: removexattr d user.a", "chmod d 0777",
	"bob: removexattr d user.a", "bob: setxattr d user.b v 0", "rmdir d",
};

/* Names and values at their limits: the name of 255, the largest value, and what has no room in an inode of ext4. */
static void sizes(void)
{
	char name[300] = "user.", value[70000];
	static const size_t lengths[] = { 1, 100, 2000, 3900, 4096, 5000, 65535, 65536, 65537 };
	int fd = OPEN(open("big", O_CREAT | O_RDWR, 0644));
	unsigned int i;

	memset(value, 'v', sizeof(value));
	for (i = 0; i < COUNT(lengths); i++) {
		CALL(fsetxattr(fd, "user.big", value, lengths[i], 0));
		CALL(fgetxattr(fd, "user.big", NULL, 0));
		CALL(flistxattr(fd, NULL, 0));
	}
	memset(name + 5, 'n', 250);
	CALL(fsetxattr(fd, name, "v", 1, 0));
	CALL(fgetxattr(fd, name, value, sizeof(value)));
	name[255] = 'n';
	CALL(fsetxattr(fd, name, "v", 1, 0));
	CALL(fgetxattr(fd, name, value, sizeof(value)));
	CALL(fremovexattr(fd, name));
	CALL(fsetxattr(fd, "", "v", 1, 0));
	CALL(fgetxattr(fd, "", value, 5));
	name[255] = '\0';
	CALL(fremovexattr(fd, name));
	for (i = 0; i < 60; i++) {
		sprintf(name, "user.many-%u", i);
		CALL(fsetxattr(fd, name, value, 60, XATTR_CREATE));
	}
	CALL(flistxattr(fd, value, 10));
	CALL(flistxattr(fd, value, sizeof(value)));
	LOOK("big");
	close(fd);
}

static void steps(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(types); i++)
		if (i < 4 || getenv("LONG"))
			of_type(types[i], "0644");
	of_type("S_IFREG", "0666");
	STEPS(details);
	sizes();
}

STEPS_MAIN(steps)
