/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the worker says it will do and what has become durable: records on a disk of the host, which QEMU's death does
 * not touch. The checker reads them again after the cut.
 *
 * log.c has the records, content.c what is in a sector of a file, work.c draws what is done, ways.c has the ways to
 * write and to make durable, names.c what is done with names, check.c and check_names.c compare.
 */
#ifndef POWERCUT_MODEL_H
#define POWERCUT_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SECTOR		512
#define BLOCK		8		/* sectors of a block, what is direct is a multiple of it */
#define FILES		8		/* "f0"…; those from the half on are written directly, the others by mapping */
#define SECTORS		256		/* of a file at most */
#define DIRS		3		/* "d0"…, with slots for names, "n0"… */
#define SLOTS		6
#define NAMES		(DIRS * SLOTS)
#define LOG_RECORDS	8192		/* of one worker */

enum op {
	OP_BEGIN = 1,		/* everything is there and durable: empty files, empty directories */
	/* Said before it is done. A sector's version is the number of the record. */
	OP_WRITE,		/* a: file, b: first sector, c: how many */
	OP_TRUNCATE,		/* a: file, b: sectors that are left */
	OP_PUT,			/* a: name, b: kind: a new object takes the name; its number is that of the record */
	OP_MOVE,		/* a: name, b: new name */
	OP_EXCHANGE,		/* a, b: names */
	OP_LINK,		/* a: name, b: new name */
	OP_REMOVE,		/* a: name */
	/* Said after it was done. */
	ACK_ALL,		/* sync, syncfs */
	ACK_FILE,		/* a: file */
	ACK_RANGE,		/* a: file, b: first, c: how many */
	ACK_DIR,		/* a: directory */
};

enum kind { KIND_NONE, KIND_FILE, KIND_LINK, KIND_DIR, KIND_FIFO };

struct record {
	uint64_t run;
	uint32_t seq, op, a, b, c, pad;
	uint64_t sum;
};

/* What has a name: the number tells files and symbolic links apart, directories and FIFOs have none. */
struct object {
	uint32_t kind, number;
};

/* log.c */
void log_open(const char *device, int worker);
void log_begin(uint64_t run);
uint32_t log_say(enum op op, uint32_t a, uint32_t b, uint32_t c);
uint32_t log_next(void);		/* the number that the next record gets */
int log_read(struct record *records);	/* how many there are of the last run, which begins with OP_BEGIN */
const struct record *log_last(void);

/* content.c */
uint64_t word(uint64_t run, uint32_t file, uint32_t sector, uint32_t version, int i);
void fill(char *buf, uint64_t run, uint32_t file, uint32_t first, uint32_t count, uint32_t version);
bool names_apply(struct object *names, const struct record *r);	/* false: it is none for names */
void name_path(char *path, uint32_t name);	/* PATH_SIZE */
#define PATH_SIZE	32

/* ways.c: < 0: -errno */
struct worker {
	uint64_t run;
	uint32_t size[FILES];	/* sectors */
	int fd[FILES];
	bool no_syncfs;		/* its syncfs does not promise anything */
	bool twice;		/* a sync may come too early for what it has mapped */
	bool no_exchange;	/* names cannot change places */
	bool lies;		/* says what is not so */
};

void write_somehow(struct worker *w, uint32_t file, uint32_t first, uint32_t count);
void sync_somehow(struct worker *w, uint32_t file);
void ways_begin(void);
uint32_t draw(uint32_t below);
void draw_from(uint64_t seed);
void must(bool yes, const char *what);

/* names.c */
void change_names(struct worker *w, struct object *names);

/* check.c, check_names.c: how many losses */
int check_files(const struct record *r, int num, const char *what);
int check_names(const struct record *r, int num, const char *what);

#endif
