// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: without actimeo the daemon's lifetimes count: 0 keeps nothing, the longer ones are kept; names=dir lengthens no name
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "common.h"

static void set_lifetimes(unsigned int attr, unsigned int entry, bool negative)
{
	pthread_mutex_lock(&fs.lock);
	fs.attr_valid = attr;
	fs.entry_valid = entry;
	fs.negative_entry = negative;
	pthread_mutex_unlock(&fs.lock);
}

static void mount_with(const struct extfuse_options *opts)
{
	CHECK(!tinyfs_mount(&fs), "mount");
	add(2, "file", S_IFREG | 0644, 1);
	attach("metacache", opts);
}

/* Requests of @opcode that reach the daemon in three more calls of stat(). */
static unsigned int asked_again(const char *name, unsigned int opcode)
{
	struct stat st;
	unsigned int before;

	stat_of(name, &st);
	before = asked(opcode);
	for (int i = 0; i < 3; i++)
		stat_of(name, &st);
	return asked(opcode) - before;
}

int main(void)
{
	const struct extfuse_options none = {}, dir = { .actimeo_ns = 60 * SECOND, .names_dir = true };

	/* A negative entry of the daemon's own lives as long as the daemon says. */
	mount_with(&none);
	CHECK(asked_again("file", FUSE_LOOKUP) == 3, "a lifetime of 0 keeps no name");
	CHECK(asked_again("none", FUSE_LOOKUP) == 3, "ENOENT has no lifetime without actimeo");
	CHECK(!answered(FUSE_LOOKUP) && !answered(FUSE_GETATTR), "no program answered");
	set_lifetimes(0, 60, true);
	CHECK(asked_again("absent", FUSE_LOOKUP) == 0, "node id 0 with a lifetime is kept");
	check_clean();
	CHECK(!tinyfs_umount(&fs), "umount");

	/* names=dir: each stat() revalidates the name, and a program confirms it. */
	mount_with(&dir);
	CHECK(asked_again("file", FUSE_LOOKUP) == 0, "the daemon is not asked again");
	CHECK(answered(FUSE_LOOKUP) == 3, "but the kernel asks each time (%u)", answered(FUSE_LOOKUP));
	CHECK(!mknod(path("other"), S_IFREG | 0600, 0), "make another name");
	CHECK(asked_again("file", FUSE_LOOKUP) == 0, "kept again");
	CHECK(asked(FUSE_LOOKUP) >= 2, "a new name moved all names of the directory");
	check_clean();
	CHECK(!tinyfs_umount(&fs), "umount");
	return 0;
}
