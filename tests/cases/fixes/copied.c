// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a copy (copy_file_range) of no bytes throws no page away; of two copies at once each gets the answer to its own opcode
 * needs: root extfuse
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rawfuse.h"
#include "rawnew.h"

#define PAGE	4096

static struct rawfuse *rf;
static char *page;
static int from;

static void start(void)
{
	char text[2 * PAGE];

	memset(text, 'a', sizeof(text));
	rf = raw_start(&(struct raw_opts){ .attr_ns = 60 * RAW_SEC, .entry_ns = 60 * RAW_SEC });
	raw_file(rf, "/from", text, PAGE);
	raw_file(rf, "/one", text, sizeof(text));
	raw_file(rf, "/two", text, sizeof(text));
	from = open("mnt/from", O_RDONLY);
	CHECK(from >= 0, "open");
}

static void stop(void)
{
	close(from);
	raw_balance(rf);
	raw_stop(rf);
}

static ssize_t copy(const char *path, size_t len)
{
	int fd = open(path, O_RDWR);
	off_t in = 0, out = 0;
	ssize_t ret;

	CHECK(fd >= 0, "%s", path);
	ret = copy_file_range(from, &in, fd, &out, len, 0);
	close(fd);
	return ret;
}

/* The page is dirtied after what the kernel wrote back for the copy, and before the answer. */
static int copies_nothing(struct raw_req *req)
{
	struct fuse_write_out out = {};

	page[PAGE] = 'D';
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static void nothing(void)
{
	int fd;

	start();
	raw_on(rf, FUSE_COPY_FILE_RANGE, copies_nothing, NULL);
	raw_on(rf, RAW_COPY_FILE_RANGE_64, copies_nothing, NULL);
	fd = open("mnt/one", O_RDWR);
	CHECK(fd >= 0, "open");
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED, "map");
	page[PAGE] = 'b';
	CHECK(!copy("mnt/one", PAGE), "nothing is copied");
	CHECK(raw_count(rf, FUSE_COPY_FILE_RANGE) + raw_count(rf, RAW_COPY_FILE_RANGE_64) == 1, "the daemon is asked");
	CHECK(page[PAGE] == 'D', "a page that was written meanwhile is gone: 0x%02x", page[PAGE]);
	munmap(page, 2 * PAGE);
	close(fd);
	stop();
}

static void *copier(void *path)
{
	return (void *)copy(path, PAGE);
}

static void two(void *results[2])
{
	pthread_t threads[2];

	CHECK(!pthread_create(&threads[0], NULL, copier, "mnt/one"), "a thread");
	CHECK(raw_until(10, raw_count(rf, RAW_COPY_FILE_RANGE_64) == 1), "the first is on its way");
	CHECK(!pthread_create(&threads[1], NULL, copier, "mnt/two"), "a thread");
	CHECK(raw_until(10, raw_count(rf, RAW_COPY_FILE_RANGE_64) == 2), "the second is on its way");
	raw_let_go(rf, RAW_COPY_FILE_RANGE_64);
	pthread_join(threads[0], &results[0]);
	pthread_join(threads[1], &results[1]);
}

static void both_refused(void)
{
	void *results[2];

	start();
	raw_hold(rf, RAW_COPY_FILE_RANGE_64);
	two(results);
	CHECK((ssize_t)results[0] == PAGE && (ssize_t)results[1] == PAGE, "both are copied");
	raw_reset(rf);
	CHECK(copy("mnt/one", PAGE) == PAGE, "a third");
	CHECK(raw_count(rf, FUSE_COPY_FILE_RANGE) == 1, "the opcode that the daemon knows is not off");
	stop();
}

static struct raw_req *kept;

static int refuses_second(struct raw_req *req)
{
	if (kept)
		return -ENOSYS;
	kept = raw_keep(req);
	return RAW_DONE;
}

/* The second is refused and falls back; then the first, which is of the new opcode, is answered. */
static void one_answered(void)
{
	struct { uint64_t copied; } out = { .copied = 10 };
	pthread_t thread;
	void *first;

	start();
	raw_on(rf, RAW_COPY_FILE_RANGE_64, refuses_second, NULL);
	CHECK(!pthread_create(&thread, NULL, copier, "mnt/one"), "a thread");
	CHECK(raw_until(10, raw_count(rf, RAW_COPY_FILE_RANGE_64) == 1), "the first is on its way");
	CHECK(copy("mnt/two", PAGE) == PAGE, "the second");
	CHECK(raw_count(rf, FUSE_COPY_FILE_RANGE) == 1, "the second falls back");
	raw_reply(kept, 0, &out, sizeof(out));
	free(kept);
	pthread_join(thread, &first);
	CHECK((ssize_t)first == 10, "the first copied 10 bytes, says the daemon; the kernel says %zd", (ssize_t)first);
	stop();
}

int main(void)
{
	bool new;

	nothing();
	start();
	CHECK(copy("mnt/one", PAGE) == PAGE, "copy");
	new = raw_count(rf, RAW_COPY_FILE_RANGE_64);
	stop();
	/* With one opcode there is nothing to confuse. */
	if (!new)
		return 0;
	both_refused();
	one_answered();
	return 0;
}
