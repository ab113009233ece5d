/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the protocol has got since the oldest <linux/fuse.h> that the tests are built with (7.38), under names of our own:
 * a newer header does not get in their way. A kernel that does not know a flag does not offer it in INIT.
 */
#ifndef RAWNEW_H
#define RAWNEW_H

#include <linux/fuse.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* 7.39: attributes by STATX, which tells the time of birth. */
#define RAW_STATX		52

struct raw_statx_in {
	uint32_t getattr_flags, reserved;
	uint64_t fh;
	uint32_t flags, mask;
};

struct raw_statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t reserved;
};

struct raw_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, reserved;
	uint64_t ino, size, blocks, attributes_mask;
	struct raw_statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t spare[14];
};

struct raw_statx_out {
	uint64_t attr_valid;
	uint32_t attr_valid_nsec, flags;
	uint64_t spare[2];
	struct raw_statx stat;
};

/* 7.40: OPEN can hand over a file that the daemon has opened; I/O on the handle is then done on that. */
#define RAW_PASSTHROUGH		(1ULL << 37)
#define RAW_FOPEN_PASSTHROUGH	(1U << 7)

struct raw_open_out {
	uint64_t fh;
	uint32_t open_flags;
	int32_t backing_id;
};

struct raw_backing {
	int32_t fd;
	uint32_t flags;
	uint64_t reserved;
};

#define RAW_IOC_BACKING_OPEN	_IOW(229, 1, struct raw_backing)
#define RAW_IOC_BACKING_CLOSE	_IOW(229, 2, uint32_t)

/* 7.41: mounts whose ids are mapped. */
#define RAW_ALLOW_IDMAP		(1ULL << 40)

/* 7.45: a copy whose answer has room for 64 bits. */
#define RAW_COPY_FILE_RANGE_64	53

#endif
