// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a capability that a file gets below goes with the next truncation; swapon says what it says on ext4
 * needs: extfuse ext4 root jq
 * timeout: 60
 */
#include <limits.h>
#include <sys/swap.h>
#include <sys/xattr.h>

#include "compare.h"

#define PAGE	4096

static int file_of(const char *name, int flags)
{
	char page[PAGE];
	int fd = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);

	memset(page, 'a', PAGE);
	CHECK(fd >= 0 && write(fd, page, PAGE) == PAGE && !close(fd), "%s", name);
	fd = open(name, flags | O_CLOEXEC);
	CHECK(fd >= 0, "%s", name);
	return fd;
}

/* cap_net_raw=ep, as setcap(8) writes it, given to the file below. */
static void capable(const char *name)
{
	static const unsigned char cap[20] = { 1, 0, 0, 2, 0, 0x20 };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", compare_below, name);
	CALL(setxattr(path, "security.capability", cap, sizeof(cap), 0));
}

static void look_capable(const char *name)
{
	char path[PATH_MAX], cap[64];

	snprintf(path, sizeof(path), "%s/%s", compare_below, name);
	CALL(getxattr(path, "security.capability", cap, sizeof(cap)));
}

static void steps_capable(void)
{
	int fd = file_of("capable", O_RDWR), from = file_of("from", O_RDWR);
	loff_t in, out;

	CALL(fallocate(fd, 0, 0, 3 * PAGE));
	capable("capable");
	CALL(ftruncate(fd, 2 * PAGE));
	look_capable("capable");

	in = out = 0;
	CALL(copy_file_range(from, &in, fd, &out, PAGE, 0));
	capable("capable");
	CALL(ftruncate(fd, PAGE));
	look_capable("capable");

	CALL(pwrite(fd, "x", 1, 0));
	capable("capable");
	CALL(ftruncate(fd, 10));
	look_capable("capable");

	capable("capable");
	CALL(fallocate(fd, 0, 0, PAGE));
	look_capable("capable");
	close(fd);
	close(from);
}

static void steps_swap(void)
{
	close(file_of("swap", O_RDWR));
	/* There is no header in it. */
	CALL(swapon("swap", 0));
	CALL(unlink("swap"));
}

static void steps(void)
{
	steps_capable();
	steps_swap();
}

COMPARE_MAIN(steps)
