// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the context says who asks, how, when and for what, in both phases
 * needs: root extfuse build:tests/bpf/script-who.bpf.o
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;
static struct script *s;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * RAW_SEC + t.tv_nsec;
}

/* A child that does something as somebody; returns the first event of GETATTR in the request phase. */
static struct extfuse_req as(uid_t uid, gid_t gid, const gid_t *groups, int n, bool keep_caps, pid_t *pid)
{
	struct stat st;
	int status;

	script_flush(s);
	script_record(s, true);
	*pid = fork();
	if (!*pid) {
		if (keep_caps)
			_exit(setgroups(n, groups) || setresgid(-1, gid, -1) || stat("mnt", &st));
		_exit(setgroups(n, groups) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid) || stat("mnt", &st));
	}
	CHECK(waitpid(*pid, &status, 0) == *pid && !status, "the child must see the mount");
	script_record(s, false);
	return script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR)->req;
}

/* The who of root without one capability that counts for files. */
static uint64_t without_dac_override(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];
	gid_t one = 5;
	struct stat st;
	int status;
	pid_t pid;

	script_flush(s);
	script_record(s, true);
	pid = fork();
	if (!pid) {
		if (setgroups(1, &one) || syscall(SYS_capget, &head, caps))
			_exit(1);
		caps[0].effective &= ~(1U << CAP_DAC_OVERRIDE);
		_exit(syscall(SYS_capset, &head, caps) || stat("mnt", &st));
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "the child must see the mount");
	script_record(s, false);
	return script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR)->req.who;
}

static void who(void)
{
	static const gid_t one[] = { 5 }, two[] = { 5, 6 };
	struct extfuse_req a, b;
	pid_t pid;

	a = as(1000, 1001, one, 1, false, &pid);
	CHECK(a.uid == 1000 && a.gid == 1001 && a.pid == (uint32_t)pid, "the caller: %u %u %u", a.uid, a.gid, a.pid);
	CHECK(a.who, "who must be filled");
	b = as(1000, 1001, one, 1, false, &pid);
	CHECK(b.who == a.who, "another process of the same user is the same who");
	b = as(1002, 1001, one, 1, false, &pid);
	CHECK(b.who != a.who, "another user is another who");
	b = as(1000, 1002, one, 1, false, &pid);
	CHECK(b.who != a.who, "another group is another who");
	b = as(1000, 1001, two, 2, false, &pid);
	CHECK(b.who != a.who, "one more group is another who");
	a = as(0, 0, one, 1, false, &pid);
	b = as(0, 0, one, 1, true, &pid);
	CHECK(a.uid == 0 && b.who == a.who, "root");
	CHECK(without_dac_override() != a.who, "one capability less is another who");
}

static void pid_namespace(void)
{
	const struct script_event *e;
	struct stat st;
	pid_t pid;
	int status;

	script_flush(s);
	script_record(s, true);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWPID))
			_exit(1);
		pid = fork();
		if (!pid)
			_exit(getpid() != 1 || stat("mnt", &st));
		waitpid(pid, &status, 0);
		_exit(status ? 2 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "a child in its own pid namespace");
	script_record(s, false);
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR);
	CHECK(e->req.pid > 1, "the pid must be that of the mount's namespace, not %u", e->req.pid);
}

static void flags_of_files(void)
{
	struct raw_node *file = raw_file(rf, "/a", "text", 4);
	const struct script_event *e;
	struct stat st;
	int fd;

	script_flush(s);
	script_record(s, true);
	CHECK(!stat("mnt/a", &st) && !stat("mnt/a", &st), "stat");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP);
	CHECK(!(e->req.flags & EXTFUSE_F_REVAL) && !e->req.child, "the first LOOKUP is no revalidation");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP);
	CHECK(e->req.flags & EXTFUSE_F_REVAL && e->req.child == file->id, "the second is, of node %llu", (long long)file->id);
	CHECK(!(e->req.flags & EXTFUSE_F_CHANGES), "it changes nothing");

	fd = open("mnt/a", O_RDONLY);
	CHECK(fd >= 0 && !fsync(fd) && !close(fd), "read only");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_FSYNC);
	CHECK(!(e->req.flags & EXTFUSE_F_WROTE), "a read-only handle has not written");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_FLUSH);
	CHECK(!(e->req.flags & EXTFUSE_F_WROTE), "a read-only handle has not written");
	fd = open("mnt/a", O_RDWR);
	CHECK(fd >= 0 && pwrite(fd, "t", 1, 0) == 1 && !fsync(fd) && !close(fd), "read and write");
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASE) == 2), "RELEASE");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_FSYNC);
	CHECK(e->req.flags & EXTFUSE_F_WROTE, "this one has");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_FLUSH);
	CHECK(e->req.flags & EXTFUSE_F_WROTE && e->req.flags & EXTFUSE_F_CHANGES, "this one has");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_RELEASE);
	CHECK(e->req.flags & EXTFUSE_F_NOCREDS && e->req.flags & EXTFUSE_F_BACKGROUND, "RELEASE has no caller: %x",
	      e->req.flags);
	CHECK(!e->req.uid && !e->req.pid && !e->req.who, "nor ids");
	script_record(s, false);
}

static void reply(void)
{
	struct script_rule rule = { .verdict = EXTFUSE_UPCALL, .cookie = 0x1234567890 };
	const struct script_event *e;
	uint64_t before = now();
	struct extfuse_req req;
	struct stat st;
	char buf[8];

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, NULL, 0);
	script_flush(s);
	script_record(s, true);
	CHECK(!stat("mnt", &st), "stat");
	CHECK(getxattr("mnt", "user.none", buf, sizeof(buf)) < 0 && errno == ENODATA, "getxattr");
	script_record(s, false);
	req = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR)->req;
	CHECK(req.phase == EXTFUSE_PHASE_REQUEST && !req.cookie[0] && !req.cookie[1], "the request phase");
	CHECK(req.now <= now() && req.now + 50000000 >= before, "now must be the boot clock");
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR);
	CHECK(e->req.phase == EXTFUSE_PHASE_REPLY && e->req.cookie[0] == 0x1234567890, "the cookie must arrive");
	CHECK(e->req.stamp == req.stamp && e->req.who == req.who && e->req.pid == req.pid && e->req.nodeid == req.nodeid,
	      "a reply belongs to its request");
	CHECK(!e->out_result[0] && ((struct fuse_attr_out *)e->out[0])->attr.ino == 1, "the daemon's attributes");
	CHECK(!e->req.attr_until, "with a lifetime of 0 they are not valid at all");
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_GETXATTR);
	CHECK(e->req.error == -ENODATA && e->out_result[0] == -ENODATA && !e->req.out_size[0], "an error has no outputs");
	script_clear(s);
}

static void no_who(void)
{
	struct script *plain;
	struct stat st;

	script_detach(s);
	script_free(s);
	plain = script_attach(rf, "script", NULL);
	script_record(plain, true);
	CHECK(!stat("mnt", &st), "stat");
	CHECK(!script_find(plain, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR)->req.who, "who is 0 unless it is asked for");
	script_free(plain);
}

int main(void)
{
	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script-who", NULL);
	who();
	pid_namespace();
	flags_of_files();
	reply();
	no_who();
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
