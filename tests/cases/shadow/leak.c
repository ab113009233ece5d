// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: 10,000 answers that are kept aside and compared leave no memory behind, however each of them ends
 * needs: root extfuse build:tests/bpf/script.bpf.o file:/proc/slabinfo
 * timeout: 180
 *
 * Honest ones, lies, errors of the daemon, and callers killed while the daemon is asked. That the measure sees a leak is
 * shown with what the kernel does keep: messages in a queue.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../rules/rules.h"

#define TIMES	10000

static struct rawfuse *rf;
static struct raw_node *a;

/* By the name: a kernel that checks its slabs makes each object larger than it says there. */
static bool is_counted(const char *cache)
{
	long size = strrchr(cache, '-') ? atol(strrchr(cache, '-') + 1) : 0;

	return (!strncmp(cache, "kmalloc-", 8) || !strncmp(cache, "msg_msg-", 8)) && size >= 192 && size <= 512;
}

/* Bytes in the general caches that the size of a kept answer (200 and some) can come from; messages may have their own. */
static long kmalloc_bytes(void)
{
	char line[512], name[64];
	long active, size, sum = 0;
	FILE *f;

	/* Empty slabs go back. */
	CHECK(!system("echo 2 >/proc/sys/vm/drop_caches"), "drop_caches");
	case_slabs_shrink("kmalloc-*");
	f = fopen("/proc/slabinfo", "re");
	CHECK(f, "slabinfo");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %ld %*d %ld", name, &active, &size) != 3)
			continue;
		if (is_counted(name))
			sum += active * size;
	}
	fclose(f);
	CHECK(sum, "there must be such caches");
	return sum;
}

/* As many bytes as 10,000 answers would be, kept by the kernel until the queue goes. */
static void measure_sees(void)
{
	struct {
		long type;
		char text[200];
	} msg = { .type = 1 };
	long before, kept;
	int i, q, n = 0;

	CHECK(!system("echo 2000000 >/proc/sys/kernel/msgmnb"), "msgmnb");
	before = kmalloc_bytes();
	q = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	CHECK(q >= 0, "a queue");
	for (i = 0; i < 5000; i++)
		n += !msgsnd(q, &msg, sizeof(msg.text), IPC_NOWAIT);
	kept = kmalloc_bytes() - before;
	msgctl(q, IPC_RMID, NULL);
	CHECK(n == 5000 && kept > 5000 * 200, "%d messages are %ld bytes", n, kept);
}

static int no(struct raw_req *req)
{
	(void)req;
	return -EIO;
}

static void many(const char *what, int times, int want)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_GETATTR), now;
	struct stat st;
	int i;

	for (i = 0; i < times; i++)
		CHECK((stat("mnt/a", &st) ? errno : 0) == want, "%s: stat", what);
	now = script_stats(rf, FUSE_GETATTR);
	CHECK((int)(now.answered - before.answered) == times, "%s: %llu answers", what,
	      (long long)(now.answered - before.answered));
}

/* Each is killed while the daemon thinks: the answer kept for it has nothing to be compared with. */
static void killed(int times)
{
	int i, status;
	struct stat st;
	pid_t pid;

	raw_hold(rf, FUSE_GETATTR);
	for (i = 0; i < times; i++) {
		pid = fork();
		if (!pid)
			_exit(!!stat("mnt/a", &st));
		raw_wait_held(rf, FUSE_GETATTR, 1, 10);
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "a child that was killed");
		CHECK(raw_until(10, !raw_held(rf, FUSE_GETATTR)), "its request must end");
	}
	raw_let_go(rf, FUSE_GETATTR);
}

int main(void)
{
	struct extfuse_options opts = { .shadow = true };
	struct fuse_attr_out out;
	struct script_rule rule;
	struct script *s;
	long before, after;

	measure_sees();
	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS });
	a = raw_file(rf, "/a", "text", 4);
	s = script_attach(rf, "script", &opts);
	CHECK(!access("mnt/a", F_OK), "the name must be known");
	rule = rule_getattr(rf, a, &out);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	many("to warm up", 500, 0);
	killed(5);

	before = kmalloc_bytes();
	many("the truth", TIMES / 2, 0);
	raw_on(rf, FUSE_GETATTR, no, NULL);
	many("an error of the daemon", TIMES / 20, EIO);
	raw_on(rf, FUSE_GETATTR, NULL, NULL);
	killed(100);
	out.attr.mtime = 42;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	many("a lie", TIMES / 2, 0);
	after = kmalloc_bytes();
	printf("%ld bytes before, %ld after\n", before, after);
	CHECK(after - before < 2000 * 200, "%ld bytes have been left behind", after - before);
	CHECK(script_stats(rf, FUSE_GETATTR).differed >= TIMES / 2, "the lies must have been counted");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
