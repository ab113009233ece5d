// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: when the disk below goes away, with files open, mapped and dirty, the caller gets the same errors as below, and all can be unmounted
 * needs: extfuse ext4 root scsi_debug mkfs.ext4
 * timeout: 120
 * log: EXT4-fs error
 * ring: slow
 *
 * Two disks, so that what one notices does not change what the other says: "fs/a" is on the first, the mount shows the second.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "both.h"
#include "mapped.h"
#include "rawfuse.h"

#define SIZE	65536
#define DISKS	"/sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*/*:*:*:*"

static int handles[2];
static char *maps[2];

static void start(void)
{
	static char bytes[SIZE];
	int s;

	memset(bytes, 'b', SIZE);
	mapped_catch();
	CHECK(!system("modprobe sd_mod && modprobe scsi_debug add_host=2 per_host_store=1 dev_size_mb=32 submit_queues=2 poll_queues=1"), "two disks");
	CHECK(raw_until(10, !system("set -- " DISKS "/block/sd*; test -b /dev/${1##*/} -a -b /dev/${2##*/}")), "their devices");
	CHECK(!system("mkdir -p fs/a fs/b mnt && set -- a b && for disk in " DISKS "/block/sd*; do"
		      " dev=/dev/${disk##*/} && mkfs.ext4 -q $dev && mount $dev fs/$1 && shift || exit 1; done"), "file systems");
	CHECK(!system("mount -t extfuse -o ext=${EXT:-passthrough},log=$PWD/log $PWD/fs/b $PWD/mnt"), "the mount");
	for (s = 0; s < 2; s++) {
		handles[s] = open(in(s, "file"), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
		CHECK(handles[s] >= 0 && write(handles[s], bytes, SIZE) == SIZE && !fsync(handles[s]), "a file");
	}
	CHECK(!system("sync; echo 3 >/proc/sys/vm/drop_caches"), "an empty cache");
	for (s = 0; s < 2; s++) {
		maps[s] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, handles[s], 0);
		CHECK(maps[s] != MAP_FAILED, "mmap");
		CHECK(!madvise(maps[s], SIZE, MADV_RANDOM), "no more than what is asked for is read");
		CHECK(!posix_fadvise(handles[s], 0, 0, POSIX_FADV_RANDOM), "nor here");
		maps[s][0] = 'd';
	}
}

static void gone(void)
{
	struct stat st;
	char room[16];

	CHECK(!system("for disk in " DISKS "; do echo 1 >$disk/delete || exit 1; done"), "the disks go");
	BOTH(-EIO, fsync(handles[s]));
	BOTH('d', peek(maps[s]));
	BOTH(-EFAULT, peek(maps[s] + SIZE - 4096));
	BOTH(-EIO, pread(handles[s], room, 8, SIZE - 8192));
	BOTH(0, pwrite(handles[s], "more", 4, 0));
	BOTH(0, ftruncate(handles[s], 10));
	BOTH(0, fstat(handles[s], &st));
	BOTH(0, st.st_size);
	BOTH(0, fchmod(handles[s], 0600));
	BOTH(0, try_open(in(s, "file"), O_RDWR));
	BOTH(0, try_open(in(s, "new"), O_RDWR | O_CREAT));
	BOTH(0, msync(maps[s], SIZE, MS_SYNC));
	BOTH(0, munmap(maps[s], SIZE));
	BOTH(0, close(handles[s]));
}

int main(void)
{
	start();
	gone();
	CHECK(!system("umount $PWD/mnt && umount $PWD/fs/a && umount $PWD/fs/b"), "all must be unmounted");
	CHECK(raw_until(10, !system("modprobe -r scsi_debug")), "nothing may hold the disks");
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	return 0;
}
