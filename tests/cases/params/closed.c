// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a FAIL_CLOSED set of all opcodes lets nothing through under programs=0, in the background neither; what must go up does
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Without the daemon being asked and without anybody waiting for ever; FLUSH, RELEASE, FORGET and dirty pages go up, and the kernel's own
 * question for file capabilities before a change, to which an error would mean "has none".
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;
static sigjmp_buf fault;

static void programs(const char *value)
{
	int fd = open("/sys/module/extfuse/parameters/programs", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1, "programs=%s", value);
	close(fd);
}

static void programs_on(void)
{
	programs("1");
}

static void on_bus(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

#define EIO_OF(call)	do { errno = 0; CHECK((call) == -1 && errno == EIO, "%s must be EIO", #call); } while (0)

/* Page faults and readahead are in the background: each ends, with an error. */
static void background(int fd)
{
	char buf[8], *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(map != MAP_FAILED, "mmap");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	EIO_OF(pread(fd, buf, 4, 0));
	signal(SIGBUS, on_bus);
	if (!sigsetjmp(fault, 1)) {
		*(volatile char *)map;
		CHECK(false, "a fault must be refused");
	}
	munmap(map, 4096);
}

static int only_capability(struct raw_req *req)
{
	CHECK(!strcmp((const char *)req->arg + sizeof(struct fuse_getxattr_in), "security.capability"), "no other attribute");
	return RAW_DEFAULT;
}

static void nothing_goes(int fd)
{
	struct stat st;
	char buf[8];

	EIO_OF(stat("mnt", &st));
	EIO_OF(stat("mnt/other", &st));
	EIO_OF(fstat(fd, &st));
	EIO_OF(open("mnt/a", O_RDONLY));
	EIO_OF(open("mnt/new", O_CREAT | O_WRONLY, 0600));
	EIO_OF(mkdir("mnt/d", 0700));
	EIO_OF(unlink("mnt/a"));
	EIO_OF(rename("mnt/a", "mnt/b"));
	EIO_OF(chmod("mnt/a", 0600));
	EIO_OF(truncate("mnt/a", 1));
	EIO_OF(setxattr("mnt/a", "user.x", "y", 1, 0));
	EIO_OF(getxattr("mnt/a", "user.x", buf, sizeof(buf)));
	EIO_OF(pwrite(fd, "T", 1, 0));
	EIO_OF(fsync(fd));
}

static void whole(void)
{
	struct extfuse_options opts = { .fail_closed = true };
	struct script *s;
	struct stat st;
	char buf[8];
	int fd;

	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	raw_setxattr(rf, raw_file(rf, "/a", "text", 4), "user.x", "v", 1);
	s = script_attach(rf, "script", &opts);
	CHECK(!stat("mnt/a", &st), "stat");
	fd = open("mnt/a", O_RDWR);
	CHECK(fd >= 0 && pread(fd, buf, 4, 0) == 4, "read");

	programs("0");
	raw_reset(rf);
	raw_on(rf, FUSE_GETXATTR, only_capability, NULL);
	nothing_goes(fd);
	background(fd);
	CHECK(raw_count_all(rf) == raw_count(rf, FUSE_GETXATTR), "the daemon must not have been asked, but was: %s", raw_asked(rf));
	raw_on(rf, FUSE_GETXATTR, NULL, NULL);
	CHECK(!close(fd), "close");
	CHECK(raw_count(rf, FUSE_FLUSH) == 1 && raw_until(5, raw_count(rf, FUSE_RELEASE) == 1), "FLUSH and RELEASE go up");

	programs("1");
	CHECK(!stat("mnt/a", &st) && st.st_mode == (S_IFREG | 0644) && st.st_size == 4, "all must be as it was");
	fd = open("mnt/a", O_RDONLY);
	CHECK(fd >= 0 && pread(fd, buf, 4, 0) == 4 && !memcmp(buf, "text", 4) && !close(fd), "and work again");
	programs("0");
	raw_balance(rf);
	programs("1");
	script_free(s);
	raw_stop(rf);
}

/* Writes something new into the page cache; false: the daemon has it already. */
static bool written_unseen(int fd, const struct raw_node *a, char *text)
{
	text[0]++;
	CHECK(pwrite(fd, text, 4, 0) == 4, "write");
	return memcmp(a->data, text, 4);
}

/* What was written into the page cache before may not be lost. */
static void dirty_pages(void)
{
	struct extfuse_options opts = { .fail_closed = true };
	char text[] = "0EXT";
	struct raw_node *a;
	struct script *s;
	struct stat st;
	int fd;

	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC, .attr_ns = 1000 * RAW_SEC,
					   .flags = FUSE_WRITEBACK_CACHE });
	a = raw_file(rf, "/a", "text", 4);
	s = script_attach(rf, "script", &opts);
	CHECK(!stat("mnt/a", &st), "stat");
	fd = open("mnt/a", O_RDWR);
	CHECK(fd >= 0, "open");
	/* The flusher may be quick: a young mount has few dirty pages to its name. */
	while (!written_unseen(fd, a, text))
		CHECK(text[0] < 'Z', "the daemon has not seen it yet");
	programs("0");
	CHECK(!sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER), "writeback");
	/* fuse copies pages that it writes back, so the wait above is not for the daemon. */
	CHECK(raw_until(5, !memcmp(a->data, text, 4)), "dirty pages go up");
	programs("1");
	CHECK(!close(fd), "close");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	atexit(programs_on);
	whole();
	dirty_pages();
	return 0;
}
