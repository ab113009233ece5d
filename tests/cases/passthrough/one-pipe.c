// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: one pipe goes by splice() to a handle on a backing file, to one of the daemon's and to the file below, and none waits for another for ever; what the daemon refuses stays in the pipe
 * needs: root extfuse ext4
 * timeout: 60
 */
#include <sys/wait.h>

#include "../backing/backing.h"

static struct rawfuse *rf;
static struct script *s;
static int own, daemons, other, pipes[2];

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	CHECK(fd >= 0, "open %s", path);
	return fd;
}

static void start(void)
{
	struct raw_node *a, *b;

	CHECK(!mkdir("low", 0755), "mkdir");
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

/* What a pipe has, in the order in which it came. */
static void fill_count(unsigned int words)
{
	unsigned int i;

	for (i = 0; i < words; i++)
		CHECK(write(pipes[1], &i, sizeof(i)) == sizeof(i), "filling the pipe");
}

static void expect_count(unsigned int from, unsigned int words)
{
	unsigned int i, word;

	for (i = from; i < from + words; i++)
		CHECK(read(pipes[0], &word, sizeof(word)) == sizeof(word) && word == i, "%u instead of %u", word, i);
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

/*
 * While the daemon is asked nobody waits for the pipe: who writes to it, nor a
 * splice() to a file below, which would keep a freeze there from ending.
 */
static void daemon_waits(void)
{
	pid_t to_daemon, beside, to_low;
	int low = opened("low/x", O_WRONLY);
	bool free_pipe;

	fill(200);
	raw_hold(rf, FUSE_WRITE);
	to_daemon = begin(pipes[0], daemons, 100);
	raw_wait_held(rf, FUSE_WRITE, 1, 5);
	to_low = begin(pipes[0], low, 100);
	beside = fork();
	if (!beside)
		_exit(write(pipes[1], "beside", 6) != 6);
	free_pipe = raw_until(5, state(to_low) == 'Z') && raw_until(5, state(beside) == 'Z');
	raw_let_go(rf, FUSE_WRITE);
	CHECK(free_pipe, "the pipe is locked while the daemon is asked");
	is_done(to_low, 5, "splice() to the file below");
	is_done(beside, 5, "a write to the pipe");
	is_done(to_daemon, 5, "splice() to the daemon's handle");
	rest(6);
	close(low);
}

static int refuses(struct raw_req *req)
{
	(void)req;
	return -ENOSPC;
}

/* In several pages, of which the last is not asked for whole. */
static void refused(void)
{
	unsigned int words = 3 * 4096 / sizeof(unsigned int);
	size_t asked = 2 * 4096 + 1000;

	fill_count(words);
	raw_on(rf, FUSE_WRITE, refuses, NULL);
	CHECK(splice(pipes[0], NULL, daemons, NULL, asked, 0) == -1 && errno == ENOSPC, "the daemon's error");
	raw_on(rf, FUSE_WRITE, NULL, NULL);
	expect_count(0, 10);
	asked -= 10 * sizeof(unsigned int);
	CHECK(splice(pipes[0], NULL, daemons, NULL, asked, 0) == (ssize_t)asked, "what it takes then");
	words -= asked / sizeof(unsigned int) + 10;
	expect_count((asked + 40) / sizeof(unsigned int), words);
	CHECK(splice(pipes[0], NULL, daemons, NULL, 1, SPLICE_F_NONBLOCK) == -1 && errno == EAGAIN, "an empty pipe");
}

int main(void)
{
	struct stat st;

	start();
	empty_pipe();
	both_kinds();
	daemon_waits();
	CHECK(!fstat(own, &st) && st.st_size == 200, "the size: %ld", (long)st.st_size);
	CHECK(!stat("low/a", &st) && st.st_size == 200, "the size below: %ld", (long)st.st_size);
	close(own);
	refused();
	close(daemons);
	close(other);
	close(pipes[0]);
	close(pipes[1]);
	script_detach(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
