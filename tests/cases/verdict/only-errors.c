// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a program's error is an error and no more: none detaches what is mounted below, reaches the caller as a number that is no error, or widens rights
 * needs: root extfuse build:tests/bpf/script.bpf.o
 * timeout: 150
 *
 * fuse and the VFS take some for more: "it may have happened", "restart", "there is none", "look at the mode instead".
 * Such a verdict is a bad one: the daemon's answer counts.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../rules/rules.h"
#include "acl.h"

#define ALICE	1000
#define LAST	133	/* EHWPOISON */
#define CAPS	"security.capability"
#define ACL	"system.posix_acl_access"

static struct rawfuse *rf;
static struct script *s;

static void verdict(uint32_t phase, uint32_t opcode, int error)
{
	script_clear(s);
	script_set(s, phase, opcode, &(struct script_rule){ .verdict = -error }, NULL, 0);
}

static int daemon_busy(struct raw_req *req)
{
	(void)req;
	return -EBUSY;
}

/* Removes and renames, in a mount namespace where nothing is mounted there. */
static void attempt(uint32_t opcode, int error)
{
	bool taken_for_more = error == EINTR || error == ENOENT;
	int ret;

	verdict(EXTFUSE_PHASE_REQUEST, opcode, error);
	if (opcode == FUSE_RMDIR)
		ret = rmdir("mnt/dir");
	else if (opcode == FUSE_UNLINK)
		ret = unlink("mnt/file");
	else if (opcode == FUSE_RENAME)
		ret = rename("mnt/dir", "mnt/new");
	else
		ret = renameat2(AT_FDCWD, "mnt/file", AT_FDCWD, "mnt/new", RENAME_NOREPLACE);
	CHECK(ret && errno == (taken_for_more ? EBUSY : error), "%s with the verdict -%d", raw_opname(opcode), error);
}

static void apart(uint32_t opcode)
{
	int error;

	CHECK(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "a mount namespace");
	CHECK(!umount("mnt/dir") && !umount("mnt/file"), "nothing is mounted in it");
	for (error = 1; error <= LAST; error++) {
		if (error != ENOSYS)
			attempt(opcode, error);
	}
}

static void mounts_stay(void)
{
	static const uint32_t ops[] = { FUSE_RMDIR, FUSE_UNLINK, FUSE_RENAME, FUSE_RENAME2 };
	unsigned int i;
	int status;
	pid_t pid;

	CHECK(!mount("none", "mnt/dir", "tmpfs", 0, NULL) && !mount("bound", "mnt/file", NULL, MS_BIND, NULL), "mounts");
	CHECK(!mkdir("mnt/dir/inside", 0755), "in it");
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		raw_on(rf, ops[i], daemon_busy, NULL);
		pid = fork();
		if (!pid) {
			apart(ops[i]);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && !status, "%s", raw_opname(ops[i]));
		CHECK(!access("mnt/dir/inside", F_OK), "%s has detached what was mounted there", raw_opname(ops[i]));
		CHECK(!umount("mnt/file") && !mount("bound", "mnt/file", NULL, MS_BIND, NULL),
		      "%s has detached what was mounted there", raw_opname(ops[i]));
		raw_on(rf, ops[i], NULL, NULL);
	}
	CHECK(!umount("mnt/dir") && !umount("mnt/file"), "umount");
}

/* fuse restarts one that was interrupted: without a signal the caller would see 512. */
static void locks(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open("mnt/file", O_RDWR | O_CLOEXEC), error;

	CHECK(fd >= 0, "open");
	for (error = 1; error <= LAST; error++) {
		if (error == ENOSYS)
			continue;
		verdict(EXTFUSE_PHASE_REQUEST, FUSE_SETLK, error);
		if (error == EINTR)
			CHECK(!fcntl(fd, F_SETLK, &lock), "the daemon's word counts");
		else
			CHECK(fcntl(fd, F_SETLK, &lock) && errno == error, "a lock with the verdict -%d", error);
	}
	script_clear(s);
	close(fd);
}

/* Run as @uid in a process of its own. */
static int open_as(uid_t uid, const char *path, int flags)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int fd = setresgid(uid, uid, uid) || setresuid(uid, uid, uid) ? -1 : open(path, flags);

		_exit(fd < 0 ? errno : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "a process");
	return WEXITSTATUS(status);
}

DECLARE_ACL(5);

/*
 * Others may by the mode, this one may not by the ACL.  Most errors refuse; one means to the VFS that the mode counts,
 * one to fuse that there is no ACL: that is an answer, and needs what an answer needs.
 */
static void acl(uint32_t phase)
{
	int error, found;

	for (error = 1; error <= LAST; error++) {
		bool taken_for_more = error == EAGAIN || error == ENODATA;

		if (error == ENOSYS)
			continue;
		verdict(phase, FUSE_GETXATTR, error);
		found = open_as(ALICE, "mnt/acl", O_RDONLY);
		CHECK(found, "with the verdict -%d of the ACL somebody may who must not", error);
		CHECK(script_get(s, phase, FUSE_GETXATTR).done, "the program must be asked for the ACL");
		if (taken_for_more)
			CHECK(found == EACCES, "with the verdict -%d it is %s", error, strerror(found));
		/* The VFS keeps what it was told. */
		CHECK(!raw_inval_inode(rf, raw_get(rf, "/acl")->id, -1, 0), "the ACL is asked for again");
	}
	script_clear(s);
}

/* To the VFS each of these means "has no capabilities", so that they would survive a write. */
static void caps(uint32_t phase, uint32_t opcode, int error)
{
	static const char value[20] = { 1, 0, 0, 2, [4] = 1 };
	struct raw_node *node = raw_get(rf, "/caps");
	int fd;

	raw_setxattr(rf, node, CAPS, value, sizeof(value));
	fd = open("mnt/caps", O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0, "open");
	verdict(phase, opcode, error);
	raw_reset(rf);
	if (write(fd, "x", 1) == 1)
		CHECK(raw_count(rf, FUSE_REMOVEXATTR) == 1, "%s, verdict -%d: a write leaves capabilities",
		      raw_opname(opcode), error);
	CHECK(script_get(s, phase, opcode).done, "the program must be asked");
	close(fd);
	script_clear(s);
}

static void capabilities(void)
{
	int error;

	for (error = 1; error <= LAST; error++) {
		if (error == ENOSYS)
			continue;
		caps(EXTFUSE_PHASE_REQUEST, FUSE_GETXATTR, error);
		caps(EXTFUSE_PHASE_REPLY, FUSE_GETXATTR, error);
		caps(EXTFUSE_PHASE_REQUEST, FUSE_REMOVEXATTR, error);
	}
}

/* The VFS looks again, and out of distrust: the daemon would be asked then. */
static void stale(void)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_LOOKUP);
	struct stat st;

	verdict(EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, ESTALE);
	CHECK(!stat("mnt/other", &st), "the daemon's word counts");
	CHECK(script_stats(rf, FUSE_LOOKUP).bad > before.bad, "the verdict is a bad one");
	script_clear(s);
}

/* What a policy says no to is not done, whatever the words. */
static void of_policy(void)
{
	struct extfuse_options opts = { .fail_closed = true };

	s = script_attach(rf, "script", &opts);
	verdict(EXTFUSE_PHASE_REQUEST, FUSE_RMDIR, ENOENT);
	raw_reset(rf);
	CHECK(rmdir("mnt/dir") && errno == EIO, "no is no");
	CHECK(!raw_count(rf, FUSE_RMDIR), "the daemon must not hear of it");
	script_clear(s);
	script_detach(s);
	script_free(s);
}

int main(void)
{
	struct acl value = { 2, { { 1, 6, -1 }, { 2, 0, ALICE }, { 4, 4, -1 }, { 0x10, 4, -1 }, { 0x20, 4, -1 } } };
	struct raw_node *node;

	close(open("bound", O_CREAT | O_CLOEXEC, 0644));
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions", .flags = FUSE_POSIX_ACL | FUSE_POSIX_LOCKS });
	CHECK((raw_init_flags(rf) & FUSE_POSIX_ACL) && (raw_init_flags(rf) & FUSE_POSIX_LOCKS), "ACLs and locks");
	raw_mkdir(rf, "/dir");
	raw_file(rf, "/file", "text", 4);
	raw_file(rf, "/other", "text", 4);
	raw_file(rf, "/caps", "text", 4);
	node = raw_file(rf, "/acl", "text", 4);
	raw_setxattr(rf, node, ACL, &value, sizeof(value));
	raw_lock(rf);
	node->attr.mode = S_IFREG | 0644;
	raw_unlock(rf);
	CHECK(open_as(ALICE, "mnt/acl", O_RDONLY) == EACCES, "the ACL must count");
	CHECK(!raw_inval_inode(rf, node->id, -1, 0), "it is asked for again");
	s = script_attach(rf, "script", NULL);
	mounts_stay();
	locks();
	acl(EXTFUSE_PHASE_REQUEST);
	acl(EXTFUSE_PHASE_REPLY);
	capabilities();
	stale();
	script_detach(s);
	script_free(s);
	of_policy();
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
