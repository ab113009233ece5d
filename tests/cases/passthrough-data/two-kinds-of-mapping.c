// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a mapping of the file below and one of the daemon's pages are not had at once, so that no store is lost, also when the handle is closed and the kernel has forgotten the node
 * needs: root extfuse ext4
 * timeout: 60
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../backing/backing.h"

#define PAGE	4096
#define RAW_DIRECT_IO_ALLOW_MMAP	(1ULL << 36)

static struct rawfuse *rf;
static struct script *s;
static unsigned int wrong;

static int low_read(struct raw_req *req)
{
	const struct fuse_read_in *in = req->arg;
	int fd = open("low", O_RDONLY | O_CLOEXEC);
	char buf[PAGE];
	ssize_t n;

	n = pread(fd, buf, in->size < sizeof(buf) ? in->size : sizeof(buf), in->offset);
	close(fd);
	raw_reply(req, n < 0 ? -errno : 0, buf, n < 0 ? 0 : n);
	return RAW_DONE;
}

static int low_write(struct raw_req *req)
{
	const struct fuse_write_in *in = req->arg;
	struct fuse_write_out out = { .size = in->size };
	int fd = open("low", O_WRONLY | O_CLOEXEC);

	CHECK(pwrite(fd, in + 1, in->size, in->offset) == (ssize_t)in->size && !close(fd), "a write of the daemon's");
	raw_reply(req, 0, &out, sizeof(out));
	return RAW_DONE;
}

static void served_by_daemon(bool daemon)
{
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_OPEN,
		   &(struct script_rule){ .verdict = daemon ? EXTFUSE_UPCALL : EXTFUSE_PASSTHROUGH }, NULL, 0);
}

static char *map(int fd)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static int opened(void)
{
	int fd = open("mnt/a", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0, "open");
	return fd;
}

/* The first byte is stored below, the second by way of the daemon: both must be there in the end. */
static void stores(bool forgotten, bool handle_before)
{
	char text[3] = "", *below, *daemons;
	int fd, before = -1;

	put("low", "..");
	if (handle_before) {
		served_by_daemon(true);
		raw_get(rf, "/a")->open_flags = FOPEN_DIRECT_IO;
		before = opened();
		raw_get(rf, "/a")->open_flags = 0;
	}
	served_by_daemon(false);
	fd = opened();
	below = map(fd);
	CHECK(below != MAP_FAILED && !close(fd), "mapped");
	below[2] = '.';
	if (forgotten)
		put("/proc/sys/vm/drop_caches", "2");
	served_by_daemon(true);
	fd = before >= 0 ? before : opened();
	daemons = map(fd);
	if (daemons != MAP_FAILED) {
		CHECK(daemons[1] == '.', "what is there");
		below[0] = 'b';
		daemons[1] = 'd';
		CHECK(!munmap(daemons, PAGE), "munmap");
	} else {
		below[0] = 'b';
		CHECK(pwrite(fd, "d", 1, 1) == 1, "a write");
	}
	close(fd);
	CHECK(!munmap(below, PAGE), "munmap");
	fd = open("low", O_RDONLY | O_CLOEXEC);
	if (read(fd, text, 2) != 2 || strcmp(text, "bd")) {
		printf("flags %llx, forgotten %d, a handle before %d: '%s' is left\n", (unsigned long long)raw_init_flags(rf),
		       forgotten, handle_before, text);
		wrong++;
	}
	close(fd);
}

static void with(uint64_t flags)
{
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1", .flags = flags });
	s = script_attach(rf, "script", NULL);
	passes(s, FUSE_GETATTR);
	object(rf, raw_file(rf, "/a", "..", 2), "low");
	raw_on(rf, FUSE_READ, low_read, NULL);
	raw_on(rf, FUSE_WRITE, low_write, NULL);
	stores(false, false);
	stores(false, true);
	stores(true, false);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	put("low", "..");
	with(0);
	with(RAW_DIRECT_IO_ALLOW_MMAP);
	CHECK(!wrong, "%u stores were lost", wrong);
	return 0;
}
