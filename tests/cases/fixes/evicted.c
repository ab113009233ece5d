// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: attributes of a LOOKUP that was on its way when the inode they are of was changed and evicted are not taken for fresh
 * needs: root extfuse
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rawfuse.h"

static struct fuse_entry_out old;
static struct raw_req *kept;

/* The answer is as old as the question. */
static int look(struct raw_req *req)
{
	struct raw_node *node;

	if (strcmp(req->arg, "b"))
		return RAW_DEFAULT;
	node = raw_get(req->rf, "/b");
	raw_lock(req->rf);
	node->nlookup++;
	raw_unlock(req->rf);
	raw_fill_entry(req->rf, node, &old);
	__atomic_store_n(&kept, raw_keep(req), __ATOMIC_RELEASE);
	return RAW_DONE;
}

static void *second_name(void *mode)
{
	struct stat st;

	CHECK(!stat("mnt/b", &st), "the second name");
	*(mode_t *)mode = st.st_mode & 07777;
	return NULL;
}

static bool forgotten(struct rawfuse *rf, struct raw_node *node)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	CHECK(fd >= 0 && write(fd, "2", 1) == 1, "drop what nobody uses");
	close(fd);
	return raw_forgets(rf, node->id);
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .attr_ns = 600 * RAW_SEC, .entry_ns = 600 * RAW_SEC });
	struct raw_node *node = raw_file(rf, "/a", "text", 4);
	pthread_t thread;
	struct stat st;
	mode_t mode;

	raw_lock(rf);
	node->attr.mode = S_IFREG | 0644;
	raw_unlock(rf);
	raw_link(rf, "/b", node);
	CHECK(!stat("mnt/a", &st) && (st.st_mode & 07777) == 0644, "the first name");
	raw_on(rf, FUSE_LOOKUP, look, NULL);
	CHECK(!pthread_create(&thread, NULL, second_name, &mode), "a thread");
	CHECK(raw_until(10, __atomic_load_n(&kept, __ATOMIC_ACQUIRE)), "the second name is looked up");
	CHECK(!chmod("mnt/a", 0600), "chmod");
	CHECK(raw_until(10, forgotten(rf, node)), "the inode is evicted");
	raw_reply(kept, 0, &old, sizeof(old));
	free(kept);
	pthread_join(thread, NULL);
	CHECK(!stat("mnt/b", &st), "look again");
	CHECK((st.st_mode & 07777) == 0600, "for its lifetime the old mode is shown: %o", st.st_mode & 07777);
	CHECK(mode == 0600, "the first look shows %o", mode);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
