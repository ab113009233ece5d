// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what a daemon answers to a WRITE of splice() is what the caller gets, whatever the error is
 * needs: root extfuse
 * timeout: 40
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rawfuse.h"

#define BYTES	100

static struct rawfuse *rf;
static int error, file, pipes[2];

static int refuse(struct raw_req *req)
{
	(void)req;
	return error;
}

static int spliced(void)
{
	return splice(pipes[0], NULL, file, NULL, BYTES, 0) == BYTES ? 0 : errno;
}

/* In a process of its own, which a splice() that does not end keeps from being a case that hangs. */
static void gets(int err)
{
	int status = -1;
	pid_t pid;

	error = -err;
	raw_reset(rf);
	pid = fork();
	if (!pid)
		_exit(spliced());
	CHECK(pid > 0, "a process");
	if (!raw_until(3, waitpid(pid, &status, WNOHANG) == pid)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		CHECK(0, "%s: the splice() goes on, after %llu WRITEs", strerror(err), (unsigned long long)raw_count(rf, FUSE_WRITE));
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == err, "%s: status %x", strerror(err), status);
	CHECK(raw_count(rf, FUSE_WRITE) == 1, "%s: %llu WRITEs", strerror(err), (unsigned long long)raw_count(rf, FUSE_WRITE));
}

/* What was not taken is in the pipe. */
static void then_takes_all(const struct raw_node *node)
{
	raw_on(rf, FUSE_WRITE, NULL, NULL);
	CHECK(!spliced() && node->attr.size == BYTES && node->data[BYTES - 1] == 'x', "the data");
	CHECK(lseek(file, 0, SEEK_SET) == 0 && !ftruncate(file, 0), "again");
}

static void errors_of(const char *path, uint32_t open_flags)
{
	static const int errors[] = { EIO, ENOSPC, EBUSY, EAGAIN, EINTR, EINVAL };
	struct raw_node *node = raw_file(rf, path, "", 0);
	char bytes[BYTES], name[64];
	unsigned int i;

	raw_lock(rf);
	node->open_flags = open_flags;
	raw_unlock(rf);
	snprintf(name, sizeof(name), "mnt%s", path);
	file = open(name, O_WRONLY | O_CLOEXEC);
	CHECK(file >= 0, "%s", name);
	memset(bytes, 'x', sizeof(bytes));
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		CHECK(write(pipes[1], bytes, sizeof(bytes)) == sizeof(bytes), "filling the pipe");
		raw_on(rf, FUSE_WRITE, refuse, NULL);
		gets(errors[i]);
		then_takes_all(node);
	}
	close(file);
}

int main(void)
{
	/* Where something may be below, splice() has a way of its own. */
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1" });
	CHECK(!pipe(pipes), "a pipe");
	errors_of("/cached", 0);
	errors_of("/direct", FOPEN_DIRECT_IO);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
