// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with FAIL_CLOSED what a lost set covered fails with EIO; FLUSH and RELEASE go up, other opcodes work
 * needs: root extfuse build:tests/bpf/script-few.bpf.o
 * timeout: 120
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

#define PARAMETER	"/sys/module/extfuse/parameters/programs"

static struct rawfuse *rf;

static void programs(const char *value)
{
	int fd = open(PARAMETER, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1, "programs=%s", value);
	close(fd);
}

static void programs_on(void)
{
	programs("1");
}

static void closed(const char *why)
{
	struct extfuse_ioc_query query = { 0 };
	struct stat st;
	char buf[8];
	int fd = open("mnt/a", O_RDONLY);

	CHECK(!extfuse_conn__query(raw_fd(rf), 0, &query) && query.attach_flags & EXTFUSE_ATTACH_FAIL_CLOSED,
	      "%s: status must know that it is closed", why);
	raw_reset(rf);
	CHECK(fd >= 0, "%s: OPEN is not covered by the set", why);
	CHECK(stat("mnt", &st) && errno == EIO, "%s: GETATTR is covered", why);
	CHECK(chmod("mnt/a", 0600) && errno == EIO, "%s: SETATTR is covered", why);
	CHECK(!raw_count(rf, FUSE_GETATTR) && !raw_count(rf, FUSE_SETATTR), "%s: the daemon is not asked", why);
	CHECK(pread(fd, buf, 4, 0) == 4, "%s: READ is not covered", why);
	CHECK(!close(fd), "%s: close", why);
	CHECK(raw_count(rf, FUSE_FLUSH) == 1, "%s: FLUSH goes up, covered or not", why);
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASE) == 1), "%s: RELEASE goes up", why);
}

static void open_again(const char *why)
{
	struct stat st;

	CHECK(!stat("mnt", &st) && !chmod("mnt/a", 0640), "%s: it must work", why);
}

static const struct script_rule wrong = { .verdict = 2 }, refuse = { .verdict = -EPERM };
static volatile bool end;

#define LOOKERS	4

static void *look(void *unused)
{
	struct stat st;

	while (!end)
		CHECK(stat("mnt", &st) && (errno == EIO || errno == EPERM), "closed or refused");
	return unused;
}

/* The policy is lost, and comes again: at no moment between the two is anything let through. */
static void attached_again(const struct extfuse_options *opts)
{
	struct script *s = script_load(rf, "script-few", opts);
	pthread_t lookers[LOOKERS];
	struct stat st;
	int i;

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &wrong, NULL, 0);
	script_attach_loaded(s);
	while (script_state(rf) == EXTFUSE_STATE_ATTACHED)
		stat("mnt", &st);
	script_free(s);

	s = script_load(rf, "script-few", opts);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &refuse, NULL, 0);
	raw_reset(rf);
	end = false;
	for (i = 0; i < LOOKERS; i++)
		CHECK(!pthread_create(&lookers[i], NULL, look, NULL), "thread");
	/* All of them look by then. */
	raw_sleep_ms(2);
	script_attach_loaded(s);
	raw_sleep_ms(2);
	end = true;
	for (i = 0; i < LOOKERS; i++)
		pthread_join(lookers[i], NULL);
	CHECK(!raw_count(rf, FUSE_GETATTR), "the daemon was asked what the policy refuses");
	script_detach(s);
	script_free(s);
}

int main(void)
{
	struct extfuse_options opts = { .fail_closed = true };
	struct script *s;
	struct stat st;
	int i;

	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	raw_file(rf, "/a", "text", 4);
	CHECK(!stat("mnt/a", &st), "stat");
	s = script_attach(rf, "script-few", &opts);
	open_again("attached");

	atexit(programs_on);
	programs("0");
	CHECK(script_state(rf) == EXTFUSE_STATE_PROGRAMS_OFF, "the state must say so");
	closed("programs=0");
	programs("1");
	open_again("programs=1");

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &wrong, NULL, 0);
	for (i = 0; i < 999; i++)
		CHECK(!stat("mnt", &st), "until then they go up");
	CHECK(stat("mnt", &st) == -1 && errno == EIO, "the one that was too many does not");
	CHECK(script_state(rf) == EXTFUSE_STATE_BAD_VERDICTS, "it must be detached");
	closed("after 1,000 bad verdicts");
	CHECK(!extfuse_conn__detach(raw_fd(rf), 0), "an administrator opens what was closed");
	open_again("after a detach");
	script_free(s);
	/* Each sends a thousand requests to the daemon. */
	for (i = 0; i < (getenv("SHORT") ? 5 : 20); i++)
		attached_again(&opts);
	raw_stop(rf);
	return 0;
}
