// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether (device, inode) names one file alone.
 *
 * On an overlay it does not.  The names of one file of a lower layer are files of
 * their own, each copied up by itself, and all have that file's number.  With one node for
 * them what is written to one would go to another.  So there each name has its
 * own node, and is recognised by its path.
 */
#include "mirror.h"

#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool on_overlay;

void number_init(int root_fd)
{
	struct statfs st;

	on_overlay = !fstatfs(root_fd, &st) && st.f_type == OVERLAYFS_SUPER_MAGIC;
}

bool number_is_enough(const struct stat *st)
{
	return !on_overlay || S_ISDIR(st->st_mode) || st->st_nlink < 2;
}

bool number_same_name(int a, int b)
{
	char name_a[PATH_MAX], name_b[PATH_MAX];
	struct fd_path p;
	ssize_t len_a = readlink(fd_path(&p, a), name_a, sizeof(name_a));
	ssize_t len_b = readlink(fd_path(&p, b), name_b, sizeof(name_b));

	return len_a > 0 && len_a == len_b && !memcmp(name_a, name_b, len_a);
}
