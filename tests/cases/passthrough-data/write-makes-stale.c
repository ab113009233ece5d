// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what is written on a backing file makes older attributes and data stale for programs, though no WRITE is sent
 * needs: root extfuse fuse ext4 build:tests/bpf/script.bpf.o build:bpf/metacache.bpf.o
 *
 * The daemon gives no lifetime: with stock fuse stat() is always right, and so it must be with metacache, also where that
 * may keep attributes for a minute. A mapping of the backing file is written without any call, and outlives its handle.
 */
#include "passthrough.h"
#include "script.h"

#define TEXT	"twelve bytes"
#define LEN	(sizeof(TEXT) - 1)

static struct extfuse_ext *ext;

static void right(const char *what)
{
	struct stat st, want;

	CHECK(!fstat(low, &want) && !stat("mnt/a", &st), "stat");
	CHECK(st.st_size == want.st_size, "%s: the size must be %lld, not %lld", what, (long long)want.st_size,
	      (long long)st.st_size);
	CHECK(st.st_mtim.tv_sec == want.st_mtim.tv_sec && st.st_mtim.tv_nsec == want.st_mtim.tv_nsec,
	      "%s: mtime must be %lld.%09ld, not %lld.%09ld", what, (long long)want.st_mtim.tv_sec, want.st_mtim.tv_nsec,
	      (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	CHECK(st.st_ctim.tv_sec == want.st_ctim.tv_sec && st.st_ctim.tv_nsec == want.st_ctim.tv_nsec,
	      "%s: ctime must be %lld.%09ld, not %lld.%09ld", what, (long long)want.st_ctim.tv_sec, want.st_ctim.tv_nsec,
	      (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

/* Twice, so that it is kept if it can be; then time goes on, so that the next change shows. */
static void kept(const char *what)
{
	right(what);
	right(what);
	raw_sleep_ms(30);
}

static void written(void)
{
	int fd = open_a(O_RDWR), pipes[2];

	kept("opened");
	CHECK(pwrite(fd, "TW", 2, 0) == 2, "overwrite");
	kept("overwritten");
	CHECK(pwrite(fd, "more", 4, LEN) == 4, "write behind the end");
	kept("longer");
	CHECK(!pipe(pipes) && write(pipes[1], "piped", 5) == 5, "a pipe");
	CHECK(splice(pipes[0], NULL, fd, &(off_t){ 2 }, 5, 0) == 5, "splice");
	kept("spliced");
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
	kept("closed");
}

static void mapped(void)
{
	int fd = open_a(O_RDWR);
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(map != MAP_FAILED, "mmap");
	kept("mapped");
	map[0] = '1';
	kept("stored");
	CHECK(!msync(map, 4096, MS_SYNC), "msync");
	kept("synced");
	map[0] = '2';
	kept("stored again");
	close(fd);
	kept("closed, mapped");
	CHECK(!msync(map, 4096, MS_SYNC), "msync");
	kept("closed and synced");
	map[0] = '3';
	kept("stored after close");
	CHECK(!munmap(map, 4096), "munmap");
	kept("unmapped");
}

static void attributes(const char *type, uint64_t actimeo, bool attach)
{
	struct extfuse_options opts = { .actimeo_ns = actimeo };
	char err[512] = "";

	printf("%s%s, actimeo %llu\n", type, attach ? " with metacache" : "", (long long)(actimeo / RAW_SEC));
	backed_start(type, TEXT);
	if (attach) {
		CHECK(!extfuse_ext__open(&ext, "metacache", &opts, err, sizeof(err)), "%s", err);
		CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
		CHECK(!extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
		extfuse_ext__free(ext);
	}
	written();
	mapped();
	backed_stop();
}

static uint64_t stamp_of(struct script *s, uint32_t opcode)
{
	const struct script_event *e = script_find(s, EXTFUSE_PHASE_REQUEST, opcode);
	uint64_t stamp = e->req.stamp;

	script_flush(s);
	return stamp;
}

static void answer(struct script *s, uint32_t opcode, uint32_t kind, uint64_t stamp, const void *out, size_t size)
{
	script_set(s, EXTFUSE_PHASE_REQUEST, opcode, &(struct script_rule){
		.nodeid = file->id, .nfresh = 1, .fresh = { { .kind = kind, .stamp = stamp } },
	}, out, size);
}

/* Once it is mapped for writing, what the daemon answers is old when it comes. */
static void stored(struct script *s, int fd, int direct)
{
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), buf[LEN];
	uint64_t data_stamp, attr_stamp;
	struct fuse_attr_out attr;
	struct stat st;

	CHECK(map != MAP_FAILED, "mmap");
	script_record(s, true);
	CHECK(pread(direct, buf, LEN, 0) == LEN, "read");
	data_stamp = stamp_of(s, FUSE_READ);
	CHECK(!fstat(fd, &st), "stat");
	attr_stamp = stamp_of(s, FUSE_GETATTR);
	script_record(s, false);
	answer(s, FUSE_READ, EXTFUSE_KIND_DATA, data_stamp, buf, LEN);
	raw_fill_attr(rf, file, &attr);
	low_attr(&attr.attr);
	answer(s, FUSE_GETATTR, EXTFUSE_KIND_ATTR, attr_stamp, &attr, sizeof(attr));
	memcpy(map, "mapped", 6);
	raw_reset(rf);
	CHECK(pread(direct, buf, LEN, 0) == LEN && !memcmp(buf, "mapped bytes", LEN), "what is stored must be read");
	CHECK(raw_count(rf, FUSE_READ) == 1, "from the daemon");
	CHECK(!fstat(fd, &st) && raw_count(rf, FUSE_GETATTR) == 1, "its attributes as well");
	script_clear(s);
	CHECK(!munmap(map, 4096), "munmap");
}

/* Two handles: the daemon is asked for what one reads, the other is done on the backing file. */
static void data(void)
{
	uint64_t data_stamp, attr_stamp;
	struct fuse_attr_out attr;
	struct script *s;
	struct stat st;
	char buf[LEN];
	int fd, direct;

	printf("what a program kept of the data\n");
	backed_start("extfuse", TEXT);
	s = script_attach(rf, "script", NULL);
	fd = open_a(O_RDWR);
	open_with(RAW_FOPEN_PASSTHROUGH | FOPEN_DIRECT_IO);
	direct = open_a(O_RDONLY);
	script_record(s, true);
	CHECK(pread(direct, buf, LEN, 0) == LEN && !memcmp(buf, TEXT, LEN), "read");
	data_stamp = stamp_of(s, FUSE_READ);
	CHECK(!fstat(fd, &st), "stat");
	attr_stamp = stamp_of(s, FUSE_GETATTR);
	script_record(s, false);

	answer(s, FUSE_READ, EXTFUSE_KIND_DATA, data_stamp, TEXT, LEN);
	raw_reset(rf);
	CHECK(pread(direct, buf, LEN, 0) == LEN && !raw_count(rf, FUSE_READ), "before the write it is the program's answer");
	raw_fill_attr(rf, file, &attr);
	low_attr(&attr.attr);
	answer(s, FUSE_GETATTR, EXTFUSE_KIND_ATTR, attr_stamp, &attr, sizeof(attr));
	CHECK(!fstat(fd, &st) && !raw_count(rf, FUSE_GETATTR), "its attributes as well");

	CHECK(pwrite(fd, "TWELVE", 6, 0) == 6, "write");
	CHECK(pread(direct, buf, LEN, 0) == LEN && !memcmp(buf, "TWELVE bytes", LEN), "then the new bytes must be read");
	CHECK(raw_count(rf, FUSE_READ) == 1, "from the daemon");
	CHECK(!fstat(fd, &st) && raw_count(rf, FUSE_GETATTR) == 1, "its attributes as well");
	CHECK(script_stats(rf, FUSE_READ).stale == 1 && script_stats(rf, FUSE_GETATTR).stale == 1,
	      "both answers must be stale");
	CHECK(!script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_READ).fresh[0].result, "the program must be told");
	CHECK(!script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).fresh[0].result, "the program must be told");
	script_clear(s);
	stored(s, fd, direct);
	script_free(s);
	close(direct);
	close(fd);
	backed_stop();
}

int main(void)
{
	attributes("fuse", 0, false);
	attributes("extfuse", 0, false);
	attributes("extfuse", 0, true);
	attributes("extfuse", 60 * RAW_SEC, true);
	data();
	return 0;
}
