// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: capabilities count in the mount's user namespace: root of another one has none there, and is another who
 * needs: root extfuse build:tests/bpf/script-who.bpf.o
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;
static struct script *s;

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int bad = fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return bad;
}

/* Root of the host, in a user namespace of its own or not. */
static struct extfuse_req seen(bool apart)
{
	struct stat st;
	int status;
	pid_t pid;

	script_flush(s);
	script_record(s, true);
	pid = fork();
	if (!pid) {
		if (apart && (unshare(CLONE_NEWUSER) || put("/proc/self/setgroups", "deny") ||
			      put("/proc/self/uid_map", "0 0 1") || put("/proc/self/gid_map", "0 0 1")))
			_exit(1);
		_exit(getuid() ? 2 : stat("mnt", &st) ? 3 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "the child ended with %x", status);
	script_record(s, false);
	return script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR)->req;
}

int main(void)
{
	struct extfuse_req host, apart;

	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script-who", NULL);
	host = seen(false);
	apart = seen(true);
	CHECK(host.who && apart.who, "who must be filled");
	CHECK(!host.uid && !apart.uid && !host.gid && !apart.gid, "the ids are the same");
	CHECK(host.who != apart.who, "the capabilities are not");
	CHECK(seen(true).who == apart.who && seen(false).who == host.who, "again the same");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
