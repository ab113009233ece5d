// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: splice() to a handle of the daemon's syncs what it has written, once, where the mount or the handle says so
 * needs: root extfuse
 * timeout: 40
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rawfuse.h"

#define BYTES	9000	/* more than one buffer of the pipe */

static int pipes[2];

static void splices(int file)
{
	static char bytes[BYTES];
	int status = -1;
	pid_t pid;

	CHECK(write(pipes[1], bytes, BYTES) == BYTES, "filling the pipe");
	pid = fork();
	if (!pid)
		_exit(splice(pipes[0], NULL, file, NULL, BYTES, 0) != BYTES);
	CHECK(pid > 0, "a process");
	CHECK(raw_until(5, waitpid(pid, &status, WNOHANG) == pid), "splice() does not end");
	CHECK(!status, "splice(): status %x", status);
}

static void mounted(unsigned long mount_flags, int open_flags)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){
		.options = "default_permissions,max_stack_depth=1", .mount_flags = mount_flags });
	struct raw_node *cached = raw_file(rf, "/cached", "", 0), *direct = raw_file(rf, "/direct", "", 0);
	int file;

	raw_lock(rf);
	direct->open_flags = FOPEN_DIRECT_IO;
	raw_unlock(rf);
	file = open("mnt/direct", O_WRONLY | O_CLOEXEC | open_flags);
	CHECK(file >= 0, "open");
	splices(file);
	CHECK(raw_count(rf, FUSE_FSYNC) == 1, "a direct handle: %llu FSYNCs", (unsigned long long)raw_count(rf, FUSE_FSYNC));
	close(file);
	file = open("mnt/cached", O_WRONLY | O_CLOEXEC | open_flags);
	CHECK(file >= 0, "open");
	splices(file);
	CHECK(raw_count(rf, FUSE_FSYNC) == 2, "a cached handle: %llu FSYNCs", (unsigned long long)raw_count(rf, FUSE_FSYNC));
	close(file);
	CHECK(cached->attr.size == BYTES && direct->attr.size == BYTES, "what is written");
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	CHECK(!pipe(pipes), "a pipe");
	mounted(0, O_DSYNC);
	mounted(MS_SYNCHRONOUS, 0);
	return 0;
}
