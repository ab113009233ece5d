/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks with a volatile write cache, for the host side of the power cuts.
 *
 * disk.c keeps what was written and not flushed, and decides what a cut leaves of it; nbd.c speaks to QEMU; serve.c has
 * main() and cuts.
 */
#ifndef POWERCUT_DISK_H
#define POWERCUT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_DISKS	8

/* What becomes of a write that was not flushed when power is cut. */
enum fate {
	FATE_LOST,		/* all are lost */
	FATE_KEPT,		/* all are on the disk */
	FATE_SOME,		/* each by itself */
	FATE_TORN,		/* each block of each by itself */
	NUM_FATES
};

struct write;

struct disk {
	const char *name;
	int image;		/* what is on the medium */
	char *now;		/* what the guest reads: medium and cache */
	uint64_t size;
	struct write *cached;	/* in order */
	struct write **last;
	unsigned int num_cached;
};

/* disk.c */
uint64_t draw(uint64_t below);
void draw_from(uint64_t seed);
int disk_open(struct disk *d, const char *name, const char *image);
int disk_write(struct disk *d, uint64_t at, uint32_t len);	/* was put into d->now already */
int disk_flush(struct disk *d);
int disk_cut(struct disk *d, enum fate fate);

/* nbd.c; the sockets are read and written in one go, so there is one answer after the other. */
enum nbd_did { NBD_END, NBD_OTHER, NBD_WROTE };
struct disk *nbd_greet(int fd, struct disk *disks, int num);
enum nbd_did nbd_serve(int fd, struct disk *d);

#endif
