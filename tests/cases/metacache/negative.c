// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with negtimeo that a name is not there is asked for once and lives so long; what can make the name moves it, and nothing else
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "negative.h"

static void do_mknod(void) { CHECK(!mknod("mnt/n", S_IFREG | 0644, 0) && !unlink("mnt/n"), "mknod"); }
static void do_mkdir(void) { CHECK(!mkdir("mnt/n", 0755) && !rmdir("mnt/n"), "mkdir"); }
static void do_symlink(void) { CHECK(!symlink("f", "mnt/n") && !unlink("mnt/n"), "symlink"); }
static void do_link(void) { CHECK(!link("mnt/f", "mnt/n") && !unlink("mnt/n"), "link"); }
static void do_rename(void) { CHECK(!rename("mnt/f", "mnt/n") && !rename("mnt/n", "mnt/f"), "rename"); }
static void do_create(void)
{
	int fd = open("mnt/n", O_CREAT | O_WRONLY, 0644);

	CHECK(fd >= 0 && !unlink("mnt/n"), "create");
	close_written(fd);
}
static void notified(void)
{
	int err = raw_inval_entry(rf, FUSE_ROOT_ID, "n");

	/* The kernel has no entry of it, or one that says so. */
	CHECK(!err || err == -ENOENT, "INVAL_ENTRY: %d", err);
}

static void another(void) { CHECK(!mknod("mnt/m", S_IFREG | 0644, 0) && !unlink("mnt/m"), "another name"); }
static void elsewhere(void) { CHECK(!mknod("mnt/d/n", S_IFREG | 0644, 0) && !unlink("mnt/d/n"), "the name elsewhere"); }
static void do_chmod(void) { CHECK(!chmod("mnt", 0711) && !chmod("mnt", 0755), "chmod"); }
static void of_file(void)
{
	int fd = open("mnt/f", O_WRONLY);

	CHECK(fd >= 0 && pwrite(fd, "x", 1, 0) == 1, "write");
	close_written(fd);
}
static void directory_notified(void) { CHECK(!raw_inval_inode(rf, FUSE_ROOT_ID, -1, 0), "INVAL_INODE"); }

static const struct row {
	const char *what;
	void (*act)(void);
	bool moves;
} rows[] = {
	{ "mknod", do_mknod, true },
	{ "mkdir", do_mkdir, true },
	{ "symlink", do_symlink, true },
	{ "link", do_link, true },
	{ "rename", do_rename, true },
	{ "create", do_create, true },
	{ "FUSE_NOTIFY_INVAL_ENTRY", notified, true },
	{ "another name", another, false },
	{ "the same name in another directory", elsewhere, false },
	{ "chmod of the directory", do_chmod, false },
	{ "a write to a file", of_file, false },
	{ "FUSE_NOTIFY_INVAL_INODE of the directory", directory_notified, false },
};

static void moved(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		look("mnt/n", ENOENT);
		expect_look("mnt/n", ENOENT, 0, "before it");
		rows[i].act();
		expect_look("mnt/n", ENOENT, rows[i].moves, rows[i].what);
		expect_look("mnt/n", ENOENT, 0, "again");
	}
}

/* Others make names behind the mount: within its lifetime nobody sees one who does not ask in distrust. */
static void behind(void)
{
	expect_look("mnt/b", ENOENT, 1, "a name");
	expect_look("mnt/b", ENOENT, 0, "a name, again");
	raw_file(rf, "/b", "text", 4);
	expect_look("mnt/b", ENOENT, 0, "made behind the mount");
	CHECK(open("mnt/b", O_CREAT | O_EXCL | O_WRONLY, 0644) < 0 && errno == EEXIST, "who makes it is told that it is there");
	expect_look("mnt/b", 0, 1, "and so is everybody");
}

static void *another_user(void *unused)
{
	become(1000);
	expect_look("mnt/s", ENOENT, 0, "another user shares it, as in the kernel's own cache");
	return unused;
}

static void shared(void)
{
	look("mnt/s", ENOENT);
	expect_look("mnt/s", ENOENT, 0, "a name");
	run_as(another_user);
}

/* Daemons that give a lifetime of their own, and one of 0. */
static void of_the_daemon(void)
{
	serve_names(&(struct extfuse_options){ .negtimeo_ns = LONG_NS, .negtimeo_given = true }, RAW_NEG_ZERO);
	expect_look("mnt/n", ENOENT, 1, "node id 0 with no lifetime");
	expect_look("mnt/n", ENOENT, 0, "node id 0 with no lifetime, again");
	end_names();
	serve_names(&(struct extfuse_options){ .negtimeo_given = true }, LONG_NS);
	expect_look("mnt/n", ENOENT, 1, "node id 0 with a lifetime");
	expect_look("mnt/n", ENOENT, 0, "which negtimeo=0 does not take away");
	end_names();
}

/* Who says nothing of it gets what actimeo says. */
static void options(void)
{
	serve_names(&(struct extfuse_options){}, 0);
	expect_look("mnt/n", ENOENT, 1, "without options");
	expect_look("mnt/n", ENOENT, 1, "without options, again");
	end_names();
	serve_names(&(struct extfuse_options){ .actimeo_ns = LONG_NS }, 0);
	expect_look("mnt/n", ENOENT, 1, "with actimeo");
	expect_look("mnt/n", ENOENT, 0, "with actimeo, again");
	end_names();
	serve_names(&(struct extfuse_options){ .actimeo_ns = LONG_NS, .negtimeo_given = true }, 0);
	expect_look("mnt/n", ENOENT, 1, "with negtimeo=0 beside it");
	expect_look("mnt/n", ENOENT, 1, "with negtimeo=0 beside it, again");
	expect_look("mnt/f", 0, 1, "and what is there");
	expect_look("mnt/f", 0, 0, "lives for actimeo");
	end_names();
}

static void over(void)
{
	const unsigned int ms = 50;

	serve_names(&(struct extfuse_options){ .actimeo_ns = LONG_NS, .negtimeo_ns = ms * 1000000ULL, .negtimeo_given = true }, 0);
	look("mnt/n", ENOENT);
	look("mnt/n", ENOENT);
	raw_file(rf, "/n", "text", 4);
	raw_sleep_ms(2 * ms + 100);
	expect_look("mnt/n", 0, 1, "when its time is over");
	end_names();
}

static void names_dir(void)
{
	serve_names(&(struct extfuse_options){ .negtimeo_ns = LONG_NS, .negtimeo_given = true, .names_dir = true }, 0);
	look("mnt/n", ENOENT);
	expect_look("mnt/n", ENOENT, 0, "with names=dir");
	another();
	expect_look("mnt/n", ENOENT, 1, "another name may be the same there");
	end_names();
}

int main(void)
{
	options();
	over();
	of_the_daemon();
	names_dir();
	/* What is there is asked for each time. */
	serve_names(&(struct extfuse_options){ .negtimeo_ns = LONG_NS, .negtimeo_given = true }, 0);
	raw_mkdir(rf, "/d");
	expect_look("mnt/f", 0, 1, "a name that is there");
	expect_look("mnt/f", 0, 1, "a name that is there, again");
	moved();
	behind();
	shared();
	end_names();
	return 0;
}
