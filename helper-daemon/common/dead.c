// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts without a daemon, see dead.h.
 *
 * A path is only a way to find a mount: its directories may be renamed by their
 * owner, and something else may be mounted on top.  So the mount's root is opened,
 * the mount is recognised by its id, and what is unmounted is what the
 * descriptor refers to.
 *
 * umount2() still takes the topmost mount on that root.  So a mount with another on
 * top is left alone, because the other may hold data.  What is mounted on directories
 * in a dead mount is unmounted with it: nobody reaches it through the dead mount, and
 * the kernel removes such a mount as soon as somebody tries.
 */
#include "dead.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <extfuse/extfuse.h>

#include "device.h"
#include "home.h"
#include "mounts.h"

/* How often the path may have changed by the time it is opened. */
#define OPEN_TURNS	100

/* Returns what the module knows of a connection, or -errno. */
static int state_of(unsigned int conn)
{
	struct extfuse_ioc_query query;
	int fd = device_open(), err;

	if (fd < 0)
		return fd;
	err = extfuse_conn__query(fd, conn, &query);
	close(fd);
	return err ? err : (int)query.state;
}

bool dead_error(int err)
{
	/* ECONNREFUSED: it ended before INIT was answered, on later kernels. */
	return err == ENOTCONN || err == ECONNABORTED || err == ECONNREFUSED;
}

bool dead_mounts__is_served(unsigned int conn)
{
	int state = state_of(conn);

	return state >= 0 && state != EXTFUSE_STATE_ABORTED;
}

/*
 * The module is asked first: stat() fails with EACCES on a mount, dead or alive, that
 * belongs to another user and lacks allow_other.
 */
static bool is_dead(unsigned int conn, int root)
{
	int state = state_of(conn);
	struct stat st;

	if (state >= 0)
		return state == EXTFUSE_STATE_ABORTED;
	return fstat(root, &st) && dead_error(errno);
}

static const struct mount_entry *entry_by_id(const struct mount_list *list, int id)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->entries[i].id == id)
			return &list->entries[i];
	}
	return NULL;
}

static bool is_covered(const struct mount_list *list, const struct mount_entry *e)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->entries[i].parent == e->id && !strcmp(list->entries[i].target, e->target))
			return true;
	}
	return false;
}

/*
 * The mount as it is now: still an extfuse mount of its connection, dead or, if
 * @alive, either (else -ESTALE), and with nothing on it (else -EBUSY).  @root: -1 while
 * it is not opened.
 */
static int entry_check(const struct mount_list *list, const struct mount_entry *was, int root, bool alive,
		       const struct mount_entry **now)
{
	*now = entry_by_id(list, was->id);
	if (!*now || !mount_entry__is_extfuse(*now) || (*now)->conn != was->conn)
		return -ESTALE;
	if (root >= 0 && !alive && !is_dead(was->conn, root))
		return -ESTALE;
	return is_covered(list, *now) ? -EBUSY : 0;
}

/* Opens its root by the path that it has now; the owner of a directory in the path may rename it at any time. */
static int entry_open(const struct mount_entry *e)
{
	const struct mount_entry *now;
	struct mount_list list;
	int turn, root = -EBUSY, err;

	for (turn = 0; turn < OPEN_TURNS && root < 0; turn++) {
		err = mount_list__read(&list, true);
		if (err)
			return err;
		err = entry_check(&list, e, -1, true, &now);
		root = err ? err : mount_entry__open(now);
		mount_list__free(&list);
		if (err)
			return err;
	}
	return root;
}

static int entry_unmount(const struct mount_entry *e, bool alive)
{
	const struct mount_entry *now;
	struct mount_list list;
	int root = entry_open(e), err;

	if (root < 0)
		return root;
	/* Read again: now that the root is open, its id is no other mount's. */
	err = mount_list__read(&list, true);
	if (!err) {
		err = entry_check(&list, e, root, alive, &now);
		mount_list__free(&list);
	}
	/* MNT_FORCE aborts the connection, so that no process waits for an answer for ever. */
	if (!err)
		err = home_umount(root, MNT_DETACH | (alive ? MNT_FORCE : 0));
	close(root);
	return err;
}

void dead_mounts__uncover(const char *target, dead_mounts__tell_fn tell, void *data)
{
	struct mount_list list;
	size_t i;
	int err = 0;

	if (mount_list__read(&list, true))
		return;
	/* What was mounted last is on top. */
	for (i = list.count; !err && i-- > 0;) {
		const struct mount_entry *e = &list.entries[i];

		if (strcmp(e->target, target))
			continue;
		if (!mount_entry__is_extfuse(e))
			break;
		err = entry_unmount(e, false);
		if (err != -ESTALE)
			tell(target, err, data);
	}
	mount_list__free(&list);
}

void dead_mounts__remove(unsigned int conn, bool alive, dead_mounts__tell_fn tell, void *data)
{
	struct mount_list list;
	size_t i;
	int err;

	if (mount_list__read(&list, false))
		return;
	for (i = list.count; i-- > 0;) {
		const struct mount_entry *e = &list.entries[i];

		if (e->conn != conn)
			continue;
		err = entry_unmount(e, alive);
		if (err != -ESTALE)
			tell(e->target, err, data);
	}
	mount_list__free(&list);
}

const char *dead_mounts__explain(int err)
{
	return err == -EBUSY ? "something is mounted on it: unmount that first" : strerror(-err);
}
