// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with actimeo STATFS is asked for once by each caller, until anything changes through the mount
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <dirent.h>
#include <sys/statfs.h>

#include "kinds.h"

static unsigned int blocks_free = 1000;
static int fd = -1;

static int says(struct raw_req *req)
{
	struct fuse_statfs_out out = {
		.st = { .blocks = 5000, .bfree = blocks_free, .bavail = blocks_free, .files = 7, .bsize = 4096, .namelen = 255, .frsize = 4096 },
	};

	/* As with quotas. */
	if (req->in->uid)
		out.st.bavail = 3;
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static void expect_of(const char *path, unsigned int n, const char *what)
{
	struct statfs st;

	raw_reset(rf);
	CHECK(!statfs(path, &st), "%s: statfs of %s", what, path);
	CHECK(raw_count(rf, FUSE_STATFS) == n, "%s: %s must be asked for %u times: %s", what, path, n, raw_asked(rf));
	CHECK(st.f_blocks == 5000 && st.f_bfree == blocks_free && st.f_namelen == 255 && st.f_bsize == 4096,
	      "%s: %llu free, not %u", what, (unsigned long long)st.f_bfree, blocks_free);
}

static void expect_root(unsigned int n, const char *what) { expect_of("mnt", n, what); }

static void changes(void) { blocks_free--; }
static void do_write(void) { changes(); CHECK(pwrite(fd, "abcdef", 6, 0) == 6, "write"); }
static void do_truncate(void) { changes(); CHECK(!ftruncate(fd, 3), "truncate"); }
static void do_mknod(void) { changes(); CHECK(!mknod("mnt/n", S_IFREG | 0644, 0), "mknod"); }
static void do_unlink(void) { changes(); CHECK(!unlink("mnt/n"), "unlink"); }
static void do_mkdir(void) { changes(); CHECK(!mkdir("mnt/n", 0755) && !rmdir("mnt/n"), "mkdir"); }
static void do_setxattr(void) { changes(); CHECK(!lsetxattr("mnt/f", "user.a", "b", 1, 0), "setxattr"); }
static void do_fsync(void) { changes(); CHECK(!fsync(fd), "fsync"); }
static void written(void) { changes(); close_written(open("mnt/f", O_WRONLY)); }
static void notified(void) { changes(); CHECK(!raw_inval_inode(rf, file->id, 0, 0), "INVAL_INODE"); }

static void do_read(void)
{
	char buf[3];

	CHECK(pread(fd, buf, 3, 0) == 3, "read");
}
static void do_stat(void)
{
	look("mnt/f", 0);
	look("mnt/none", ENOENT);
}
static void do_list(void)
{
	DIR *dir = opendir("mnt");

	while (readdir(dir))
		;
	closedir(dir);
}
static void opened(void) { CHECK(!close(open("mnt/f", O_RDONLY)), "open and close"); }
static void of_link(void)
{
	char buf[8];

	CHECK(readlink("mnt/l", buf, sizeof(buf)) == 1, "readlink");
}

static const struct row changing[] = {
	{ "a write", do_write, true },
	{ "a truncation", do_truncate, true },
	{ "mknod", do_mknod, true },
	{ "unlink", do_unlink, true },
	{ "mkdir and rmdir", do_mkdir, true },
	{ "setxattr", do_setxattr, true },
	{ "fsync after writing", do_fsync, true },
	{ "the end of writing", written, true },
	{ "a notification", notified, true },
};

static const struct row reading[] = {
	{ "a read", do_read, false },
	{ "a look at names", do_stat, false },
	{ "a listing", do_list, false },
	{ "open and close for reading", opened, false },
	{ "readlink", of_link, false },
};

static void start(uint64_t actimeo, bool shadow)
{
	serve_kinds(actimeo, shadow);
	raw_symlink(rf, "/l", "f");
	raw_on(rf, FUSE_STATFS, says, NULL);
}

static void *another_user(void *unused)
{
	struct statfs st;

	become(1000);
	expect_root(1, "another user");
	expect_root(0, "another user, again");
	CHECK(!statfs("mnt", &st) && st.f_bavail == 3, "what he may use");
	return unused;
}

static struct raw_req *late;

static int keep(struct raw_req *req)
{
	struct raw_req *copy = raw_keep(req);

	__atomic_store_n(&late, copy, __ATOMIC_SEQ_CST);
	return RAW_DONE;
}

static void *asker(void *unused)
{
	struct statfs st;

	CHECK(!statfs("mnt", &st) && st.f_bfree == blocks_free, "statfs");
	return unused;
}

/* The daemon has counted, then something is written, and its answer comes last. */
static void overtaken(void)
{
	pthread_t thread;

	do_mknod();
	raw_on(rf, FUSE_STATFS, keep, NULL);
	CHECK(!pthread_create(&thread, NULL, asker, NULL), "thread");
	CHECK(raw_until(10, __atomic_load_n(&late, __ATOMIC_SEQ_CST)), "the request must come");
	raw_on(rf, FUSE_STATFS, says, NULL);
	CHECK(!unlink("mnt/n"), "unlink");
	says(late);
	pthread_join(thread, NULL);
	free(late);
	changes();
	expect_root(1, "after an answer that was overtaken");
	expect_root(0, "again");
}

static void options(void)
{
	start(0, false);
	expect_root(1, "without actimeo");
	expect_root(1, "without actimeo, again");
	CHECK(!stats(FUSE_STATFS).replies, "and no program sees it");
	end_kinds();

	start(50000000, false);
	expect_root(1, "with a short actimeo");
	raw_sleep_ms(200);
	expect_root(1, "when its time is over");
	end_kinds();

	start(LONG_NS, true);
	expect_root(1, "with shadow");
	expect_root(1, "with shadow, again");
	CHECK(stats(FUSE_STATFS).answered == 1 && !stats(FUSE_STATFS).differed, "and nothing differs");
	changes();
	expect_root(1, "with shadow the daemon's answer counts");
	CHECK(stats(FUSE_STATFS).differed == 1, "and the difference is counted");
	end_kinds();
}

int main(void)
{
	options();
	start(LONG_NS, false);
	fd = open("mnt/f", O_RDWR);
	CHECK(fd >= 0, "open");
	look("mnt/d", 0);
	expect_root(1, "the first time");
	expect_root(0, "the first time, again");
	CHECK(stats(FUSE_STATFS).answered == 1, "a program answers");
	expect_of("mnt/d", 1, "another directory");
	expect_of("mnt/d", 0, "another directory, again");
	expect_root(0, "and still the first one");
	run_as(another_user);
	overtaken();
	ROWS_RUN(changing, expect_root);
	/* What a listing says of what has been written may be news. */
	do_list();
	asker(NULL);
	ROWS_RUN(reading, expect_root);
	close_written(fd);
	end_kinds();
	return 0;
}
