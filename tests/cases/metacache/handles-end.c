// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a handle that closetimeo keeps is released before a change is sent, when its time is over, or when room, files or memory run out; with the set, the mount and the daemon
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 * timeout: 120
 */
#include <semaphore.h>

#include "opens.h"

static void expect_file(unsigned int n, const char *what) { expect_opened("mnt/f", O_RDONLY, n, what); }
static void expect_dir(unsigned int n, const char *what) { expect_opened("mnt/d", O_RDONLY | O_DIRECTORY, n, what); }

/* What changes a file; the daemon notes what it has open when it hears of that. */
static atomic_int open_at_change;

static int note_change(struct raw_req *req)
{
	open_at_change = req->replied ? -1 : files_open() + dirs_open();
	return RAW_DEFAULT;
}

static int slow_release(struct raw_req *req)
{
	raw_sleep_ms(100);
	return note_release(req);
}

/* The daemon hears of a change when it has the handle no more, however many threads it has. */
static void given_back_before(bool slow)
{
	static const uint32_t changes[] = { FUSE_SETATTR, FUSE_UNLINK, FUSE_RENAME2, FUSE_LINK };
	size_t i;

	serve_opens(&(struct raw_opts){ .threads = slow ? 4 : 1 }, &keeps);
	if (slow)
		raw_on(rf, FUSE_RELEASE, slow_release, NULL);
	for (i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		raw_on(rf, changes[i], note_change, NULL);
	raw_on(rf, FUSE_RENAME, note_change, NULL);
	expect_file(1, "at first");
	CHECK(kept() == 1 && files_open() == 1, "it must be kept: %d, %d", kept(), files_open());
	CHECK(!chmod("mnt/f", 0640), "chmod");
	CHECK(!open_at_change, "chmod: the daemon still has %d open", open_at_change);
	expect_file(1, "after chmod");
	CHECK(!link("mnt/f", "mnt/l"), "link");
	CHECK(!open_at_change, "link: the daemon still has %d open", open_at_change);
	expect_file(1, "after link");
	CHECK(!rename("mnt/g", "mnt/f"), "rename");
	CHECK(!open_at_change, "rename over: the daemon still has %d open", open_at_change);
	expect_file(1, "after a rename over it");
	CHECK(!unlink("mnt/f"), "unlink");
	CHECK(!open_at_change, "unlink: the daemon still has %d open", open_at_change);
	end_opens();
}

static void limits(void)
{
	struct extfuse_options few = keeps;
	char path[32];
	int i;

	few.maxkept = 4;
	serve_opens(&(struct raw_opts){ 0 }, &few);
	for (i = 0; i < 10; i++) {
		snprintf(path, sizeof(path), "/n%d", i);
		raw_file(rf, path, "x", 1);
		snprintf(path, sizeof(path), "mnt/n%d", i);
		expect_opened(path, O_RDONLY, 1, "many files");
	}
	idle();
	CHECK(kept() == 4 && files_open() == 4, "the oldest go: %d kept, %d open", kept(), files_open());
	expect_opened("mnt/n9", O_RDONLY, 0, "the newest");
	expect_opened("mnt/n6", O_RDONLY, 0, "the oldest of four");
	expect_opened("mnt/n5", O_RDONLY, 1, "an older one");
	for (i = 0; i < 2000; i++)
		close(open_for("mnt/n9", O_RDONLY));
	CHECK(kept() == 4, "%d are kept", kept());
	end_opens();
}

/* A daemon that can open so many files. */
static int few_files(struct raw_req *req)
{
	if (files_open() >= 3)
		return -EMFILE;
	return note_open(req);
}

static void files_run_out(void)
{
	char path[32];
	int i;

	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	raw_on(rf, FUSE_OPEN, few_files, NULL);
	for (i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), "/n%d", i);
		raw_file(rf, path, "x", 1);
		snprintf(path, sizeof(path), "mnt/n%d", i);
		close(open_for(path, O_RDONLY));
	}
	CHECK(files_open() <= 3, "%d are open", files_open());
	end_opens();
}

/* A daemon that never has one more for this file, while others keep theirs: each time that it says so one is kept. */
static uint64_t refused;
static atomic_int refusals;
static sem_t keep_one, is_kept;

static int no_more_files(struct raw_req *req)
{
	if (req->in->nodeid != refused || refusals >= 20)
		return note_open(req);
	refusals++;
	sem_post(&keep_one);
	sem_wait(&is_kept);
	return -EMFILE;
}

static void *keeper(void *unused)
{
	int fd;

	for (;;) {
		sem_wait(&keep_one);
		fd = open("mnt/g", O_RDONLY);
		if (fd < 0)
			return unused;
		close(fd);
		sem_post(&is_kept);
	}
}

static void files_never_there(void)
{
	pthread_t thread;
	struct stat st;

	CHECK(!sem_init(&keep_one, 0, 0) && !sem_init(&is_kept, 0, 0), "semaphores");
	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	refused = file->id;
	raw_on(rf, FUSE_OPEN, no_more_files, NULL);
	CHECK(!pthread_create(&thread, NULL, keeper, NULL), "thread");
	CHECK(!stat("mnt/f", &st) && !stat("mnt/g", &st), "stat");
	CHECK(open("mnt/f", O_RDONLY) < 0 && errno == EMFILE, "its error is the caller's: %s", strerror(errno));
	CHECK(refusals == 2, "it must be asked once more, when it has got back what was kept, not %d times", refusals - 1);
	CHECK(kept() == 1, "what was kept since stays: %d", kept());
	CHECK(!unlink("mnt/g"), "unlink");
	sem_post(&keep_one);
	CHECK(!pthread_join(thread, NULL), "thread");
	end_opens();
}

static void time_is_over(void)
{
	struct extfuse_options soon = keeps;

	soon.closetimeo_ns = 3 * RAW_SEC;
	serve_opens(&(struct raw_opts){ 0 }, &soon);
	expect_file(1, "at first");
	expect_dir(1, "at first");
	CHECK(kept() == 2, "both are kept: %d", kept());
	CHECK(raw_until(10, !files_open() && !dirs_open()), "%d files, %d directories are still open", files_open(), dirs_open());
	CHECK(!kept(), "%d are kept", kept());
	expect_file(1, "after that");
	end_opens();
}

static void memory(void)
{
	int fd;

	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_file(1, "at first");
	fd = open_for("/proc/sys/vm/drop_caches", O_WRONLY);
	CHECK(write(fd, "2", 1) == 1, "drop_caches");
	close(fd);
	CHECK(raw_until(10, !files_open()), "memory is needed: %d are open", files_open());
	end_opens();
}

static void sets(void)
{
	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_file(1, "at first");
	CHECK(!extfuse_conn__detach(raw_fd(rf), 0), "detach");
	CHECK(raw_until(10, !files_open()), "a detach gives it back: %d are open", files_open());
	expect_file(1, "without a set");
	idle();
	CHECK(!files_open(), "without a set nothing is kept");
	attach("metacache", &(struct extfuse_options){ .actimeo_ns = LONG_NS });
	never("mnt/f", O_RDONLY, "without closetimeo");
	end_opens();
}

/* Where the daemon's attributes have no lifetime, nothing says that the file is as it was. */
static void no_lifetime(void)
{
	const struct extfuse_options opts = { .closetimeo_ns = LONG_NS };

	serve_opens(&(struct raw_opts){ .attr_ns = NO_LIFETIME }, &opts);
	never("mnt/f", O_RDONLY, "no lifetime");
	end_opens();
}

/* A daemon that answers no RELEASE keeps nobody. */
static void unanswered(void)
{
	time_t began;

	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_file(1, "at first");
	raw_hold(rf, FUSE_RELEASE);
	began = raw_now();
	raw_umount(rf);
	CHECK(raw_now() - began < 20 * case_slow(), "umount must not wait for it");
	raw_stop(rf);
}

static void daemon_gone(void)
{
	serve_opens(&(struct raw_opts){ 0 }, &keeps);
	expect_file(1, "at first");
	expect_dir(1, "at first");
	raw_drop(rf);
	CHECK(open("mnt/f", O_RDONLY) < 0 && errno == ENOTCONN, "a dead daemon");
	raw_stop(rf);
}

int main(void)
{
	given_back_before(false);
	given_back_before(true);
	limits();
	files_run_out();
	files_never_there();
	time_is_over();
	memory();
	sets();
	no_lifetime();
	unanswered();
	daemon_gone();
	return 0;
}
