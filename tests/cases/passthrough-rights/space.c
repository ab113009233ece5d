// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the cases beside it: fills a file until that fails, and says how far it came and why; counts blocks; sets a quota.
 *
 *	space fill FILE write|append|fallocate|mmap|truncate	"SIZE ERRNO"
 *	space free|reserved DIR					blocks that are free, or that only root may take
 *	space quota DEVICE UID KIB				a hard limit of blocks
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "case.h"
#include "mapped.h"

#define CHUNK	65536
#define MOST	(256 << 20)	/* more than any device of a case has */

static char chunk[CHUNK];

/* Blocks of a mapping are taken when it is stored into: what fails is a store, and then the system call says why. */
static long fill_map(int fd, off_t at)
{
	off_t pos = at;
	char *map;
	ssize_t n;
	int err;

	if (ftruncate(fd, at + CHUNK))
		return -errno;
	map = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	if (map == MAP_FAILED)
		return -errno;
	err = poke(map, 'x', CHUNK);
	munmap(map, CHUNK);
	if (!err)
		return CHUNK;
	while ((n = pwrite(fd, chunk, at + CHUNK - pos, pos)) > 0)
		pos += n;
	return n < 0 ? -errno : -EFAULT;
}

static long fill_one(int fd, const char *way, off_t at)
{
	long n;

	if (!strcmp(way, "mmap"))
		return fill_map(fd, at);
	if (!strcmp(way, "fallocate"))
		n = fallocate(fd, 0, at, CHUNK) ? -1 : CHUNK;
	else if (!strcmp(way, "truncate"))
		n = ftruncate(fd, at + CHUNK) ? -1 : CHUNK;
	else
		n = write(fd, chunk, CHUNK);
	return n < 0 ? -errno : n;
}

static int fill(const char *path, const char *way)
{
	int fd = open(path, O_CREAT | O_RDWR | (strcmp(way, "append") ? 0 : O_APPEND), 0644);
	off_t at = 0;
	long n = 0;

	CHECK(fd >= 0, "%s", path);
	mapped_catch();
	signal(SIGXFSZ, SIG_IGN);
	memset(chunk, 'x', sizeof(chunk));
	while (at < MOST && (n = fill_one(fd, way, at)) > 0)
		at += n;
	CHECK(n <= 0, "%s must fill up", path);
	/* Delayed allocation must have found room for all that was taken. */
	CHECK(!fsync(fd), "%s: fsync", path);
	printf("%lld %s\n", (long long)at, n ? strerrorname_np(-n) : "0");
	close(fd);
	return 0;
}

static int blocks(const char *dir, int reserved)
{
	struct statvfs vfs;

	CHECK(!statvfs(dir, &vfs), "%s", dir);
	printf("%llu\n", (unsigned long long)(reserved ? vfs.f_bfree - vfs.f_bavail : vfs.f_bfree));
	return 0;
}

static int quota(const char *device, int uid, unsigned long kib)
{
	struct dqblk q = { .dqb_bhardlimit = kib, .dqb_bsoftlimit = kib, .dqb_valid = QIF_BLIMITS };

	CHECK(!quotactl(QCMD(Q_SETQUOTA, USRQUOTA), device, uid, (caddr_t)&q), "the quota on %s", device);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "fill"))
		return fill(argv[2], argv[3]);
	if (argc == 5 && !strcmp(argv[1], "quota"))
		return quota(argv[2], atoi(argv[3]), strtoul(argv[4], NULL, 0));
	CHECK(argc == 3, "usage: see %s", __FILE__);
	return blocks(argv[2], !strcmp(argv[1], "reserved"));
}
