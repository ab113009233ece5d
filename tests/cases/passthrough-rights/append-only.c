// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what a file has below that may only be appended to stays as it is: no write, splice, asynchronous write or mapping through the mount gets at it
 * needs: root extfuse ext4
 * timeout: 120
 *
 * The VFS asks the file of the mount for the flag, which does not have it: fcntl() takes O_APPEND from a handle there,
 * and not from one below.
 */
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "both.h"
#include "rawfuse.h"

#define PAGE	4096
#define TEXT	"written before"

static const char *const below[2] = { "fs/a/log", "fs/b/log" };
static aio_context_t aio;

static void start(void)
{
	int s, fd, flags;

	CHECK(!system("mkdir -p fs/a fs/b mnt"), "directories");
	for (s = 0; s < 2; s++) {
		fd = open(below[s], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		CHECK(fd >= 0 && write(fd, TEXT, strlen(TEXT)) == strlen(TEXT) && !ioctl(fd, FS_IOC_GETFLAGS, &flags),
		      "%s", below[s]);
		flags |= FS_APPEND_FL;
		CHECK(!ioctl(fd, FS_IOC_SETFLAGS, &flags) && !close(fd), "%s", below[s]);
	}
	CHECK(!system("mount -t extfuse -o ext=passthrough,log=$PWD/log $PWD/fs/b $PWD/mnt"), "the mount");
	CHECK(!syscall(SYS_io_setup, 1, &aio), "AIO");
}

/* Through the mount fcntl() says yes, where below it says no: what counts is what a write does then. */
static int opened(int s)
{
	int fd = open(in(s, "log"), O_RDWR | O_APPEND | O_CLOEXEC);

	CHECK(fd >= 0, "%s", in(s, "log"));
	fcntl(fd, F_SETFL, 0);
	return fd;
}

static long by_write(int fd)
{
	return pwrite(fd, "w", 1, 0);
}

static long by_splice(int fd)
{
	loff_t at = 0;
	int ends[2];

	CHECK(!pipe2(ends, O_CLOEXEC) && write(ends[1], "s", 1) == 1, "a pipe");
	splice(ends[0], NULL, fd, &at, 1, 0);
	return close(ends[0]) || close(ends[1]);
}

static long by_aio(int fd)
{
	struct iocb iocb = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_buf = (unsigned long)"a",
			     .aio_nbytes = 1 }, *list = &iocb;
	struct io_event event;

	CHECK(syscall(SYS_io_submit, aio, 1, &list) == 1 && syscall(SYS_io_getevents, aio, 1, 1, &event, NULL) == 1, "AIO");
	return event.res;
}

static long by_copy(int fd)
{
	loff_t from = 1, to = 0;

	return copy_file_range(fd, &from, fd, &to, 1, 0);
}

static long appended(int s)
{
	int fd = open(in(s, "log"), O_WRONLY | O_APPEND | O_CLOEXEC);
	long n = write(fd, "added", 5);

	close(fd);
	return n;
}

static long by_mapping(int fd)
{
	char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -1;
	*map = 'm';
	return munmap(map, PAGE);
}

static long by_mapping_later(int fd)
{
	char *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -1;
	if (!mprotect(map, PAGE, PROT_READ | PROT_WRITE))
		*map = 'p';
	return munmap(map, PAGE);
}

static bool is_intact(int s)
{
	char text[sizeof(TEXT)] = "";
	int fd = open(below[s], O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && pread(fd, text, strlen(TEXT), 0) == strlen(TEXT) && !close(fd), "%s", below[s]);
	if (strcmp(text, TEXT))
		printf("%s has '%s'\n", below[s], text);
	return !strcmp(text, TEXT);
}

/* What it says need not be what it says below, where O_APPEND was not taken away. */
static void way(const char *name, long (*change)(int fd))
{
	int handles[2], s;

	printf("%s\n", name);
	for (s = 0; s < 2; s++) {
		handles[s] = opened(s);
		change(handles[s]);
	}
	BOTH(1, is_intact(s));
	for (s = 0; s < 2; s++)
		close(handles[s]);
}

/* The flag comes when the file is open already. */
static void later(void)
{
	int fd, out, flags;

	fd = open(below[1], O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && !ioctl(fd, FS_IOC_GETFLAGS, &flags), "flags");
	flags &= ~FS_APPEND_FL;
	CHECK(!ioctl(fd, FS_IOC_SETFLAGS, &flags), "flags");
	out = opened(1);
	CHECK(pwrite(out, TEXT, 1, 0) == 1, "until then it is a file as others");
	flags |= FS_APPEND_FL;
	CHECK(!ioctl(fd, FS_IOC_SETFLAGS, &flags), "flags");
	by_write(out);
	by_splice(out);
	by_aio(out);
	CHECK(copy_file_range(fd, &(loff_t){ 1 }, out, &(loff_t){ 0 }, 1, 0) < 0, "a copy");
	CHECK(is_intact(1), "the flag came later");
	close(out);
	close(fd);
}

/* To look at it is allowed. */
static long look(int s)
{
	int fd = open(in(s, "log"), O_RDONLY | O_CLOEXEC);
	char *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	long ret = map == MAP_FAILED ? -1 : *map;

	CHECK(fd >= 0 && !close(fd), "open");
	if (map != MAP_FAILED)
		munmap(map, PAGE);
	return ret;
}

int main(void)
{
	start();
	way("a write", by_write);
	way("splice", by_splice);
	way("AIO", by_aio);
	way("copy_file_range", by_copy);
	way("a mapping", by_mapping);
	way("a mapping that is made writable", by_mapping_later);
	BOTH(5, appended(s));
	later();
	BOTH(TEXT[0], look(s));
	CHECK(!system("umount $PWD/mnt && chattr -a fs/a/log fs/b/log"), "umount");
	CHECK(!both_wrong, "%u steps differ", both_wrong);
	return 0;
}
