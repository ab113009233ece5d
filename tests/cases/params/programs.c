// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what changes while programs=0 is not answered stale when programs=1 again: marks go on
 * needs: root extfuse build:tests/bpf/answer.bpf.o
 *
 * metacache that keeps everything for a long time, and a daemon whose lifetimes are 0: each look is a request. Only the
 * slots say what is fresh: another mtime, or a name that exists by now, passes all other checks.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

#define PARAMETER	"/sys/module/extfuse/parameters/programs"

static struct rawfuse *rf;
static struct raw_node *b;

static void programs(const char *value)
{
	char found[4] = "";
	int fd = open(PARAMETER, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1, "programs=%s", value);
	CHECK(pread(fd, found, sizeof(found) - 1, 0) > 0 && *found == (*value == '1' ? 'Y' : 'N'), "it must read back, not %s", found);
	close(fd);
}

static void programs_on(void)
{
	programs("1");
}

static uint64_t answered(void)
{
	return script_stats(rf, FUSE_GETATTR).answered + script_stats(rf, FUSE_LOOKUP).answered;
}

/* stat() of a name that must be there, and what its mtime is. */
static int64_t mtime(const char *path)
{
	struct stat st;

	CHECK(!stat(path, &st), "stat %s", path);
	return st.st_mtime;
}

/* Asked again, everything comes from programs. */
static void fill(const char *when)
{
	struct stat st;
	uint64_t before;
	int i;

	for (i = 0; i < 2; i++) {
		mtime("mnt/a");
		mtime("mnt/b");
		mtime("mnt/d");
		CHECK(stat("mnt/d/new", &st) && errno == ENOENT, "it is not there yet");
	}
	raw_reset(rf);
	before = answered();
	mtime("mnt/a");
	mtime("mnt/b");
	CHECK(stat("mnt/d/new", &st) && errno == ENOENT, "it is not there yet");
	CHECK(answered() >= before + 3, "%s: programs must answer", when);
	CHECK(!raw_count_all(rf), "%s: the daemon must not be asked, but was: %s", when, raw_asked(rf));
}

static void set_mtime(const char *path, int64_t to)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = to } };

	CHECK(!utimensat(AT_FDCWD, path, times, 0), "utimensat");
}

/* With programs=0 all goes up, and nothing is counted as if programs had been asked. */
static void off(void)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_LOOKUP), after;
	uint64_t was = answered();
	int i;

	raw_reset(rf);
	for (i = 0; i < 5; i++)
		mtime("mnt/a");
	CHECK(raw_count(rf, FUSE_LOOKUP) == 5, "each look goes up, not %llu of 5", (long long)raw_count(rf, FUSE_LOOKUP));
	CHECK(answered() == was, "no program answers");
	after = script_stats(rf, FUSE_LOOKUP);
	CHECK(after.replies == before.replies, "nor does one see a reply");
}

int main(void)
{
	struct extfuse_options opts = { .actimeo_ns = 1000 * RAW_SEC };
	uint64_t before;
	char err[1024];
	struct extfuse_ext *ext;
	char path[4096];
	struct stat st;
	int keep[2];

	atexit(programs_on);
	rf = raw_start(&(struct raw_opts){});
	raw_file(rf, "/a", "text", 4);
	b = raw_file(rf, "/b", "text", 4);
	raw_mkdir(rf, "/d");
	snprintf(path, sizeof(path), "%s/tests/bpf/answer.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	CHECK(!extfuse_ext__open(&ext, path, &opts, err, sizeof(err)) && !extfuse_ext__load(ext, err, sizeof(err)) &&
	      !extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	set_mtime("mnt/a", 1000);
	set_mtime("mnt/b", 1000);
	fill("before");
	/* An eviction moves slots too: these stay. */
	keep[0] = open("mnt/a", O_PATH);
	keep[1] = open("mnt/b", O_PATH);
	CHECK(keep[0] >= 0 && keep[1] >= 0, "open");
	CHECK(script_state(rf) == EXTFUSE_STATE_ATTACHED, "the state");

	programs("0");
	CHECK(script_state(rf) == EXTFUSE_STATE_PROGRAMS_OFF, "the state must say why");
	off();
	/* A change through the mount, a notification, a new name. */
	set_mtime("mnt/a", 2000);
	raw_lock(rf);
	b->attr.mtime = 2000;
	raw_unlock(rf);
	CHECK(!raw_inval_inode(rf, b->id, -1, 0), "INVAL_INODE");
	CHECK(!mkdir("mnt/d/new", 0755), "mkdir");
	/* The kernel's own knowledge must not help. */
	CHECK(!system("echo 2 >/proc/sys/vm/drop_caches"), "drop_caches");
	programs("1");
	CHECK(script_state(rf) == EXTFUSE_STATE_ATTACHED, "the state");
	close(keep[0]);
	close(keep[1]);
	CHECK(mtime("mnt/a") == 2000, "what was set meanwhile must be seen");
	CHECK(mtime("mnt/b") == 2000, "what the daemon told meanwhile must be seen");
	CHECK(!stat("mnt/d/new", &st), "what was made meanwhile must be seen");

	/* ... and what did not change may still be answered. */
	CHECK(!rmdir("mnt/d/new"), "rmdir");
	fill("after");
	programs("0");
	off();
	programs("1");
	before = answered();
	raw_reset(rf);
	CHECK(mtime("mnt/a") == 2000 && mtime("mnt/b") == 2000, "nothing changed");
	CHECK(answered() > before && !raw_count_all(rf), "what did not change is still fresh");
	extfuse_ext__free(ext);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
