// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: an open() that waits for parallel direct writes goes on when they have ended, also if the file was opened on a backing file meanwhile
 * needs: root extfuse ext4
 * timeout: 40
 */
#include <sys/wait.h>

#include "../backing/backing.h"

/* Not in the oldest <linux/fuse.h> that the tests are built with. */
#define PARALLEL_DIRECT_WRITES	(1 << 6)

static struct rawfuse *rf;
static struct raw_node *node;
static struct script *s;

static void opens_as(uint32_t flags)
{
	raw_lock(rf);
	node->open_flags = flags;
	raw_unlock(rf);
}

static int opened(int flags)
{
	int fd = open("mnt/a", flags | O_CLOEXEC);

	CHECK(fd >= 0, "open");
	return fd;
}

static pid_t writes(int fd)
{
	pid_t pid = fork();

	if (!pid)
		_exit(pwrite(fd, "x", 1, 0) != 1);
	CHECK(pid > 0, "a process");
	return pid;
}

static pid_t opens(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(open("mnt/a", O_RDONLY) < 0);
	CHECK(pid > 0, "a process");
	return pid;
}

static bool is_done(pid_t pid, const char *what)
{
	int status = -1;

	if (!raw_until(5, waitpid(pid, &status, WNOHANG) == pid))
		return false;
	CHECK(!status, "%s: status %x", what, status);
	return true;
}

int main(void)
{
	int direct, own, opens_before;
	pid_t writer, opener;
	bool in_time;

	put("low", "of the file below");
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1" });
	s = script_attach(rf, "script", NULL);
	node = raw_file(rf, "/a", "of the file below", 17);
	object(rf, node, "low");
	passes(s, FUSE_GETATTR);
	opens_as(FOPEN_DIRECT_IO | PARALLEL_DIRECT_WRITES);
	direct = opened(O_WRONLY);
	raw_hold(rf, FUSE_WRITE);
	writer = writes(direct);
	raw_wait_held(rf, FUSE_WRITE, 1, 5);
	/* The daemon lets the page cache be used: no write may be under way then. */
	opens_as(0);
	opens_before = raw_count(rf, FUSE_OPEN);
	opener = opens();
	CHECK(raw_until(5, raw_count(rf, FUSE_OPEN) > (uint64_t)opens_before), "an open");
	raw_sleep_ms(200);
	passes(s, FUSE_OPEN);
	own = opened(O_RDONLY);
	CHECK(raw_count(rf, FUSE_OPEN) == (uint64_t)opens_before + 1, "one handle is on the backing file");
	raw_let_go(rf, FUSE_WRITE);
	CHECK(is_done(writer, "a write"), "the write ends");
	in_time = is_done(opener, "an open");
	close(own);
	CHECK(in_time, "an open() waits for another handle to be closed");
	close(direct);
	script_detach(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
