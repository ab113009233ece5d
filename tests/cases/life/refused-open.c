// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: of a node whose OPEN or OPENDIR a reply program refused the daemon gets the RELEASE and, when that has ended, the FORGET
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * The kernel hands out FORGETs before requests: a daemon that frees a node with its count would look for its handle in vain.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../rules/rules.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_req *kept;	/* RELEASE that is not answered yet */

static void refuse(uint32_t opcode)
{
	script_clear(s);
	script_set(s, EXTFUSE_PHASE_REPLY, opcode, &(struct script_rule){ .verdict = -EACCES }, NULL, 0);
}

/* The first is kept, others go their way. */
static int keep_first(struct raw_req *req)
{
	if (kept)
		return RAW_DEFAULT;
	__atomic_store_n(&kept, raw_keep(req), __ATOMIC_SEQ_CST);
	return RAW_DONE;
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, "2", 1) == 1, "drop_caches");
	close(fd);
}

static void released_first(struct raw_node *node, uint32_t release)
{
	int i;

	CHECK(raw_until(5, __atomic_load_n(&kept, __ATOMIC_SEQ_CST)), "%s must come", raw_opname(release));
	CHECK(kept->in->nodeid == node->id, "%s of node %llu", raw_opname(release), (unsigned long long)kept->in->nodeid);
	for (i = 0; i < 10; i++) {
		drop_caches();
		raw_sleep_ms(30);
	}
	CHECK(!raw_forgets(rf, node->id), "FORGET came while %s was on its way", raw_opname(release));
	raw_reply(kept, 0, NULL, 0);
	free(kept);
	kept = NULL;
	raw_on(rf, release, NULL, NULL);
	CHECK(raw_until(10, (drop_caches(), raw_forgets(rf, node->id))), "and comes then");
}

static void opened(const char *path, struct raw_node *node, uint32_t opcode, uint32_t release)
{
	refuse(opcode);
	raw_on(rf, release, keep_first, NULL);
	CHECK(open(path, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES, "%s must be refused", raw_opname(opcode));
	released_first(node, release);
}

/* A handle that the kernel itself opens, for a caller who has one already. */
static void opened_by_kernel(const char *path, struct raw_node *node)
{
	int flags, fd;

	script_clear(s);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "open");
	refuse(FUSE_OPEN);
	raw_on(rf, FUSE_RELEASE, keep_first, NULL);
	CHECK(ioctl(fd, FS_IOC_GETFLAGS, &flags) && errno == EACCES, "the kernel's own OPEN must be refused");
	CHECK(raw_until(5, __atomic_load_n(&kept, __ATOMIC_SEQ_CST)), "RELEASE must come");
	close(fd);
	CHECK(raw_until(5, raw_count_node(rf, FUSE_RELEASE, node->id) == 2), "that of the caller's handle too");
	released_first(node, FUSE_RELEASE);
}

int main(void)
{
	struct raw_node *file, *dir, *other;

	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script", NULL);
	file = raw_file(rf, "/file", "text", 4);
	other = raw_file(rf, "/other", "text", 4);
	dir = raw_mkdir(rf, "/dir");
	opened("mnt/file", file, FUSE_OPEN, FUSE_RELEASE);
	opened("mnt/dir", dir, FUSE_OPENDIR, FUSE_RELEASEDIR);
	opened_by_kernel("mnt/other", other);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
