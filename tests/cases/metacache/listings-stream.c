// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with keepcache who lists a directory while it changes sees each name that stays exactly once, also of a daemon that lists it when it is first read and whose offsets are numbers of entries
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <dirent.h>

#include "opens.h"

#define NAMES	200
#define BUFFER	1024	/* of getdents64(): a small part of them */

static const struct extfuse_options lists = { .actimeo_ns = LONG_NS, .keepcache = true };

/* What a handle has read of the directory, as libfuse keeps it. */
struct listing {
	bool filled;
	unsigned int n;
	unsigned int name[NAMES];
};

static struct listing listings[32];
static unsigned int nlistings;
static atomic_bool is_there[NAMES];
static uint32_t dir_flags;

static int open_listing(struct raw_req *req)
{
	struct fuse_open_out out = { .fh = nlistings++, .open_flags = dir_flags };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static void fill(struct listing *listing)
{
	unsigned int i;

	listing->n = 0;
	for (i = 0; i < NAMES; i++)
		if (is_there[i])
			listing->name[listing->n++] = i;
	listing->filled = true;
}

static int read_listing(struct raw_req *req)
{
	const struct fuse_read_in *in = req->arg;
	struct listing *listing = &listings[in->fh];
	char buf[2048] = { 0 };
	size_t len = 0;
	uint64_t i;

	if (!in->offset || !listing->filled)
		fill(listing);
	for (i = in->offset; i < listing->n && len + 64 < sizeof(buf); i++) {
		struct fuse_dirent *d = (void *)(buf + len);

		d->ino = 5000 + i;
		d->off = i + 1;
		d->type = DT_REG;
		d->namelen = sprintf(d->name, "e%u", listing->name[i]);
		len += FUSE_DIRENT_SIZE(d);
	}
	raw_reply(req, 0, buf, len);
	return RAW_DONE;
}

static int remove_name(struct raw_req *req)
{
	is_there[atoi((const char *)req->arg + 1)] = false;
	return RAW_DEFAULT;
}

static void serve_listing(unsigned int n, uint32_t flags)
{
	char path[32];
	unsigned int i;

	memset(listings, 0, sizeof(listings));
	nlistings = 0;
	dir_flags = flags;
	serve_opens(&(struct raw_opts){ 0 }, &lists);
	for (i = 0; i < NAMES; i++) {
		is_there[i] = i < n;
		snprintf(path, sizeof(path), "/d/e%u", i);
		if (i < n)
			raw_file(rf, path, "x", 1);
	}
	raw_on(rf, FUSE_OPENDIR, open_listing, NULL);
	raw_on(rf, FUSE_RELEASEDIR, NULL, NULL);
	raw_on(rf, FUSE_READDIR, read_listing, NULL);
	raw_on(rf, FUSE_UNLINK, remove_name, NULL);
}

static void end_listing(void)
{
	raw_balance(rf);
	raw_stop(rf);
}

static int open_dir(void)
{
	struct stat st;

	CHECK(!stat("mnt/d", &st), "stat");
	raw_reset(rf);
	return open_for("mnt/d", O_RDONLY | O_DIRECTORY);
}

/* One call's worth of names; 0: no more. */
static unsigned int some_names(int fd, void (*each)(const char *name))
{
	char buf[BUFFER];
	long at, len = syscall(SYS_getdents64, fd, buf, sizeof(buf));
	unsigned int n = 0;

	CHECK(len >= 0, "getdents64");
	for (at = 0; at < len; n++) {
		struct dirent64 *d = (void *)(buf + at);

		if (each)
			each(d->d_name);
		at += d->d_reclen;
	}
	return n;
}

static unsigned int all_names(int fd, void (*each)(const char *name))
{
	unsigned int n, sum = 0;

	while ((n = some_names(fd, each)))
		sum += n;
	close(fd);
	return sum;
}

static void expect_names(unsigned int n, bool asks, const char *what)
{
	unsigned int seen = all_names(open_dir(), NULL);

	CHECK(seen == n, "%s: %u names must be there, not %u", what, n, seen);
	CHECK(!raw_count(rf, FUSE_READDIR) == !asks, "%s: the daemon %s be asked: %s", what,
	      asks ? "must" : "must not", raw_asked(rf));
}

static void remove_it(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "mnt/d/%s", name);
	CHECK(!unlink(path), "unlink %s", path);
}

/* As a loop over readdir() that removes what it finds. */
static void removed_while_listed(void)
{
	unsigned int n;
	int fd;

	serve_listing(NAMES, 0);
	expect_names(NAMES, true, "at first");
	expect_names(NAMES, false, "again");
	fd = open_dir();
	n = all_names(fd, remove_it);
	CHECK(n == NAMES, "each must be seen once: %u of %u", n, NAMES);
	expect_names(0, true, "all are gone");
	end_listing();
}

/* Who goes back to the beginning sees what is there now. */
static void back_to_the_beginning(void)
{
	unsigned int n;
	int fd;

	serve_listing(NAMES, 0);
	expect_names(NAMES, true, "at first");
	fd = open_dir();
	CHECK(some_names(fd, NULL), "names");
	CHECK(!unlink("mnt/d/e5"), "unlink");
	CHECK(!lseek(fd, 0, SEEK_SET), "rewind");
	n = all_names(fd, NULL);
	CHECK(n == NAMES - 1, "rewound: %u names must be there, not %u", NAMES - 1, n);
	end_listing();
}

/* A listing that was never whole, of which an open after the change has dropped the beginning. */
static void given_up(void)
{
	int fd;

	serve_listing(NAMES, 0);
	fd = open_dir();
	CHECK(some_names(fd, NULL), "names");
	CHECK(!unlink("mnt/d/e5"), "unlink");
	close(fd);
	expect_names(NAMES - 1, true, "after the change");
	expect_names(NAMES - 1, false, "again");
	end_listing();
}

/* A daemon that keeps what it lets nobody cache: that is no promise about a listing. */
static void keeps_nothing(void)
{
	serve_listing(5, FOPEN_KEEP_CACHE);
	expect_names(5, true, "at first");
	expect_names(5, false, "again");
	is_there[5] = true;
	raw_file(rf, "/d/e5", "x", 1);
	/* Attributes alone: the kernel itself would keep the listing. */
	CHECK(!raw_inval_inode(rf, raw_get(rf, "/d")->id, -1, 0), "INVAL_INODE");
	expect_names(6, true, "after a notification");
	expect_names(6, false, "again");
	end_listing();
}

int main(void)
{
	removed_while_listed();
	back_to_the_beginning();
	given_up();
	keeps_nothing();
	return 0;
}
