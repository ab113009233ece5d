// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: attributes in the reply to a SETATTR are not taken for fresh when newer ones have come while it was on its way
 * needs: root extfuse
 */
#include <pthread.h>
#include <sys/stat.h>

#include "rawfuse.h"

static struct fuse_attr_out old;
static struct raw_req *kept;

/* The change is made at once, the answer is sent later. */
static int change(struct raw_req *req)
{
	struct raw_node *node = raw_get(req->rf, "/a");

	raw_lock(req->rf);
	node->attr.mode = S_IFREG | 0600;
	raw_fill_attr(req->rf, node, &old);
	raw_unlock(req->rf);
	__atomic_store_n(&kept, raw_keep(req), __ATOMIC_RELEASE);
	return RAW_DONE;
}

static void *chmod_it(void *arg)
{
	(void)arg;
	CHECK(!chmod("mnt/a", 0600), "chmod");
	return NULL;
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .entry_ns = 600 * RAW_SEC });
	struct raw_node *node = raw_file(rf, "/a", "text", 4);
	pthread_t thread;
	struct stat st;

	raw_lock(rf);
	node->attr.mode = S_IFREG | 0644;
	raw_unlock(rf);
	CHECK(!stat("mnt/a", &st) && (st.st_mode & 07777) == 0644, "as it is at first");
	raw_on(rf, FUSE_SETATTR, change, NULL);
	CHECK(!pthread_create(&thread, NULL, chmod_it, NULL), "a thread");
	CHECK(raw_until(10, __atomic_load_n(&kept, __ATOMIC_ACQUIRE)), "SETATTR is with the daemon");
	/* Another client of the daemon's server. */
	raw_lock(rf);
	node->attr.mode = S_IFREG | 0640;
	raw_unlock(rf);
	CHECK(!stat("mnt/a", &st) && (st.st_mode & 07777) == 0640, "what the other has made of it: %o", st.st_mode & 07777);
	old.attr_valid = 600;
	raw_reply(kept, 0, &old, sizeof(old));
	free(kept);
	pthread_join(thread, NULL);
	CHECK(!stat("mnt/a", &st), "look again");
	CHECK((st.st_mode & 07777) == 0640, "for its lifetime the older mode is shown: %o", st.st_mode & 07777);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
