// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: one pipe goes by splice() to a handle on a backing file and to one of the daemon's of the same file, and none waits for ever; an empty pipe keeps nobody from the file, nor a frozen file anybody from the pipe
 * needs: root extfuse ext4 loop mkfs.ext4
 * timeout: 90
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../backing/backing.h"

static struct rawfuse *rf;
static struct script *s;
static int own, daemons, other, pipes[2];
static int disk = -1;	/* the file system below */
static bool is_frozen;

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	CHECK(fd >= 0, "open %s", path);
	return fd;
}

static void start(void)
{
	struct raw_node *a, *b;

	CHECK(!system("modprobe loop && truncate -s 64M image && mkfs.ext4 -q -E lazy_itable_init=0 image && mkdir low && mount -o loop image low"),
	      "a file system");
	put("low/a", "");
	put("low/x", "");
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1", .entry_ns = 100 * RAW_SEC });
	s = script_attach(rf, "script", NULL);
	a = raw_file(rf, "/a", "", 0);
	b = raw_file(rf, "/b", "from the daemon", 15);
	object(rf, a, "low/a");
	raw_lock(rf);
	b->open_flags = FOPEN_DIRECT_IO;
	raw_unlock(rf);
	passes(s, FUSE_GETATTR);
	passes(s, FUSE_SETATTR);
	passes(s, FUSE_OPEN);
	own = opened("mnt/a", O_WRONLY);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &(struct script_rule){ .verdict = EXTFUSE_UPCALL }, NULL, 0);
	daemons = opened("mnt/a", O_WRONLY);
	other = opened("mnt/b", O_RDONLY);
	CHECK(raw_count(rf, FUSE_OPEN) == 2, "one handle is on the backing file");
	CHECK(!pipe(pipes), "a pipe");
}

static void fill(size_t len)
{
	static char bytes[4096];

	CHECK(len <= sizeof(bytes) && write(pipes[1], bytes, len) == (ssize_t)len, "filling the pipe");
}

/* In a process of its own; it ends with 0 if all of it is spliced. */
static pid_t begin(int from, int to, size_t len)
{
	pid_t pid = fork();

	if (!pid)
		_exit(splice(from, NULL, to, NULL, len, 0) != (ssize_t)len);
	CHECK(pid > 0, "a process");
	return pid;
}

static char state(pid_t pid)
{
	char path[64], line[256] = "", *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = '\0';
		fclose(f);
	}
	end = strrchr(line, ')');
	return end ? end[2] : '?';
}

/* Waits, and will not be woken by a signal, or is done. */
static bool is_queued(pid_t pid)
{
	char c = state(pid);

	return c == 'D' || c == 'Z';
}

static bool is_waiting(pid_t pid)
{
	return state(pid) == 'S' || is_queued(pid);
}

static void is_done(pid_t pid, unsigned int seconds, const char *what)
{
	int status = -1;

	CHECK(raw_until(seconds, waitpid(pid, &status, WNOHANG) == pid), "%s does not end", what);
	CHECK(!status, "%s: status %x", what, status);
}

static void rest(ssize_t len)
{
	char buf[64];

	CHECK(read(pipes[0], buf, sizeof(buf)) == len, "what is left in the pipe");
}

/* What waits for data of a pipe has nothing that others wait for. */
static void empty_pipe(void)
{
	pid_t waits = begin(pipes[0], own, 100), writes;
	bool written;

	CHECK(raw_until(5, is_waiting(waits)), "splice() of an empty pipe waits");
	raw_sleep_ms(100);
	writes = fork();
	if (!writes)
		_exit(fchmod(own, 0600) || pwrite(own, "x", 1, 0) != 1);
	written = raw_until(5, state(writes) == 'Z');
	fill(100);
	CHECK(written, "a write waits until there is something in a pipe");
	is_done(writes, 5, "a write");
	is_done(waits, 5, "a splice() that waited");
}

/*
 * A read of the daemon's has the pipe locked.  A splice() to the daemon's
 * handle waits for it first, then one to ours.
 */
static void both_kinds(void)
{
	pid_t reads, to_daemon, to_own;

	fill(200);
	raw_hold(rf, FUSE_READ);
	reads = begin(other, pipes[1], 15);
	raw_wait_held(rf, FUSE_READ, 1, 5);
	to_daemon = begin(pipes[0], daemons, 100);
	CHECK(raw_until(5, is_queued(to_daemon)), "it waits for the pipe");
	to_own = begin(pipes[0], own, 100);
	CHECK(raw_until(5, is_queued(to_own)), "it waits for the pipe");
	raw_sleep_ms(100);
	raw_let_go(rf, FUSE_READ);
	is_done(reads, 5, "a read into the pipe");
	is_done(to_daemon, 5, "splice() to the daemon's handle");
	is_done(to_own, 5, "splice() to a backing file");
	rest(15);
}

/* A case that fails must not leave anybody who cannot be killed. */
static void thaw(void)
{
	if (is_frozen)
		CHECK(!ioctl(disk, FITHAW, 0), "thawing");
	is_frozen = false;
}

/*
 * A change that is passed through has the inode's lock and waits for the thaw, and
 * a splice() to the daemon's handle waits for the inode's lock: without the pipe's,
 * which a splice() to a file below would wait for, and the freeze for that.
 */
static void frozen(void)
{
	/* A process that ends closes its handles, and waits for the inode's lock. */
	volatile bool *written = mmap(NULL, sizeof(*written), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t changes, to_daemon, writes;
	bool in_time;

	CHECK(written != MAP_FAILED, "memory");
	disk = open("low", O_RDONLY | O_CLOEXEC);
	CHECK(disk >= 0 && !atexit(thaw) && !ioctl(disk, FIFREEZE, 0), "freezing");
	is_frozen = true;
	fill(100);
	changes = fork();
	if (!changes)
		_exit(fchmod(own, 0640));
	CHECK(raw_until(5, is_queued(changes)), "a change waits for the thaw");
	to_daemon = begin(pipes[0], daemons, 100);
	CHECK(raw_until(5, is_queued(to_daemon)), "splice() waits for the inode's lock");
	raw_sleep_ms(100);
	writes = fork();
	if (!writes) {
		*written = write(pipes[1], "x", 1) == 1;
		_exit(!*written);
	}
	in_time = raw_until(5, *written);
	thaw();
	CHECK(in_time, "a write to the pipe waits for the thaw");
	is_done(writes, 5, "a write to the pipe");
	is_done(changes, 5, "a change that waited");
	is_done(to_daemon, 5, "splice() that waited");
	rest(1);
	close(disk);
}

int main(void)
{
	struct stat st;

	start();
	empty_pipe();
	both_kinds();
	frozen();
	CHECK(!fstat(own, &st) && st.st_size == 200, "the size: %ld", (long)st.st_size);
	CHECK(!stat("low/a", &st) && st.st_size == 200, "the size below: %ld", (long)st.st_size);
	close(own);
	close(daemons);
	close(other);
	script_detach(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	CHECK(!system("umount low"), "umount");
	return 0;
}
