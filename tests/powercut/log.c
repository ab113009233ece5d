// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records, a sector each, written directly: when a write has returned, QEMU has given it to the host, where it
 * survives QEMU. So what is said before it is done is known to the checker, and what was said last may not be done.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model.h"

static int fd;
static off_t base;
static uint64_t run;
static uint32_t next;
static char *sector;

static uint64_t sum(const struct record *r)
{
	const unsigned char *p = (const unsigned char *)r;
	uint64_t h = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < offsetof(struct record, sum); i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return h;
}

void log_open(const char *device, int worker)
{
	fd = open(device, O_RDWR | O_DIRECT | O_CLOEXEC);
	must(fd >= 0, device);
	base = (off_t)worker * LOG_RECORDS * SECTOR;
	must(!posix_memalign((void **)&sector, 4096, LOG_RECORDS * SECTOR), "memory");
}

uint32_t log_next(void)
{
	return next;
}

const struct record *log_last(void)
{
	return (const struct record *)sector;
}

uint32_t log_say(enum op op, uint32_t a, uint32_t b, uint32_t c)
{
	struct record r = { .run = run, .seq = next, .op = op, .a = a, .b = b, .c = c };

	r.sum = sum(&r);
	memset(sector, 0, SECTOR);
	memcpy(sector, &r, sizeof(r));
	must(pwrite(fd, sector, SECTOR, base + (off_t)next * SECTOR) == SECTOR, "writing a record");
	return next++;
}

void log_begin(uint64_t new_run)
{
	run = new_run;
	next = 0;
	log_say(OP_BEGIN, 0, 0, 0);
}

int log_read(struct record *records)
{
	struct record r;
	int n;

	must(pread(fd, sector, LOG_RECORDS * SECTOR, base) == LOG_RECORDS * SECTOR, "reading the records");
	for (n = 0; n < LOG_RECORDS; n++) {
		memcpy(&r, sector + n * SECTOR, sizeof(r));
		if (r.sum != sum(&r) || r.seq != (uint32_t)n || (n && r.run != records[0].run))
			break;
		records[n] = r;
	}
	return n;
}
