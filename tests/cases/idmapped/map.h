/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounts whose ids are mapped. A map has lines "IN-THE-FILE-SYSTEM OF-WHO-CALLS COUNT".
 */
#ifndef MAP_H
#define MAP_H

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

static inline void map_put(pid_t pid, const char *file, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map), "%s", path);
	close(fd);
}

/* A user namespace is how mount_setattr() is told the map. */
static inline int map_open(const char *map)
{
	int ready[2], fd;
	char path[64], byte;
	pid_t pid;

	CHECK(!pipe(ready), "a pipe");
	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0, "a process");
	if (!pid) {
		if (!unshare(CLONE_NEWUSER) && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	CHECK(read(ready[0], &byte, 1) == 1, "a user namespace");
	close(ready[0]);
	map_put(pid, "uid_map", map);
	map_put(pid, "gid_map", map);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "%s", path);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

/* What is at @from once more at @to, a new folder, with its ids mapped; returns an errno. */
static inline int map_mount(const char *map, const char *from, const char *to)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = map_open(map) };
	int fd = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), err = 0;

	CHECK(fd >= 0, "open_tree");
	if (mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		err = errno;
	mkdir(to, 0755);
	if (!err)
		CHECK(!move_mount(fd, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH), "move_mount");
	close(fd);
	close(attr.userns_fd);
	return err;
}

#endif /* MAP_H */
