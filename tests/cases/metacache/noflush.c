// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with noflush a FLUSH is sent only of what could write, and of what somebody has locked
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "opens.h"

static void expect_flush(const char *path, int flags, unsigned int n, const char *what)
{
	int fd = open_for(path, flags);

	raw_reset(rf);
	close(fd);
	CHECK(raw_count(rf, FUSE_FLUSH) == n, "%s: %u FLUSHes must come: %s", what, n, raw_asked(rf));
	idle();
}

static void lock_one(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_for(path, O_RDWR), other;

	CHECK(!fcntl(fd, F_SETLK, &lock), "lock");
	/* Whoever closes any descriptor of the file loses his locks on it: the daemon must hear of that. */
	other = open_for(path, O_RDONLY);
	raw_reset(rf);
	close(other);
	CHECK(raw_count(rf, FUSE_FLUSH) == 1, "a lock goes with the first descriptor that is closed: %s", raw_asked(rf));
	close_written(fd);
}

static void test(const struct extfuse_options *opts, unsigned int idle_ones, const char *what)
{
	serve_opens(&(struct raw_opts){ .flags = FUSE_POSIX_LOCKS }, opts);
	expect_flush("mnt/f", O_RDONLY, idle_ones, what);
	expect_flush("mnt/f", O_RDWR, 1, "open for both");
	expect_flush("mnt/f", O_WRONLY, 1, "open for writing");
	expect_flush("mnt/f", O_RDONLY, idle_ones, what);
	lock_one("mnt/f");
	expect_flush("mnt/f", O_RDONLY, 1, "since it was locked");
	expect_flush("mnt/g", O_RDONLY, idle_ones, "another file");
	CHECK(!idle_ones == !!stats(FUSE_FLUSH).kept, "FLUSHes that were not sent: %llu", stats(FUSE_FLUSH).kept);
	end_opens();
}

/* What was locked before there was anything of ours is not known. */
static void locked_before(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd;

	rf = raw_start(&(struct raw_opts){ .flags = FUSE_POSIX_LOCKS, .attr_ns = LONG_NS, .entry_ns = LONG_NS });
	file = raw_file(rf, "/f", "text", 4);
	fd = open_for("mnt/f", O_RDONLY);
	CHECK(!fcntl(fd, F_SETLK, &lock), "lock");
	attach("metacache", &(struct extfuse_options){ .actimeo_ns = LONG_NS, .keepcache = true, .noflush = true });
	expect_flush("mnt/f", O_RDONLY, 1, "locked before the attach");
	close(fd);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	test(&(struct extfuse_options){ .actimeo_ns = LONG_NS, .keepcache = true, .noflush = true }, 0, "noflush");
	test(&(struct extfuse_options){ .actimeo_ns = LONG_NS, .keepcache = true }, 1, "without noflush");
	test(&(struct extfuse_options){ .actimeo_ns = LONG_NS, .keepcache = true, .noflush = true, .shadow = true }, 1, "a shadow");
	/* Last: from here on no FLUSH of this module is spared. */
	locked_before();
	return 0;
}
