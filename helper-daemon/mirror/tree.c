// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root, which the kernel is offered as a tree or as an object, and nodes of a tree:
 * those are in no table, and each request opens what it names.
 */
#include "mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

/* In no table: it is the request's, or its handle's. */
struct node *node_open(fuse_ino_t id)
{
	int fd = backing_open(id);
	struct node *n;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		log_warning("mirror of %s: cannot open node %#llx: %s", mirror.source, (unsigned long long)id,
			    strerror(fd < 0 ? -fd : errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	n = node_new(fd, &st);
	if (!n) {
		close(fd);
		return NULL;
	}
	n->id = id;
	n->refs = 1;
	return n;
}

/*
 * Once the kernel has taken it, a descriptor here would only hold the file system below
 * when the mount is gone.
 */
void nodes_offer_tree(void)
{
	struct node *root;
	bool taken;

	if (!mirror.tree)
		return;
	mirror.tree = false;
	root = node_get(FUSE_ROOT_ID, "INIT");
	if (!root)
		return;
	taken = !creds_be_self() && backing_add_tree(root->fd);
	node_put(root);
	/* The one that it has for ever. */
	if (taken)
		node_put(root);
	mirror.tree = taken;
}

/* No reply tells the kernel of the root, so it is offered here. */
void nodes_offer_root(void)
{
	struct node *root = mirror.tree ? NULL : node_get(FUSE_ROOT_ID, "INIT");
	struct stat st;

	if (!root)
		return;
	if (!creds_be_self() && !fstat(root->fd, &st))
		node_offer(root, st.st_mode);
	node_put(root);
}
