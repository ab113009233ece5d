// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts without a daemon, see dead.h.
 */
#include "dead.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <extfuse/extfuse.h>

#include "mounts.h"

#define DEVICE	"/dev/extfuse"

/*
 * The module is asked first: stat() says EACCES of a mount, dead or alive, that
 * belongs to another user and lacks allow_other.
 */
static bool is_dead(const struct mount_entry *e)
{
	struct extfuse_ioc_query query = { 0 };
	struct stat st;
	int fd, err = -ENODEV;

	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		err = extfuse_conn__query(fd, e->conn, &query);
		close(fd);
	}
	if (!err)
		return query.state == EXTFUSE_STATE_ABORTED;
	return stat(e->target, &st) && (errno == ENOTCONN || errno == ECONNABORTED);
}

void dead_mounts__uncover(const char *target, void (*tell)(const char *target, int err))
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
		if (!mount_entry__is_extfuse(e) || !is_dead(e))
			break;
		err = umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) ? -errno : 0;
		tell(target, err);
	}
	mount_list__free(&list);
}

void dead_mounts__remove(unsigned int conn, bool alive, void (*tell)(const char *target, int err))
{
	struct mount_list list;
	size_t i;
	int err;

	if (mount_list__read(&list, false))
		return;
	for (i = list.count; i-- > 0;) {
		const struct mount_entry *e = &list.entries[i];

		if (e->conn != conn || (!alive && !is_dead(e)))
			continue;
		err = umount2(e->target, MNT_DETACH | UMOUNT_NOFOLLOW) ? -errno : 0;
		if (tell)
			tell(e->target, err);
	}
	mount_list__free(&list);
}
