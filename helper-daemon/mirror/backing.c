// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backing objects: the kernel is told what file is behind a node, before the reply
 * that makes the node known.  It then serves the node by itself (passthrough).  A
 * node that it does not take is served here as before.
 */
#include "mirror.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <extfuse/extfuse.h>

#include "log.h"

static int conn_fd;

void backing_init(int fd)
{
	conn_fd = fd;
}

/* What a user can do about it; NULL: nothing, the connection has ended. */
static const char *refusal_advice(int err)
{
	switch (err) {
	case -ENOTCONN:
	case -ENODEV:
		return NULL;
	case -ENOSPC:
		return "the mount has as many backing objects as it may have; mount with a larger max_backing=";
	case -ELOOP:
		return "it is on extfuse, or on a file system that is as deeply stacked as the mount; if it is not extfuse, mount with a larger max_stack_depth= (at most 2)";
	default:
		return strerror(-err);
	}
}

/* Once for each reason: thousands of nodes may have the same. */
static void say_refusal(int err, int path_fd)
{
	static atomic_bool no_space, too_deep, other;
	atomic_bool *said = err == -ENOSPC ? &no_space : err == -ELOOP ? &too_deep : &other;
	const char *advice = refusal_advice(err);
	char name[PATH_MAX];
	struct fd_path p;
	ssize_t len;

	if (!advice || atomic_exchange(said, true))
		return;
	len = readlink(fd_path(&p, path_fd), name, sizeof(name) - 1);
	name[len < 0 ? 0 : len] = '\0';
	log_warning("mirror of %s: %s goes through the daemon: %s", mirror.source, name, advice);
}

bool backing_add(fuse_ino_t id, int path_fd, mode_t mode)
{
	int err;

	if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode))
		return false;
	err = extfuse_backing__add(conn_fd, id, NODE_GENERATION, path_fd);
	if (err)
		say_refusal(err, path_fd);
	return !err;
}

static const char *tree_advice(int err)
{
	const char *advice = err == -EOPNOTSUPP ? "its file system must be asked for each name" : refusal_advice(err);

	return advice ? advice : strerror(-err);
}

bool backing_add_tree(int path_fd)
{
	int err = extfuse_backing__add_tree(conn_fd, path_fd);

	if (err)
		log_warning("mirror of %s: names go through the daemon: %s", mirror.source, tree_advice(err));
	return !err;
}

int backing_open(fuse_ino_t id)
{
	return extfuse_backing__open(conn_fd, id, 0);
}

void backing_drop(fuse_ino_t id)
{
	extfuse_backing__drop(conn_fd, id, NODE_GENERATION);
}
