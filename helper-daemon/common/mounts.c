// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of /proc/self/mountinfo, see mounts.h.
 */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "home.h"

/* The tests have one of their own. */
#ifndef MOUNTINFO
#define MOUNTINFO	"/proc/self/mountinfo"
#endif

/* "\040" and its like become the byte they stand for. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static bool type_is_extfuse(const char *type)
{
	return !strcmp(type, "extfuse") || !strncmp(type, "extfuse.", 8) ||
	       !strcmp(type, "extfuseblk") || !strncmp(type, "extfuseblk.", 11);
}

bool mount_entry__is_extfuse(const struct mount_entry *e)
{
	return type_is_extfuse(e->type);
}

/* Cuts @line into pieces, which the entry refers to.  Returns false for what is no mount. */
static bool entry_parse(struct mount_entry *e, char *line)
{
	char *field[6], *rest = strstr(line, " - "), *type, *source;
	unsigned int maj, min;
	int i;

	if (!rest)
		return false;
	*rest = '\0';
	rest += 3;
	for (i = 0; i < 6; i++) {
		field[i] = strsep(&line, " ");
		if (!field[i])
			return false;
	}
	type = strsep(&rest, " ");
	source = strsep(&rest, " ");
	e->options = strsep(&rest, " \n");
	if (!e->options || sscanf(field[2], "%u:%u", &maj, &min) != 2)
		return false;
	unescape(field[4]);
	unescape(type);
	unescape(source);
	e->id = atoi(field[0]);
	e->parent = atoi(field[1]);
	e->conn = maj << 20 | min;
	e->target = field[4];
	e->flags = field[5];
	e->type = type;
	e->source = source;
	return true;
}

/* If the mount of this line is wanted, the list takes it, and the line with it.  Returns 0 or -ENOMEM. */
static int list_take(struct mount_list *list, char **line, bool all)
{
	struct mount_entry e = { .line = *line }, *bigger;

	if (!entry_parse(&e, *line) || (!all && !type_is_extfuse(e.type)))
		return 0;
	bigger = realloc(list->entries, (list->count + 1) * sizeof(e));
	if (!bigger)
		return -ENOMEM;
	list->entries = bigger;
	list->entries[list->count++] = e;
	*line = NULL;
	return 0;
}

int mount_list__read(struct mount_list *list, bool all)
{
	char *line = NULL;
	size_t room = 0;
	int err = 0;
	FILE *f;

	memset(list, 0, sizeof(*list));
	f = home_fopen(MOUNTINFO);
	if (!f)
		return -errno;
	while (!err && getline(&line, &room, f) > 0) {
		err = list_take(list, &line, all);
		/* getline() makes a new one. */
		if (!line)
			room = 0;
	}
	free(line);
	fclose(f);
	if (err)
		mount_list__free(list);
	return err;
}

void mount_list__free(struct mount_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->entries[i].line);
	free(list->entries);
	memset(list, 0, sizeof(*list));
}

static bool path_is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (!strcmp(dir, "/"))
		return true;
	return !strncmp(path, dir, len) && (path[len] == '\0' || path[len] == '/');
}

const struct mount_entry *mount_list__find(const struct mount_list *list, const char *path)
{
	const struct mount_entry *best = NULL;
	size_t i;

	/* Of two mounts on one directory the later one hides the earlier one. */
	for (i = 0; i < list->count; i++) {
		const struct mount_entry *e = &list->entries[i];

		if (path_is_below(path, e->target) &&
		    (!best || strlen(e->target) >= strlen(best->target)))
			best = e;
	}
	return best;
}

int mount_id_of(pid_t pid, const char *fd)
{
	char path[64], line[128];
	int id = -ENOENT;
	FILE *f;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, fd);
	else
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", fd);
	f = home_fopen(path);
	if (!f)
		return -errno;
	while (id < 0 && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "mnt_id:", 7))
			id = atoi(line + 7);
	}
	fclose(f);
	return id;
}

int mount_id_at(int fd)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", fd);
	return mount_id_of(0, name);
}

const struct mount_entry *mount_list__at(const struct mount_list *list, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), id;
	size_t i;

	if (fd < 0)
		return NULL;
	id = mount_id_at(fd);
	close(fd);
	for (i = 0; i < list->count; i++) {
		if (list->entries[i].id == id)
			return &list->entries[i];
	}
	return NULL;
}

int mount_entry__open(const struct mount_entry *e)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	int fd;

	fd = syscall(SYS_openat2, AT_FDCWD, e->target, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	if (mount_id_at(fd) == e->id)
		return fd;
	close(fd);
	return -EBUSY;
}
