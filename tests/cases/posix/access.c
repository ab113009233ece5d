// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: who may reach and use what is as on ext4: access and faccessat, search missing at each place of a path, ACLs, by each caller
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

static const char *const types[] = { "S_IFREG", "S_IFDIR", "S_IFIFO", "S_IFCHR" };
static const char *const who[] = { "root", "alice", "bob", "carol", "root-DAC", "carol+DAC_OVERRIDE", "carol+DAC_READ_SEARCH" };
static const char *const modes[] = { "0", "0400", "0210", "0155", "0640", "0604", "0070", "0007", "0111", "0755", "07777" };
static const char *const rights[] = { "F_OK", "R_OK", "W_OK", "X_OK", "R_OK|W_OK", "R_OK|W_OK|X_OK", "8" };

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void of_mode(const char *type, const char *mode)
{
	unsigned int i, j;

	step("make %s o %s alice team", type, mode);
	for (i = 0; i < COUNT(who); i++) {
		for (j = 0; j < COUNT(rights); j++)
			step("%s: access o %s", who[i], rights[j]);
		step("%s: faccessat2 AT_FDCWD o R_OK|W_OK AT_EACCESS", who[i]);
		step("%s: faccessat2 AT_FDCWD o X_OK AT_EACCESS|AT_SYMLINK_NOFOLLOW", who[i]);
	}
	step("%s o", strcmp(type, "S_IFDIR") ? "unlink" : "rmdir");
}

static const char *const acls[] = { "7 7 5", "7 4 0", "0 7 7", "4 7 7", "6 1 0" };

static void of_acl(const char *acl)
{
	unsigned int i;

	step("make S_IFREG o 0640 alice carol");
	step("setacl o access %s", acl);
	for (i = 0; i < COUNT(who); i++) {
		step("%s: access o R_OK", who[i]);
		step("%s: access o W_OK", who[i]);
		step("%s: open o O_RDWR 0", who[i]);
		step("%s: chmod o 0660", who[i]);
		step("%s: getxattr_room o system.posix_acl_access 0", who[i]);
	}
	step("unlink o");
}

/* One of the directories a, a/b, a/b/c lacks something; what is done is done in the last or on its way. */
static const char *const places[] = { "a", "a/b", "a/b/c" };
static const char *const lacking[] = { "0600", "0500", "0300", "0100", "0", "0711", "0744" };
static const char *const calls[] = {
	"access a/b/c/f F_OK", "open a/b/c/f O_RDWR 0", "open a/b/c/n O_CREAT|O_RDWR 0644", "unlink a/b/c/n", "mkdir a/b/c/n 0755", "rmdir a/b/c/n",
	"link a/b/c/f a/b/n", "rename a/b/n a/b/c/n", "rename a/b/c/n a/n", "unlink a/n", "symlink x a/b/c/n", "readlink a/b/c/n", "unlink a/b/c/n",
	"rename a/b/c a/b/n", "rename a/b/n a/b/c", "rename a/b/c a/n", "rename a/n a/b/c", "list a/b/c", "list a/b", "list a", "chmod a/b/c/f 0644",
	"utimes a/b/c/f", "access a/b/c/.. F_OK", "access a/b/c/../../.. F_OK", "access l/f F_OK", "rmdir a/b/c", "open a/b/c/none O_RDONLY 0",
	"getxattr a/b/c/f user.none", "truncate a/b/c/f 1", "statfs a/b/c",
};

static void lack(const char *place, const char *mode)
{
	static const char *const made[] = { "a", "a/b", "a/b/c" };
	struct stat st;
	unsigned int i;

	for (i = 0; i < COUNT(calls); i++)
		step("alice: %s", calls[i]);
	/* Another one, who is none of the owners. */
	step("bob: access a/b/c/f F_OK");
	step("bob: list a/b");
	for (i = 0; i < COUNT(made); i++)
		CHECK(!lstat(made[i], &st), "%s is there after %s %s", made[i], place, mode);
	step("chmod %s 0755", place);
}

static void missing_somewhere(void)
{
	unsigned int i, j;

	for (i = 0; i < COUNT(places); i++)
		step("make S_IFDIR %s 0755 alice alice", places[i]);
	step("make S_IFREG a/b/c/f 0644 alice alice");
	step("symlink a/b/c l");
	for (i = 0; i < COUNT(places); i++) {
		for (j = 0; j < COUNT(lacking); j++) {
			step("chmod %s %s", places[i], lacking[j]);
			lack(places[i], lacking[j]);
		}
	}
}

static const char *const effective[] = {
	"file f x 0600", "chown f alice alice", "mkdir d 0700", "file d/f x 0644", "chown d alice alice",
	"alice: faccessat AT_FDCWD f R_OK", "alice: faccessat2 AT_FDCWD f R_OK AT_EACCESS", "bob: faccessat2 AT_FDCWD f R_OK AT_EACCESS",
	"root-DAC: faccessat2 AT_FDCWD f R_OK AT_EACCESS", "root-DAC: faccessat2 AT_FDCWD d/f R_OK AT_EACCESS", "root-DAC: access d/f R_OK",
	"symlink none dangling", "access dangling F_OK", "faccessat2 AT_FDCWD dangling F_OK AT_SYMLINK_NOFOLLOW", "faccessat2 AT_FDCWD dangling W_OK AT_SYMLINK_NOFOLLOW",
	"faccessat2 AT_FDCWD f R_OK 1", "faccessat2 AT_FDCWD '' F_OK AT_EMPTY_PATH", "1=open f O_PATH 0", "faccessat2 1 '' R_OK AT_EMPTY_PATH",
	"bob: faccessat2 1 '' R_OK AT_EMPTY_PATH", "faccessat 1 x F_OK", "chattr f FS_IMMUTABLE_FL", "access f W_OK", "alice: access f W_OK", "chattr f 0",
	"access f W_OK", "close 1", "unlink f", "unlink d/f", "rmdir d", "unlink dangling",
};

static void steps(void)
{
	unsigned int i, j;

	for (i = 0; i < COUNT(types); i++)
		for (j = 0; j < COUNT(modes); j++)
			if (i < 2 || j % 4 == 0 || getenv("LONG"))
				of_mode(types[i], modes[j]);
	for (i = 0; i < COUNT(acls); i++)
		of_acl(acls[i]);
	missing_somewhere();
	STEPS(effective);
}

STEPS_MAIN(steps)
