// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with actimeo where a symbolic link leads is asked for once; what can be another link moves it, and nothing else
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "kinds.h"

static struct raw_node *l;
static char target[4096];
static const char *want = "target";

static void read_link(const char *path, const char *to, unsigned int n, const char *what)
{
	char got[4097];
	ssize_t len;

	raw_reset(rf);
	len = readlink(path, got, sizeof(got) - 1);
	CHECK(len >= 0, "%s: %s: %s", what, path, strerror(errno));
	got[len] = '\0';
	CHECK(!strcmp(got, to), "%s: %s leads to %s, not to %s", what, path, to, got);
	CHECK(raw_count(rf, FUSE_READLINK) == n, "%s: %s must be read %u times: %s", what, path, n, raw_asked(rf));
}

static void expect_link(unsigned int n, const char *what) { read_link("mnt/l", want, n, what); }

/* The daemon's idea of it. */
static void leads_to(const char *to)
{
	raw_lock(rf);
	free(l->data);
	l->data = strdup(to);
	l->attr.size = strlen(to);
	raw_unlock(rf);
}

static void notified(void)
{
	leads_to(want = "notified");
	CHECK(!raw_inval_inode(rf, l->id, 0, 0), "INVAL_INODE");
}
static void evicted(void)
{
	evict(l);
	leads_to(want = "evicted");
}
static void behind(void)
{
	leads_to(want = "behind");
	changed_behind(l, "mnt/l");
}
/* A daemon that goes by paths gives the new link the node of the old one. */
static int symlink_again(struct raw_req *req)
{
	struct fuse_entry_out out;

	raw_lock(rf);
	l->nlookup++;
	raw_fill_entry(rf, l, &out);
	raw_unlock(rf);
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}
static void made_anew(void)
{
	CHECK(!unlink("mnt/l"), "unlink");
	leads_to(want = "anew");
	raw_on(rf, FUSE_SYMLINK, symlink_again, NULL);
	CHECK(!symlink("anew", "mnt/l"), "symlink");
	raw_on(rf, FUSE_SYMLINK, NULL, NULL);
}
static void moved_over(void)
{
	want = "other";
	CHECK(!symlink("other", "mnt/o") && !rename("mnt/o", "mnt/l"), "rename");
}

static void do_chown(void) { CHECK(!lchown("mnt/l", 12, 34), "chown"); }
static void do_utimens(void) { CHECK(!utimensat(AT_FDCWD, "mnt/l", NULL, AT_SYMLINK_NOFOLLOW), "utimens"); }
static void do_rename(void) { CHECK(!rename("mnt/l", "mnt/x") && !rename("mnt/x", "mnt/l"), "rename"); }
static void do_link(void) { CHECK(!link("mnt/l", "mnt/x") && !unlink("mnt/x"), "link"); }
static void of_another(void) { CHECK(!symlink("z", "mnt/z") && !unlink("mnt/z"), "another link"); }
static void to_file(void)
{
	int fd = open("mnt/f", O_WRONLY);

	CHECK(fd >= 0 && pwrite(fd, "x", 1, 0) == 1, "write");
	close_written(fd);
}

static const struct row rows[] = {
	{ "FUSE_NOTIFY_INVAL_INODE", notified, true },
	{ "attributes that somebody else has changed", behind, true },
	{ "chown", do_chown, false },
	{ "utimens", do_utimens, false },
	{ "a rename", do_rename, false },
	/* A node in a reply that makes a name may be of another file. */
	{ "another name", do_link, true },
	{ "a change of another link", of_another, false },
	{ "a write to a file", to_file, false },
	{ "an eviction", evicted, true },
	{ "a new link of the same name", made_anew, true },
	{ "another link in its place", moved_over, true },
};

static void *another_user(void *unused)
{
	become(1000);
	expect_link(0, "another user shares it, as in the kernel's own cache");
	return unused;
}

static void lengths(void)
{
	unsigned int len;

	for (len = 255; len <= 4000; len += len == 257 ? 4000 - 257 : 1) {
		char path[32];

		memset(target, 't', sizeof(target));
		target[len] = '\0';
		snprintf(path, sizeof(path), "mnt/long%u", len);
		raw_symlink(rf, path + strlen("mnt"), target);
		read_link(path, target, 1, "a long link");
		read_link(path, target, len > 256, "a long link, again");
	}
}

/* No program may say that: it is the daemon's word. */
static int with_nul(struct raw_req *req)
{
	raw_reply(req, 0, "a\0b", 3);
	return RAW_DONE;
}

static void nul(void)
{
	raw_symlink(rf, "/nul", "a");
	raw_on(rf, FUSE_READLINK, with_nul, NULL);
	read_link("mnt/nul", "a", 1, "a NUL in it");
	read_link("mnt/nul", "a", 1, "a NUL in it, again");
	raw_on(rf, FUSE_READLINK, NULL, NULL);
}

static struct raw_req *late;

static int keep(struct raw_req *req)
{
	struct raw_req *copy = raw_keep(req);

	__atomic_store_n(&late, copy, __ATOMIC_SEQ_CST);
	return RAW_DONE;
}

static void *reader(void *unused)
{
	char buf[64];

	CHECK(readlink("mnt/l", buf, sizeof(buf)) == 3, "readlink");
	return unused;
}

/* The daemon has read it, then it tells that it is another, and its answer comes last. */
static void overtaken(void)
{
	pthread_t thread;

	CHECK(!raw_inval_inode(rf, l->id, 0, 0), "INVAL_INODE");
	raw_on(rf, FUSE_READLINK, keep, NULL);
	CHECK(!pthread_create(&thread, NULL, reader, NULL), "thread");
	CHECK(raw_until(10, __atomic_load_n(&late, __ATOMIC_SEQ_CST)), "the request must come");
	raw_on(rf, FUSE_READLINK, NULL, NULL);
	CHECK(!raw_inval_inode(rf, l->id, 0, 0), "INVAL_INODE");
	raw_reply(late, 0, "old", 3);
	pthread_join(thread, NULL);
	free(late);
	expect_link(1, "after an answer that was overtaken");
	expect_link(0, "again");
}

static void start(uint64_t actimeo, bool shadow)
{
	serve_kinds(actimeo, shadow);
	l = raw_symlink(rf, "/l", want = "target");
}

static void options(void)
{
	start(0, false);
	expect_link(1, "without actimeo");
	expect_link(1, "without actimeo, again");
	CHECK(!stats(FUSE_READLINK).replies, "and no program sees it");
	end_kinds();

	start(50000000, false);
	/* The daemon's own lifetime is longer. */
	raw_lock(rf);
	l->attr_ns = 0;
	raw_unlock(rf);
	expect_link(1, "with a short actimeo");
	raw_sleep_ms(200);
	expect_link(1, "when its time is over");
	end_kinds();

	start(LONG_NS, true);
	expect_link(1, "with shadow");
	expect_link(1, "with shadow, again");
	CHECK(stats(FUSE_READLINK).answered == 1 && !stats(FUSE_READLINK).differed, "and nothing differs");
	leads_to(want = "another");
	expect_link(1, "with shadow the daemon's answer counts");
	CHECK(stats(FUSE_READLINK).differed == 1, "and the difference is counted");
	end_kinds();
}

int main(void)
{
	options();
	start(LONG_NS, false);
	expect_link(1, "a link");
	expect_link(0, "a link, again");
	CHECK(stats(FUSE_READLINK).answered == 1, "a program answers");
	run_as(another_user);
	lengths();
	nul();
	overtaken();
	ROWS_RUN(rows, expect_link);
	end_kinds();
	return 0;
}
