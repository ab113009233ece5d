// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a case leaves behind: mounts, BPF programs and BPF maps that were not there before it. Mounts are taken away
 * (a FUSE connection is aborted first, so that nobody waits for its daemon); programs and maps get two seconds (where
 * EXTFUSE_SLOW says so, more) to drain, since the kernel drops them after a grace period.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>

#include "guest.h"

#define MAX_IDS		1024
/* The task that drops the last reference of a program waits for grace periods, on a PREEMPT_RT kernel for seconds. */
#define DRAIN_SECONDS	10

struct ids {
	uint32_t id[MAX_IDS];
	int num;
};

struct leftover {
	int mounts[MAX_IDS];
	int num_mounts;
	struct ids progs, maps;
};

static long sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static void list_ids(int cmd, struct ids *ids)
{
	union bpf_attr attr = {};

	ids->num = 0;
	while (ids->num < MAX_IDS && !sys_bpf(cmd, &attr)) {
		ids->id[ids->num++] = attr.next_id;
		attr.start_id = attr.next_id;
	}
}

static bool has_id(const struct ids *ids, uint32_t id)
{
	int i;

	for (i = 0; i < ids->num; i++)
		if (ids->id[i] == id)
			return true;
	return false;
}

static void name_of(int get_fd, uint32_t id, char *name, size_t size)
{
	struct bpf_prog_info prog = {};
	struct bpf_map_info map = {};
	union bpf_attr attr = { .prog_id = id };
	bool is_prog = get_fd == BPF_PROG_GET_FD_BY_ID;
	int fd = sys_bpf(get_fd, &attr);

	snprintf(name, size, "?");
	if (fd < 0)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info = (uintptr_t)(is_prog ? (void *)&prog : (void *)&map);
	attr.info.info_len = is_prog ? sizeof(prog) : sizeof(map);
	if (!sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		snprintf(name, size, "%s", is_prog ? prog.name : map.name);
	close(fd);
}

static int new_ids(int next, int get_fd, const struct ids *before, const char *what, char *text, size_t size)
{
	static struct ids now;
	char name[64];
	size_t n = strlen(text);
	int i, num = 0;

	list_ids(next, &now);
	for (i = 0; i < now.num; i++) {
		if (has_id(before, now.id[i]))
			continue;
		num++;
		name_of(get_fd, now.id[i], name, sizeof(name));
		if (n < size)
			n += snprintf(text + n, size - n, "%s%s %u %s", n ? ", " : "", what, now.id[i], name);
	}
	return num;
}

int leftover_bpf(struct leftover *before, char *text, size_t size)
{
	double end = now_seconds() + DRAIN_SECONDS * guest_slow();
	int num;

	for (;;) {
		text[0] = 0;
		num = new_ids(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, &before->progs, "program", text, size);
		num += new_ids(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, &before->maps, "map", text, size);
		if (!num || now_seconds() > end)
			return num;
		usleep(20000);
	}
}

/* Both kinds of FUSE list their connections by the minor number of the super block's anonymous device. */
static void abort_connection(unsigned int minor)
{
	static const char *const roots[] = { "/sys/fs/fuse", "/sys/fs/extfuse" };
	char path[128];
	size_t i;
	int fd;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/connections/%u/abort", roots[i], minor);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, "1", 1) < 0)
			channel_send('M', "cannot write %s: %s", path, strerror(errno));
		close(fd);
	}
}

static bool was_mounted(const struct leftover *before, int id)
{
	int i;

	for (i = 0; before && i < before->num_mounts; i++)
		if (before->mounts[i] == id)
			return true;
	return false;
}

/* mountinfo writes blanks and the like as three octal digits. */
static void unescape(char *to, const char *from)
{
	unsigned int c;

	while (*from) {
		if (*from == '\\' && sscanf(from + 1, "%3o", &c) == 1) {
			*to++ = c;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
}

/* One new mount, the last in the list, so that what is mounted on top goes first. */
static bool find_new_mount(const struct leftover *before, char *dir, char *type, unsigned int *minor)
{
	char *line = NULL, d[256], t[64];
	size_t size = 0;
	unsigned int mi;
	bool found = false;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *dash;
	int id;

	while (f && getline(&line, &size, f) > 0) {
		dash = strstr(line, " - ");
		if (!dash || sscanf(dash, " - %63s", t) != 1)
			continue;
		if (sscanf(line, "%d %*d %*u:%u %*s %255s", &id, &mi, d) != 3 || was_mounted(before, id))
			continue;
		unescape(dir, d);
		strcpy(type, t);
		*minor = mi;
		found = true;
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

int leftover_mounts(struct leftover *before, char *text, size_t size)
{
	char dir[256], type[64];
	unsigned int minor;
	size_t n = 0;
	int count = 0;

	text[0] = 0;
	while (find_new_mount(before, dir, type, &minor)) {
		count++;
		if (n < size)
			n += snprintf(text + n, size - n, "%s%s on %s", n ? ", " : "", type, dir);
		if (strstr(type, "fuse"))
			abort_connection(minor);
		if (umount2(dir, MNT_DETACH)) {
			if (n < size)
				n += snprintf(text + n, size - n, " (cannot be unmounted: %s)", strerror(errno));
			break;
		}
	}
	return count;
}

struct leftover *leftover_snapshot(void)
{
	struct leftover *l = calloc(1, sizeof(*l));
	char *line = NULL;
	size_t size = 0;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && getline(&line, &size, f) > 0 && l->num_mounts < MAX_IDS)
		l->mounts[l->num_mounts++] = atoi(line);
	free(line);
	if (f)
		fclose(f);
	list_ids(BPF_PROG_GET_NEXT_ID, &l->progs);
	list_ids(BPF_MAP_GET_NEXT_ID, &l->maps);
	return l;
}

void leftover_free(struct leftover *l)
{
	free(l);
}
