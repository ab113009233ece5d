// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a caller whose ids the mount's user namespace does not know gets the error of stock fuse, and no program is asked
 * needs: root extfuse fuse build:tests/bpf/script.bpf.o
 *
 * The caller is the host's root, with an fsuid or fsgid that has no name in there: fuse lets him in by his other ids.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;

static void userns_mounts(const char *on)
{
	int fd = open("/sys/module/extfuse/parameters/userns_mounts", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, on, 1) == 1, "userns_mounts");
	close(fd);
}

static void userns_off(void)
{
	userns_mounts("0");
}

enum { STAT_NAME, STAT_ROOT, OPEN, MKDIR, CALLS };

/* The errno of each call. */
static void calls(int root, int *err)
{
	struct stat st;
	int fd;

	err[STAT_NAME] = fstatat(root, "a", &st, 0) ? errno : 0;
	err[STAT_ROOT] = fstat(root, &st) ? errno : 0;
	fd = openat(root, "b", O_RDONLY);
	err[OPEN] = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	err[MKDIR] = mkdirat(root, "d", 0755) ? errno : 0;
}

static void as(int root, uid_t uid, gid_t gid, int *err)
{
	setfsgid(gid);
	setfsuid(uid);
	calls(root, err);
	setfsuid(0);
	setfsgid(0);
}

static int start(const char *type)
{
	int root;

	rf = raw_start(&(struct raw_opts){ .type = type, .userns = true });
	raw_file(rf, "/a", "text", 4);
	raw_file(rf, "/b", "text", 4);
	root = open(raw_dir(rf), O_RDONLY | O_DIRECTORY);
	CHECK(root >= 0, "the root of %s", raw_dir(rf));
	raw_reset(rf);
	return root;
}

static void refused(int root, uid_t uid, gid_t gid, const char *who)
{
	int err[CALLS], i;

	as(root, uid, gid, err);
	for (i = 0; i < CALLS; i++)
		CHECK(err[i] == EOVERFLOW, "%s: call %d must give EOVERFLOW, not %s", who, i, strerror(err[i]));
	CHECK(!raw_count_all(rf), "%s: the daemon must not be asked", who);
}

static void both(int root)
{
	refused(root, 1000, 0, "an unknown user");
	refused(root, 0, 1000, "an unknown group");
}

int main(void)
{
	static const uint32_t ops[] = { FUSE_LOOKUP, FUSE_GETATTR, FUSE_OPEN, FUSE_MKDIR };
	struct script *s;
	int root, err[CALLS], i;

	root = start("fuse");
	both(root);
	close(root);
	raw_stop(rf);

	atexit(userns_off);
	userns_mounts("1");
	root = start("extfuse");
	both(root);
	s = script_attach(rf, "script", NULL);
	for (i = 0; i < 4; i++)
		script_set(s, EXTFUSE_PHASE_REQUEST, ops[i], &(struct script_rule){ .verdict = -EROFS }, NULL, 0);
	both(root);
	for (i = 0; i < 4; i++)
		CHECK(!script_get(s, EXTFUSE_PHASE_REQUEST, ops[i]).matched, "no program may be asked %s", raw_opname(ops[i]));
	/* Known ids, else that proved nothing: LOOKUP, GETATTR, LOOKUP, LOOKUP are refused by their programs. */
	as(root, 0, 0, err);
	for (i = 0; i < CALLS; i++)
		CHECK(err[i] == EROFS, "a program must refuse call %d, not %s", i, strerror(err[i]));
	script_clear(s);
	as(root, 0, 0, err);
	for (i = 0; i < CALLS; i++)
		CHECK(!err[i], "the daemon must be asked, call %d: %s", i, strerror(err[i]));
	script_free(s);
	close(root);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
