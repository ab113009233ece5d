// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the last page that a file can have is read, by readahead and by itself, and stays locked for nobody
 * needs: root extfuse brd
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rawfuse.h"

#define PART	100

static unsigned int failing;

static int fill(struct raw_req *req)
{
	const struct fuse_read_in *in = req->arg;
	char *data;

	if (__atomic_load_n(&failing, __ATOMIC_RELAXED)) {
		__atomic_sub_fetch(&failing, 1, __ATOMIC_RELAXED);
		return -EIO;
	}
	CHECK(in->offset + in->size <= INT64_MAX, "READ ends behind what an offset can say");
	data = malloc(in->size);
	CHECK(data, "memory");
	memset(data, 'x', in->size);
	raw_reply(req, 0, data, in->size);
	free(data);
	return RAW_DONE;
}

/* In a process of its own, which can be killed. */
static void reads(const char *path)
{
	char buf[PART], want[PART];
	int fd = open(path, O_RDONLY);
	ssize_t len = pread(fd, buf, PART, INT64_MAX - PART);

	memset(want, 'x', sizeof(want));
	CHECK(len == PART && !memcmp(buf, want, PART), "%s: %zd bytes", path, len);
}

static void last(const char *path)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0, "fork");
	if (!pid) {
		reads(path);
		_exit(0);
	}
	if (!raw_until(10, waitpid(pid, &status, WNOHANG) == pid)) {
		kill(pid, SIGKILL);
		CHECK(false, "%s: the reader waits for a page that nobody unlocks", path);
	}
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status), "%s", path);
}

/* A page of several blocks is read block by block, and unlocked when the last is there. */
static void pages(struct raw_opts *opts)
{
	struct rawfuse *rf = raw_start(opts);
	struct raw_node *a = raw_file(rf, "/ahead", "", 0), *b = raw_file(rf, "/itself", "", 0);

	raw_on(rf, FUSE_READ, fill, NULL);
	raw_lock(rf);
	a->attr.size = b->attr.size = INT64_MAX;
	raw_unlock(rf);
	last("mnt/ahead");
	/* What readahead does not get, the page itself asks for. */
	failing = 1;
	last("mnt/itself");
	CHECK(!failing, "readahead comes first");
	raw_balance(rf);
	raw_lock(rf);
	a->attr.size = b->attr.size = 0;
	raw_unlock(rf);
	raw_stop(rf);
}

int main(void)
{
	struct raw_opts opts = { .attr_ns = 60 * RAW_SEC, .entry_ns = 60 * RAW_SEC };

	pages(&opts);
	CHECK(!system("modprobe brd rd_nr=1 rd_size=1024"), "a block device");
	opts.type = "extfuseblk";
	opts.source = "/dev/ram0";
	opts.options = "blksize=512";
	pages(&opts);
	CHECK(!system("rmmod brd"), "the block device goes");
	return 0;
}
