// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: file data in a mirror behaves as on ext4: read, write, append, truncate, holes, fallocate, copies, mmap, O_TMPFILE
 * needs: extfuse ext4 root jq
 * timeout: 240
 */
#include <linux/falloc.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "compare.h"

static char big[3 << 20];

static unsigned int sum(const char *path)
{
	static char buf[1 << 16];
	unsigned int s = 0;
	int fd = open(path, O_RDONLY);
	ssize_t n, i;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++)
			s = s * 31 + (unsigned char)buf[i];
	close(fd);
	return s;
}

static void step_plain(void)
{
	int fd = OPEN(open("f", O_CREAT | O_RDWR, 0644));
	char buf[100] = "";
	size_t i;

	for (i = 0; i < sizeof(big); i++)
		big[i] = i * 7 + i / 4096;
	CALL(read(fd, buf, 10));
	CALL(write(fd, "hello", 5));
	CALL(pwrite(fd, "J", 1, 0));
	CALL(pread(fd, buf, 100, 0));
	SAY("%s", buf);
	CALL(pread(fd, buf, 100, 5));
	CALL(pwrite(fd, "end", 3, 100000));
	LOOK("f");
	CALL(pread(fd, buf, 10, 50000));
	SAY("hole is zero: %d", !buf[0] && !buf[9]);
	CALL(pwrite(fd, big, sizeof(big), 1));
	SAY("sum %x", sum("f"));
	CALL(ftruncate(fd, 70001));
	CALL(ftruncate(fd, 200000));
	SAY("sum %x", sum("f"));
	CALL(lseek(fd, 0, SEEK_END));
	CALL(pwrite(fd, "x", 1, -1));
	CALL(fsync(fd));
	CALL(fdatasync(fd));
	close(fd);
	fd = OPEN(open("f", O_RDONLY));
	CALL(write(fd, "x", 1));
	CALL(ftruncate(fd, 0));
	close(fd);
	fd = OPEN(open("f", O_WRONLY));
	CALL(read(fd, buf, 1));
	CALL(write(fd, "OVER", 4));
	close(fd);
	SAY("sum %x", sum("f"));
	fd = OPEN(open("f", O_WRONLY | O_TRUNC));
	LOOK("f");
	close(fd);
	fd = OPEN(open("f", O_RDWR | O_SYNC));
	CALL(write(fd, big, 9000));
	close(fd);
	SAY("sum %x", sum("f"));
}

static void step_append(void)
{
	int one = OPEN(open("log", O_CREAT | O_WRONLY | O_APPEND, 0644));
	int two = OPEN(open("log", O_WRONLY | O_APPEND));
	int i, status;

	CALL(write(one, "aaa", 3));
	CALL(write(two, "bbb", 3));
	CALL(pwrite(one, "ccc", 3, 0));
	LOOK("log");
	CALL(fcntl(one, F_SETFL, 0));
	CALL(pwrite(one, "Z", 1, 0));
	CALL(fcntl(two, F_SETFL, O_APPEND));
	CALL(write(two, "ddd", 3));
	SAY("sum %x", sum("log"));
	CALL(fcntl(one, F_SETFL, O_APPEND));
	for (i = 0; i < 4; i++) {
		if (!fork()) {
			int fd = open("log", O_WRONLY | O_APPEND), k;

			for (k = 0; k < 100; k++)
				if (write(fd, "0123456789", 10) != 10)
					_exit(1);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		SAY("writer %d", status);
	LOOK("log");
	close(one);
	close(two);
}

static void step_holes(void)
{
	int fd = OPEN(open("holes", O_CREAT | O_RDWR, 0644));
	struct stat st;

	CALL(pwrite(fd, big, 65536, 1 << 20));
	CALL(lseek(fd, 0, SEEK_DATA));
	CALL(lseek(fd, 0, SEEK_HOLE));
	CALL(lseek(fd, 1 << 20, SEEK_HOLE));
	CALL(lseek(fd, 2 << 20, SEEK_DATA));
	CALL(lseek(fd, 5, SEEK_CUR));
	CALL(fallocate(fd, 0, 0, 4096));
	CALL(fallocate(fd, 0, 2 << 20, 8192));
	LOOK("holes");
	CALL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 << 20, 8192));
	LOOK("holes");
	CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 20, 8192));
	SAY("sum %x", sum("holes"));
	CALL(fallocate(fd, FALLOC_FL_ZERO_RANGE, (1 << 20) + 8192, 8192));
	SAY("sum %x", sum("holes"));
	CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
	CALL(fallocate(fd, 0, -1, 5));
	CALL(fallocate(fd, 0, 0, 0));
	CALL(fstat(fd, &st));
	SAY("blocks %ld", (long)st.st_blocks);
	close(fd);
}

static void step_copy(void)
{
	int in = OPEN(open("holes", O_RDONLY)), out = OPEN(open("copy", O_CREAT | O_RDWR, 0644));
	off_t from = 1 << 20, to = 5;

	CALL(copy_file_range(in, &from, out, &to, 50000, 0));
	SAY("from %ld to %ld", (long)from, (long)to);
	LOOK("copy");
	SAY("sum %x", sum("copy"));
	from = 100 << 20;
	CALL(copy_file_range(in, &from, out, &to, 50000, 0));
	from = 0;
	to = 0;
	CALL(copy_file_range(out, &from, out, &to, 10, 0));
	CALL(copy_file_range(out, &from, in, &to, 10, 0));
	CALL(lseek(in, 1 << 20, SEEK_SET));
	CALL(sendfile(out, in, NULL, 30000));
	SAY("sum %x", sum("copy"));
	close(in);
	close(out);
}

static void step_mmap(void)
{
	int fd = OPEN(open("map", O_CREAT | O_RDWR, 0644));
	char *p, *q, buf[10];

	CALL(pwrite(fd, big, 10000, 0));
	p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	q = mmap(NULL, 10000, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && q != MAP_FAILED, "mmap");
	memcpy(p + 5000, "MAPPED", 6);
	CALL(pread(fd, buf, 6, 5000));
	SAY("read sees the map: %d", !memcmp(buf, "MAPPED", 6));
	CALL(pwrite(fd, "WRITTEN", 7, 100));
	SAY("the map sees the write: %d %d", !memcmp(p + 100, "WRITTEN", 7), !memcmp(q + 100, "WRITTEN", 7));
	CALL(msync(p, 10000, MS_SYNC));
	close(fd);
	memcpy(p + 6000, "AFTER", 5);
	munmap(p, 10000);
	SAY("sum %x", sum("map"));
	LOOK("map");
	munmap(q, 10000);
}

static void step_vector(void)
{
	struct iovec iov[3] = { { big, 5000 }, { big + 99, 1 }, { big + 1000, 70000 } };
	int fd = OPEN(open("vec", O_CREAT | O_RDWR, 0644));

	CALL(writev(fd, iov, 3));
	CALL(pwritev2(fd, iov, 2, 10, 0));
	CALL(lseek(fd, 0, SEEK_SET));
	CALL(readv(fd, iov, 3));
	SAY("sum %x", sum("vec"));
	close(fd);
}

static void step_tmpfile(void)
{
	int fd = OPEN(open(".", O_TMPFILE | O_RDWR, 0640)), excl;
	char path[64], buf[10];
	struct stat st;

	if (fd < 0)
		return;
	CALL(write(fd, "temp", 4));
	CALL(pread(fd, buf, 4, 0));
	CALL(fstat(fd, &st));
	SAY("mode %o links %lu size %ld", st.st_mode, (long)st.st_nlink, (long)st.st_size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CALL(linkat(AT_FDCWD, path, AT_FDCWD, "born", AT_SYMLINK_FOLLOW));
	LOOK("born");
	CALL(linkat(AT_FDCWD, path, AT_FDCWD, "born", AT_SYMLINK_FOLLOW));
	SAY("sum %x", sum("born"));
	close(fd);
	excl = OPEN(open(".", O_TMPFILE | O_EXCL | O_WRONLY, 0600));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", excl);
	CALL(linkat(AT_FDCWD, path, AT_FDCWD, "unborn", AT_SYMLINK_FOLLOW));
	OPEN(open(".", O_TMPFILE | O_RDONLY, 0600));
	OPEN(open("born", O_TMPFILE | O_RDWR, 0600));
	close(excl);
}

static void step_exec(void)
{
	int fd = OPEN(open("script", O_CREAT | O_WRONLY, 0755));

	CALL(write(fd, "#!/bin/sh\nexit 7\n", 17));
	close(fd);
	SAY("the script ends with %d", WEXITSTATUS(system("./script")));
	CALL(chmod("script", 0644));
	CALL(access("script", X_OK));
	SAY("and without x with %d", WEXITSTATUS(system("./script 2>/dev/null")));
}

static void steps(void)
{
	step_plain();
	step_append();
	step_holes();
	step_copy();
	step_mmap();
	step_vector();
	step_tmpfile();
	step_exec();
}

COMPARE_MAIN(steps)
