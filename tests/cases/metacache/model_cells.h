/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For metacache/model: the cells of each kind, how they are read and changed. The directories /d0, /d1, … have a cell
 * of each kind: the file "f" has data, owner, size and an attribute; "l" is a symbolic link, "n" is there or not, "r" is
 * replaced by a new file, and "ls" is a directory with one name.
 */
#ifndef METACACHE_MODEL_CELLS_H
#define METACACHE_MODEL_CELLS_H

#include <sys/mman.h>

#include "model.h"

#define DIRS		3
#define FIRST_OWNER	2000
#define FIRST_SIZE	8	/* of bytes: the data is in front */

static struct cell *cells;	/* [KINDS * DIRS], which all processes share */

static void cells_make(void)
{
	pthread_mutexattr_t attr;
	char path[64];
	uint64_t zero = 0;
	unsigned int i;

	cells = mmap(NULL, KINDS * DIRS * sizeof(*cells), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(cells != MAP_FAILED, "shared memory");
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	for (i = 0; i < KINDS * DIRS; i++) {
		cells[i].kind = i % KINDS;
		cells[i].dir = i / KINDS;
		pthread_mutex_init(&cells[i].lock, &attr);
	}
	for (i = 0; i < DIRS; i++) {
		snprintf(path, sizeof(path), "/d%u", i);
		raw_mkdir(rf, path);
		snprintf(path, sizeof(path), "/d%u/ls", i);
		cells[i * KINDS + LISTING].node = raw_mkdir(rf, path);
		snprintf(path, sizeof(path), "/d%u/ls/0", i);
		raw_file(rf, path, "", 0);
		snprintf(path, sizeof(path), "/d%u/l", i);
		raw_symlink(rf, path, "0");
		snprintf(path, sizeof(path), "/d%u/r", i);
		raw_file(rf, path, &zero, sizeof(zero));
		snprintf(path, sizeof(path), "/d%u/f", i);
		file = raw_file(rf, path, &zero, FIRST_SIZE);
		file->attr.uid = FIRST_OWNER;
		raw_setxattr(rf, file, "user.v", &zero, sizeof(zero));
		cells[i * KINDS + DATA].node = cells[i * KINDS + OWNER].node = file;
		cells[i * KINDS + SIZE].node = cells[i * KINDS + XATTR].node = file;
	}
}

static void cells_free(void)
{
	munmap(cells, KINDS * DIRS * sizeof(*cells));
}

/* Reads: the version that is seen. */

static uint64_t data_read(const char *path, bool mapped)
{
	int fd = open_for(path, O_RDONLY);
	uint64_t v = 0, *map;

	if (mapped) {
		map = mmap(NULL, sizeof(v), PROT_READ, MAP_SHARED, fd, 0);
		CHECK(map != MAP_FAILED, "mmap %s", path);
		v = *(volatile uint64_t *)map;
		munmap(map, sizeof(v));
	} else {
		CHECK(pread(fd, &v, sizeof(v), 0) == sizeof(v), "read %s", path);
	}
	close(fd);
	return v;
}

/* By a path, or by a descriptor that is opened for it. */
static uint64_t attr_read(enum kind kind, const char *path, bool opened)
{
	int fd = opened ? open_for(path, O_RDONLY) : -1;
	struct stat st;
	uint64_t v;

	if (kind == XATTR)
		CHECK((opened ? fgetxattr(fd, "user.v", &v, sizeof(v)) : getxattr(path, "user.v", &v, sizeof(v))) == sizeof(v),
		      "getxattr %s", path);
	else
		CHECK(!(opened ? fstat(fd, &st) : stat(path, &st)), "stat %s", path);
	if (opened)
		close(fd);
	if (kind == XATTR)
		return v;
	return kind == OWNER ? st.st_uid - FIRST_OWNER : st.st_size - FIRST_SIZE;
}

static uint64_t target_read(const char *path)
{
	char target[32];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	CHECK(len > 0, "readlink %s", path);
	target[len] = '\0';
	return strtoull(target, NULL, 10);
}

static uint64_t name_read(const char *path)
{
	struct stat st;

	if (!stat(path, &st))
		return 1;
	CHECK(errno == ENOENT, "stat %s", path);
	return 0;
}

/* Who lists it in several requests may see a name, and behind that what it has become. */
static uint64_t listing_read(const char *path)
{
	char names[128];

	CHECK(case_list(path, names, sizeof(names)) > 2, "%s must have a name: %s", path, names);
	names[strlen(names) - 1] = '\0';
	return strtoull(strrchr(names, ' ') + 1, NULL, 10);
}

static const char *cell_path(const struct cell *cell, char *buf, const char *top)
{
	static const char *const names[] = { "f", "f", "f", "f", "l", "n", "r", "ls" };

	sprintf(buf, "%s/d%u/%s", top, cell->dir, names[cell->kind]);
	return buf;
}

/* @opened: by a descriptor, where there is that; is it? */
static uint64_t cell_read(struct cell *cell, bool *opened, bool mapped)
{
	char path[64];

	cell_path(cell, path, "mnt");
	switch (cell->kind) {
	case DATA:
	case REPLACED:
		*opened = true;
		return data_read(path, mapped);
	case OWNER:
	case SIZE:
	case XATTR:
		return attr_read(cell->kind, path, *opened);
	case TARGET:
		return target_read(path);
	case NAME:
		return name_read(path);
	default:
		*opened = true;
		return listing_read(path);
	}
}

/* Changes by the mount. What was changed behind it may be known there no more: then nothing is done. */

static bool data_write(const char *path, uint64_t v, int flags)
{
	int fd = open(path, O_WRONLY | flags, 0644);

	CHECK(fd >= 0, "open %s", path);
	CHECK(pwrite(fd, &v, sizeof(v), 0) == sizeof(v), "write %s", path);
	close(fd);
	return true;
}

static bool name_toggle(const char *path, bool there)
{
	int fd;

	if (!there) {
		CHECK(!unlink(path) || errno == ENOENT, "unlink %s", path);
		return !errno;
	}
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
	CHECK(fd >= 0 || errno == EEXIST, "create %s", path);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A new link, or file, in place of the old one. */
static bool replace_by(const char *path, uint64_t v, bool link)
{
	char tmp[80], target[32];

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	snprintf(target, sizeof(target), "%llu", (long long)v);
	if (link)
		CHECK(!symlink(target, tmp), "symlink %s", tmp);
	else
		data_write(tmp, v, O_CREAT | O_EXCL);
	CHECK(!rename(tmp, path), "rename to %s", path);
	return true;
}

static bool listing_rename(const char *path, uint64_t v)
{
	char from[80], to[80];

	snprintf(from, sizeof(from), "%s/%llu", path, (long long)v - 1);
	snprintf(to, sizeof(to), "%s/%llu", path, (long long)v);
	errno = 0;
	CHECK(!rename(from, to) || errno == ENOENT, "rename %s", from);
	return !errno;
}

static bool cell_change_by_mount(struct cell *cell, uint64_t v)
{
	char path[64];

	cell_path(cell, path, "mnt");
	errno = 0;
	switch (cell->kind) {
	case DATA:
		return data_write(path, v, 0);
	case OWNER:
		CHECK(!chown(path, FIRST_OWNER + v, -1), "chown %s", path);
		return true;
	case SIZE:
		CHECK(!truncate(path, FIRST_SIZE + v), "truncate %s", path);
		return true;
	case XATTR:
		CHECK(!setxattr(path, "user.v", &v, sizeof(v), 0), "setxattr %s", path);
		return true;
	case TARGET:
	case REPLACED:
		return replace_by(path, v, cell->kind == TARGET);
	case NAME:
		return name_toggle(path, v & 1);
	default:
		return listing_rename(path, v);
	}
}

/* Changes at the daemon, and what it says of them. */

static void moved(struct raw_node *node, bool data)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	node->attr.ctime = now.tv_sec;
	node->attr.ctimensec = now.tv_nsec;
	if (!data)
		return;
	node->attr.mtime = now.tv_sec;
	node->attr.mtimensec = now.tv_nsec;
}

static void node_change(struct cell *cell, uint64_t v)
{
	struct raw_node *node = cell->node;

	switch (cell->kind) {
	case DATA:
		memcpy(node->data, &v, sizeof(v));
		break;
	case OWNER:
		node->attr.uid = FIRST_OWNER + v;
		break;
	case SIZE:
		raw_resize(rf, node, FIRST_SIZE + v);
		break;
	default:
		raw_setxattr(rf, node, "user.v", &v, sizeof(v));
	}
	moved(node, cell->kind == DATA || cell->kind == SIZE);
}

static void names_change(struct cell *cell, const char *path, uint64_t v)
{
	char name[80], text[32];

	snprintf(text, sizeof(text), "%llu", (long long)v);
	snprintf(name, sizeof(name), "%s/%llu", path, (long long)v - 1);
	if (cell->kind == LISTING) {
		struct raw_node *node = raw_get(rf, name);

		raw_remove(rf, name);
		snprintf(name, sizeof(name), "%s/%llu", path, (long long)v);
		raw_link(rf, name, node);
		moved(node, false);
		moved(cell->node, true);
		return;
	}
	if (cell->kind != NAME || !(v & 1))
		raw_remove(rf, path);
	if (cell->kind == TARGET)
		raw_symlink(rf, path, text);
	else if (cell->kind == REPLACED)
		raw_file(rf, path, &v, sizeof(v));
	else if (v & 1)
		raw_file(rf, path, "", 0);
	snprintf(name, sizeof(name), "/d%u", cell->dir);
	moved(raw_get(rf, name), true);
}

/* -ENOENT: the kernel does not know it. */
static void told(int err)
{
	CHECK(!err || err == -ENOENT, "notification: %s", strerror(-err));
}

static void tell(struct cell *cell, const char *path, uint64_t v)
{
	char name[32];

	switch (cell->kind) {
	case DATA:
	case SIZE:
		told(raw_inval_inode(rf, cell->node->id, 0, 0));
		return;
	case OWNER:
	case XATTR:
		told(raw_inval_inode(rf, cell->node->id, -1, 0));
		return;
	case LISTING:
		told(raw_inval_inode(rf, cell->node->id, 0, 0));
		snprintf(name, sizeof(name), "%llu", (long long)v - 1);
		told(raw_inval_entry(rf, cell->node->id, name));
		snprintf(name, sizeof(name), "%llu", (long long)v);
		told(raw_inval_entry(rf, cell->node->id, name));
		return;
	default:
		snprintf(name, sizeof(name), "/d%u", cell->dir);
		told(raw_inval_entry(rf, raw_get(rf, name)->id, strrchr(path, '/') + 1));
	}
}

static bool cell_change_at_daemon(struct cell *cell, uint64_t v, bool says_so)
{
	char path[64];

	cell_path(cell, path, "");
	raw_lock(rf);
	if (cell->kind <= XATTR)
		node_change(cell, v);
	else
		names_change(cell, path, v);
	raw_unlock(rf);
	if (says_so)
		tell(cell, path, v);
	return true;
}

#endif
