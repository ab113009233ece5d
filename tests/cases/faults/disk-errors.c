// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: while the disk below fails, a caller gets the same errors through the mount as below, and when it works again all is as ever
 * needs: extfuse ext4 root brd dm_mod mkfs.ext4
 * timeout: 90
 * log: EXT4-fs
 *
 * Two disks, so that what one notices does not change what the other says: "fs/a" is on the first, the mount shows the second.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "both.h"
#include "dm.h"
#include "mapped.h"
#include "rawfuse.h"

#define SIZE	65536

static const char *const disks[2] = { "/dev/ram0", "/dev/ram1" }, *const names[2] = { "one", "two" };
static int handles[2], others[2];
static char block[4096] __attribute__((aligned(4096)));

/* No journal: after its first error one takes no more. */
static void start(void)
{
	char command[256], path[32];
	int s;

	CHECK(!system("modprobe brd rd_nr=2 rd_size=16384 && modprobe dm_mod && mkdir -p fs/a fs/b mnt"), "disks");
	for (s = 0; s < 2; s++) {
		dm_make(names[s], disks[s], path);
		snprintf(command, sizeof(command), "mkfs.ext4 -q -O ^has_journal %s && mount %s fs/%c", path, path, 'a' + s);
		CHECK(!system(command), "%s", command);
	}
	CHECK(!system("mount -t extfuse -o ext=passthrough,log=$PWD/log $PWD/fs/b $PWD/mnt"), "the mount");
	mapped_catch();
}

static void a_file(const char *name)
{
	static char bytes[SIZE];
	int s;

	memset(bytes, 'b', SIZE);
	for (s = 0; s < 2; s++) {
		handles[s] = open(in(s, name), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
		CHECK(handles[s] >= 0 && write(handles[s], bytes, SIZE) == SIZE && !fsync(handles[s]), "%s", name);
		others[s] = open(in(s, name), O_RDWR | O_CLOEXEC);
		CHECK(others[s] >= 0, "once more");
	}
}

/* What is not in memory is read from the disk: data is, of names it is chance how much was read along with others. */
static void forget(void)
{
	CHECK(!system("sync; echo 3 >/proc/sys/vm/drop_caches"), "an empty cache");
}

static void fail(bool fails)
{
	int s;

	for (s = 0; s < 2; s++)
		dm_fail(names[s], disks[s], fails);
}

static int direct(const char *path, bool writes)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC), ret = -1, err;

	if (fd < 0)
		return -1;
	ret = writes ? pwrite(fd, block, sizeof(block), 0) : pread(fd, block, sizeof(block), 0);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

static int mapped(int fd, off_t at)
{
	char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, at);
	int ret, err;

	if (map == MAP_FAILED)
		return -2;
	ret = peek(map);
	err = errno;
	munmap(map, 4096);
	errno = err;
	return ret;
}

static int spliced(int fd)
{
	int pipes[2], ret, err;
	off_t at = 0;

	CHECK(!pipe(pipes), "a pipe");
	ret = splice(fd, &at, pipes[1], NULL, 4096, 0);
	err = errno;
	close(pipes[0]);
	close(pipes[1]);
	errno = err;
	return ret;
}

static void reads(void)
{
	BOTH(-EIO, pread(handles[s], block, 8, 8192));
	BOTH(-EFAULT, mapped(handles[s], 16384));
	BOTH(-EIO, direct(in(s, "file"), false));
	BOTH(-EIO, spliced(handles[s]));
}

/* Whom an error of writing back is told is the business of the file system below, and the same here. */
static void writes(void)
{
	BOTH(4, pwrite(handles[s], "more", 4, 0));
	BOTH(-EIO, fsync(handles[s]));
	BOTH(0, fsync(others[s]));
	BOTH(0, fsync(handles[s]));
	BOTH(-EIO, direct(in(s, "file"), true));
}

static void works_again(void)
{
	BOTH(0, fsync(handles[s]));
	BOTH(0, fsync(others[s]));
	BOTH(4, pwrite(handles[s], "then", 4, 0));
	BOTH(0, fsync(handles[s]));
	BOTH('t', mapped(handles[s], 0));
	BOTH(8, pread(handles[s], block, 8, 8192));
	BOTH(4096, direct(in(s, "file"), false));
	BOTH(4096, spliced(handles[s]));
	BOTH(0, try_open(in(s, "dir/inside"), O_RDONLY));
	BOTH(0, try_open(in(s, "new"), O_RDWR | O_CREAT));
	BOTH(0, close(handles[s]));
	BOTH(0, close(others[s]));
}

int main(void)
{
	int s;

	start();
	for (s = 0; s < 2; s++)
		CHECK(!mkdir(in(s, "dir"), 0755) && !try_open(in(s, "dir/inside"), O_CREAT | O_WRONLY), "a directory");
	a_file("file");
	/* Before: the steps can succeed. */
	BOTH(8, pread(handles[s], block, 8, 8192));
	BOTH(0, fsync(others[s]));
	BOTH(4096, direct(in(s, "file"), true));
	BOTH('b', mapped(handles[s], 4096));
	BOTH(0, try_open(in(s, "dir/inside"), O_RDONLY));
	forget();
	fail(true);
	reads();
	writes();
	fail(false);
	works_again();
	CHECK(!system("umount $PWD/mnt && umount $PWD/fs/a && umount $PWD/fs/b"), "all must be unmounted");
	for (s = 0; s < 2; s++)
		dm_remove(names[s]);
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	return 0;
}
