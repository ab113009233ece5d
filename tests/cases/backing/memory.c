// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: backing objects are charged to the memory cgroup of the daemon that gives them, for as long as they are there
 * needs: root extfuse ext4 file:/sys/fs/cgroup/memory.stat
 * timeout: 120
 */
#include <sys/wait.h>

#include "objects.h"

#define ROOT	"/sys/fs/cgroup"
#define DAEMON	ROOT "/extfuse-daemon"
#define MANY	20000
#define LEAST	(MANY * 64L)	/* bytes: an object has more */

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s to %s", text, path);
	close(fd);
}

/* What the kernel keeps for the cgroup and cannot reclaim. */
static long charged(void)
{
	FILE *f = fopen(DAEMON "/memory.stat", "re");
	char line[128];
	long bytes = -1;

	CHECK(f, "memory.stat");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "slab_unreclaimable %ld", &bytes);
	fclose(f);
	CHECK(bytes >= 0, "memory.stat tells of slabs");
	return bytes;
}

static void give(void)
{
	int i;

	for (i = 0; i < MANY; i++)
		EXPECT(0, add(100 + i, 1, "low"));
}

static void take_back(void)
{
	int i;

	for (i = 0; i < MANY; i++)
		EXPECT(0, extfuse_backing__drop(raw_fd(rf), 100 + i, 1));
}

/* Each is free after a grace period, and with KASAN when it has left its quarantine. */
static bool is_given_back(long full)
{
	case_slabs_shrink("extfuse_backing");
	return full - charged() >= LEAST;
}

/* As a daemon in a cgroup of its own: nobody else is in that. */
static void daemon_gives(void)
{
	long before, full;

	write_to(DAEMON "/cgroup.procs", "0");
	before = charged();
	give();
	full = charged();
	printf("%d objects: %ld bytes\n", MANY, full - before);
	CHECK(full - before >= LEAST, "%d objects are charged with %ld bytes", MANY, full - before);
	take_back();
	CHECK(raw_until(20, is_given_back(full)), "of %ld bytes %ld stay charged", full - before, charged() - before);
}

int main(void)
{
	int status;
	pid_t pid;

	CHECK(!mkdir("low", 0755), "below");
	write_to(ROOT "/cgroup.subtree_control", "+memory");
	CHECK(!mkdir(DAEMON, 0755), DAEMON);
	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1" });
	pid = fork();
	if (!pid) {
		daemon_gives();
		exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid, "the daemon");
	CHECK(!rmdir(DAEMON), "its cgroup");
	write_to(ROOT "/cgroup.subtree_control", "-memory");
	CHECK(!status, "the daemon: status %x", status);
	raw_stop(rf);
	return 0;
}
