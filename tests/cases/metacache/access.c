// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with actimeo what a caller may do is asked for once of each; what can change that moves it, a directory's rights as well
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <sys/ioctl.h>

#include "kinds.h"

static struct raw_node *inner;
static int refuses = EACCES;

/* A daemon that goes by paths looks at all directories on the way. */
static int says(struct raw_req *req)
{
	const struct fuse_access_in *in = req->arg;

	raw_reply(req, in->mask & W_OK || req->in->uid ? -refuses : 0, NULL, 0);
	return RAW_DONE;
}

static void expect_access(const char *path, int mask, int want, unsigned int n, const char *what)
{
	int err;

	/* How many links it has must be known. */
	look(path, 0);
	raw_reset(rf);
	err = syscall(SYS_faccessat, AT_FDCWD, path, mask) ? errno : 0;
	CHECK(err == want, "%s: %s: %s", what, path, strerror(err));
	CHECK(raw_count(rf, FUSE_ACCESS) == n, "%s: %s must be asked for %u times: %s", what, path, n, raw_asked(rf));
}

static void expect_both(unsigned int n, const char *what)
{
	expect_access("mnt/d/f", R_OK, 0, n, what);
	expect_access("mnt/d/f", W_OK, EACCES, n, what);
}

static void do_chmod(void) { CHECK(!chmod("mnt/d/f", 0600), "chmod"); }
static void do_chown(void) { CHECK(!lchown("mnt/d/f", 12, 34), "chown"); }
static void do_setxattr(void) { CHECK(!lsetxattr("mnt/d/f", "user.a", "b", 1, 0), "setxattr"); }
static void do_removexattr(void) { CHECK(!lremovexattr("mnt/d/f", "user.a"), "removexattr"); }
static void notified(void) { CHECK(!raw_inval_inode(rf, inner->id, -1, 0), "INVAL_INODE"); }
static void behind(void) { changed_behind(inner, "mnt/d/f"); }
static void evicted(void) { evict(inner); }
static void of_directory(void) { CHECK(!chmod("mnt/d", 0711), "chmod of the directory"); }
static void of_root(void) { CHECK(!lchown("mnt", 0, 5), "chown of the root"); }
static void acl_of_directory(void) { CHECK(!lsetxattr("mnt/d", "user.b", "b", 1, 0), "setxattr of the directory"); }
static void directory_moved(void) { CHECK(!rename("mnt/d", "mnt/e") && !rename("mnt/e", "mnt/d"), "rename of the directory"); }
static void directory_notified(void) { CHECK(!raw_inval_inode(rf, raw_get(rf, "/d")->id, -1, 0), "INVAL_INODE"); }
static void directory_behind(void)
{
	/* What was known of it must be known again to be compared. */
	look("mnt/d", 0);
	expect_both(0, "before that");
	changed_behind(raw_get(rf, "/d"), "mnt/d");
}

static void of_another(void) { CHECK(!chmod("mnt/f", 0600) && !chmod("mnt/f", 0644), "another file"); }
static void written(void)
{
	int fd = open("mnt/f", O_WRONLY);

	CHECK(fd >= 0 && pwrite(fd, "x", 1, 0) == 1, "write");
	close_written(fd);
}
static void do_read(void)
{
	int fd = open("mnt/d/f", O_RDONLY);
	char c;

	CHECK(fd >= 0 && pread(fd, &c, 1, 0) == 1, "read");
	close(fd);
}
static void made(void) { CHECK(!mkdir("mnt/d/n", 0755) && !rmdir("mnt/d/n") && !mknod("mnt/d/n", S_IFREG, 0) && !unlink("mnt/d/n"), "names"); }
static void renamed(void) { CHECK(!rename("mnt/f", "mnt/g") && !rename("mnt/g", "mnt/f"), "rename of a file"); }
static void times_of_directory(void) { CHECK(!utimensat(AT_FDCWD, "mnt/d", NULL, 0), "utimens"); }

static const struct row rows[] = {
	{ "chmod", do_chmod, true },
	{ "chown", do_chown, true },
	{ "setxattr", do_setxattr, true },
	{ "removexattr", do_removexattr, true },
	{ "FUSE_NOTIFY_INVAL_INODE", notified, true },
	{ "attributes that somebody else has changed", behind, true },
	{ "an eviction", evicted, true },
	{ "chmod of the directory", of_directory, true },
	{ "chown of the root", of_root, true },
	{ "an attribute of the directory", acl_of_directory, true },
	{ "a rename of the directory", directory_moved, true },
	{ "FUSE_NOTIFY_INVAL_INODE of the directory", directory_notified, true },
	{ "a directory that somebody else has changed", directory_behind, true },
	{ "chmod of another file", of_another, false },
	{ "another file is written", written, false },
	{ "a read", do_read, false },
	{ "names in the directory", made, false },
	{ "a rename of another file", renamed, false },
	{ "times of the directory", times_of_directory, false },
};

static void *another_user(void *unused)
{
	become(1000);
	expect_access("mnt/d/f", R_OK, EACCES, 1, "another user");
	expect_access("mnt/d/f", R_OK, EACCES, 0, "another user, again");
	return unused;
}

static void *another_group(void *unused)
{
	gid_t group = 4711;

	CHECK(!syscall(SYS_setgroups, 1, &group), "another group");
	expect_access("mnt/d/f", R_OK, 0, 1, "root with another group");
	expect_access("mnt/d/f", R_OK, 0, 0, "root with another group, again");
	return unused;
}

static void callers(void)
{
	run_as(another_user);
	run_as(another_group);
	expect_access("mnt/d/f", R_OK, 0, 0, "the first caller");
}

static void masks(void)
{
	expect_access("mnt/d/f", R_OK | X_OK, 0, 1, "another mask");
	expect_access("mnt/d/f", R_OK | X_OK, 0, 0, "another mask, again");
	expect_access("mnt/d", X_OK, 0, 1, "a directory");
	expect_access("mnt/d", X_OK, 0, 0, "a directory, again");
	refuses = EIO;
	expect_access("mnt/f", W_OK, EIO, 1, "an error that is none of rights");
	expect_access("mnt/f", W_OK, EIO, 1, "an error that is none of rights, again");
	refuses = EACCES;
}

static void links(void)
{
	raw_lock(rf);
	file->attr.nlink = 2;
	raw_unlock(rf);
	changed_behind(file, "mnt/f");
	expect_access("mnt/f", R_OK, 0, 1, "two links");
	expect_access("mnt/f", R_OK, 0, 1, "two links, again");
}

static void start(uint64_t actimeo, bool shadow)
{
	serve_kinds(actimeo, shadow);
	inner = raw_get(rf, "/d/f");
	raw_on(rf, FUSE_ACCESS, says, NULL);
	look("mnt/d/f", 0);
}

static void options(void)
{
	start(0, false);
	expect_both(1, "without actimeo");
	expect_both(1, "without actimeo, again");
	CHECK(!stats(FUSE_ACCESS).replies, "and no program sees it");
	end_kinds();

	start(50000000, false);
	raw_lock(rf);
	inner->attr_ns = 0;
	raw_unlock(rf);
	changed_behind(inner, "mnt/d/f");
	expect_both(1, "with a short actimeo");
	raw_sleep_ms(200);
	expect_both(1, "when its time is over");
	end_kinds();

	start(LONG_NS, true);
	expect_both(1, "with shadow");
	expect_both(1, "with shadow, again");
	CHECK(stats(FUSE_ACCESS).answered == 1 && stats(FUSE_ACCESS).failed == 1, "programs answer beside it");
	CHECK(!stats(FUSE_ACCESS).differed, "and nothing differs");
	refuses = EPERM;
	expect_access("mnt/d/f", W_OK, EPERM, 1, "with shadow the daemon's answer counts");
	CHECK(stats(FUSE_ACCESS).differed == 1, "and the difference is counted");
	refuses = EACCES;
	end_kinds();
}

int main(void)
{
	options();
	start(LONG_NS, false);
	expect_both(1, "the first time");
	expect_both(0, "the first time, again");
	CHECK(stats(FUSE_ACCESS).answered == 1 && stats(FUSE_ACCESS).failed == 1, "programs answer");
	callers();
	masks();
	ROWS_RUN(rows, expect_both);
	links();
	end_kinds();
	return 0;
}
