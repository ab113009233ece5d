// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with closetimeo a file that was open for reading is given to the same caller again; what can change it, and what a handle may not be kept with, makes the daemon open it anew
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 * timeout: 120
 */
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>

#include "opens.h"

static void expect_file(unsigned int n, const char *what) { expect_opened("mnt/f", O_RDONLY, n, what); }
static void expect_dir(unsigned int n, const char *what) { expect_opened("mnt/d", O_RDONLY | O_DIRECTORY, n, what); }

static void do_chmod(void) { CHECK(!chmod("mnt/f", 0640), "chmod"); }
static void do_chown(void) { CHECK(!chown("mnt/f", 12, 34), "chown"); }
static void do_truncate(void) { CHECK(!truncate("mnt/f", 2), "truncate"); }
static void do_utimens(void) { CHECK(!utimensat(AT_FDCWD, "mnt/f", NULL, 0), "utimens"); }
static void do_setxattr(void) { CHECK(!setxattr("mnt/f", "user.a", "v", 1, 0), "setxattr"); }
static void do_link(void) { CHECK(!link("mnt/f", "mnt/l") && !unlink("mnt/l"), "link"); }
static void do_rename(void) { CHECK(!rename("mnt/f", "mnt/x") && !rename("mnt/x", "mnt/f"), "rename"); }
static void do_write(void) { close_written(open_for("mnt/f", O_WRONLY)); }
static void do_rdwr(void) { close_written(open_for("mnt/f", O_RDWR)); }
static void do_trunc(void) { close_written(open_for("mnt/f", O_WRONLY | O_TRUNC)); }
static void do_other(void) { CHECK(!chmod("mnt/g", 0640), "chmod of another file"); }
static void do_getxattr(void)
{
	char value[16];

	getxattr("mnt/f", "user.none", value, sizeof(value));
}
static void do_notify(void) { CHECK(!raw_inval_inode(rf, file->id, 0, 0), "INVAL_INODE"); }
static void do_store(void) { CHECK(!raw_store(rf, file->id, 0, "ab", 2), "STORE"); }
static void do_over(void)
{
	close_written(open("mnt/y", O_WRONLY | O_CREAT, 0644));
	CHECK(!rename("mnt/y", "mnt/f"), "rename over");
	file = raw_get(rf, "/f");
}
static void do_unlink(void)
{
	CHECK(!unlink("mnt/f"), "unlink");
	close_written(open("mnt/f", O_WRONLY | O_CREAT, 0644));
	file = raw_get(rf, "/f");
}
static void do_sync(void)
{
	int fd = open_for("mnt", O_RDONLY | O_DIRECTORY);

	CHECK(!syncfs(fd), "syncfs");
	close(fd);
	idle();
	CHECK(!files_open(), "a sync gives back what is kept: %d", files_open());
}
static void do_behind(void)
{
	raw_lock(rf);
	file->attr.mtime++;
	raw_unlock(rf);
	raw_inval_entry(rf, 1, "f");
	CHECK(!access("mnt/f", F_OK), "access");
}

static const struct row file_rows[] = {
	{ "a change of another file", do_other, false },
	{ "a GETXATTR", do_getxattr, false },
	{ "chmod", do_chmod, true },
	{ "chown", do_chown, true },
	{ "truncate", do_truncate, true },
	{ "utimens", do_utimens, true },
	{ "setxattr", do_setxattr, true },
	{ "a link", do_link, true },
	{ "a rename", do_rename, true },
	{ "opened for writing", do_write, true },
	{ "opened for both", do_rdwr, true },
	{ "opened with O_TRUNC", do_trunc, true },
	{ "FUSE_NOTIFY_INVAL_INODE", do_notify, true },
	{ "FUSE_NOTIFY_STORE", do_store, true },
	{ "another file in its place", do_over, true },
	{ "removed, and made anew", do_unlink, true },
	{ "a sync of the mount", do_sync, true },
	{ "changed behind the kernel's back, and seen", do_behind, true },
};

static void in_dir_make(void) { close_written(open("mnt/d/n", O_WRONLY | O_CREAT, 0644)); }
static void in_dir_remove(void) { CHECK(!unlink("mnt/d/n"), "unlink"); }
static void in_dir_move(void) { CHECK(!rename("mnt/g", "mnt/d/g") && !rename("mnt/d/g", "mnt/g"), "rename"); }
static void in_dir_mkdir(void) { CHECK(!mkdir("mnt/d/s", 0755) && !rmdir("mnt/d/s"), "mkdir"); }
static void in_dir_notified(void) { raw_inval_entry(rf, raw_get(rf, "/d")->id, "f"); }
static void dir_chmod(void) { CHECK(!chmod("mnt/d", 0711), "chmod"); }
static void dir_file(void) { CHECK(!chmod("mnt/d/f", 0640), "chmod of a file in it"); }

static const struct row dir_rows[] = {
	{ "a change of a file in it", dir_file, false },
	{ "a name made", in_dir_make, true },
	{ "a name removed", in_dir_remove, true },
	{ "a name moved in and out", in_dir_move, true },
	{ "a directory made in it", in_dir_mkdir, true },
	{ "FUSE_NOTIFY_INVAL_ENTRY", in_dir_notified, true },
	{ "chmod", dir_chmod, true },
};

static void *as_user(void *unused)
{
	become(1000);
	expect_file(1, "another user");
	expect_file(0, "another user, again");
	return unused;
}

static void *with_group(void *unused)
{
	const gid_t groups[] = { 4711 };

	CHECK(!syscall(SYS_setgroups, 1, groups), "setgroups");
	expect_file(1, "another set of groups");
	return unused;
}

static void callers(void)
{
	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_file(1, "root");
	run_as(as_user);
	run_as(with_group);
	expect_file(0, "root, again");
	expect_opened("mnt/f", O_RDONLY | O_NOATIME, 1, "with other flags");
	expect_opened("mnt/f", O_RDONLY | O_NOATIME, 0, "with the same other flags");
	end_opens();
}

static void expect_inner(unsigned int n, const char *what) { expect_opened("mnt/d/f", O_RDONLY, n, what); }
static void dir_xattr(void) { CHECK(!setxattr("mnt/d", "user.a", "v", 1, 0), "setxattr"); }
static void dir_rename(void) { CHECK(!rename("mnt/d", "mnt/e") && !rename("mnt/e", "mnt/d"), "rename"); }
static void dir_reached(void) { CHECK(!mkdir("mnt/d/s", 0755) && !rmdir("mnt/d/s"), "mkdir"); }

static const struct row way_rows[] = {
	{ "chmod of its directory", dir_chmod, true },
	{ "an xattr of its directory, which may be an ACL", dir_xattr, true },
	{ "its directory renamed", dir_rename, true },
	{ "another name in its directory", dir_reached, false },
};

/* Without default_permissions the daemon alone decides who comes to a file, and may do so by its path. */
static void on_the_way(void)
{
	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_inner(1, "at first");
	expect_inner(0, "again");
	ROWS_RUN(way_rows, expect_inner);
	end_opens();

	serve_opens(&(struct raw_opts){ .options = "default_permissions" }, &keeps);
	expect_inner(1, "at first");
	dir_chmod();
	expect_inner(0, "the kernel itself looks at its directory");
	end_opens();
}

/* A handle that is in use is nobody else's. */
static void in_use(void)
{
	char c;
	int one, two;

	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_file(1, "at first");
	raw_reset(rf);
	one = open_for("mnt/f", O_RDONLY);
	two = open_for("mnt/f", O_RDONLY);
	CHECK(raw_count(rf, FUSE_OPEN) == 1, "one of two is the one that was kept: %s", raw_asked(rf));
	CHECK(pread(one, &c, 1, 0) == 1 && pread(two, &c, 1, 1) == 1, "both can be read");
	close(one);
	close(two);
	CHECK(kept() == 2, "both are kept: %d", kept());
	end_opens();
}

static void take_lock(int how)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open_for("mnt/g", O_RDONLY);

	if (how)
		CHECK(!fcntl(fd, how, &lock), "lock %d", how);
	else
		CHECK(!flock(fd, LOCK_SH), "flock");
	close(fd);
}

/* Which file was locked before anything was attached is not known; on other connections nothing was. */
static void locked_before(void)
{
	rf = raw_start(&(struct raw_opts){ .flags = FUSE_POSIX_LOCKS, .attr_ns = LONG_NS, .entry_ns = LONG_NS });
	raw_file(rf, "/f", "text", 4);
	raw_file(rf, "/g", "text", 4);
	take_lock(F_SETLK);
	attach("metacache", &keeps);
	never("mnt/f", O_RDONLY, "after a lock that nobody has noted");
	raw_balance(rf);
	raw_stop(rf);

	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_file(1, "another connection");
	expect_file(0, "another connection, again");
	end_opens();
}

/* Nothing yet: the daemon may tell the handle later. */
static int no_events(struct raw_req *req)
{
	const struct fuse_poll_out out = { 0 };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static void are_not_kept(void)
{
	struct pollfd p = { .events = POLLIN };
	int fd;

	serve_opens(&(struct raw_opts){ .flags = FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS }, &keeps);
	never("mnt/g", O_RDWR, "open for writing");
	raw_lock(rf);
	file->open_flags = FOPEN_DIRECT_IO;
	raw_unlock(rf);
	never("mnt/f", O_RDONLY, "without a cache");
	raw_lock(rf);
	file->open_flags = 0;
	raw_unlock(rf);
	raw_on(rf, FUSE_POLL, no_events, NULL);
	p.fd = fd = open_for("mnt/f", O_RDONLY);
	CHECK(!poll(&p, 1, 20), "poll");
	close(fd);
	idle();
	CHECK(!kept() && !files_open(), "what was polled: %d kept, %d open", kept(), files_open());

	expect_opened("mnt/g", O_RDONLY, 1, "before a lock");
	take_lock(0);
	idle();
	CHECK(files_open() <= 1, "the handle of a flock is released");
	take_lock(F_SETLK);
	never("mnt/g", O_RDONLY, "since somebody has locked it");
	fd = open_for("mnt/f", O_RDONLY);
	CHECK(!unlink("mnt/f"), "unlink");
	close(fd);
	idle();
	CHECK(!files_open(), "a file whose name is gone is released: %d are open", files_open());
	end_opens();
}

static void mapped(void)
{
	char *map;
	int fd;

	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	fd = open_for("mnt/f", O_RDONLY);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	close(fd);
	CHECK(!kept(), "a mapping has its file open");
	expect_file(1, "beside a mapping");
	CHECK(!memcmp(map, "text", 4), "mapped");
	munmap(map, 4096);
	CHECK(kept() == 2, "both are kept: %d", kept());
	end_opens();
}

int main(void)
{
	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_file(1, "at first");
	expect_file(0, "again");
	CHECK(stats(FUSE_OPEN).kept == 1 && stats(FUSE_RELEASE).kept == 2, "counters");
	ROWS_RUN(file_rows, expect_file);
	expect_dir(1, "at first");
	expect_dir(0, "again");
	ROWS_RUN(dir_rows, expect_dir);
	end_opens();

	callers();
	on_the_way();
	in_use();
	are_not_kept();
	locked_before();
	mapped();
	return 0;
}
