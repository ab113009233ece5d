/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that wait until others of their kind have ended, see queue.c.  Called by workers.c.
 */
#ifndef EXTFUSE_MIRROR_QUEUE_H
#define EXTFUSE_MIRROR_QUEUE_H

#include "mirror.h"

/* At work at the same time in a line: of all, of a user, of root. */
#define WAITING_MAX	128
#define WAITING_USER	32
#define WAITING_ROOT	(WAITING_MAX - WAITING_USER)

/* A request on a list: a copy of its own size, because a thread's buffer has room for any request. */
struct queued {
	struct queued *next;
	uint32_t uid;
	struct fuse_buf buf;
	uint64_t mem[];		/* what @buf points to */
};

struct line {
	unsigned int at_work;
	uint32_t users[WAITING_MAX];	/* for these */
	struct queued *first;
	struct queued **last;
};

#define LINE_INITIALIZER(line)	{ .last = &(line).first }

void queue_init(void);

/*
 * A request of @uid has come, and its data is in memory.  1: it is one of those at work, until
 * line_next().  0: as many as may be are at work, and a copy is on the list.  -ENOMEM: no list
 * takes it.  @must: the limit of the lists does not count.
 */
int line_enter(struct line *line, uint32_t uid, const struct fuse_buf *buf, bool must);

/* A request of @uid that was at work has ended.  Returns the next to be at work, for free(), or NULL. */
struct queued *line_next(struct line *line, uint32_t uid);

#endif /* EXTFUSE_MIRROR_QUEUE_H */
