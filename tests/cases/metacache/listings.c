// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with keepcache a directory that has not changed is listed without a request, and a listing is never older than its directory
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a build:tests/bpf/script.bpf.o
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <dirent.h>

#include "opens.h"

static const struct extfuse_options lists = { .actimeo_ns = LONG_NS, .keepcache = true };

static unsigned int readdirs(void)
{
	return raw_count(rf, FUSE_READDIR) + raw_count(rf, FUSE_READDIRPLUS);
}

static void names_of(DIR *dir, char *names, size_t room)
{
	struct dirent *e;
	size_t len = 0;

	*names = '\0';
	while ((e = readdir(dir)))
		if (*e->d_name != '.')
			len += snprintf(names + len, room - len, "%s ", e->d_name);
}

static const char *want = "f ";

/* Opened anew, it has the names @want, and is read from the daemon, or not. */
static void expect_list(unsigned int asks, const char *what)
{
	char names[512];
	struct stat st;
	DIR *dir;

	CHECK(!stat("mnt/d", &st), "%s: stat", what);
	raw_reset(rf);
	dir = opendir("mnt/d");
	CHECK(dir, "%s: opendir", what);
	names_of(dir, names, sizeof(names));
	closedir(dir);
	CHECK(!strcmp(names, want), "%s: the names are %s, not %s", what, names, want);
	CHECK(!readdirs() == !asks, "%s: the daemon %s be asked: %s", what, asks ? "must" : "must not", raw_asked(rf));
}

static void in_dir_make(void)
{
	close_written(open("mnt/d/n", O_WRONLY | O_CREAT, 0644));
	want = "f n ";
}
static void in_dir_remove(void)
{
	CHECK(!unlink("mnt/d/n"), "unlink");
	want = "f ";
}
static void in_dir_move(void)
{
	CHECK(!rename("mnt/g", "mnt/d/g"), "rename");
	want = "f g ";
}
static void in_dir_away(void)
{
	CHECK(!rename("mnt/d/g", "mnt/g"), "rename");
	want = "f ";
}
static void in_dir_link(void)
{
	CHECK(!link("mnt/f", "mnt/d/l"), "link");
	want = "f l ";
}
static void in_dir_mkdir(void)
{
	CHECK(!mkdir("mnt/d/s", 0755), "mkdir");
	want = "f l s ";
}
static void in_dir_rmdir(void)
{
	CHECK(!rmdir("mnt/d/s") && !unlink("mnt/d/l"), "rmdir");
	want = "f ";
}
static void notified(void)
{
	raw_file(rf, "/d/x", "x", 1);
	raw_inval_entry(rf, raw_get(rf, "/d")->id, "x");
	want = "f x ";
}
static void node_notified(void)
{
	raw_file(rf, "/d/y", "x", 1);
	raw_inval_inode(rf, raw_get(rf, "/d")->id, -1, 0);
	want = "f x y ";
}
static void behind(void)
{
	struct raw_node *d = raw_get(rf, "/d");

	raw_remove(rf, "/d/y");
	raw_lock(rf);
	d->attr.mtime++;
	raw_unlock(rf);
	raw_inval_entry(rf, 1, "d");
	want = "f x ";
}
static void elsewhere(void) { CHECK(!mkdir("mnt/e", 0755), "mkdir elsewhere"); }
static void file_in_it(void) { CHECK(!chmod("mnt/d/f", 0640), "chmod"); }

static const struct row rows[] = {
	{ "a change elsewhere", elsewhere, false },
	{ "a change of a file in it", file_in_it, false },
	{ "a name made", in_dir_make, true },
	{ "a name removed", in_dir_remove, true },
	{ "a name moved into it", in_dir_move, true },
	{ "a name moved away", in_dir_away, true },
	{ "a link", in_dir_link, true },
	{ "a directory made", in_dir_mkdir, true },
	{ "a directory removed", in_dir_rmdir, true },
	{ "FUSE_NOTIFY_INVAL_ENTRY", notified, true },
	{ "FUSE_NOTIFY_INVAL_INODE", node_notified, true },
	{ "changed behind the kernel's back, and seen", behind, true },
};

/* Who rewinds a directory sees what has been made since. */
static void rewound(void)
{
	char names[512];
	DIR *dir;

	serve_opens(&(struct raw_opts){ 0 }, &lists);
	want = "f ";
	expect_list(1, "at first");
	dir = opendir("mnt/d");
	CHECK(dir, "opendir");
	names_of(dir, names, sizeof(names));
	CHECK(!strcmp(names, "f "), "from the cache: %s", names);
	close_written(open("mnt/d/n", O_WRONLY | O_CREAT, 0644));
	rewinddir(dir);
	names_of(dir, names, sizeof(names));
	CHECK(!strcmp(names, "f n "), "rewound after a name was made: %s", names);
	closedir(dir);
	end_opens();
}

/*
 * A daemon that reads a directory when it is opened, and serves that to this handle for good.  What an old handle
 * lists must not be what somebody sees who opens the directory after the change.
 */
static uint64_t old_handle;

static int opendir_numbered(struct raw_req *req)
{
	static uint64_t last = 100;
	struct fuse_open_out out = { .fh = ++last };

	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int list_old(struct raw_req *req)
{
	const struct fuse_read_in *in = req->arg;
	struct {
		struct fuse_dirent head;
		char name[8];
	} one = { .head = { .ino = 77, .off = 1, .namelen = 3, .type = 8 }, .name = "old" };

	if (in->fh != old_handle)
		return RAW_DEFAULT;
	raw_reply(req, 0, &one, in->offset ? 0 : FUSE_DIRENT_SIZE(&one.head));
	return RAW_DONE;
}

static void old_handles(void)
{
	char names[512];
	DIR *old;

	serve_opens(&(struct raw_opts){ 0 }, &lists);
	raw_on(rf, FUSE_OPENDIR, opendir_numbered, NULL);
	raw_on(rf, FUSE_RELEASEDIR, NULL, NULL);
	raw_on(rf, FUSE_READDIR, list_old, NULL);
	old_handle = 101;
	old = opendir("mnt/d");
	CHECK(old, "opendir");
	close_written(open("mnt/d/n", O_WRONLY | O_CREAT, 0644));
	want = "f n ";
	names_of(old, names, sizeof(names));
	CHECK(!strcmp(names, "old "), "the old handle lists what it has: %s", names);
	expect_list(1, "opened after the change");
	rewinddir(old);
	names_of(old, names, sizeof(names));
	CHECK(!strcmp(names, "old "), "the old handle, rewound: %s", names);
	expect_list(0, "again");
	closedir(old);
	expect_list(0, "the old handle is closed");
	raw_balance(rf);
	raw_stop(rf);
}

static void never_kept(const struct raw_opts *raw, const struct extfuse_options *opts, const char *what)
{
	serve_opens(raw, opts);
	want = "f ";
	expect_list(1, what);
	raw_file(rf, "/d/z", "x", 1);
	want = "f z ";
	expect_list(1, what);
	end_opens();
}

int main(void)
{
	serve_opens(&(struct raw_opts){ .flags = FUSE_DO_READDIRPLUS }, &lists);
	expect_list(1, "at first");
	expect_list(0, "again");
	ROWS_RUN(rows, expect_list);
	end_opens();

	rewound();
	old_handles();
	never_kept(&(struct raw_opts){ .attr_ns = NO_LIFETIME }, &(struct extfuse_options){ .keepcache = true }, "no lifetime");
	never_kept(&(struct raw_opts){ 0 }, &(struct extfuse_options){ .actimeo_ns = LONG_NS }, "without keepcache");
	return 0;
}
