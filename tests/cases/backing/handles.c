// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a handle on a backing file stays one until its release, whatever becomes of program, object and connection; beside it the daemon's handles have no page cache
 * needs: root extfuse ext4
 * timeout: 180
 */
#include <dirent.h>
#include <sys/mman.h>

#include "backing.h"
#include "rawnew.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *a, *b;

/* A daemon that knows the newer request, too, and says yes to whatever it is asked. */
static int copied(struct raw_req *req)
{
	const struct fuse_copy_file_range_in *in = req->arg;

	raw_reply(req, 0, &in->len, sizeof(in->len));
	return RAW_DONE;
}

static void start(const char *options, uint64_t flags)
{
	rf = raw_start(&(struct raw_opts){ .options = options, .flags = flags, .entry_ns = 100 * RAW_SEC });
	s = script_attach(rf, "script", NULL);
	passes(s, FUSE_OPEN);
	passes(s, FUSE_OPENDIR);
	passes(s, FUSE_GETATTR);
	a = raw_file(rf, "/a", "daemon's", 8);
	b = raw_file(rf, "/b", "daemon's", 8);
	put("low/a", "backing");
	put("low/b", "backing");
	object(rf, raw_node(rf, FUSE_ROOT_ID), "low");
	object(rf, a, "low/a");
	object(rf, b, "low/b");
	raw_on(rf, RAW_COPY_FILE_RANGE_64, copied, NULL);
	raw_reset(rf);
}

static void stop(void)
{
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

/* What the handle reads. */
static void reads(int fd, const char *want)
{
	char buf[64] = "";

	CHECK(pread(fd, buf, sizeof(buf) - 1, 0) == (ssize_t)strlen(want) && !strcmp(buf, want),
	      "'%s' instead of '%s'", buf, want);
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags);

	CHECK(fd >= 0, "open %s", path);
	return fd;
}

/* Without a check by the kernel of who asks the daemon is asked. */
static void unchecked(void)
{
	int fd;

	start("max_stack_depth=1", 0);
	fd = opened("mnt/a", O_RDONLY);
	reads(fd, "daemon's");
	close(fd);
	CHECK(raw_until(10, raw_count(rf, FUSE_RELEASE) == 1), "its release");
	stop();
}

static void writeback(void)
{
	int fd;

	start("default_permissions,max_stack_depth=1", FUSE_WRITEBACK_CACHE);
	CHECK(raw_init_flags(rf) & FUSE_WRITEBACK_CACHE, "the writeback cache");
	fd = opened("mnt/a", O_RDONLY);
	CHECK(raw_count(rf, FUSE_OPEN) == 1, "the daemon opens");
	close(fd);
	CHECK(raw_until(10, raw_count(rf, FUSE_RELEASE) == 1), "its release");
	stop();
}

/* The daemon's handle first: it uses the page cache, so the next one is the daemon's as well. */
static void cached_first(void)
{
	int one, two;

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &(struct script_rule){ .verdict = EXTFUSE_UPCALL }, NULL, 0);
	one = opened("mnt/a", O_RDONLY);
	passes(s, FUSE_OPEN);
	two = opened("mnt/a", O_RDONLY);
	CHECK(raw_count(rf, FUSE_OPEN) == 2, "both are the daemon's");
	close(one);
	close(two);
	CHECK(raw_until(10, raw_count(rf, FUSE_RELEASE) == 2), "their releases");
	one = opened("mnt/a", O_RDONLY);
	reads(one, "backing");
	close(one);
	CHECK(raw_count(rf, FUSE_OPEN) == 2, "and then none is");
}

static uint64_t copies_seen(void)
{
	return raw_count(rf, FUSE_COPY_FILE_RANGE) + raw_count(rf, RAW_COPY_FILE_RANGE_64);
}

/* The first copy of a connection, which may find out which request the daemon knows. */
static void copies(void)
{
	int one = opened("mnt/a", O_RDWR), two = opened("mnt/b", O_RDWR);

	CHECK(copy_file_range(one, &(off_t){ 0 }, two, &(off_t){ 3 }, 4, 0) == 4, "a copy");
	reads(two, "bacback");
	CHECK(!copies_seen(), "which the daemon did not make");
	CHECK(pwrite(two, "backing", 7, 0) == 7, "as before");
	close(one);
	close(two);
}

static void cached_beside(void)
{
	uint64_t reads_before;
	int one, two;
	char copy[7];
	void *map;

	one = opened("mnt/a", O_RDWR);
	reads(one, "backing");
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &(struct script_rule){ .verdict = EXTFUSE_UPCALL }, NULL, 0);
	two = opened("mnt/a", O_RDONLY);
	passes(s, FUSE_OPEN);
	reads_before = raw_count(rf, FUSE_READ);
	reads(two, "daemon's");
	reads(two, "daemon's");
	CHECK(raw_count(rf, FUSE_READ) >= reads_before + 2, "each read of the daemon's handle is a request");
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, two, 0);
	CHECK(map == MAP_FAILED && errno == ENODEV, "it cannot be mapped");
	CHECK(copy_file_range(two, &(off_t){ 0 }, one, &(off_t){ 8 }, 7, 0) == 7, "a copy between both");
	CHECK(pread(one, copy, 7, 8) == 7 && !memcmp(copy, "daemon'", 7), "'%.7s' was copied", copy);
	CHECK(!ftruncate(one, 0) && pwrite(one, "backing", 7, 0) == 7, "as before");
	CHECK(!copies_seen(), "which the daemon did not make");
	close(one);
	close(two);
}

/* Program, object and daemon go; the handle stays. */
static void outlives(void)
{
	struct dirent *d;
	unsigned int n = 0;
	int fd = opened("mnt/b", O_RDWR);
	DIR *dir = opendir("mnt");
	char *map;

	CHECK(dir, "opendir");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	raw_reset(rf);
	script_detach(s);
	CHECK(write(fd, "1234567", 7) == 7, "after the detach");
	CHECK(!extfuse_backing__drop(raw_fd(rf), b->id, b->generation), "drop");
	CHECK(!fsync(fd), "fsync");
	content("low/b", "1234567");
	while ((d = readdir(dir)))
		n += d->d_name[0] != '.';
	CHECK(n == 2, "%u names", n);
	CHECK(!raw_count(rf, FUSE_READDIR) && !raw_count(rf, FUSE_READDIRPLUS) && !raw_count(rf, FUSE_FSYNC),
	      "none of it is the daemon's");
	raw_drop(rf);
	CHECK(pwrite(fd, "after", 5, 0) == 5, "after the daemon");
	map[5] = '-';
	CHECK(!fsync(fd), "fsync");
	reads(fd, "after-7");
	content("low/b", "after-7");
	CHECK(open("mnt/b", O_RDONLY) == -1 && errno == ENOTCONN, "no new one");
	munmap(map, 4096);
	closedir(dir);
	close(fd);
}

/* A reply program refuses what was opened: nothing of it stays. */
static void refused(void)
{
	int fd, i;
	void *map;

	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_OPEN, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_OPENDIR, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	for (i = 0; i < 10; i++) {
		CHECK(open("mnt/a", O_RDWR) == -1 && errno == EPERM, "OPEN");
		CHECK(!opendir("mnt") && errno == EPERM, "OPENDIR");
	}
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_OPEN, &(struct script_rule){ .verdict = 0 }, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_OPENDIR, &(struct script_rule){ .verdict = 0 }, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &(struct script_rule){ .verdict = EXTFUSE_UPCALL }, NULL, 0);
	/* With a handle on the backing file it would have no page cache. */
	fd = opened("mnt/a", O_RDONLY);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && !munmap(map, 4096), "nothing is left of them");
	close(fd);
	passes(s, FUSE_OPEN);
}

/* One name after the other is shown to the reply program, and hidden if it says so. */
static void hidden(void)
{
	struct script_rule rule = { .verdict = -ENOENT, .name_arg = OUT_PARAM_0,
				    .name_offset = FUSE_NAME_OFFSET, .name_len = 1, .name = "b" };
	struct dirent *d;
	unsigned int n = 0;
	DIR *dir;

	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_READDIR, &rule, NULL, 0);
	rule.name_arg = OUT_PARAM_1;
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_READDIRPLUS, &rule, NULL, 0);
	dir = opendir("mnt");
	CHECK(dir, "opendir");
	while ((d = readdir(dir))) {
		CHECK(strcmp(d->d_name, "b"), "what is hidden is listed");
		n++;
	}
	CHECK(n == 3, "%u entries", n);
	closedir(dir);
	CHECK(!raw_count(rf, FUSE_READDIR) && !raw_count(rf, FUSE_READDIRPLUS), "the daemon lists nothing");
}

/* A file that is made is opened below as well. */
static void created(void)
{
	int fd;

	raw_reset(rf);
	fd = open("mnt/new", O_CREAT | O_EXCL | O_WRONLY, 0400);
	CHECK(fd >= 0, "create");
	CHECK(raw_count(rf, FUSE_MKNOD) == 1 && !raw_count(rf, FUSE_CREATE), "made, then opened");
	close(fd);
	CHECK(open("mnt/new", O_CREAT | O_EXCL | O_WRONLY, 0400) == -1 && errno == EEXIST, "O_EXCL");
}

int main(void)
{
	CHECK(!mkdir("low", 0755), "mkdir");
	unchecked();
	writeback();
	start("default_permissions,max_stack_depth=1", 0);
	cached_first();
	copies();
	cached_beside();
	refused();
	hidden();
	created();
	outlives();
	script_free(s);
	raw_pardon(rf);
	raw_stop(rf);
	return 0;
}
