// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each allocation of a system call on data of a mirror fails once: what was written is what the caller was told, and the next call is as ever
 * needs: root extfuse ext4 loop mkfs.ext4 faults
 * timeout: 120
 * long-timeout: 900
 * log: EXT4-fs
 * ring: slow
 *
 * LONG=1: also with hide, metacache, and no extension.
 */
#include <linux/aio_abi.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

#include "acts.h"

#define SIZE	16384

static char block[SIZE] __attribute__((aligned(4096)));

static void file_of(const char *name, char byte)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	memset(block, byte, SIZE);
	CHECK(fd >= 0 && write(fd, block, SIZE) == SIZE, "%s", name);
	close(fd);
	memset(block, 'n', SIZE);
}

static void a_file(void)
{
	file_of("a", 'a');
}

static void two_files(void)
{
	file_of("a", 'a');
	file_of("b", 'b');
}

/* On the disk, and nowhere else. */
static void cold_file(void)
{
	int fd;

	a_file();
	fd = open("a", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && !fsync(fd) && !posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), "a cold file");
	close(fd);
}

/* What a call on the open file says; the file is closed. */
#define ON(flags, expr) ({							\
	int fd = TRY(open("a", (flags) | O_CLOEXEC));				\
	long on_ret = (expr);							\
										\
	on_ret = on_ret < 0 ? -errno : on_ret;					\
	close(fd);								\
	on_ret;									\
})

static long do_read(void) { return ON(O_RDONLY, pread(fd, block, 4096, 4096)); }
static long do_read_direct(void) { return ON(O_RDONLY | O_DIRECT, pread(fd, block, 4096, 4096)); }
static long do_write(void) { return ON(O_WRONLY, pwrite(fd, block, 4096, 4096)); }
static long do_append(void) { return ON(O_WRONLY | O_APPEND, write(fd, block, 4096)); }
static long do_write_direct(void) { return ON(O_WRONLY | O_DIRECT, pwrite(fd, block, 4096, 4096)); }
static long do_ftruncate(void) { return ON(O_WRONLY, ftruncate(fd, 100)); }
static long do_fsync(void) { return ON(O_WRONLY, fsync(fd)); }
static long do_fallocate(void) { return ON(O_WRONLY, fallocate(fd, 0, 0, 2 * SIZE)); }
static long do_seek(void) { return ON(O_RDONLY, lseek(fd, 0, SEEK_HOLE)); }
static long do_advise(void) { return ON(O_RDONLY, readahead(fd, 0, SIZE)); }
static long do_punch(void)
{
	return ON(O_WRONLY, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096));
}

static long do_flags(void)
{
	int flags = 0;

	return ON(O_RDONLY, ioctl(fd, FS_IOC_GETFLAGS, &flags)) ?: flags & FS_EXTENT_FL;
}

static long do_fiemap(void)
{
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + 4 * sizeof(struct fiemap_extent)];
	} map = { .map = { .fm_length = SIZE, .fm_extent_count = 4, .fm_flags = FIEMAP_FLAG_SYNC } };

	return ON(O_RDONLY, ioctl(fd, FS_IOC_FIEMAP, &map)) ?: (long)map.map.fm_mapped_extents;
}

static long do_map_read(void)
{
	int fd = TRY(open("a", O_RDONLY | O_CLOEXEC));
	char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	long ret = map == MAP_FAILED ? -errno : peek(map + 4096);

	close(fd);
	if (map != MAP_FAILED)
		munmap(map, SIZE);
	return ret == -1 ? -EFAULT : ret;
}

static long do_map_write(void)
{
	int fd = TRY(open("a", O_RDWR | O_CLOEXEC));
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	long ret = map == MAP_FAILED || poke(map + 4096, 'm', 4096) ? -errno : 0;

	close(fd);
	if (map != MAP_FAILED)
		munmap(map, SIZE);
	return ret;
}

static long do_splice_out(void)
{
	int pipes[2];
	long ret;

	TRY(pipe2(pipes, O_CLOEXEC));
	ret = ON(O_RDONLY, splice(fd, NULL, pipes[1], NULL, 4096, 0));
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

static long do_splice_in(void)
{
	int pipes[2];
	long ret;

	TRY(pipe2(pipes, O_CLOEXEC));
	CHECK(write(pipes[1], block, 4096) == 4096, "a pipe");
	ret = ON(O_WRONLY, splice(pipes[0], NULL, fd, NULL, 4096, 0));
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

/* From "a" to "b". */
static long between(long (*fn)(int from, int to))
{
	int from = TRY(open("a", O_RDONLY | O_CLOEXEC)), to = open("b", O_WRONLY | O_CLOEXEC);
	long ret = to < 0 ? -errno : fn(from, to);

	close(from);
	if (to >= 0)
		close(to);
	return ret;
}

static long copy(int from, int to) { return TRY(copy_file_range(from, NULL, to, NULL, SIZE, 0)); }
static long sent(int from, int to) { return TRY(sendfile(to, from, NULL, 4096)); }
static long cloned(int from, int to) { return TRY(ioctl(to, FICLONE, from)); }
static long do_copy(void) { return between(copy); }
static long do_send(void) { return between(sent); }
static long do_clone(void) { return between(cloned); }

/* A request of AIO, and its result. */
static long async(int fd, unsigned int opcode)
{
	struct iocb cb = { .aio_fildes = fd, .aio_lio_opcode = opcode, .aio_buf = (unsigned long)block, .aio_nbytes = 4096 };
	struct iocb *cbs = &cb;
	struct io_event event;
	aio_context_t context = 0;
	long ret;

	CHECK(!syscall(SYS_io_setup, 1, &context), "io_setup");
	ret = syscall(SYS_io_submit, context, 1, &cbs);
	if (ret == 1) {
		CHECK(syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1, "its end");
		ret = event.res;
	} else {
		ret = -errno;
	}
	syscall(SYS_io_destroy, context);
	errno = ret < 0 ? -ret : 0;
	return ret < 0 ? -1 : ret;
}

static long do_aio_read(void) { return ON(O_RDONLY | O_DIRECT, async(fd, IOCB_CMD_PREAD)); }
static long do_aio_write(void) { return ON(O_WRONLY | O_DIRECT, async(fd, IOCB_CMD_PWRITE)); }

static const struct act acts[] = {
	{ "read", a_file, do_read },
	{ "read-cold", cold_file, do_read },
	{ "read-direct", a_file, do_read_direct },
	{ "write", a_file, do_write },
	{ "append", a_file, do_append },
	{ "write-direct", a_file, do_write_direct },
	{ "ftruncate", a_file, do_ftruncate },
	{ "fsync", a_file, do_fsync },
	{ "fallocate", a_file, do_fallocate },
	{ "punch", a_file, do_punch },
	{ "seek", a_file, do_seek },
	{ "advise", cold_file, do_advise },
	{ "flags", a_file, do_flags },
	{ "fiemap", a_file, do_fiemap },
	{ "map-read", cold_file, do_map_read },
	{ "map-write", a_file, do_map_write },
	{ "splice-out", a_file, do_splice_out },
	{ "splice-in", a_file, do_splice_in },
	{ "copy", two_files, do_copy },
	{ "send", two_files, do_send },
	{ "clone", two_files, do_clone },
	{ "aio-read", a_file, do_aio_read },
	{ "aio-write", a_file, do_aio_write },
};

int main(void)
{
	acts_all(acts, sizeof(acts) / sizeof(acts[0]), 1);
	return 0;
}
