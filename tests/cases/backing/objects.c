// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: backing objects are given, fetched, listed and dropped; what cannot be one is refused; they go when the connection does
 * needs: root extfuse ext4
 * timeout: 120
 */
#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "rawfuse.h"

#define MANY	5000

static struct rawfuse *rf;

static int path_fd(const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	CHECK(fd >= 0, "%s", path);
	return fd;
}

static int add(uint64_t nodeid, uint64_t generation, const char *path)
{
	int fd = path_fd(path), err = extfuse_backing__add(raw_fd(rf), nodeid, generation, fd);

	close(fd);
	return err;
}

static void expect(int want, int found, const char *what)
{
	CHECK(want == found, "%s: %d instead of %d", what, found, want);
}
#define EXPECT(want, call) expect(want, call, #call)

/* Without a number, so that only the daemon's own is listed. */
static uint64_t total(void)
{
	__u64 n = 0;

	EXPECT(0, extfuse_backing__list(raw_fd(rf), 0, NULL, 0, &n));
	return n;
}

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

/* Nothing that lies on extfuse lies below it, by whatever way. */
static void stacked(void)
{
	struct rawfuse *flat;
	int fd;

	EXPECT(-ELOOP, add(21, 1, "mnt"));
	CHECK(!mkdir("bound", 0755) && !mount("mnt", "bound", NULL, MS_BIND, NULL), "a bind mount");
	EXPECT(-ELOOP, add(21, 1, "bound"));
	CHECK(!umount("bound"), "umount");
	CHECK(!mkdir("up", 0755) && !mkdir("work", 0755) && !mkdir("over", 0755), "directories");
	if (!mount("overlay", "over", "overlay", 0, "lowerdir=mnt,upperdir=up,workdir=work") ||
	    !mount("overlay", "over", "overlay", 0, "lowerdir=mnt:low")) {
		EXPECT(-ELOOP, add(21, 1, "over"));
		CHECK(!umount("over"), "umount");
	} else {
		printf("no overlay on extfuse here: %m\n");
	}
	/* One level is all that this mount has. */
	if (!mount("overlay", "over", "overlay", 0, "lowerdir=low/dir:low/other")) {
		EXPECT(-ELOOP, add(21, 1, "over"));
		CHECK(!umount("over"), "umount");
	} else {
		printf("no overlay here: %m\n");
	}
	flat = raw_start(&(struct raw_opts){ .dir = "flat" });
	EXPECT(-ELOOP, add(21, 1, "flat"));
	fd = path_fd("low/file");
	EXPECT(-ELOOP, extfuse_backing__add(raw_fd(flat), 21, 1, fd));
	close(fd);
	raw_stop(flat);
	CHECK(!total(), "none is left");
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
	CHECK(!mkdir("low/dir", 0755) && !mkdir("low/other", 0755) && !mkfifo("low/fifo", 0644) && !symlink("file", "low/link") &&
	      !mknod("low/file", S_IFREG | 0644, 0), "files");
	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1" });
	types();
	stacked();
	limit();
	not_ours();
	gone();
	raw_stop(rf);
	return 0;
}
