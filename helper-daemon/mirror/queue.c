// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines that requests of the mirror stand in (workers.c says why): so many are at work,
 * and what is beyond that is on a list.
 *
 * What the lists hold has a limit.  A task waits with one request, but a write has up to a
 * megabyte of data, and tasks may share the memory that it is written from: without a limit a
 * user with many tasks takes any amount of the daemon's memory.
 */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The part of the machine's memory that all lists may take. */
#define MEMORY_PART	8

static struct {
	pthread_mutex_t lock;	/* of all lines, and what follows; held for a few instructions */
	size_t bytes;
	size_t max;
} lists = { .lock = PTHREAD_MUTEX_INITIALIZER };

void queue_init(void)
{
	lists.max = (size_t)sysconf(_SC_PHYS_PAGES) / MEMORY_PART * sysconf(_SC_PAGESIZE);
}

/* With the lock held: may one more of this user's be at work?  Then it is counted. */
static bool user_begin(struct line *line, uint32_t uid)
{
	unsigned int i, n = 0;

	for (i = 0; i < line->at_work; i++)
		n += line->users[i] == uid;
	if (line->at_work == WAITING_MAX || n >= (uid ? WAITING_USER : WAITING_ROOT))
		return false;
	line->users[line->at_work++] = uid;
	return true;
}

static void user_end(struct line *line, uint32_t uid)
{
	unsigned int i = 0;

	while (line->users[i] != uid)
		i++;
	line->users[i] = line->users[--line->at_work];
}

static size_t queued_size(const struct fuse_buf *buf)
{
	return sizeof(struct queued) + buf->size;
}

static struct queued *queued_new(uint32_t uid, const struct fuse_buf *buf)
{
	struct queued *q = malloc(queued_size(buf));

	if (!q)
		return NULL;
	*q = (struct queued){ .uid = uid, .buf = { .size = buf->size, .mem = q->mem } };
	memcpy(q->mem, buf->mem, buf->size);
	return q;
}

static void list_add(struct line *line, struct queued *q)
{
	*line->last = q;
	line->last = &q->next;
	lists.bytes += queued_size(&q->buf);
}

/* Takes the first off the list that may begin. */
static struct queued *list_take(struct line *line)
{
	struct queued **at = &line->first, *q;

	while ((q = *at) && !user_begin(line, q->uid))
		at = &q->next;
	if (!q)
		return NULL;
	*at = q->next;
	if (!q->next)
		line->last = at;
	lists.bytes -= queued_size(&q->buf);
	return q;
}

int line_enter(struct line *line, uint32_t uid, const struct fuse_buf *buf, bool must)
{
	struct queued *q;
	int res;

	pthread_mutex_lock(&lists.lock);
	res = user_begin(line, uid);
	pthread_mutex_unlock(&lists.lock);
	if (res)
		return res;
	q = queued_new(uid, buf);
	if (!q)
		return -ENOMEM;
	pthread_mutex_lock(&lists.lock);
	/* All that were at work may have ended meanwhile: then none takes it off the list. */
	if (user_begin(line, uid))
		res = 1;
	else if (!must && lists.bytes + queued_size(buf) > lists.max)
		res = -ENOMEM;
	else
		list_add(line, q);
	pthread_mutex_unlock(&lists.lock);
	if (res)
		free(q);
	return res;
}

struct queued *line_next(struct line *line, uint32_t uid)
{
	struct queued *q;

	pthread_mutex_lock(&lists.lock);
	user_end(line, uid);
	q = list_take(line);
	pthread_mutex_unlock(&lists.lock);
	return q;
}
