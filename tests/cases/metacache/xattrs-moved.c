// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with xattrtimeo each change that can be one of extended attributes makes the kernel ask again, and nothing else does
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <sys/ioctl.h>

#include "xattrs.h"

static int fd = -1;

static void set_another(void) { CHECK(!lsetxattr("mnt/f", "user.b", "b", 1, 0), "setxattr"); }
static void remove_another(void) { CHECK(!lremovexattr("mnt/f", "user.b"), "removexattr"); }
static void do_chmod(void) { CHECK(!chmod("mnt/f", 0640), "chmod"); }
static void do_chown(void) { CHECK(!lchown("mnt/f", 12, 34), "chown"); }
static void do_ioctl(void)
{
	int one = open("mnt/f", O_RDONLY);

	ioctl(one, _IO('x', 1));
	close(one);
}
static void do_fsync(void) { CHECK(!fsync(fd), "fsync"); }
static void written(void) { close_written(open("mnt/f", O_WRONLY)); }
static void notified(void) { CHECK(!raw_inval_inode(rf, file->id, -1, 0), "INVAL_INODE"); }
static void evicted(void)
{
	close_written(fd);
	evict(file);
	fd = open("mnt/f", O_RDWR);
}

static void seen(void)
{
	struct stat st;

	changed_behind(file, "mnt/f");
	CHECK(!stat("mnt/f", &st), "stat");
}

static void do_utimens(void) { CHECK(!futimens(fd, NULL), "utimens"); }
static void do_write(void) { CHECK(pwrite(fd, "abcdef", 6, 0) == 6, "write"); }
static void do_read(void)
{
	char buf[4];

	CHECK(pread(fd, buf, 4, 0) == 4, "read");
}
static void do_truncate(void) { CHECK(!ftruncate(fd, 3), "truncate"); }
static void do_rename(void) { CHECK(!rename("mnt/f", "mnt/h") && !rename("mnt/h", "mnt/f"), "rename"); }
static void of_another(void)
{
	CHECK(!lsetxattr("mnt/g", "user.a", "b", 1, 0) && !chmod("mnt/g", 0600), "another file");
}
static void of_directory(void) { CHECK(!mkdir("mnt/d", 0755) && !rmdir("mnt/d"), "mkdir and rmdir"); }
static void opened(void) { CHECK(!close(open("mnt/f", O_RDONLY)), "open and close"); }

static const struct row {
	const char *what;
	void (*act)(void);
	bool moves;
} rows[] = {
	{ "SETXATTR of another name", set_another, true },
	{ "REMOVEXATTR of another name", remove_another, true },
	{ "chmod", do_chmod, true },
	{ "chown", do_chown, true },
	{ "an ioctl", do_ioctl, true },
	{ "fsync after writing", do_fsync, true },
	{ "the end of writing", written, true },
	{ "FUSE_NOTIFY_INVAL_INODE", notified, true },
	{ "an eviction", evicted, true },
	{ "attributes that somebody else has changed", seen, true },
	{ "utimens", do_utimens, false },
	{ "a write", do_write, false },
	{ "a read", do_read, false },
	{ "a truncation", do_truncate, false },
	{ "a rename", do_rename, false },
	{ "a change of another file", of_another, false },
	{ "a change in the directory", of_directory, false },
	{ "open and close for reading", opened, false },
};

static void run(const struct row *row)
{
	get("mnt/f", "user.a");
	get("mnt/f", "user.none");
	expect("mnt/f", "user.a", "value", 0, "before it");
	expect("mnt/f", "user.none", "ENODATA", 0, "before it");
	row->act();
	expect("mnt/f", "user.a", "value", row->moves, row->what);
	expect("mnt/f", "user.none", "ENODATA", row->moves, row->what);
}

/* What is changed is seen, whatever it was before. */
static void changed(void)
{
	expect("mnt/f", "user.c", "ENODATA", 1, "before it is set");
	CHECK(!lsetxattr("mnt/f", "user.c", "one", 3, 0), "setxattr");
	expect("mnt/f", "user.c", "one", 1, "when it is set");
	CHECK(!lsetxattr("mnt/f", "user.c", "two", 3, 0), "setxattr");
	expect("mnt/f", "user.c", "two", 1, "when it is set anew");
	expect("mnt/f", "user.c", "two", 0, "again");
	CHECK(!lremovexattr("mnt/f", "user.c"), "removexattr");
	expect("mnt/f", "user.c", "ENODATA", 1, "when it is removed");
	expect("mnt/f", "user.c", "ENODATA", 0, "again");
}

static struct raw_node *twin;

static void count_links(unsigned int n)
{
	raw_lock(rf);
	file->attr.nlink = twin->attr.nlink = n;
	raw_unlock(rf);
}

/* A daemon that goes by paths: the new name has a node of its own. */
static int link_twin(struct raw_req *req)
{
	struct fuse_entry_out out;

	count_links(2);
	raw_lock(rf);
	twin->nlookup++;
	raw_fill_entry(rf, twin, &out);
	raw_unlock(rf);
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static int unlink_twin(struct raw_req *req)
{
	count_links(1);
	raw_reply(req, 0, NULL, 0);
	return RAW_DONE;
}

/* By the other name: the daemon sees it at both, the kernel at one. */
static void set_twin(const char *value)
{
	CHECK(!link("mnt/f", "mnt/twin"), "link");
	CHECK(!lsetxattr("mnt/twin", "user.a", value, 5, 0), "setxattr");
	raw_setxattr(rf, file, "user.a", value, 5);
}

static void links(void)
{
	char value[8];

	twin = raw_file(rf, "/twin", "text", 4);
	raw_setxattr(rf, twin, "user.a", "value", 5);
	raw_remove(rf, "/twin");
	raw_on(rf, FUSE_LINK, link_twin, NULL);
	raw_on(rf, FUSE_UNLINK, unlink_twin, NULL);
	get("mnt/f", "user.a");
	expect("mnt/f", "user.a", "value", 0, "with one link");
	set_twin("brief");
	CHECK(!unlink("mnt/twin"), "unlink");
	expect("mnt/f", "user.a", "brief", 1, "with one link again, and nobody has seen two");
	expect("mnt/f", "user.a", "brief", 0, "and kept");

	set_twin("twice");
	sent();
	CHECK(lgetxattr("mnt/f", "user.a", value, sizeof(value)) == 5 && sent() == 1, "before its links are counted");
	expect("mnt/f", "user.a", "twice", 1, "with two links");
	expect("mnt/f", "user.a", "twice", 1, "with two links, again");
	CHECK(!unlink("mnt/twin"), "unlink");
	/* That the other name is gone the kernel does not know of this one. */
	expect("mnt/f", "user.a", "twice", 1, "until the links are counted again");
	notified();
	expect("mnt/f", "user.a", "twice", 1, "with one link again");
	expect("mnt/f", "user.a", "twice", 0, "and kept");
}

int main(void)
{
	unsigned int i;

	serve(LONG_NS, false, 0);
	raw_delay(rf, FUSE_RELEASE, 20);
	raw_file(rf, "/g", "text", 4);
	fd = open("mnt/f", O_RDWR);
	CHECK(fd >= 0, "open");
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		run(&rows[i]);
	changed();
	links();
	close(fd);
	end();
	return 0;
}
