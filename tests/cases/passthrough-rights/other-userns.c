// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: root of a user namespace, with capabilities over the files of others there, is a stranger to the files through the mount, and to names what he is on a bind mount
 * needs: root extfuse ext4
 * timeout: 120
 * ring: slow
 */
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "both.h"
#include "rawfuse.h"

#define ALICE	1000	/* root there */
#define BOB	1001	/* mapped */

static const struct timespec long_ago[2] = { { 5, 0 }, { 6, 0 } };
/* Version 3, nothing permitted, for the namespace's root. */
static const unsigned int capability[] = { 0x03000000, 0, 0, 0, 0, 0 };

struct op {
	const char *name;
	int (*call)(const char *path);
	bool is_owners;		/* he needs no capability for it */
};

#define OP(name, expr) static int name(const char *p) { return (expr) < 0 ? -1 : 0; }
OP(reads, try_open(p, O_RDONLY))
OP(writes, try_open(p, O_WRONLY))
OP(truncates, truncate(p, 1))
OP(chmods, chmod(p, 0644))
OP(makes_setuid, chmod(p, 04755))
OP(chowns, chown(p, 0, 0))
OP(gives, chown(p, 1, 1))
OP(sets_times, utimensat(AT_FDCWD, p, long_ago, 0))
OP(sets_user, setxattr(p, "user.x", "y", 1, 0))
OP(sets_trusted, setxattr(p, "trusted.x", "y", 1, 0))
OP(sets_capability, setxattr(p, "security.capability", capability, sizeof(capability), 0))
OP(opens_noatime, try_open(p, O_RDONLY | O_NOATIME))
OP(unlinks, unlink(p))

static const struct op ops[] = {
	{ "read", reads, true }, { "write", writes, true }, { "truncate", truncates, true }, { "chmod", chmods, true },
	{ "chmod set-id", makes_setuid, true }, { "chown", chowns, false },
	{ "give away", gives, false },
	{ "times", sets_times, true }, { "user.", sets_user, true }, { "trusted.", sets_trusted, false },
	{ "security.capability", sets_capability, false }, { "O_NOATIME", opens_noatime, true },
	{ "unlink", unlinks, false },
};

static const struct {
	const char *dir;
	uid_t uid;
} owners[] = { { "alices", ALICE }, { "bobs", BOB }, { "roots", 0 } };

/* Each operation has a file of its own. */
static void make(void)
{
	unsigned int i, j;
	char path[64];
	int s, fd;

	for (s = 0; s < 2; s++) {
		for (i = 0; i < sizeof(owners) / sizeof(*owners); i++) {
			snprintf(path, sizeof(path), "fs/%c/%s", "ab"[s], owners[i].dir);
			CHECK(!mkdir(path, 0755) && !chown(path, owners[i].uid, owners[i].uid), "%s", path);
			for (j = 0; j < sizeof(ops) / sizeof(*ops); j++) {
				snprintf(path, sizeof(path), "fs/%c/%s/%u", "ab"[s], owners[i].dir, j);
				fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
				CHECK(fd >= 0 && write(fd, "text", 4) == 4 && !fchown(fd, owners[i].uid, owners[i].uid) &&
				      !close(fd), "%s", path);
			}
		}
	}
}

static int result(const char *side, const char *dir, unsigned int op)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s/%u", side, dir, op);
	return ops[op].call(path) ? errno : 0;
}

/* Never more than below; what is his own is as below; what others have is not had by a capability of there. */
static bool is_right(const struct op *op, uid_t owner, int here, int below, bool tree)
{
	/* A name, and names are the kernel's: it is done by him. */
	if (tree && op->call == unlinks)
		return here == below;
	if (owner == ALICE)
		return op->is_owners ? here == below : here || !below;
	return here;
}

static unsigned int all(const char *mount, bool tree)
{
	unsigned int i, j, given = 0;
	int below, here;

	for (i = 0; i < sizeof(owners) / sizeof(*owners); i++) {
		for (j = 0; j < sizeof(ops) / sizeof(*ops); j++) {
			below = result("fs/a", owners[i].dir, j);
			here = result(mount, owners[i].dir, j);
			given += !below;
			if (!is_right(&ops[j], owners[i].uid, here, below, tree)) {
				printf("%s: %s of %s: error %d, below %d\n", mount, ops[j].name, owners[i].dir, here, below);
				both_wrong++;
			}
		}
	}
	CHECK(given > sizeof(ops) / sizeof(*ops), "below the capabilities count: %u", given);
	return both_wrong;
}

static void map(pid_t pid, const char *what, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && !close(fd), "%s", path);
}

static void as_root_of_a_namespace(const char *mount, bool tree)
{
	int ready[2], go[2], status;
	char c = 0;
	pid_t pid;

	CHECK(!pipe(ready) && !pipe(go), "pipes");
	pid = fork();
	if (!pid) {
		CHECK(!setresgid(ALICE, ALICE, ALICE) && !setresuid(ALICE, ALICE, ALICE) && !unshare(CLONE_NEWUSER),
		      "a user namespace");
		CHECK(write(ready[1], &c, 1) == 1 && read(go[0], &c, 1) == 1, "its ids");
		CHECK(!setresgid(0, 0, 0) && !setresuid(0, 0, 0), "root there");
		status = !!all(mount, tree);
		fflush(stdout);
		_exit(status);
	}
	CHECK(read(ready[0], &c, 1) == 1, "a namespace");
	map(pid, "uid_map", "0 1000 1\n1 1001 1\n");
	map(pid, "gid_map", "0 1000 1\n1 1001 1\n");
	CHECK(write(go[1], &c, 1) == 1, "go");
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status), "%s: more than a stranger", mount);
}

static void with(const char *options, bool tree)
{
	char command[256];

	printf("%s\n", options);
	CHECK(!system("rm -rf fs && mkdir -p fs/a fs/b mnt && chmod 755 . fs fs/a fs/b"), "directories");
	make();
	snprintf(command, sizeof(command), "mount -t extfuse -o %s,log=$PWD/log $PWD/fs/b $PWD/mnt", options);
	CHECK(!system(command), "%s", command);
	as_root_of_a_namespace("mnt", tree);
	CHECK(!system("umount $PWD/mnt"), "umount");
}

int main(void)
{
	with("ext=passthrough", true);
	with("ext=none", false);
	return 0;
}
