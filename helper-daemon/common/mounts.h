/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mounts of type extfuse that this process sees, out of
 * /proc/self/mountinfo with its escapes undone.
 */
#ifndef EXTFUSE_MOUNTS_H
#define EXTFUSE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mount_entry {
	int id;
	int parent;		/* the mount that it is mounted on */
	unsigned int conn;	/* st_dev as the kernel packs it: the connection's number */
	char *line;		/* has the texts below in it */
	const char *target;
	const char *flags;	/* of the mount: "rw,nosuid" */
	const char *type;
	const char *source;
	const char *options;	/* of the super block */
};

struct mount_list {
	struct mount_entry *entries;
	size_t count;
};

bool mount_entry__is_extfuse(const struct mount_entry *e);

/* Every mount if @all, else those of type extfuse only.  Returns 0 or -errno. */
int mount_list__read(struct mount_list *list, bool all);
void mount_list__free(struct mount_list *list);

/*
 * Opens its root, by a path whose parents a user may have swapped: -EBUSY when
 * another mount is there.  Only with O_PATH.
 */
int mount_entry__open(const struct mount_entry *e);

/* The mount that @path leads to, or NULL.  Asks nothing of that file system. */
const struct mount_entry *mount_list__at(const struct mount_list *list, const char *path);

/* The topmost extfuse mount at or above @path; NULL if there is none. */
const struct mount_entry *mount_list__find(const struct mount_list *list, const char *path);

/*
 * The mount that descriptor @fd ("3") of process @pid (0: this one) refers to, or
 * -errno.  Asks nothing of the file system.  The number stays that mount's while
 * the descriptor is open.
 */
int mount_id_of(pid_t pid, const char *fd);
/* The same of a descriptor of this process. */
int mount_id_at(int fd);

#endif /* EXTFUSE_MOUNTS_H */
