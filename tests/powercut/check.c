// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the files with what the records allow. What was acknowledged last is there, or what was done to it later:
 * each word of a sector is that of one of these versions, for a store may be under way when its page is written. What
 * is beyond the end of a file reads as a hole.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model.h"

#define MAX_SHOWN	10

/* The versions that a sector may have, the last being the one it had at the end; 0: a hole. */
struct allowed {
	uint32_t *versions;
	int num, room;
};

static struct allowed all[FILES][SECTORS];

static void allow(struct allowed *a, uint32_t version)
{
	if (a->num == a->room) {
		a->room = a->room ? 2 * a->room : 4;
		a->versions = realloc(a->versions, a->room * sizeof(*a->versions));
		must(a->versions, "memory");
	}
	a->versions[a->num++] = version;
}

/* Only the last is right from now on. */
static void settle(uint32_t file, uint32_t first, uint32_t count)
{
	struct allowed *a;
	uint32_t s;

	for (s = first; s < first + count; s++) {
		a = &all[file][s];
		a->versions[0] = a->versions[a->num - 1];
		a->num = 1;
	}
}

static void follow(const struct record *r)
{
	uint32_t s;

	if (r->op == OP_WRITE) {
		for (s = r->b; s < r->b + r->c; s++)
			allow(&all[r->a][s], r->seq);
	} else if (r->op == OP_TRUNCATE) {
		for (s = r->b; s < SECTORS; s++)
			allow(&all[r->a][s], 0);
	} else if (r->op == ACK_FILE) {
		settle(r->a, 0, SECTORS);
	} else if (r->op == ACK_RANGE) {
		settle(r->a, r->b, r->c);
	} else if (r->op == ACK_ALL) {
		for (s = 0; s < FILES; s++)
			settle(s, 0, SECTORS);
	}
}

static bool word_is_right(uint64_t found, const struct allowed *a, uint64_t run, uint32_t file, uint32_t sector, int i)
{
	int n;

	for (n = a->num - 1; n >= 0; n--)
		if (found == (a->versions[n] ? word(run, file, sector, a->versions[n], i) : 0))
			return true;
	return false;
}

static bool sector_is_right(const char *data, uint64_t run, uint32_t file, uint32_t sector)
{
	uint64_t found;
	int i;

	for (i = 0; i < SECTOR / 8; i++) {
		memcpy(&found, data + i * 8, 8);
		if (!word_is_right(found, &all[file][sector], run, file, sector, i))
			return false;
	}
	return true;
}

/* What a sector that is wrong has in it: a number in a version's place tells an old one from a stranger's. */
static void tell(const char *what, const struct record *r, int num, uint32_t file, uint32_t sector, const char *data)
{
	const struct allowed *a = &all[file][sector];
	uint64_t found;
	int n, is = -1;

	memcpy(&found, data, 8);
	for (n = 1; n < num; n++)
		if (r[n].op == OP_WRITE && r[n].a == file && found == word(r->run, file, sector, n, 0))
			is = n;
	printf("%s: f%u sector %u: LOST version %u (%d later ones would be right, too); there is ", what, file, sector, a->versions[0],
	       a->num - 1);
	if (found)
		printf("version %d\n", is);
	else
		printf("a hole\n");
}

static int check_file(const struct record *r, int num, uint32_t file, const char *what)
{
	static char data[SECTORS * SECTOR];
	int lost = 0, fd;
	char name[PATH_SIZE];
	uint32_t s;

	snprintf(name, sizeof(name), "f%u", file);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		printf("%s: %s LOST\n", what, name);
		return 1;
	}
	memset(data, 0, sizeof(data));
	must(pread(fd, data, sizeof(data), 0) >= 0, "reading a file");
	close(fd);
	for (s = 0; s < SECTORS; s++) {
		if (sector_is_right(data + s * SECTOR, r->run, file, s))
			continue;
		if (lost++ < MAX_SHOWN)
			tell(what, r, num, file, s, data + s * SECTOR);
	}
	return lost;
}

int check_files(const struct record *r, int num, const char *what)
{
	uint32_t file, s;
	int i, lost = 0;

	for (file = 0; file < FILES; file++)
		for (s = 0; s < SECTORS; s++)
			allow(&all[file][s], 0);
	for (i = 0; i < num; i++)
		follow(&r[i]);
	for (file = 0; file < FILES; file++)
		lost += check_file(r, num, file, what);
	return lost;
}
