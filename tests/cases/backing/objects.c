// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: backing objects are given, fetched, listed and dropped; what cannot be one is refused; they stay when a node is evicted, and go when the connection does
 * needs: root extfuse ext4
 * timeout: 120
 */
#include <sys/sysmacros.h>

#include "objects.h"

#define MANY	5000

static void types(void)
{
	struct extfuse_backing_info infos[8];
	struct stat st, again;
	bool seen = false;
	int fd, n;

	EXPECT(0, add(11, 1, "low/file"));
	EXPECT(0, add(12, 1, "low/dir"));
	EXPECT(0, add(13, 7, "low/link"));
	EXPECT(-EOPNOTSUPP, add(14, 1, "low/fifo"));
	EXPECT(-EOPNOTSUPP, add(14, 1, "/dev/null"));
	EXPECT(-EEXIST, add(11, 1, "low/dir"));
	EXPECT(-EEXIST, add(11, 2, "low/dir"));
	EXPECT(-EINVAL, add(0, 1, "low/file"));
	EXPECT(-EBADF, extfuse_backing__add(raw_fd(rf), 15, 1, 9999));

	CHECK(!lstat("low/link", &st), "stat");
	fd = extfuse_backing__open(raw_fd(rf), 13, 7);
	CHECK(fd >= 0 && !fstat(fd, &again), "a descriptor comes back");
	CHECK(st.st_ino == again.st_ino && S_ISLNK(again.st_mode), "of the same file");
	CHECK(fcntl(fd, F_GETFL) & O_PATH && fcntl(fd, F_GETFD) & FD_CLOEXEC, "O_PATH, O_CLOEXEC");
	close(fd);
	EXPECT(-ENOENT, extfuse_backing__open(raw_fd(rf), 13, 1));
	EXPECT(-ENOENT, extfuse_backing__open(raw_fd(rf), 14, 1));

	CHECK(total() == 3, "%llu are there", (unsigned long long)total());
	n = extfuse_backing__list(raw_fd(rf), 0, infos, 8, NULL);
	CHECK(n == 3, "%d are listed", n);
	EXPECT(2, extfuse_backing__list(raw_fd(rf), raw_conn(rf), infos, 2, NULL));
	EXPECT(3, extfuse_backing__list(raw_fd(rf), 0, infos, 3, NULL));
	while (n--)
		seen |= infos[n].nodeid == 13 && infos[n].generation == 7 && infos[n].ino == st.st_ino &&
			infos[n].mode == st.st_mode && minor(infos[n].dev) == minor(st.st_dev);
	CHECK(seen, "the link as it is");

	EXPECT(-ENOENT, extfuse_backing__drop(raw_fd(rf), 13, 1));
	EXPECT(0, extfuse_backing__drop(raw_fd(rf), 13, 7));
	EXPECT(-ENOENT, extfuse_backing__drop(raw_fd(rf), 13, 7));
	EXPECT(0, add(13, 8, "low/file"));
	EXPECT(0, extfuse_backing__drop(raw_fd(rf), 13, 8));
	EXPECT(0, extfuse_backing__drop(raw_fd(rf), 12, 1));
	EXPECT(0, extfuse_backing__drop(raw_fd(rf), 11, 1));
	CHECK(!total(), "none is left");
}

static bool has_object(const struct raw_node *node)
{
	int fd = extfuse_backing__open(raw_fd(rf), node->id, node->generation);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* The kernel may forget a node when it likes: what the daemon gave for it stays until the daemon takes it back. */
static void evicted(void)
{
	struct raw_node *node = raw_file(rf, "/evicted", "text", 4);
	struct stat st;

	EXPECT(0, add(node->id, node->generation, "low/file"));
	CHECK(!stat("mnt/evicted", &st) && !raw_forgets(rf, node->id), "the kernel knows the node");
	raw_balance(rf);
	CHECK(raw_forgets(rf, node->id), "and has forgotten it");
	CHECK(has_object(node) && total() == 1, "its object is there");
	EXPECT(-EEXIST, add(node->id, node->generation, "low/file"));
	EXPECT(0, extfuse_backing__drop(raw_fd(rf), node->id, node->generation));
	CHECK(!has_object(node) && !total(), "until it is dropped");
}

static void limit(void)
{
	int i;

	EXPECT(0, extfuse_backing__limit(raw_fd(rf), 0, 2));
	EXPECT(0, add(31, 1, "low/file"));
	EXPECT(0, add(32, 1, "low/file"));
	EXPECT(-ENOSPC, add(33, 1, "low/file"));
	EXPECT(0, extfuse_backing__drop(raw_fd(rf), 31, 1));
	EXPECT(0, add(33, 1, "low/file"));
	EXPECT(-EINVAL, extfuse_backing__limit(raw_fd(rf), 0, UINT32_MAX));
	EXPECT(0, extfuse_backing__limit(raw_fd(rf), 0, EXTFUSE_MAX_BACKING));
	/* Numbers or addresses, the table grows and shrinks. */
	for (i = 0; i < MANY; i++)
		EXPECT(0, add(0xffff888000000000ULL + i * 64ULL, 1, "low/file"));
	CHECK(total() == MANY + 2, "%llu are there", (unsigned long long)total());
	for (i = 0; i < MANY; i++)
		EXPECT(0, extfuse_backing__drop(raw_fd(rf), 0xffff888000000000ULL + i * 64ULL, 1));
}

static void not_ours(void)
{
	int null = open("/dev/null", O_RDWR), bare = open("/dev/extfuse", O_RDWR);

	EXPECT(-ENOTTY, extfuse_backing__drop(null, 1, 1));
	EXPECT(-ENODEV, extfuse_backing__drop(bare, 1, 1));
	close(null);
	close(bare);
}

/* An object holds its file system, until the connection is gone. */
static void gone(void)
{
	EXPECT(0, add(41, 1, "low/dir"));
	CHECK(umount("low") && errno == EBUSY, "an object holds what it lies on");
	raw_drop(rf);
	CHECK(raw_until(10, !umount("low")), "and lets go when the daemon is gone: %m");
}

int main(void)
{
	CHECK(!mkdir("low", 0755) && !mount("low", "low", "tmpfs", 0, NULL), "a file system below");
	CHECK(!mkdir("low/dir", 0755) && !mkfifo("low/fifo", 0644) && !symlink("file", "low/link") &&
	      !mknod("low/file", S_IFREG | 0644, 0), "files");
	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1" });
	types();
	evicted();
	limit();
	not_ours();
	gone();
	raw_stop(rf);
	return 0;
}
