// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the names with what the records allow. One task changed them, one after the other, and a journal keeps that
 * order: so they are as they were after some change, and that is none before the last which was acknowledged.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"

#define UNREADABLE	0xffffffffU

static uint32_t number_of_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint32_t number = UNREADABLE;

	if (fd < 0)
		return UNREADABLE;
	if (read(fd, &number, sizeof(number)) != sizeof(number))
		number = UNREADABLE;
	close(fd);
	return number;
}

static struct object look(uint32_t name)
{
	char path[PATH_SIZE], target[PATH_SIZE] = "";
	struct stat st;

	name_path(path, name);
	if (lstat(path, &st))
		return (struct object){};
	if (S_ISREG(st.st_mode))
		return (struct object){ KIND_FILE, number_of_file(path) };
	if (S_ISDIR(st.st_mode))
		return (struct object){ KIND_DIR, 0 };
	if (S_ISFIFO(st.st_mode))
		return (struct object){ KIND_FIFO, 0 };
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return (struct object){ KIND_LINK, UNREADABLE };
	return (struct object){ KIND_LINK, strtoul(target, NULL, 10) };
}

/* Listings say the same as lookups: how many of our names a directory has. */
static int listed(uint32_t dir)
{
	char path[PATH_SIZE];
	struct dirent *d;
	int n = 0;
	DIR *list;

	snprintf(path, sizeof(path), "d%u", dir);
	list = opendir(path);
	if (!list)
		return -1;
	while ((d = readdir(list)))
		n += d->d_name[0] == 'n';
	closedir(list);
	return n;
}

static int check_listings(const struct object *found, const char *what)
{
	uint32_t dir, slot;
	int lost = 0, n;

	for (dir = 0; dir < DIRS; dir++) {
		n = 0;
		for (slot = 0; slot < SLOTS; slot++)
			n += !!found[dir * SLOTS + slot].kind;
		if (n == listed(dir))
			continue;
		printf("%s: d%u LOST: %d names are there, %d are listed\n", what, dir, n, listed(dir));
		lost++;
	}
	return lost;
}

static bool is_in(const struct record *r, uint32_t dir)
{
	return r->a / SLOTS == dir || ((r->op == OP_MOVE || r->op == OP_EXCHANGE || r->op == OP_LINK) && r->b / SLOTS == dir);
}

/* The last change that is acknowledged. */
static int last_durable(const struct record *r, int num)
{
	int last_in[DIRS] = {}, last = 0, durable = 0, i;
	uint32_t dir;

	for (i = 0; i < num; i++) {
		if (r[i].op >= OP_PUT && r[i].op <= OP_REMOVE) {
			last = i;
			for (dir = 0; dir < DIRS; dir++)
				if (is_in(&r[i], dir))
					last_in[dir] = i;
		} else if (r[i].op == ACK_ALL) {
			durable = last;
		} else if (r[i].op == ACK_DIR && last_in[r[i].a] > durable) {
			durable = last_in[r[i].a];
		}
	}
	return durable;
}

static void tell(const char *what, const struct object *found, const struct object *want)
{
	char path[PATH_SIZE];
	uint32_t name;

	for (name = 0; name < NAMES; name++) {
		if (!memcmp(&found[name], &want[name], sizeof(*found)))
			continue;
		name_path(path, name);
		printf("%s: %s is of kind %u, number %u; was of kind %u, number %u\n", what, path, found[name].kind, found[name].number,
		       want[name].kind, want[name].number);
	}
}

int check_names(const struct record *r, int num, const char *what)
{
	struct object found[NAMES], names[NAMES] = {}, at_durable[NAMES] = {};
	int durable = last_durable(r, num), i, was = -1;
	uint32_t name;

	for (name = 0; name < NAMES; name++)
		found[name] = look(name);
	for (i = 0; i < num; i++) {
		names_apply(names, &r[i]);
		if (i == durable)
			memcpy(at_durable, names, sizeof(names));
		if (memcmp(found, names, sizeof(names)))
			continue;
		if (i >= durable)
			return check_listings(found, what);
		was = i;
	}
	printf("%s: names LOST: they are those of record %d, and record %d was acknowledged\n", what, was, durable);
	tell(what, found, at_durable);
	return 1 + check_listings(found, what);
}
