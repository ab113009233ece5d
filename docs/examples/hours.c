// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hours: attaches the policy hours (hours.bpf.c) to a mirror, with the hours of users in its
 * map.
 *
 *	hours /mnt 1000=08:00-18:30 1001=22:00-06:00
 *
 * It is called again, and replaces what it attached before, when hours change, when the
 * machine's clock is set, and when summer time begins or ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <extfuse/extfuse.h>

#include "hours.h"

static int hours_parse(const char *word, __u32 *uid, struct hours *h)
{
	unsigned int from, from_minute, to, to_minute;
	int end = 0;

	if (sscanf(word, "%u=%2u:%2u-%2u:%2u%n", uid, &from, &from_minute, &to, &to_minute, &end) != 5 ||
	    word[end] || from > 24 || to > 24 || from_minute > 59 || to_minute > 59)
		return -EINVAL;
	h->from = from * 60 + from_minute;
	h->to = to * 60 + to_minute;
	return 0;
}

/* Nanoseconds from the time since boot, which programs see, to local time. */
static __u64 boot_to_local(void)
{
	struct timespec boot, real;
	struct tm local;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	localtime_r(&real.tv_sec, &local);
	return (real.tv_sec - boot.tv_sec + local.tm_gmtoff) * 1000000000LL + real.tv_nsec - boot.tv_nsec;
}

/* Before it is attached: no program reads a half-filled map. */
static int maps_fill(struct extfuse_ext *ext, char *words[])
{
	struct bpf_object *obj = extfuse_ext__object(ext);
	int hours_fd = bpf_object__find_map_fd_by_name(obj, "hours");
	int offset_fd = bpf_object__find_map_fd_by_name(obj, "offset");
	__u64 offset = boot_to_local();
	__u32 zero = 0, uid;
	struct hours h;

	if (bpf_map_update_elem(offset_fd, &zero, &offset, BPF_ANY))
		return -errno;
	for (; *words; words++) {
		if (hours_parse(*words, &uid, &h)) {
			fprintf(stderr, "hours: '%s' is not UID=HH:MM-HH:MM\n", *words);
			return -EINVAL;
		}
		if (bpf_map_update_elem(hours_fd, &uid, &h, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* A connection is named by the minor number of its mount's device. */
static int conn_find(const char *mount, int *fd, __u32 *conn)
{
	struct stat st;

	if (stat(mount, &st))
		return -errno;
	*conn = minor(st.st_dev);
	*fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}

int main(int argc, char *argv[])
{
	struct extfuse_ext *ext = NULL;
	char why[512] = "";
	__u32 conn = 0;
	int fd = -1, err;

	if (argc < 3) {
		fprintf(stderr, "usage: hours MOUNT UID=HH:MM-HH:MM...\n");
		return 2;
	}
	err = conn_find(argv[1], &fd, &conn);
	if (!err)
		err = extfuse_ext__open(&ext, "hours", NULL, why, sizeof(why));
	if (!err)
		err = extfuse_ext__load(ext, why, sizeof(why));
	if (!err)
		err = maps_fill(ext, argv + 2);
	/* A mirror has passthrough attached, or what this command left there: in one step, so nobody slips through. */
	if (!err)
		err = extfuse_ext__replace(ext, fd, conn, why, sizeof(why));
	if (err)
		fprintf(stderr, "hours: %s: %s\n", argv[1], *why ? why : strerror(-err));
	extfuse_ext__free(ext);
	if (fd >= 0)
		close(fd);
	return err ? 1 : 0;
}
