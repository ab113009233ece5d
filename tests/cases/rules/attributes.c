// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: attributes of a program that differ from the inode's are not taken, in any field; no dirty page is lost by them
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Rule 5.5. Under the writeback cache size, mtime and ctime of regular files are the kernel's: neither compared nor taken.
 */
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;

static void stale(const char *what, const char *path, struct raw_node *node, size_t offset, uint32_t change)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_GETATTR), after;
	struct fuse_attr_out out;
	struct script_rule rule = rule_getattr(rf, node, &out);
	struct stat st, now;

	script_clear(s);
	CHECK(!stat(path, &st), "stat");
	*(uint32_t *)((char *)&out.attr + offset) ^= change;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	raw_reset(rf);
	CHECK(!stat(path, &now), "%s: stat must work", what);
	CHECK(raw_count(rf, FUSE_GETATTR) == 1, "%s: the daemon must be asked", what);
	CHECK(now.st_mode == st.st_mode && now.st_uid == st.st_uid && now.st_gid == st.st_gid &&
	      now.st_size == st.st_size && now.st_nlink == st.st_nlink && now.st_rdev == st.st_rdev &&
	      now.st_ino == st.st_ino, "%s: it must be as before", what);
	after = script_stats(rf, FUSE_GETATTR);
	CHECK(after.answered == before.answered && after.stale + after.bad == before.stale + before.bad + 1,
	      "%s: it must be counted as stale", what);
}

#define STALE(path, node, field, change) \
	stale(path ": " #field, path, node, offsetof(struct fuse_attr, field), change)

static void fields(void)
{
	struct raw_node *file = raw_file(rf, "/a", "text", 4);
	struct raw_node *node = raw_mknod(rf, "/dev", S_IFCHR | 0600, 5 << 8 | 1);
	struct fuse_attr_out out;
	struct script_rule rule;
	struct stat st;

	CHECK(!stat("mnt/a", &st), "stat");
	rule = rule_getattr(rf, file, &out);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st) && !raw_count(rf, FUSE_GETATTR), "the same attributes must stand");

	STALE("mnt/a", file, ino, 1);
	STALE("mnt/a", file, size, 1);
	STALE("mnt/a", file, size, 1024);
	STALE("mnt/a", file, mode, 022);
	STALE("mnt/a", file, mode, 04000);
	STALE("mnt/a", file, mode, S_IFDIR | S_IFCHR);
	STALE("mnt/a", file, nlink, 2);
	STALE("mnt/a", file, uid, 1000);
	STALE("mnt/a", file, gid, 1000);
	STALE("mnt/a", file, flags, 1);
	STALE("mnt/dev", node, rdev, 2);
}

/* A smaller size would cut another process's dirty page away. */
static void dirty_page(void)
{
	char data[8192] = "";
	struct raw_node *file = raw_file(rf, "/big", data, sizeof(data));
	int fd = open("mnt/big", O_RDWR);
	struct fuse_attr_out out;
	struct script_rule rule;
	struct stat st;
	char *map;

	CHECK(fd >= 0, "open");
	map = mmap(NULL, sizeof(data), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	memset(map + 4096, 'D', 4096);
	rule = rule_getattr(rf, file, &out);
	out.attr.size = 4096;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	CHECK(!stat("mnt/big", &st) && st.st_size == sizeof(data), "the size must stay %zu", sizeof(data));
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).done == 1, "the program must be asked");
	CHECK(map[4096] == 'D' && map[8191] == 'D', "the page must stay");
	CHECK(!msync(map, sizeof(data), MS_SYNC), "msync");
	CHECK(file->data[4096] == 'D' && file->data[8191] == 'D', "and reach the daemon");
	munmap(map, sizeof(data));
	close(fd);
	script_clear(s);
}

/* The flusher may be quick, and what it writes back makes an answer old: false then. */
static bool stands_while_dirty(int fd, struct raw_node *file, struct stat *st)
{
	struct fuse_attr_out out;
	struct script_rule rule;

	CHECK(pwrite(fd, "longer text", 11, 0) == 11, "write");
	CHECK(!fstat(fd, st) && st->st_size == 11, "size");
	rule = rule_getattr(rf, file, &out);
	out.attr.size = 4;
	out.attr.mtime = 1;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	raw_reset(rf);
	CHECK(!fstat(fd, st), "stat");
	return !raw_count(rf, FUSE_GETATTR);
}

static void writeback(void)
{
	struct raw_node *file = raw_file(rf, "/w", "text", 4);
	int fd = open("mnt/w", O_RDWR), tries = 0;
	struct fuse_attr_out out;
	struct script_rule rule;
	struct stat st;

	CHECK(raw_init_flags(rf) & FUSE_WRITEBACK_CACHE, "the writeback cache");
	CHECK(fd >= 0, "open");
	while (!stands_while_dirty(fd, file, &st))
		CHECK(tries++ < 20, "size and mtime are not compared, so the answer stands");
	CHECK(st.st_size == 11 && st.st_mtime != 1, "and they are not taken");
	rule = rule_getattr(rf, file, &out);
	out.attr.mode ^= 022;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	raw_reset(rf);
	CHECK(!fstat(fd, &st) && raw_count(rf, FUSE_GETATTR) == 1, "the mode is");
	CHECK(!fsync(fd) && file->attr.size == 11 && !memcmp(file->data, "longer text", 11), "the data must arrive");
	close(fd);
	script_clear(s);
}

int main(void)
{
	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS });
	s = script_attach(rf, "script", NULL);
	fields();
	dirty_page();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);

	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS, .flags = FUSE_WRITEBACK_CACHE });
	s = script_attach(rf, "script", NULL);
	writeback();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
