// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long callers wait, see latency.h.  Times are counted in buckets, eight for each power of two, so that a
 * percentile is at most an eighth too long, whatever the times are.
 */
#include "latency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace_open.h"
#include "trace_record.h"

/* Records without data of the requests of a second or so. */
#define ROOM		(32 << 20)
#define READ_SIZE	(256 << 10)

#define SHIFT		3
#define BUCKETS		((64 - SHIFT + 1) << SHIFT)

struct times {
	__u64 count;
	double sum;
	__u64 max;
	__u32 bucket[BUCKETS];
};

struct latency {
	int fd;
	__u64 lost;
	struct times all[EXTFUSE_OPCODES];
	struct times last[EXTFUSE_OPCODES];	/* between the two last looks */
	struct times next[EXTFUSE_OPCODES];	/* since then */
	__u64 bytes[READ_SIZE / sizeof(__u64) + 1];	/* a NUL behind them */
};

/* Up to 2^(SHIFT + 1) a bucket for each; then as many for each power of two. */
static unsigned int bucket_of(__u64 ns)
{
	unsigned int power;

	if (ns < 1 << (SHIFT + 1))
		return ns;
	power = 63 - __builtin_clzll(ns) - SHIFT;
	return (power << SHIFT) + (ns >> power);
}

/* The longest time that is counted there. */
static double bucket_end(unsigned int bucket)
{
	unsigned int power;

	if (bucket < 1 << (SHIFT + 1))
		return bucket;
	power = (bucket >> SHIFT) - 1;
	return (double)(1ULL << power) * ((bucket & ((1 << SHIFT) - 1)) + (1 << SHIFT) + 1) - 1;
}

static void times_add(struct times *t, __u64 ns)
{
	t->count++;
	t->sum += ns;
	if (ns > t->max)
		t->max = ns;
	t->bucket[bucket_of(ns)]++;
}

/* No longer than the longest, which is known exactly. */
static double times_p99(const struct times *t)
{
	__u64 seen = 0, wanted = t->count - t->count / 100;
	unsigned int bucket = 0;
	double end;

	while (bucket < BUCKETS - 1 && (seen += t->bucket[bucket]) < wanted)
		bucket++;
	end = bucket_end(bucket);
	return end < t->max ? end : t->max;
}

struct latency *latency_begin(const struct cli_target *target)
{
	struct extfuse_ioc_trace ioc = { .room = ROOM };
	struct latency *l = calloc(1, sizeof(*l));

	if (!l) {
		cli_fail("out of memory");
		return NULL;
	}
	l->fd = trace_open(target, &ioc);
	if (l->fd >= 0 && !fcntl(l->fd, F_SETFL, O_NONBLOCK))
		return l;
	latency_end(l);
	return NULL;
}

void latency_end(struct latency *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

static void records_add(struct latency *l, size_t len)
{
	struct trace_record r;
	size_t at = 0;

	for (; at < len; at += r.head->size) {
		if (trace_record_read(&r, (const char *)l->bytes + at, len - at))
			return;
		l->lost = r.head->lost;
		if (!r.head->opcode || r.head->opcode >= EXTFUSE_OPCODES)
			continue;
		times_add(&l->all[r.head->opcode], r.head->ns);
		times_add(&l->next[r.head->opcode], r.head->ns);
	}
}

/* Ends where it is the mount that ends: the next look says so. */
void latency_read(struct latency *l)
{
	ssize_t n;

	while ((n = read(l->fd, l->bytes, READ_SIZE)) > 0)
		records_add(l, n);
}

void latency_look(struct latency *l)
{
	memcpy(l->last, l->next, sizeof(l->last));
	memset(l->next, 0, sizeof(l->next));
}

void latency_get(const struct latency *l, unsigned int opcode, bool total, struct latency_times *times)
{
	const struct times *t = total ? &l->all[opcode] : &l->last[opcode];

	*times = (struct latency_times){ .count = t->count };
	if (!t->count)
		return;
	times->mean = t->sum / t->count;
	times->p99 = times_p99(t);
	times->max = t->max;
}

__u64 latency_lost(const struct latency *l)
{
	return l->lost;
}
