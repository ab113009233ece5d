// SPDX-License-Identifier: GPL-2.0-only
/* What matrix.h promises. */
#include <ftw.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/xattr.h>

#include "matrix.h"

#define OPS_MAX		64
#define OLD		1000000000	/* a time that nothing has by chance */
#define FLAGS_SHOWN	(FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL)

const struct caller callers[] = {
	{ "root", 0, 0, 0 },
	{ "owner", OWNER, OWNER, 0 },
	{ "owner+team", OWNER, OWNER, TEAM },
	{ "member", MEMBER, MEMBER, TEAM },
	{ "acl-user", ACL_USER, ACL_USER, 0 },
	{ "acl-group", 1004, 1004, ACL_GROUP },
	{ "other", 1005, 1005, 0 },
};
const unsigned int ncallers = sizeof(callers) / sizeof(*callers);

const unsigned char matrix_caps[20] = { 1, 0, 0, 2, 0, 4 };

struct acl acl_make(unsigned int named, unsigned int mask, unsigned int other)
{
	return (struct acl){ 2, {
		{ ACL_USER_OBJ, 6, -1 }, { ACL_USER_TAG, named, ACL_USER }, { ACL_GROUP_OBJ, 4, -1 },
		{ ACL_GROUP_TAG, named, ACL_GROUP }, { ACL_MASK, mask, -1 }, { ACL_OTHER, other, -1 },
	} };
}

void object_make(const struct object *object, const char *path)
{
	int fd;

	if (S_ISDIR(object->mode)) {
		CHECK(!mkdir(path, 0700), "%s", path);
	} else if (S_ISLNK(object->mode)) {
		/* Into a directory that is not there: nothing can be made through it. */
		CHECK(!symlink("no/where", path), "%s", path);
	} else if (S_ISREG(object->mode)) {
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		CHECK(fd >= 0 && write(fd, "content", 7) == 7, "%s", path);
		close(fd);
	} else {
		CHECK(!mknod(path, object->mode, 0), "%s", path);
	}
	CHECK(!lchown(path, object->uid, object->gid), "%s", path);
	if (!S_ISLNK(object->mode))
		CHECK(!chmod(path, object->mode & 07777), "%s", path);
	if (object->more)
		object->more(path);
}

void matrix_set_times(const char *path)
{
	struct timespec old[2] = { { OLD, 1 }, { OLD, 2 } };

	CHECK(!utimensat(AT_FDCWD, path, old, AT_SYMLINK_NOFOLLOW), "%s", path);
}

void matrix_add(char *buf, size_t room, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + len, room - len, fmt, ap);
	va_end(ap);
}

static void add_acl(char *buf, size_t room, const char *path, const char *name)
{
	struct acl acl;
	ssize_t n = lgetxattr(path, name, &acl, sizeof(acl)), i;

	if (n < 0 && (errno == ENODATA || errno == EOPNOTSUPP))
		return;
	matrix_add(buf, room, " %s", strchr(name, '_') + 5);
	if (n < 0)
		matrix_add(buf, room, "=%s", strerrorname_np(errno));
	for (i = 0; i < (n - 4) / (ssize_t)sizeof(*acl.e); i++)
		matrix_add(buf, room, ":%u/%o/%d", acl.e[i].tag, acl.e[i].perm, (int)acl.e[i].id);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in order, with the length of each value. */
static void add_xattrs(char *buf, size_t room, const char *path)
{
	char list[2048], *names[64], *p;
	ssize_t n = llistxattr(path, list, sizeof(list));
	size_t count = 0, i;

	if (n < 0) {
		matrix_add(buf, room, " list=%s", strerrorname_np(errno));
		return;
	}
	for (p = list; p < list + n && count < 64; p += strlen(p) + 1)
		names[count++] = p;
	qsort(names, count, sizeof(*names), by_name);
	for (i = 0; i < count; i++)
		matrix_add(buf, room, " %s/%zd", names[i], lgetxattr(path, names[i], NULL, 0));
}

static int fs_flags(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC), flags = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		flags = -errno;
	close(fd);
	return flags < 0 ? flags : flags & FLAGS_SHOWN;
}

/* A file that cannot be changed could not be removed at the end. */
static void fs_flags_clear(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC), flags = 0;

	if (fd < 0)
		return;
	if (!ioctl(fd, FS_IOC_GETFLAGS, &flags) && flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) {
		flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
		CHECK(!ioctl(fd, FS_IOC_SETFLAGS, &flags), "%s", path);
	}
	close(fd);
}

void matrix_state(char *buf, size_t room, const char *path)
{
	struct stat st;
	int flags;

	*buf = '\0';
	if (lstat(path, &st)) {
		matrix_add(buf, room, "%s", strerrorname_np(errno));
		return;
	}
	matrix_add(buf, room, "%o %u:%u links %lu", st.st_mode, st.st_uid, st.st_gid, (long)st.st_nlink);
	if (!S_ISDIR(st.st_mode))
		matrix_add(buf, room, " size %ld", (long)st.st_size);
	if (st.st_mtim.tv_sec == OLD && st.st_mtim.tv_nsec == 2)
		matrix_add(buf, room, " mtime old");
	/* What a cache says of a time of reading may lag. */
	if (compare_passthrough && st.st_atim.tv_sec == OLD && st.st_atim.tv_nsec == 1)
		matrix_add(buf, room, " atime old");
	add_acl(buf, room, path, "system.posix_acl_access");
	add_acl(buf, room, path, "system.posix_acl_default");
	add_xattrs(buf, room, path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return;
	flags = fs_flags(path);
	if (flags)
		matrix_add(buf, room, " flags %x", flags);
}

void matrix_result(char *buf, size_t room, long result)
{
	if (result < 0)
		snprintf(buf, room, "%s", strerrorname_np(-result));
	else
		snprintf(buf, room, "%ld", result);
}

void matrix_as(const struct caller *caller, void (*fn)(void *data), void *data)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setgroups(caller->group ? 1 : 0, &caller->group) ||
		    setresgid(caller->gid, caller->gid, caller->gid) ||
		    setresuid(caller->uid, caller->uid, caller->uid))
			_exit(99);
		fn(data);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid, "a caller's child");
	CHECK(!status, "the child of %s: status %x", caller->name, status);
}

/* What a caller's child does, and its results, which root reads. */
struct batch {
	const struct op *ops;
	unsigned int nops;
	long *results;
};

/* A directory that no cache has seen before, for it is made below. */
static unsigned int serial;

static void cell_path(char *buf, size_t room, unsigned int i)
{
	snprintf(buf, room, "cells-%u/%u", serial, i);
}

static void cell_path_below(char *buf, size_t room, unsigned int i)
{
	char path[32];

	cell_path(path, sizeof(path), i);
	snprintf(buf, room, "%s/%s", compare_below, path);
}

static void batch_run(void *data)
{
	struct batch *batch = data;
	char path[32];
	unsigned int i;

	for (i = 0; i < batch->nops; i++) {
		cell_path(path, sizeof(path), i);
		batch->results[i] = batch->ops[i].run(path);
	}
}

/* What became of one file, and of the same seen from below where that differs. */
static void add_seen(char *buf, size_t room, const char *path)
{
	char below[4200], seen[1024], real[1024];

	snprintf(below, sizeof(below), "%s/%s", compare_below, path);
	matrix_state(seen, sizeof(seen), path);
	matrix_state(real, sizeof(real), below);
	matrix_add(buf, room, " %s", seen);
	if (strcmp(seen, real))
		matrix_add(buf, room, " BELOW: %s", real);
}

static void cell_say(const struct object *object, const struct caller *caller, const struct op *op, unsigned int i,
		     long result)
{
	char path[32], new[48], name[32], states[4200] = "";

	cell_path(path, sizeof(path), i);
	add_seen(states, sizeof(states), path);
	if (S_ISDIR(object->mode)) {
		snprintf(new, sizeof(new), "%s/new", path);
		matrix_add(states, sizeof(states), " new:");
		add_seen(states, sizeof(states), new);
	}
	matrix_result(name, sizeof(name), result);
	SAY("%s %s %s = %s:%s", object->name, caller->name, op->name, name, states);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	CHECK(!remove(path), "%s", path);
	return 0;
}

static void cells_remove(unsigned int n)
{
	char path[4200];
	unsigned int i;

	for (i = 0; i < n; i++) {
		cell_path_below(path, sizeof(path), i);
		fs_flags_clear(path);
	}
	snprintf(path, sizeof(path), "cells-%u", serial);
	CHECK(!nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), "the cells must go");
}

static void cells_make(const struct object *object, unsigned int n)
{
	char path[4200];
	unsigned int i;

	serial++;
	snprintf(path, sizeof(path), "%s/cells-%u", compare_below, serial);
	CHECK(!mkdir(path, 0755), "%s", path);
	for (i = 0; i < n; i++) {
		cell_path_below(path, sizeof(path), i);
		object_make(object, path);
		matrix_set_times(path);
	}
}

static void run_caller(const struct object *object, const struct caller *caller, const struct op *ops, unsigned int nops,
		       long *results)
{
	struct batch batch = { ops, nops, results };
	unsigned int i;

	cells_make(object, nops);
	matrix_as(caller, batch_run, &batch);
	for (i = 0; i < nops; i++)
		cell_say(object, caller, &ops[i], i, results[i]);
	cells_remove(nops);
}

void matrix_run(const struct object *object, const struct op *ops, unsigned int nops)
{
	long *results = mmap(NULL, OPS_MAX * sizeof(*results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	CHECK(results != MAP_FAILED && nops <= OPS_MAX, "memory");
	for (i = 0; i < ncallers; i++)
		run_caller(object, &callers[i], ops, nops, results);
	munmap(results, OPS_MAX * sizeof(*results));
}
