// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: arguments that lie in pages are read and written like others: WRITE, IOCTL, READ; the create extension too
 * needs: root extfuse build:tests/bpf/kfunc.bpf.o
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kfunc.h"

#define SIZE	12000

static struct rawfuse *rf;
static struct extfuse_ext *ext;
static struct bpf_object *o;
static unsigned char data[SIZE];

static void write_pages(int flags)
{
	int fd = open("mnt/a", O_RDWR | flags);
	struct raw_node *file = raw_get(rf, "/a");
	uint64_t sum = 0;
	unsigned int i;

	CHECK(fd >= 0, "open");
	for (i = 0; i < SIZE; i++) {
		data[i] = i * 7 + flags;
		sum = sum * 31 + data[i];
	}
	kfunc_clear(o);
	CHECK(pwrite(fd, data, SIZE, 0) == SIZE, "write");
	EXPECT(o, KFUNC_WRITE_SIZE, SIZE);
	EXPECT(o, KFUNC_WRITE_SMALL, -E2BIG);
	EXPECT(o, KFUNC_WRITE_DATA, 0);
	EXPECT(o, KFUNC_WRITE_SUM, (int64_t)sum);
	CHECK(!memcmp(file->data, data, SIZE), "the daemon must get the same");
	close(fd);
}

static void read_pages(int flags)
{
	int fd = open("mnt/a", O_RDONLY | flags);
	unsigned char buf[16384];
	unsigned int i;
	ssize_t n;

	CHECK(fd >= 0, "open");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	kfunc_clear(o);
	raw_reset(rf);
	kfunc_todo(ext, KFUNC_DO_ANSWER);
	n = pread(fd, buf, sizeof(buf), 0);
	kfunc_todo(ext, 0);
	CHECK(n == SIZE, "read gave %zd", n);
	EXPECT(o, KFUNC_READ_WRITE, 0);
	EXPECT(o, KFUNC_READ_BACK, 0);
	EXPECT(o, KFUNC_READ_BYTE, 11999 % 251);
	EXPECT(o, KFUNC_READ_FRESH, 1);
	for (i = 0; i < SIZE; i++)
		CHECK(buf[i] == i % 251, "byte %u must be the program's, not %u", i, buf[i]);
	CHECK(!raw_count(rf, FUSE_READ), "the daemon is not asked");
	close(fd);
}

static void ioctl_pages(void)
{
	struct { unsigned char b[100]; } arg = { "xy" };
	int fd = open("mnt/a", O_RDONLY);

	CHECK(fd >= 0, "open");
	kfunc_clear(o);
	CHECK(!ioctl(fd, _IOWR('x', 1, arg), &arg), "ioctl");
	EXPECT(o, KFUNC_IOCTL_SIZE, 100);
	EXPECT(o, KFUNC_IOCTL_DATA, 0);
	EXPECT(o, KFUNC_IOCTL_VALUE, 'x' << 8 | 'y');
	CHECK(arg.b[0] == 'y' && arg.b[1] == 'z', "the daemon must have answered");
	close(fd);
}

static void extension(void)
{
	bool has = raw_init_flags(rf) & FUSE_SECURITY_CTX;

	kfunc_clear(o);
	CHECK(!mkdir("mnt/dir", 0755), "mkdir");
	EXPECT(o, KFUNC_MKDIR_NUM_IN, 2);
	EXPECT(o, KFUNC_MKDIR_IN_2, -EINVAL);
	if (has) {
		EXPECT(o, KFUNC_MKDIR_EXT, 0);
		EXPECT(o, KFUNC_MKDIR_EXT_SMALL, -E2BIG);
		/* struct fuse_secctx_header begins with the size of it all. */
		EXPECT(o, KFUNC_MKDIR_EXT_VALUE, kfunc_result(o, KFUNC_MKDIR_EXT_SIZE));
	} else {
		EXPECT(o, KFUNC_MKDIR_EXT_SIZE, -EINVAL);
		EXPECT(o, KFUNC_MKDIR_EXT, -EINVAL);
	}
}

static void with(uint64_t flags)
{
	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC, .attr_ns = 1000 * RAW_SEC, .flags = flags });
	CHECK(!kfunc_attach(rf, &ext, "kfunc"), "it must load");
	o = extfuse_ext__object(ext);
	raw_file(rf, "/a", "text", 4);
	extension();
	write_pages(0);
	write_pages(O_DIRECT);
	read_pages(0);
	read_pages(O_DIRECT);
	ioctl_pages();
	extfuse_ext__free(ext);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	with(0);
	with(FUSE_SECURITY_CTX);
	return 0;
}
