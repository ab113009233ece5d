// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: pages of a file whose number the daemon has given to another file are not written into that
 * needs: root extfuse
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rawfuse.h"

#define PAGE	4096

static int fd;

/* Its answer, which has another mtime, comes when the inode is bad: the pages are to be thrown away then. */
static void *look(void *arg)
{
	struct stat st;

	(void)arg;
	fstat(fd, &st);
	return NULL;
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .flags = FUSE_AUTO_INVAL_DATA });
	char text[PAGE], *page;
	struct raw_node *node;
	pthread_t thread;
	struct stat st;

	memset(text, 'a', sizeof(text));
	node = raw_file(rf, "/a", text, sizeof(text));
	fd = open("mnt/a", O_RDWR);
	CHECK(fd >= 0, "open");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED, "map");
	CHECK(page[0] == 'a', "the page is there");

	raw_hold(rf, FUSE_GETATTR);
	CHECK(!pthread_create(&thread, NULL, look, NULL), "a thread");
	raw_wait_held(rf, FUSE_GETATTR, 1, 10);
	raw_lock(rf);
	node->generation++;
	node->attr.mtime += 5;
	node->attr_ns = node->entry_ns = 60 * RAW_SEC;
	raw_unlock(rf);
	CHECK(!stat("mnt/a", &st), "the new file");
	raw_reset(rf);
	/* Not before: the kernel may write it back at any time, as long as the inode is good. */
	page[0] = 'D';
	raw_let_go(rf, FUSE_GETATTR);
	pthread_join(thread, NULL);
	munmap(page, PAGE);
	close(fd);
	CHECK(!raw_count(rf, FUSE_WRITE), "a page of the old file was written");
	raw_lock(rf);
	CHECK(node->data[0] == 'a', "the new file has the old one's page");
	raw_unlock(rf);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
