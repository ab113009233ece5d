// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with xattrtimeo writes ask once whether a file has capabilities; that it has some is not said after its data has changed
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 *
 * LONG=1 writes 10,000 times.
 */
#include <linux/capability.h>

#include "xattrs.h"

static void write_often(const char *path, unsigned int n)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0, "open");
	while (n--)
		CHECK(pwrite(fd, "x", 1, n) == 1, "write");
	close_written(fd);
}

static void without(void)
{
	serve(0, false, 0);
	sent();
	write_often("mnt/f", 10);
	CHECK(sent() == 10, "without xattrtimeo each write asks");
	end();
}

static void none(void)
{
	unsigned int n = getenv("LONG") ? 10000 : 500, came;
	struct stat st;

	CHECK(!stat("mnt/f", &st), "stat");
	sent();
	write_often("mnt/f", n);
	came = sent();
	CHECK(came == 1, "%u writes ask once, not %u times", n, came);
	CHECK(stats(FUSE_GETXATTR).failed == n - 1, "a program has said so");
}

/* The daemon takes the capabilities away, as a file system does. */
static int opens(struct raw_req *req)
{
	const struct fuse_open_in *in = req->arg;
	struct raw_node *node = raw_node(rf, req->in->nodeid);

	if (in->flags & O_TRUNC) {
		raw_lock(rf);
		node->xattrs = NULL;
		node->attr.size = 0;
		raw_unlock(rf);
	}
	return RAW_DEFAULT;
}

static ssize_t capability(void)
{
	struct vfs_cap_data cap;
	struct stat st;

	CHECK(!stat("mnt/c", &st), "stat");
	return lgetxattr("mnt/c", CAPABILITY, &cap, sizeof(cap)) < 0 ? -errno : (ssize_t)sizeof(cap);
}

static void some(void)
{
	struct vfs_cap_data cap = { .magic_etc = VFS_CAP_REVISION_2, .data[0].permitted = 1 << CAP_CHOWN };
	struct raw_node *node = raw_file(rf, "/c", "text", 4);
	int fd;

	raw_setxattr(rf, node, CAPABILITY, &cap, sizeof(cap));
	sent();
	CHECK(capability() == sizeof(cap) && sent(), "it has some");
	CHECK(capability() == sizeof(cap) && !sent(), "it has some, again");
	raw_on(rf, FUSE_OPEN, opens, NULL);
	fd = open("mnt/c", O_WRONLY | O_TRUNC);
	CHECK(fd >= 0, "truncate");
	CHECK(capability() == -ENODATA && sent(), "it has none any more");
	CHECK(capability() == -ENODATA && !sent(), "none, again");
	/* Nobody gets one by writing. */
	CHECK(ftruncate(fd, 10) == 0 && pwrite(fd, "text", 4, 0) == 4, "write");
	CHECK(capability() == -ENODATA && !sent(), "none after writing");
	close_written(fd);
	raw_on(rf, FUSE_OPEN, NULL, NULL);
}

/* The kernel takes them away itself, before it writes. */
static void taken(void)
{
	struct vfs_cap_data cap = { .magic_etc = VFS_CAP_REVISION_2, .data[0].permitted = 1 << CAP_CHOWN };

	CHECK(!lsetxattr("mnt/c", CAPABILITY, &cap, sizeof(cap), 0), "setxattr");
	CHECK(capability() == sizeof(cap) && sent(), "it has some");
	CHECK(capability() == sizeof(cap) && !sent(), "it has some, again");
	write_often("mnt/c", 1);
	CHECK(raw_count(rf, FUSE_REMOVEXATTR) == 1, "a write takes it away");
	CHECK(capability() == -ENODATA, "it has none any more");
}

int main(void)
{
	without();
	serve(LONG_NS, false, FUSE_ATOMIC_O_TRUNC);
	none();
	some();
	taken();
	end();
	return 0;
}
