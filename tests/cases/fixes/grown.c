// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what a mapping left behind the end of a file is no part of the file when it grows: by write, ftruncate, fallocate, and written back meanwhile
 * needs: root extfuse
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rawfuse.h"

#define PAGE	4096
#define OLD	100
#define LEFT	200	/* where the mapping leaves something */
#define NEW	1000

static struct rawfuse *rf;

static int by_write(int fd)
{
	return pwrite(fd, "x", 1, NEW - 1) == 1 ? 0 : -1;
}

static int by_ftruncate(int fd)
{
	return ftruncate(fd, NEW);
}

static int by_fallocate(int fd)
{
	return fallocate(fd, 0, 0, NEW);
}

static void *truncates(void *arg)
{
	int *fd = arg;

	CHECK(!by_ftruncate(*fd), "ftruncate while it is written back");
	return NULL;
}

/* The page is taken at the old size, and may be sent at the new one. */
static int by_ftruncate_meanwhile(int fd)
{
	pthread_t thread;

	raw_hold(rf, FUSE_SETATTR);
	CHECK(!pthread_create(&thread, NULL, truncates, &fd), "a thread");
	raw_wait_held(rf, FUSE_SETATTR, 1, 10);
	CHECK(!sync_file_range(fd, 0, PAGE, SYNC_FILE_RANGE_WRITE), "write back");
	raw_let_go(rf, FUSE_SETATTR);
	pthread_join(thread, NULL);
	return 0;
}

static void grow(const char *way, int (*by)(int fd))
{
	char text[OLD], path[32], byte = 'x';
	struct raw_node *node;
	char *page;
	int fd;

	memset(text, 'a', sizeof(text));
	snprintf(path, sizeof(path), "mnt/%s", way);
	node = raw_file(rf, path + 3, text, sizeof(text));
	fd = open(path, O_RDWR);
	CHECK(fd >= 0, "%s", path);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED, "%s: map", way);
	page[0] = 'b';
	page[LEFT] = 'J';
	CHECK(!by(fd), "%s", way);
	CHECK(pread(fd, &byte, 1, 0) == 1 && byte == 'b', "%s: what was written stays", way);
	CHECK(pread(fd, &byte, 1, LEFT) == 1, "%s: the file has grown", way);
	CHECK(!byte, "%s: read finds 0x%02x behind the old end", way, byte);
	CHECK(!page[LEFT], "%s: the mapping has 0x%02x behind the old end", way, page[LEFT]);
	CHECK(!fsync(fd), "%s: fsync", way);
	raw_lock(rf);
	CHECK(node->attr.size == NEW, "%s: the daemon's file has grown", way);
	CHECK(node->data[0] == 'b' && !node->data[LEFT], "%s: the daemon got 0x%02x behind the old end", way, node->data[LEFT]);
	raw_unlock(rf);
	munmap(page, PAGE);
	close(fd);
}

int main(void)
{
	rf = raw_start(&(struct raw_opts){ .attr_ns = 60 * RAW_SEC, .entry_ns = 60 * RAW_SEC });
	grow("write", by_write);
	grow("ftruncate", by_ftruncate);
	grow("ftruncate-meanwhile", by_ftruncate_meanwhile);
	grow("fallocate", by_fallocate);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
