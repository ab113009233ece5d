// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root, which the kernel is offered as a tree or as an object, and nodes of the
 * kernel's: those are in no table, and each request opens what it names.
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

void nodes_offer_tree(void)
{
	struct node *root;

	if (!mirror.tree)
		return;
	root = node_get(FUSE_ROOT_ID, "INIT");
	if (!root)
		return;
	root->backed = !creds_be_self() && backing_add_tree(root->fd);
	root->offered = root->backed;
	mirror.tree = root->backed;
	node_put(root);
}

/* No reply tells the kernel of the root, so it is offered here. */
void nodes_offer_root(void)
{
	struct node *root = node_get(FUSE_ROOT_ID, "INIT");
	struct stat st;

	if (!root)
		return;
	if (!creds_be_self() && !fstat(root->fd, &st))
		node_offer(root, st.st_mode);
	node_put(root);
}
