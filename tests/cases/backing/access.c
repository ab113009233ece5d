// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: without default_permissions access() is asked of the file below, and says to each caller what it says there
 * needs: root extfuse ext4
 * timeout: 60
 */
#include <sys/mount.h>
#include <sys/wait.h>

#include "backing.h"

#define ALICE	1000

static struct rawfuse *rf;
static struct script *s;

static const struct {
	const char *name;
	mode_t mode;
	uid_t owner;
} files[] = {
	{ "all", 0666, 0 }, { "root", 0600, 0 }, { "alice", 0600, ALICE }, { "read", 0444, 0 }, { "run", 0755, 0 },
	{ "none", 0, ALICE },
};
#define FILES	(sizeof(files) / sizeof(*files))

static unsigned int allowed, denied;

static int asked(const char *dir, const char *name, int mask)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, mask) ? errno : 0;
}

/* Below and through the mount; chdir() asks in the same way, and only for directories. */
static void same(const char *below, const char *mnt, const char *name, int mask)
{
	int want = asked(below, name, mask), found = asked(mnt, name, mask);

	CHECK(want == found, "uid %u, %s/%s, mask %d: %s instead of %s", getuid(), mnt, name, mask, strerrorname_np(found),
	      strerrorname_np(want));
	if (want)
		denied++;
	else
		allowed++;
}

static void all(const char *below, const char *mnt)
{
	unsigned int i;
	int mask;

	allowed = denied = 0;
	for (i = 0; i < FILES; i++) {
		for (mask = 0; mask <= (R_OK | W_OK | X_OK); mask++)
			same(below, mnt, files[i].name, mask);
	}
	CHECK(allowed && denied, "uid %u: %u allowed, %u denied", getuid(), allowed, denied);
}

static void readonly(void)
{
	CHECK(asked("ro", "all", W_OK) == EROFS, "below");
	CHECK(asked("mnt/ro", "all", W_OK) == EROFS && !asked("mnt", "all", W_OK), "EROFS, and only there");
	CHECK(!asked("mnt/ro", "all", R_OK), "but it can be read");
	all("ro", "mnt/ro");
}

static void directories(void)
{
	CHECK(chdir("low/private") == -1 && errno == EACCES, "below");
	CHECK(chdir("mnt/private") == -1 && errno == EACCES, "through the mount");
	CHECK(!chdir("mnt/open"), "and the other one");
}

static void alice(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		CHECK(!setresgid(ALICE, ALICE, ALICE) && !setresuid(ALICE, ALICE, ALICE), "alice");
		all("low", "mnt");
		readonly();
		directories();
		exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "alice: status %x", status);
}

static struct raw_node *directory(const char *path, const char *below)
{
	struct raw_node *node = raw_mkdir(rf, path);

	object(rf, node, below);
	return node;
}

static void make(void)
{
	char path[64];
	unsigned int i;

	CHECK(!chmod(".", 0755) && !mkdir("low", 0755) && !mkdir("ro", 0755), "directories");
	CHECK(!mkdir("low/private", 0700) && !mkdir("low/open", 0755), "directories");
	for (i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "low/%s", files[i].name);
		put(path, "");
		CHECK(!chown(path, files[i].owner, files[i].owner) && !chmod(path, files[i].mode), "%s", path);
	}
	/* The same once more where nothing can be written. */
	CHECK(!mount("low", "ro", NULL, MS_BIND, NULL) && !mount(NULL, "ro", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
	      "a read-only mount");
}

static void give(const char *dir, const char *below)
{
	char path[64], low[64];
	unsigned int i;

	for (i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
		snprintf(low, sizeof(low), "%s/%s", below, files[i].name);
		object(rf, raw_file(rf, path, "", 0), low);
	}
}

int main(void)
{
	make();
	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1", .entry_ns = 100 * RAW_SEC });
	s = script_attach(rf, "script", NULL);
	passes(s, FUSE_ACCESS);
	give("", "low");
	directory("/open", "low/open");
	directory("/private", "low/private");
	directory("/ro", "ro");
	give("/ro", "ro");
	raw_reset(rf);
	all("low", "mnt");
	readonly();
	alice();
	CHECK(!raw_count(rf, FUSE_ACCESS), "the daemon saw %llu ACCESS", (unsigned long long)raw_count(rf, FUSE_ACCESS));
	CHECK(script_stats(rf, FUSE_ACCESS).passed > 4 * FILES, "and the file system below all of them");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	CHECK(raw_until(10, !umount("ro")), "its objects have let it go: %s", strerror(errno));
	return 0;
}
