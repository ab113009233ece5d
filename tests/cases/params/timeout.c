// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the sysctl max_request_timeout of extfuse ends mounts of its own whose daemon does not answer, and no mount of fuse
 * needs: root extfuse fuse build:tests/bpf/script.bpf.o
 * timeout: 180
 * ring: slow
 *
 * fuse looks every 15 seconds.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case.h"
#include "rawfuse.h"
#include "script.h"

static const char path[] = "/proc/sys/fs/extfuse/max_request_timeout";

static bool timeout_set(unsigned int seconds)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return false;
	CHECK(fprintf(f, "%u", seconds) > 0 && !fclose(f), "%s", path);
	return true;
}

static void timeout_back(void)
{
	timeout_set(0);
}

/* Waits in stat(), says its errno as exit status. */
static pid_t waits(const char *name)
{
	struct stat st;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0, "a process");
	if (!pid)
		_exit(stat(name, &st) ? errno : 0);
	return pid;
}

static int end_of(pid_t pid)
{
	int status, tries = 1000;
	pid_t ended;

	while (!(ended = waitpid(pid, &status, WNOHANG)) && tries--)
		raw_sleep_ms(100);
	CHECK(ended == pid && WIFEXITED(status), "stat() must end");
	return WEXITSTATUS(status);
}

int main(void)
{
	struct rawfuse *stock, *ours;
	struct script *s;
	pid_t one, other;
	time_t start;
	int err;

	if (!timeout_set(2))
		SKIP("this kernel's fuse has no sysctl max_request_timeout");
	atexit(timeout_back);
	stock = raw_start(&(struct raw_opts){ .type = "fuse", .dir = "stock" });
	ours = raw_start(&(struct raw_opts){ .dir = "ours" });
	raw_file(stock, "/a", "text", 4);
	raw_file(ours, "/a", "text", 4);
	s = script_attach(ours, "script", NULL);
	raw_hold(stock, FUSE_LOOKUP);
	raw_hold(ours, FUSE_LOOKUP);
	start = time(NULL);
	one = waits("ours/a");
	other = waits("stock/a");
	raw_wait_held(ours, FUSE_LOOKUP, 1, 10);
	raw_wait_held(stock, FUSE_LOOKUP, 1, 10);
	err = end_of(one);
	printf("ended after %lld s\n", (long long)(time(NULL) - start));
	CHECK(err == ECONNABORTED, "the caller must get ECONNABORTED, not %s", strerror(err));
	/* Dead for all, as after an abort: programs are gone. */
	CHECK(access("ours", F_OK) && errno == ENOTCONN, "the mount must be dead");
	CHECK(script_state(ours) == EXTFUSE_STATE_ABORTED, "its programs must be gone");
	CHECK(!waitpid(other, &err, WNOHANG), "stock fuse must still wait");
	raw_let_go(stock, FUSE_LOOKUP);
	CHECK(!end_of(other), "and then have its answer");
	script_free(s);
	raw_stop(ours);
	raw_balance(stock);
	raw_stop(stock);
	return 0;
}
