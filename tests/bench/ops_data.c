// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations on data, listings and extended attributes, for ops.c: what a
 * backing file system can do itself.  All of it is in the page cache.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ops.h"

#define LONG_SIZE	(128 * 1024)
#define LONG_CALLS	128			/* as many fill the file */
#define DATA_SIZE	(LONG_CALLS * LONG_SIZE)
/* What a fault maps of a cached file: fault_around_bytes of the kernel's. */
#define FAULT_SIZE	(64 * 1024)
#define ENTRIES		10000
/* struct linux_dirent64 with a name of five digits, and those of "." and "..". */
#define LISTING_SIZE	(ENTRIES * 32 + 2 * 24)

static char page[4096] __attribute__((aligned(4096)));
static char longer[LONG_SIZE] __attribute__((aligned(4096)));
static volatile const char *map;
static int file = -1, data = -1, many = -1;
static unsigned int serial;

void op_write_cached(void)
{
	MUST(pwrite(file, page, sizeof(page), 0));
}

static off_t next_offset(void)
{
	return (off_t)(serial++ % LONG_CALLS) * LONG_SIZE;
}

void op_read_long(void)
{
	MUST(pread(data, longer, sizeof(longer), next_offset()));
}

void op_write_long(void)
{
	MUST(pwrite(data, longer, sizeof(longer), next_offset()));
}

void prepare_read_long(unsigned int rep)
{
	unsigned int i;

	if (rep)
		return;
	for (i = 0; i < LONG_CALLS; i++)
		op_read_long();
}

/* All of it is dirty, as far as its file system keeps dirty pages, whatever was written back meanwhile. */
void prepare_write_long(unsigned int rep)
{
	unsigned int i;

	(void)rep;
	for (i = 0; i < LONG_CALLS; i++)
		op_write_long();
}

void op_fault(void)
{
	(void)map[(size_t)serial++ * FAULT_SIZE];
}

/* The mapping stays, but for its first repetition, and has no pages yet. */
void prepare_fault(unsigned int rep)
{
	prepare_read_long(rep);
	if (!map)
		map = mmap(NULL, DATA_SIZE, PROT_READ, MAP_SHARED, data, 0);
	if (map == MAP_FAILED)
		die("mmap");
	MUST(madvise((void *)map, DATA_SIZE, MADV_DONTNEED));
	serial = 0;
}

/* Without libc, which would cost the same everywhere. */
void op_list(void)
{
	long size, sum = 0;
	int dir = open("many", O_RDONLY | O_DIRECTORY);

	MUST(dir);
	while ((size = syscall(SYS_getdents64, dir, longer, 32 * 1024)) > 0)
		sum += size;
	MUST(size);
	close(dir);
	if (sum != LISTING_SIZE) {
		errno = EBADMSG;
		die("listing of many");
	}
}

void op_getxattr(void)
{
	MUST(fgetxattr(file, "user.x", page, 16));
}

/* Of a directory: how many links it has does not matter.  The one after a change is a miss. */
void op_getxattr_miss(void)
{
	MUST(fsetxattr(many, "user.x", "sixteen bytes...", 16, 0));
	MUST(fgetxattr(many, "user.x", page, 16));
}

void data_setup(void)
{
	char name[32];
	unsigned int i;

	MUST(setxattr("f", "user.x", "sixteen bytes...", 16, 0));
	file_make("data", DATA_SIZE / sizeof(page));
	MUST(mkdir("many", 0755));
	for (i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "many/%05u", i);
		file_make(name, 0);
	}
}

void data_open(void)
{
	file = open("f", O_RDWR);
	MUST(file);
	data = open("data", O_RDWR);
	MUST(data);
	many = open("many", O_RDONLY | O_DIRECTORY);
	MUST(many);
}
