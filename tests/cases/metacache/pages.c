// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with keepcache what was read of a file stays when it is closed, and is never older than what an open without it would show
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "opens.h"
#include "rawnew.h"

static const struct extfuse_options pages = { .actimeo_ns = LONG_NS, .keepcache = true };

/* Opened anew, it reads as @text, with so many READs. */
static void expect_read(const char *path, const char *text, unsigned int n, const char *what)
{
	char got[64];
	struct stat st;
	ssize_t len;
	int fd;

	CHECK(!stat(path, &st), "%s: stat %s", what, path);
	raw_reset(rf);
	fd = open_for(path, O_RDONLY);
	len = pread(fd, got, sizeof(got) - 1, 0);
	CHECK(len >= 0, "%s: read", what);
	got[len] = '\0';
	close(fd);
	CHECK(!strcmp(got, text), "%s: %s is \"%s\", not \"%s\"", what, path, got, text);
	CHECK(raw_count(rf, FUSE_READ) == n, "%s: %s must be read %u times: %s", what, path, n, raw_asked(rf));
}

static const char *want = "text";

static void expect_file(unsigned int n, const char *what) { expect_read("mnt/f", want, n, what); }

/* What the daemon has, which nobody tells the kernel. */
static void holds(const char *text)
{
	raw_lock(rf);
	memcpy(file->data, text, strlen(text));
	raw_unlock(rf);
	want = text;
}

static void write_at(const char *path, const char *text)
{
	int fd = open_for(path, O_WRONLY);

	CHECK(pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text), "write");
	close_written(fd);
}

static void do_write(void) { write_at("mnt/f", want = "wrot"); }
static void do_other(void) { write_at("mnt/g", "xxxx"); }
static void do_truncate(void)
{
	CHECK(!truncate("mnt/f", 0) && !truncate("mnt/f", 4), "truncate");
	holds("trnc");
}
static void do_chmod(void)
{
	holds("mode");
	CHECK(!chmod("mnt/f", 0640), "chmod");
}
static void do_notify(void)
{
	holds("note");
	/* Attributes alone: the kernel itself would keep the pages. */
	CHECK(!raw_inval_inode(rf, file->id, -1, 0), "INVAL_INODE");
}
static void do_behind(void)
{
	holds("late");
	raw_lock(rf);
	file->attr.mtime++;
	raw_unlock(rf);
	raw_inval_entry(rf, 1, "f");
}
static void do_over(void)
{
	close_written(open("mnt/y", O_WRONLY | O_CREAT, 0644));
	write_at("mnt/y", want = "over");
	CHECK(!rename("mnt/y", "mnt/f"), "rename");
	file = raw_get(rf, "/f");
}
static void do_mmap(void)
{
	int fd = open_for("mnt/f", O_RDWR);
	char *map = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(map != MAP_FAILED, "mmap");
	memcpy(map, want = "maps", 4);
	CHECK(!munmap(map, 4), "munmap");
	close_written(fd);
}
static void do_direct(void)
{
	int fd;

	raw_lock(rf);
	file->open_flags = FOPEN_DIRECT_IO;
	raw_unlock(rf);
	fd = open_for("mnt/f", O_WRONLY);
	CHECK(pwrite(fd, want = "dire", 4, 0) == 4, "write");
	raw_lock(rf);
	file->open_flags = 0;
	raw_unlock(rf);
	close_written(fd);
}

static const struct row rows[] = {
	{ "a write to another file", do_other, false },
	{ "a write", do_write, true },
	{ "a truncate", do_truncate, true },
	{ "chmod", do_chmod, true },
	{ "FUSE_NOTIFY_INVAL_INODE", do_notify, true },
	{ "changed behind the kernel's back, and seen", do_behind, true },
	{ "another file in its place", do_over, true },
	{ "a write past the cache", do_direct, true },
	{ "a write by a mapping", do_mmap, true },
};

/*
 * The daemon serves what was there when the handle was opened, as a union does after a copy to its upper layer.  What
 * such a handle reads must not be what somebody sees who opens the file after the change.
 */
static uint64_t old_handle, last_handle = 100;

static int open_numbered(struct raw_req *req)
{
	struct fuse_open_out out = { .fh = ++last_handle };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int read_old(struct raw_req *req)
{
	const struct fuse_read_in *in = req->arg;

	if (in->fh != old_handle)
		return RAW_DEFAULT;
	raw_reply(req, 0, "old!", 4);
	return RAW_DONE;
}

static void old_handles(void)
{
	struct stat st;
	char c[4];
	int old;

	serve_opens(&(struct raw_opts){ 0 }, &pages);
	raw_on(rf, FUSE_OPEN, open_numbered, NULL);
	raw_on(rf, FUSE_RELEASE, NULL, NULL);
	raw_on(rf, FUSE_READ, read_old, NULL);
	old_handle = 101;
	old = open_for("mnt/f", O_RDONLY);
	write_at("mnt/f", "new!");
	CHECK(!stat("mnt/f", &st), "stat");
	/* Who opens it now drops what is cached, and then the old handle reads again. */
	close(open_for("mnt/f", O_RDONLY));
	CHECK(pread(old, c, 4, 0) == 4 && !memcmp(c, "old!", 4), "the old handle reads what it has");
	expect_read("mnt/f", "new!", 1, "opened after the change");
	expect_read("mnt/f", "new!", 0, "again");
	close(old);
	expect_read("mnt/f", "new!", 0, "the old handle is closed");
	raw_balance(rf);
	raw_stop(rf);
}

/* Without lifetimes, nothing says that the file is as it was. */
static void never_kept(const struct raw_opts *raw, const struct extfuse_options *opts, const char *what)
{
	serve_opens(raw, opts);
	want = "text";
	expect_file(1, what);
	holds("next");
	expect_file(1, what);
	end_opens();
}

/* The daemon's own word is the daemon's own promise. */
static void daemons_own(void)
{
	serve_opens(&(struct raw_opts){ 0 }, &(struct extfuse_options){ .actimeo_ns = LONG_NS });
	raw_lock(rf);
	file->open_flags = FOPEN_KEEP_CACHE;
	raw_unlock(rf);
	want = "text";
	expect_file(1, "at first");
	expect_file(0, "kept by the daemon");
	end_opens();
}

/* With closetimeo as well nothing is asked at all, though the handle was opened when nothing was there to be kept. */
static void handles_kept(void)
{
	const struct extfuse_options both = { .actimeo_ns = LONG_NS, .keepcache = true, .closetimeo_ns = LONG_NS };

	serve_opens(&(struct raw_opts){ 0 }, &both);
	want = "text";
	expect_file(1, "at first");
	expect_file(0, "by the same handle");
	CHECK(!raw_count(rf, FUSE_OPEN), "it must not be opened anew: %s", raw_asked(rf));
	expect_file(0, "and once more");
	do_write();
	expect_file(1, "after a write");
	expect_file(0, "after a write, again");
	end_opens();
}

/* What an old handle read while the set kept nothing counts as well, for the set that takes its place. */
static void kept_since(void)
{
	struct extfuse_ext *ext;
	char c[4], err[512];
	struct stat st;
	int old;

	serve_opens(&(struct raw_opts){ 0 }, &(struct extfuse_options){ .actimeo_ns = LONG_NS });
	raw_on(rf, FUSE_OPEN, open_numbered, NULL);
	raw_on(rf, FUSE_RELEASE, NULL, NULL);
	raw_on(rf, FUSE_READ, read_old, NULL);
	old = open_for("mnt/f", O_RDONLY);
	old_handle = last_handle;
	write_at("mnt/f", "new!");
	CHECK(!stat("mnt/f", &st), "stat");
	close(open_for("mnt/f", O_RDONLY));
	CHECK(pread(old, c, 4, 0) == 4 && !memcmp(c, "old!", 4), "the old handle reads what it has");
	CHECK(!extfuse_ext__open(&ext, "metacache", &pages, err, sizeof(err)) &&
	      !extfuse_ext__load(ext, err, sizeof(err)) && !extfuse_ext__replace(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	extfuse_ext__free(ext);
	expect_read("mnt/f", "new!", 1, "opened after the change");
	expect_read("mnt/f", "new!", 0, "again");
	close(old);
	raw_balance(rf);
	raw_stop(rf);
}

/* A handle that the daemon put on a backing file has no pages here, and fuse refuses one that says so. */
static void backed(void)
{
	struct raw_backing backing = { 0 };
	uint32_t id;

	serve_opens(&(struct raw_opts){ .flags = RAW_PASSTHROUGH, .max_stack_depth = 1 }, &pages);
	/* Since 6.9. */
	if (!(raw_init_flags(rf) & RAW_PASSTHROUGH)) {
		end_opens();
		return;
	}
	backing.fd = open("low", O_RDWR | O_CREAT, 0644);
	CHECK(backing.fd >= 0 && pwrite(backing.fd, "back", 4, 0) == 4, "the lower file");
	id = ioctl(raw_fd(rf), RAW_IOC_BACKING_OPEN, &backing);
	CHECK((int)id > 0, "a backing file");
	raw_lock(rf);
	file->backing_id = id;
	file->open_flags = RAW_FOPEN_PASSTHROUGH;
	raw_unlock(rf);
	expect_read("mnt/f", "back", 0, "on a backing file");
	expect_read("mnt/f", "back", 0, "on a backing file, again");
	CHECK(!ioctl(raw_fd(rf), RAW_IOC_BACKING_CLOSE, &id), "the backing file is closed");
	close(backing.fd);
	end_opens();
}

int main(void)
{
	serve_opens(&(struct raw_opts){ 0 }, &pages);
	/* What is noted when a handle is closed counts for the next open. */
	expect_file(1, "at first");
	expect_file(0, "again");
	ROWS_RUN(rows, expect_file);
	end_opens();

	old_handles();
	never_kept(&(struct raw_opts){ .attr_ns = NO_LIFETIME }, &(struct extfuse_options){ .keepcache = true }, "no lifetime");
	never_kept(&(struct raw_opts){ 0 }, &(struct extfuse_options){ .actimeo_ns = LONG_NS }, "without keepcache");
	never_kept(&(struct raw_opts){ 0 }, &(struct extfuse_options){ .actimeo_ns = LONG_NS, .keepcache = true, .shadow = true },
		   "a shadow");
	daemons_own();
	handles_kept();
	kept_since();
	backed();
	return 0;
}
