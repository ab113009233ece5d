// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with cto an open asks for attributes and for no more where nothing has changed; who opens a file or directory that somebody else has changed sees that, however long all is valid
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 * timeout: 120
 */
#include "cto.h"

static void unchanged(void)
{
	struct stat st;

	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_text("mnt/f", "text", "at first");
	CHECK(raw_count(rf, FUSE_OPEN) == 1 && raw_count(rf, FUSE_READ) == 1, "at first all is asked: %s", raw_asked(rf));
	expect_xattr("value", "at first");
	expect_text("mnt/f", "text", "again");
	only_getattr("a file that is as it was");
	expect_names("mnt/d", "f ", "at first");
	CHECK(raw_count(rf, FUSE_OPENDIR) == 1 && raw_count(rf, FUSE_READDIR), "at first it is listed: %s", raw_asked(rf));
	CHECK(!stat("mnt/d/f", &st), "stat");
	look("mnt/d/none", ENOENT);
	expect_names("mnt/d", "f ", "again");
	only_getattr("a directory that is as it was");
	raw_reset(rf);
	CHECK(!stat("mnt/f", &st) && !stat("mnt/d/f", &st), "stat");
	look("mnt/d/none", ENOENT);
	expect_xattr("value", "again");
	nothing_asked("what opens nothing");
	CHECK(stats(FUSE_OPEN).kept == 1 && stats(FUSE_OPENDIR).kept == 1, "handles are used again");
	end_opens();
}

/* The handle that is older than a change goes back some time after the open that has found that out, and counts with nobody. */
static void old_goes_back(void)
{
	CHECK(raw_until(10, files_open() == 1), "the old handle goes back: %d are open", files_open());
}

/* Whatever is changed, the next open shows it, and the one after that asks for attributes alone. */
static void files(void)
{
	struct stat st;

	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_text("mnt/f", "text", "at first");
	expect_xattr("value", "at first");

	behind_text("more");
	CHECK(!stat("mnt/f", &st) && st.st_mtime != (time_t)file->attr.mtime, "nobody has told the kernel");
	expect_text("mnt/f", "more", "another text of the same size");
	CHECK(raw_count(rf, FUSE_OPEN) == 1, "it is opened anew: %s", raw_asked(rf));
	CHECK(!stat("mnt/f", &st) && st.st_mtime == (time_t)file->attr.mtime, "its time is the new one");
	expect_xattr("value", "it is asked for again");
	old_goes_back();
	expect_text("mnt/f", "more", "again");
	only_getattr("another text, again");

	behind_text("as");
	expect_text("mnt/f", "as", "another size");
	old_goes_back();
	expect_text("mnt/f", "as", "another size, again");
	only_getattr("another size, again");
	expect_xattr("value", "it is asked for again");

	behind_xattr("other");
	expect_xattr("value", "nobody has told the kernel");
	expect_text("mnt/f", "as", "another attribute");
	old_goes_back();
	expect_xattr("other", "who has opened the file since");
	expect_text("mnt/f", "as", "another attribute, again");
	only_getattr("another attribute, again");

	raw_lock(rf);
	file->attr.mode = S_IFREG | 0600;
	raw_unlock(rf);
	expect_text("mnt/f", "as", "another mode");
	CHECK(!stat("mnt/f", &st) && (st.st_mode & 0777) == 0600, "the new mode is seen");
	end_opens();
}

/* What is changed here as well must not hide it. */
static void both(void)
{
	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_text("mnt/f", "text", "at first");
	expect_xattr("value", "at first");
	/* Moves no extended attributes. */
	CHECK(!truncate("mnt/f", 1), "truncate");
	expect_xattr("value", "after a truncate");
	behind_xattr("other");
	expect_text("mnt/f", "t", "changed here and there");
	expect_xattr("other", "changed here and there");

	/* Nor does this, and its reply has the other's time in it. */
	behind_xattr("third");
	CHECK(!utimensat(AT_FDCWD, "mnt/f", NULL, 0), "utimensat");
	expect_xattr("other", "nobody has told the kernel");
	expect_text("mnt/f", "t", "times changed here, an attribute there");
	expect_xattr("third", "times changed here, an attribute there");

	CHECK(!truncate("mnt/f", 4), "truncate");
	behind_text("abcd");
	expect_text("mnt/f", "abcd", "data changed here and there");

	expect_names("mnt/d", "f ", "at first");
	look("mnt/d/n", ENOENT);
	close_written(open("mnt/d/own", O_WRONLY | O_CREAT, 0644));
	raw_file(rf, "/d/n", "new", 3);
	changed(raw_get(rf, "/d"), true);
	expect_names("mnt/d", "f own n ", "a name made here, and one there");
	look("mnt/d/n", 0);
	end_opens();
}

/* A handle that is still open reads as its daemon has it; who opens the file anew is not served what it has read. */
static void while_open(void)
{
	char c[4];
	int fd;

	serve_cto(&(struct raw_opts){ 0 }, &cto);
	fd = open_for("mnt/f", O_RDONLY);
	CHECK(pread(fd, c, 4, 0) == 4 && !memcmp(c, "text", 4), "read");
	behind_text("more");
	expect_text("mnt/f", "more", "beside an older handle");
	expect_text("mnt/f", "more", "beside an older handle, again");
	only_getattr("beside an older handle");
	close(fd);
	end_opens();
}

static struct raw_req *asked_for[2];
static atomic_int nasked;

static int keep_getattr(struct raw_req *req)
{
	asked_for[nasked] = raw_keep(req);
	atomic_fetch_add(&nasked, 1);
	return RAW_DONE;
}

static void *looks(void *size)
{
	struct statx st;

	CHECK(!statx(AT_FDCWD, "mnt/f", AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &st), "statx");
	*(uint64_t *)size = st.stx_size;
	return NULL;
}

static void *opens(void *size)
{
	int fd = open_for("mnt/f", O_RDONLY);
	struct stat st;

	CHECK(!fstat(fd, &st), "fstat");
	*(uint64_t *)size = st.st_size;
	close(fd);
	return NULL;
}

static void answer(struct raw_req *req, const struct fuse_attr_out *out, pthread_t asker)
{
	raw_reply(req, 0, out, sizeof(*out));
	free(req);
	CHECK(!pthread_join(asker, NULL), "thread");
}

/* What is asked for before the open, and answered before a change, comes while the open asks: fuse takes that. */
static void overtaken(void)
{
	struct fuse_attr_out before, after;
	uint64_t looked, opened_size;
	pthread_t looker, opener;

	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_text("mnt/f", "text", "at first");
	nasked = 0;
	raw_on(rf, FUSE_GETATTR, keep_getattr, NULL);
	CHECK(!pthread_create(&looker, NULL, looks, &looked), "thread");
	CHECK(raw_until(10, nasked == 1), "who looks asks");
	CHECK(!pthread_create(&opener, NULL, opens, &opened_size), "thread");
	CHECK(raw_until(10, nasked == 2), "who opens asks");
	raw_on(rf, FUSE_GETATTR, NULL, NULL);
	raw_fill_attr(rf, file, &before);
	behind_text("longer");
	raw_fill_attr(rf, file, &after);
	answer(asked_for[0], &before, looker);
	answer(asked_for[1], &after, opener);
	CHECK(looked == 4 && opened_size == 6, "sizes %llu and %llu were seen", (long long)looked, (long long)opened_size);
	expect_text("mnt/f", "longer", "changed while two asked");
	end_opens();
}

/* Lifetimes that are over, or that nobody gave, make no difference: the open itself has asked. */
static void without_lifetimes(void)
{
	serve_cto(&(struct raw_opts){ .attr_ns = NO_LIFETIME }, &(struct extfuse_options){ .closetimeo_ns = LONG_NS, .keepcache = true,
		  .noflush = true, .cto = true });
	expect_text("mnt/f", "text", "at first");
	expect_text("mnt/f", "text", "again");
	CHECK(!raw_count(rf, FUSE_READ) && !raw_count(rf, FUSE_OPEN), "what is as it was stays: %s", raw_asked(rf));
	behind_text("more");
	expect_text("mnt/f", "more", "changed");
	end_opens();
}

/* Under the writeback cache size and times are the kernel's: those that the daemon says are beside what it said before. */
static void writeback(void)
{
	serve_cto(&(struct raw_opts){ .flags = FUSE_WRITEBACK_CACHE }, &cto);
	expect_text("mnt/f", "text", "at first");
	expect_text("mnt/f", "text", "again");
	only_getattr("a file");
	behind_text("more");
	expect_text("mnt/f", "more", "changed");
	old_goes_back();
	expect_text("mnt/f", "more", "changed, again");
	only_getattr("a file that was changed");
	expect_xattr("value", "changed");
	behind_xattr("other");
	expect_text("mnt/f", "more", "another attribute");
	expect_xattr("other", "another attribute");
	expect_names("mnt/d", "f ", "at first");
	expect_names("mnt/d", "f ", "again");
	only_getattr("a directory");
	end_opens();
}

static void not_asked(const struct extfuse_options *opts, const char *what)
{
	serve_cto(&(struct raw_opts){ 0 }, opts);
	expect_text("mnt/f", "text", what);
	CHECK(raw_count(rf, FUSE_OPEN) == 1 && !raw_count(rf, FUSE_GETATTR), "%s: %s", what, raw_asked(rf));
	end_opens();
}

int main(void)
{
	struct extfuse_options with = cto;

	unchanged();
	files();
	both();
	while_open();
	overtaken();
	without_lifetimes();
	writeback();
	with.cto = false;
	not_asked(&with, "without cto");
	with.cto = with.shadow = true;
	not_asked(&with, "a shadow asks for all");
	return 0;
}
