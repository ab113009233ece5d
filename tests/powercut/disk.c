// SPDX-License-Identifier: GPL-2.0-only
/*
 * One disk. A write goes into a private mapping of the image, which the guest reads, and into a list; a flush writes
 * the list into the image. A cut does that as well with those writes that the fate lets through, and forgets the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"

/*
 * What a disk writes whole or not at all. ext4's superblock is two sectors with one checksum and is no matter of its
 * journal when it is mounted, so sectors of 512 bytes would break ext4 itself.
 */
#define BLOCK	4096

struct write {
	struct write *next;
	uint64_t at;
	uint32_t len;
	char data[];
};

static uint64_t state;

void draw_from(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

uint64_t draw(uint64_t below)
{
	uint64_t x = state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (x ^ x >> 31) % below;
}

int disk_open(struct disk *d, const char *name, const char *image)
{
	struct stat st;

	d->name = name;
	d->image = open(image, O_RDWR | O_CLOEXEC);
	if (d->image < 0 || fstat(d->image, &st))
		return -errno;
	d->size = st.st_size;
	/* A page that was written is private from then on: what a flush writes into the image was in it before. */
	d->now = mmap(NULL, d->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, d->image, 0);
	if (d->now == MAP_FAILED)
		return -errno;
	d->last = &d->cached;
	return 0;
}

int disk_write(struct disk *d, uint64_t at, uint32_t len)
{
	struct write *w = malloc(sizeof(*w) + len);

	if (!w)
		return -ENOMEM;
	w->next = NULL;
	w->at = at;
	w->len = len;
	memcpy(w->data, d->now + at, len);
	*d->last = w;
	d->last = &w->next;
	d->num_cached++;
	return 0;
}

static int onto_medium(struct disk *d, uint64_t at, const char *data, uint32_t len)
{
	return pwrite(d->image, data, len, at) == (ssize_t)len ? 0 : -EIO;
}

/* To the end of a block, or of the write. */
static uint32_t piece(const struct write *w, uint32_t from)
{
	uint32_t len = BLOCK - (w->at + from) % BLOCK;

	return len < w->len - from ? len : w->len - from;
}

static int write_torn(struct disk *d, const struct write *w)
{
	uint32_t from, len;

	for (from = 0; from < w->len; from += len) {
		len = piece(w, from);
		if (draw(2) && onto_medium(d, w->at + from, w->data + from, len))
			return -EIO;
	}
	return 0;
}

static int write_by_fate(struct disk *d, const struct write *w, enum fate fate)
{
	if (fate == FATE_TORN)
		return write_torn(d, w);
	if (fate == FATE_LOST || (fate == FATE_SOME && draw(2)))
		return 0;
	return onto_medium(d, w->at, w->data, w->len);
}

int disk_cut(struct disk *d, enum fate fate)
{
	struct write *w, *next;
	int err = 0;

	for (w = d->cached; w; w = next) {
		next = w->next;
		if (!err)
			err = write_by_fate(d, w, fate);
		free(w);
	}
	d->cached = NULL;
	d->last = &d->cached;
	d->num_cached = 0;
	return err;
}

int disk_flush(struct disk *d)
{
	return disk_cut(d, FATE_KEPT);
}
