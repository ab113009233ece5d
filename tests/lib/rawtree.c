// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of the daemon for tests: nodes by number, names in one list. Small and slow on purpose: what it does must
 * be plain to see. Nothing is ever freed before the end, so ids are never used twice.
 */
#include <sys/stat.h>
#include <time.h>

#include "rawfuse_i.h"

#define DEFAULT_TIME	1700000000	/* the same in each run */

struct raw_node *tree_node(struct rawfuse *rf, uint64_t id)
{
	return id < rf->nnodes ? rf->nodes[id] : NULL;
}

struct raw_name *tree_name(struct rawfuse *rf, uint64_t parent, const char *name)
{
	uint64_t i;

	for (i = 0; i < rf->nnames; i++) {
		struct raw_name *n = &rf->names[i];

		if (!n->gone && n->parent == parent && !strcmp(n->name, name))
			return n;
	}
	return NULL;
}

void tree_touch(struct raw_node *node)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	node->attr.mtime = node->attr.ctime = now.tv_sec;
	node->attr.mtimensec = node->attr.ctimensec = now.tv_nsec;
}

struct raw_node *tree_new(struct rawfuse *rf, mode_t mode)
{
	struct raw_node *node = calloc(1, sizeof(*node));

	rf->nodes = realloc(rf->nodes, (rf->nnodes + 1) * sizeof(*rf->nodes));
	CHECK(node && rf->nodes, "memory for a node");
	node->id = node->attr.ino = rf->nnodes;
	node->attr.mode = mode;
	node->attr.blksize = 4096;
	node->attr.nlink = S_ISDIR(mode) ? 2 : 0;
	node->attr.atime = node->attr.mtime = node->attr.ctime = DEFAULT_TIME;
	node->generation = 1;
	node->attr_ns = rf->opts.attr_ns;
	node->entry_ns = rf->opts.entry_ns;
	rf->nodes[rf->nnodes++] = node;
	return node;
}

void tree_add(struct rawfuse *rf, uint64_t parent, const char *name, struct raw_node *node)
{
	struct raw_name *n;

	rf->names = realloc(rf->names, (rf->nnames + 1) * sizeof(*rf->names));
	CHECK(rf->names && strlen(name) < sizeof(n->name), "memory for a name");
	n = &rf->names[rf->nnames++];
	memset(n, 0, sizeof(*n));
	n->parent = parent;
	n->node = node->id;
	strcpy(n->name, name);
	if (S_ISDIR(node->attr.mode))
		tree_node(rf, parent)->attr.nlink++;
	else
		node->attr.nlink++;
}

void tree_del(struct rawfuse *rf, struct raw_name *name)
{
	struct raw_node *node = tree_node(rf, name->node);

	name->gone = true;
	if (S_ISDIR(node->attr.mode)) {
		tree_node(rf, name->parent)->attr.nlink--;
		node->attr.nlink = 0;
	} else {
		node->attr.nlink--;
	}
}

bool tree_empty(struct rawfuse *rf, uint64_t dir)
{
	uint64_t i;

	for (i = 0; i < rf->nnames; i++) {
		if (!rf->names[i].gone && rf->names[i].parent == dir)
			return false;
	}
	return true;
}

void tree_resize(struct raw_node *node, uint64_t size)
{
	if (size > node->room) {
		size_t room = size + size / 2 + 64;

		node->data = realloc(node->data, room);
		CHECK(node->data, "memory for %llu bytes of a file", (unsigned long long)size);
		memset(node->data + node->room, 0, room - node->room);
		node->room = room;
	}
	if (size < node->attr.size)
		memset(node->data + size, 0, node->attr.size - size);
	node->attr.size = size;
	node->attr.blocks = (size + 511) / 512;
}

void tree_start(struct rawfuse *rf)
{
	tree_new(rf, 0);		/* id 0 is nobody's */
	tree_new(rf, S_IFDIR | 0755)->nlookup = 1;
}

void tree_free(struct rawfuse *rf)
{
	struct raw_xattr *x;
	uint64_t i;

	for (i = 0; i < rf->nnodes; i++) {
		while ((x = rf->nodes[i]->xattrs)) {
			rf->nodes[i]->xattrs = x->next;
			free(x);
		}
		free(rf->nodes[i]->data);
		free(rf->nodes[i]);
	}
	free(rf->nodes);
	free(rf->names);
}

/* The directory that holds the last part of @path, which is left in @last. */
static uint64_t path_parent(struct rawfuse *rf, const char *path, const char **last)
{
	uint64_t dir = FUSE_ROOT_ID;
	char part[256];
	size_t len;

	CHECK(*path == '/', "the path %s must begin with a slash", path);
	for (path++; strchr(path, '/'); path += len + 1) {
		struct raw_name *n;

		len = strcspn(path, "/");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		n = tree_name(rf, dir, part);
		if (!n)
			return 0;
		dir = n->node;
	}
	*last = path;
	return dir;
}

static struct raw_node *path_add(struct rawfuse *rf, const char *path, struct raw_node *node, mode_t mode)
{
	const char *last = NULL;
	uint64_t dir;

	raw_lock(rf);
	dir = path_parent(rf, path, &last);
	CHECK(dir && *last, "the parent of %s must be there", path);
	CHECK(!tree_name(rf, dir, last), "%s must not be there", path);
	if (!node)
		node = tree_new(rf, mode);
	tree_add(rf, dir, last, node);
	raw_unlock(rf);
	return node;
}

struct raw_node *raw_file(struct rawfuse *rf, const char *path, const void *data, size_t size)
{
	struct raw_node *node = path_add(rf, path, NULL, S_IFREG | 0644);

	raw_lock(rf);
	tree_resize(node, size);
	if (size)
		memcpy(node->data, data, size);
	raw_unlock(rf);
	return node;
}

struct raw_node *raw_mkdir(struct rawfuse *rf, const char *path)
{
	return path_add(rf, path, NULL, S_IFDIR | 0755);
}

struct raw_node *raw_symlink(struct rawfuse *rf, const char *path, const char *target)
{
	struct raw_node *node = path_add(rf, path, NULL, S_IFLNK | 0777);

	raw_lock(rf);
	tree_resize(node, strlen(target));
	memcpy(node->data, target, strlen(target));
	raw_unlock(rf);
	return node;
}

struct raw_node *raw_mknod(struct rawfuse *rf, const char *path, mode_t mode, uint32_t rdev)
{
	struct raw_node *node = path_add(rf, path, NULL, mode);

	node->attr.rdev = rdev;
	return node;
}

struct raw_node *raw_link(struct rawfuse *rf, const char *path, struct raw_node *node)
{
	return path_add(rf, path, node, 0);
}

struct raw_node *raw_node(struct rawfuse *rf, uint64_t id)
{
	struct raw_node *node;

	raw_lock(rf);
	node = tree_node(rf, id);
	raw_unlock(rf);
	return node;
}

struct raw_node *raw_get(struct rawfuse *rf, const char *path)
{
	struct raw_node *node = NULL;
	const char *last = NULL;
	struct raw_name *n;
	uint64_t dir;

	raw_lock(rf);
	dir = path_parent(rf, path, &last);
	if (dir && !*last) {
		node = tree_node(rf, dir);
	} else if (dir) {
		n = tree_name(rf, dir, last);
		if (n)
			node = tree_node(rf, n->node);
	}
	raw_unlock(rf);
	return node;
}

void raw_remove(struct rawfuse *rf, const char *path)
{
	const char *last = NULL;
	struct raw_name *n = NULL;
	uint64_t dir;

	raw_lock(rf);
	dir = path_parent(rf, path, &last);
	if (dir)
		n = tree_name(rf, dir, last);
	CHECK(n, "%s must be there to be removed", path);
	tree_del(rf, n);
	raw_unlock(rf);
}

void raw_resize(struct rawfuse *rf, struct raw_node *node, uint64_t size)
{
	raw_lock(rf);
	tree_resize(node, size);
	raw_unlock(rf);
}

void raw_setxattr(struct rawfuse *rf, struct raw_node *node, const char *name, const void *value, size_t size)
{
	struct raw_xattr *x;

	raw_lock(rf);
	for (x = node->xattrs; x && strcmp(x->name, name); x = x->next)
		;
	if (!x) {
		x = calloc(1, sizeof(*x));
		CHECK(x && strlen(name) < sizeof(x->name), "room for the xattr %s", name);
		strcpy(x->name, name);
		x->next = node->xattrs;
		node->xattrs = x;
	}
	CHECK(size <= sizeof(x->value), "room for the value of %s", name);
	memcpy(x->value, value, size);
	x->size = size;
	raw_unlock(rf);
}

static void split(uint64_t ns, uint64_t *sec, uint32_t *nsec)
{
	*sec = ns / RAW_SEC;
	*nsec = ns % RAW_SEC;
}

void raw_fill_attr(struct rawfuse *rf, struct raw_node *node, struct fuse_attr_out *out)
{
	(void)rf;
	memset(out, 0, sizeof(*out));
	out->attr = node->attr;
	split(node->attr_ns, &out->attr_valid, &out->attr_valid_nsec);
}

void raw_fill_entry(struct rawfuse *rf, struct raw_node *node, struct fuse_entry_out *out)
{
	(void)rf;
	memset(out, 0, sizeof(*out));
	out->nodeid = node->id;
	out->generation = node->generation;
	out->attr = node->attr;
	split(node->attr_ns, &out->attr_valid, &out->attr_valid_nsec);
	split(node->entry_ns, &out->entry_valid, &out->entry_valid_nsec);
}
