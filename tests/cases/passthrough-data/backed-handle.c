// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: on a handle with a backing file all I/O is done there, as in stock fuse: the daemon gets none of it, nor a program
 * needs: root extfuse fuse ext4 build:tests/bpf/script.bpf.o
 */
#include <sys/sendfile.h>
#include <sys/vfs.h>

#include "passthrough.h"
#include "script.h"

#define TEXT	"of the lower file"
#define LEN	(sizeof(TEXT) - 1)

static struct script *s;

static void low_has(const char *text, off_t at)
{
	char buf[256] = "";
	size_t n = strlen(text);

	CHECK(pread(low, buf, n, at) == (ssize_t)n && !memcmp(buf, text, n), "the lower file must have '%s', not '%s'", text,
	      buf);
}

static void reads(int fd)
{
	char buf[256] = "";
	int pipes[2];

	CHECK(pread(fd, buf, sizeof(buf), 0) == LEN && !memcmp(buf, TEXT, LEN), "read");
	CHECK(pread(fd, buf, sizeof(buf), LEN) == 0, "its end");
	CHECK(!pipe(pipes), "a pipe");
	memset(buf, 0, sizeof(buf));
	CHECK(splice(fd, &(off_t){ 3 }, pipes[1], NULL, LEN - 3, 0) == LEN - 3, "splice");
	CHECK(read(pipes[0], buf, sizeof(buf)) == LEN - 3 && !memcmp(buf, TEXT + 3, LEN - 3), "what is spliced");
	close(pipes[0]);
	close(pipes[1]);
	/* A change of the lower file is seen at once: no page of it is kept. */
	CHECK(pwrite(low, "O", 1, 0) == 1 && pread(fd, buf, 1, 0) == 1 && buf[0] == 'O', "a change below");
	CHECK(pwrite(low, "o", 1, 0) == 1, "and back");
}

static void writes(int fd)
{
	int more = open_a(O_WRONLY | O_APPEND), pipes[2];

	CHECK(pwrite(fd, "IN", 2, 0) == 2, "write");
	low_has("IN the lower file", 0);
	CHECK(write(more, "+", 1) == 1, "append");
	low_has("file+", LEN - 4);
	CHECK(!pipe(pipes) && write(pipes[1], "spliced", 7) == 7, "a pipe");
	CHECK(splice(pipes[0], NULL, fd, &(off_t){ 40 }, 7, 0) == 7, "splice");
	low_has("spliced", 40);
	CHECK(!fsync(fd), "fsync");
	close(pipes[0]);
	close(pipes[1]);
	close(more);
	CHECK(!ftruncate(fd, LEN) && pwrite(fd, TEXT, LEN, 0) == LEN && !ftruncate(low, LEN), "as it was");
}

static void maps(int fd)
{
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), buf[16];

	CHECK(map != MAP_FAILED, "mmap");
	CHECK(!memcmp(map, TEXT, LEN), "what is mapped");
	map[0] = 'M';
	low_has("Mf the lower file", 0);
	CHECK(pread(fd, buf, 1, 0) == 1 && buf[0] == 'M', "read sees it");
	CHECK(pwrite(fd, "o", 1, 0) == 1 && map[0] == 'o', "the mapping sees a write");
	CHECK(!msync(map, 4096, MS_SYNC) && !munmap(map, 4096), "munmap");
}

static void io(void)
{
	int fd = open_a(O_RDWR);
	struct stat st;

	raw_reset(rf);
	reads(fd);
	writes(fd);
	maps(fd);
	CHECK(!raw_count(rf, FUSE_READ) && !raw_count(rf, FUSE_WRITE), "the daemon must see %llu READ and %llu WRITE: none",
	      (long long)raw_count(rf, FUSE_READ), (long long)raw_count(rf, FUSE_WRITE));
	CHECK(!fstat(fd, &st) && st.st_size == LEN, "its size is %lld", (long long)st.st_size);
	close(fd);
}

/* A handle of the other kind goes when its RELEASE is done, which nobody waits for. */
static int open_soon(const char *what)
{
	int fd = -1, tries;

	for (tries = 0; fd < 0 && tries < 500; tries++) {
		fd = open("mnt/a", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			raw_sleep_ms(10);
	}
	CHECK(fd >= 0, "%s", what);
	return fd;
}

/* What a daemon must not do, and what comes of it. */
static void mistakes(void)
{
	int fd = open_a(O_RDONLY), id = file->backing_id, dir, own;
	char buf[8];

	open_with(0);
	CHECK(open("mnt/a", O_RDONLY) < 0 && errno == EIO, "a cached handle beside one with a backing file");
	open_with(RAW_FOPEN_PASSTHROUGH);
	file->backing_id = id + 1000;
	CHECK(open("mnt/a", O_RDONLY) < 0 && errno == EIO, "an id that nobody gave");
	file->backing_id = id;
	close(fd);
	/* The last handle ends it. */
	open_with(0);
	fd = open_soon("a cached handle after the last one");
	raw_reset(rf);
	CHECK(read(fd, buf, 2) == 2 && !memcmp(buf, "of", 2) && raw_count(rf, FUSE_READ) == 1, "reads from the daemon");
	own = backing_open(fd);
	CHECK(own == -ELOOP, "a file of the mount itself as backing file: %d", own);
	close(fd);
	open_with(RAW_FOPEN_PASSTHROUGH);
	fd = open_soon("and one with a backing file again");
	close(fd);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	CHECK(backing_open(dir) == -EISDIR, "a directory as backing file");
	CHECK(backing_open(-1) == -EBADF, "no file at all");
	CHECK(backing_close(id + 1000) == -ENOENT, "an id that nobody gave");
	close(dir);
}

static void never(uint32_t opcode)
{
	CHECK(!script_get(s, EXTFUSE_PHASE_REQUEST, opcode).matched, "no program must be asked %s", raw_opname(opcode));
}

static void programs(void)
{
	const struct script_event *e;
	struct raw_open_out out;
	struct statfs sfs;
	int fd;

	s = script_attach(rf, "script", NULL);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_READ, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_WRITE, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	script_record(s, true);
	io();
	script_record(s, false);
	never(FUSE_READ);
	never(FUSE_WRITE);
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_OPEN);
	memcpy(&out, e->out[0], sizeof(out));
	CHECK(!e->out_result[0] && out.open_flags & RAW_FOPEN_PASSTHROUGH && out.backing_id == file->backing_id,
	      "the reply phase sees what OPEN was answered");
	script_clear(s);
	script_flush(s);
	mistakes();

	/* A handle that is refused after all is paid back. When this is answered all that went before was read, and is counted soon. */
	CHECK(!statfs("mnt", &sfs) && !usleep(100000), "statfs");
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_OPEN, &(struct script_rule){ .verdict = -EXDEV }, NULL, 0);
	raw_reset(rf);
	CHECK(open("mnt/a", O_RDONLY) < 0 && errno == EXDEV, "a refused handle");
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASE) == 1), "must be released");
	script_clear(s);
	/* A program has no backing file to give. */
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &(struct script_rule){ .verdict = 0 }, &out, sizeof(out));
	fd = open_a(O_RDONLY);
	CHECK(raw_count(rf, FUSE_OPEN) == 2 && script_stats(rf, FUSE_OPEN).bad == 1, "its OPEN must be a bad verdict");
	close(fd);
	script_free(s);
}

static void plain(const char *type)
{
	backed_start(type, TEXT);
	io();
	mistakes();
	backed_stop();
}

int main(void)
{
	plain("fuse");
	plain("extfuse");
	backed_start("extfuse", TEXT);
	programs();
	backed_stop();
	return 0;
}
