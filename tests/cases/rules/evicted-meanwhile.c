// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a LOOKUP reply that is older than a change is not kept, even if the inode was evicted meanwhile
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * fuse compares versions that lie in the inode; a new inode has none.  Linux before 6.12 keeps such a reply.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

static void *look(void *path)
{
	struct stat st;

	CHECK(!stat(path, &st), "stat of the second name");
	return NULL;
}

/* The reply was made before the change. */
static void old_mode(struct raw_req *req, void *out, size_t len)
{
	struct fuse_entry_out *entry = out;

	(void)req;
	CHECK(len == sizeof(*entry), "an entry");
	entry->attr.mode = S_IFREG | 0644;
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, "2", 1) == 1, "drop_caches");
	close(fd);
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .attr_ns = 1000 * RAW_SEC, .entry_ns = 1000 * RAW_SEC });
	struct raw_node *node = raw_file(rf, "/a", "text", 4);
	struct script *s;
	pthread_t thread;
	struct stat st;

	raw_link(rf, "/b", node);
	s = script_attach(rf, "script", NULL);
	CHECK(!chmod("mnt/a", 0644) && !stat("mnt/a", &st), "the first name");

	raw_hold(rf, FUSE_LOOKUP);
	CHECK(!pthread_create(&thread, NULL, look, "mnt/b"), "thread");
	raw_wait_held(rf, FUSE_LOOKUP, 1, 10);
	CHECK(!chmod("mnt/a", 0600), "chmod by the first name");
	CHECK(raw_until(20, (drop_caches(), raw_forgets(rf, node->id))), "the inode must be evicted");
	raw_edit(rf, FUSE_LOOKUP, old_mode, NULL);
	raw_reset(rf);
	raw_let_go(rf, FUSE_LOOKUP);
	pthread_join(thread, NULL);

	CHECK(!stat("mnt/b", &st), "stat");
	CHECK((st.st_mode & 07777) == 0600, "the mode is %o, from before the change", st.st_mode & 07777);
	CHECK(raw_count(rf, FUSE_GETATTR) == 1, "the daemon is asked once more, and then it is known");

	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
