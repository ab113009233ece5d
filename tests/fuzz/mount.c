// SPDX-License-Identifier: GPL-2.0-only
/* Mounts with any options that nobody serves, remounts, and the files of a connection. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static const char * const types[] = { "extfuse", "extfuse", "extfuse", "extfuse.x", "extfuseblk", "extfusectl" };

/* One option; most are good. */
static int draw_option(struct rng *r, char *to, size_t room, int fd)
{
	static const char * const plain[] = { "default_permissions", "allow_other", "allow_idmap", "subtype=x", "nonsense", "", "=",
					      "dax", "dax=always", "fd=", "max_read=x", "rootmode=9", "source=here", "allow_other=1" };
	static const char * const numbers[] = { "max_read=%llu", "blksize=%llu", "max_stack_depth=%llu", "rootmode=%llo", "user_id=%llu",
						"group_id=%llu", "fd=%llu" };

	if (rng_one_in(r, 3))
		return snprintf(to, room, ",fd=%d,user_id=0,group_id=0", fd);
	if (rng_one_in(r, 3))
		return snprintf(to, room, ",rootmode=%s", rng_one_in(r, 3) ? "100000" : "40000");
	if (rng_one_in(r, 2))
		return snprintf(to, room, ",%s", RNG_PICK(r, plain));
	*to = ',';
	return snprintf(to + 1, room - 1, RNG_PICK(r, numbers), (unsigned long long)rng_odd(r)) + 1;
}

static void draw_options(struct rng *r, char *to, size_t room, int fd)
{
	unsigned int n = 1 + rng_below(r, 8);
	size_t at;

	at = rng_one_in(r, 4) ? 0 : snprintf(to, room, "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	while (n-- && at + 80 < room)
		at += draw_option(r, to + at, room - at, fd);
}

static void old_way(struct rng *r, int fd)
{
	static const unsigned long flags[] = { 0, 0, MS_RDONLY, MS_NOSUID, MS_REMOUNT, MS_SYNCHRONOUS, MS_DIRSYNC };
	char options[1024];

	draw_options(r, options, sizeof(options), fd);
	mount(rng_one_in(r, 4) ? "/dev/zero" : "fuzz", "mnt2", RNG_PICK(r, types), RNG_PICK(r, flags) | MS_NODEV, options);
}

/* A context that is given more than one command. */
static void new_way(struct rng *r, int fd)
{
	int context = fsopen("extfuse", FSOPEN_CLOEXEC), mnt;
	unsigned int n = rng_below(r, 8), step;
	char number[16];

	if (context < 0)
		return;
	snprintf(number, sizeof(number), "%d", fd);
	for (step = 0; step < n; step++) {
		switch (rng_below(r, 8)) {
		case 0:
			fsconfig(context, FSCONFIG_SET_FD, "fd", NULL, rng_one_in(r, 4) ? (int)rng_below(r, 20) : fd);
			break;
		case 1:
			fsconfig(context, FSCONFIG_SET_STRING, "fd", number, 0);
			break;
		case 2:
			fsconfig(context, FSCONFIG_SET_STRING, "rootmode", "40000", 0);
			break;
		case 3:
			fsconfig(context, FSCONFIG_SET_STRING, "user_id", "0", 0);
			break;
		case 4:
			fsconfig(context, FSCONFIG_SET_STRING, "group_id", "0", 0);
			break;
		case 5:
			fsconfig(context, FSCONFIG_SET_FLAG, rng_one_in(r, 2) ? "allow_other" : "max_read", NULL, 0);
			break;
		case 6:
			fsconfig(context, FSCONFIG_SET_BINARY, "fd", number, sizeof(number));
			break;
		case 7:
			fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
			break;
		}
	}
	fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mnt = fsmount(context, FSMOUNT_CLOEXEC, rng_below(r, 16));
	if (rng_one_in(r, 3))
		fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
	close(mnt);
	close(context);
}

/* Of the mount that is served: it stays as it is, but for what may change. */
static void again(struct rng *r, int fd)
{
	char options[1024] = "";

	if (rng_one_in(r, 2))
		draw_options(r, options, sizeof(options), fd);
	mount("rawfuse", "mnt", NULL, MS_REMOUNT | MS_NODEV | MS_NOSUID | (rng_one_in(r, 6) ? MS_RDONLY : 0), options);
}

static void conn_file(struct rng *r)
{
	static const char * const files[] = { "waiting", "max_background", "congestion_threshold", "max_background" };
	char path[128], text[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/extfuse/connections/%u/%s", fuzz->conn, RNG_PICK(r, files));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)rng_odd(r));
	if (write(fd, text, n) != n || read(fd, text, sizeof(text)) < 0)
		errno = 0;
	close(fd);
}

void mount_step(struct rng *r)
{
	int fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	fuzz_count(mounts);
	switch (rng_below(r, 5)) {
	case 0:
		new_way(r, fd);
		break;
	case 1:
		again(r, fd);
		break;
	case 2:
		conn_file(r);
		break;
	default:
		old_way(r, fd);
	}
	if (rng_one_in(r, 2))
		close(fd);
	umount2("mnt2", rng_one_in(r, 2) ? MNT_DETACH : MNT_FORCE);
	close(fd);
}

void conn_abort(uint32_t conn)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/extfuse/connections/%u/abort", conn);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1", 1) != 1)
		perror(path);
	close(fd);
}

bool conn_is_there(uint32_t conn)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/fs/extfuse/connections/%u", conn);
	return !access(path, F_OK);
}
