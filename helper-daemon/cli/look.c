// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at the counters, see look.h.
 */
#include "look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"

double look_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void look_free(struct look *l)
{
	free(l->samples);
	mount_list__free(&l->list);
	memset(l, 0, sizeof(*l));
}

/* If nothing was ever attached, nothing was counted.  Returns 0 or -errno: -ENODEV if it is gone. */
static int sample_take(struct sample *s, int fd, const struct mount_entry *e)
{
	int err;

	s->e = e;
	err = extfuse_conn__query(fd, e->conn, &s->query);
	if (!err)
		err = extfuse_conn__stats(fd, e->conn, s->ops);
	return err == -ENODATA ? 0 : err;
}

/* Of several mounts of one connection the first one counts.  Another mount may have the place of the one that was named. */
static bool is_wanted(const struct looks *looks, const struct look *l, const struct mount_entry *e)
{
	size_t i;

	if (looks->t.e)
		return e->id == looks->t.e->id && e->conn == looks->t.e->conn;
	for (i = 0; i < l->count; i++) {
		if (l->samples[i].e->conn == e->conn)
			return false;
	}
	return true;
}

static int look_fill(struct looks *looks, struct look *l)
{
	const struct mount_entry *e;
	int err;

	if (looks->t.fd < 0 && l->list.count)
		looks->t.fd = device_open();
	if (looks->t.fd < 0 && l->list.count)
		return looks->t.fd;
	l->samples = calloc(l->list.count + 1, sizeof(*l->samples));
	if (!l->samples)
		return -ENOMEM;
	for (e = l->list.entries; e < l->list.entries + l->list.count; e++) {
		if (!is_wanted(looks, l, e))
			continue;
		err = sample_take(&l->samples[l->count], looks->t.fd, e);
		if (!err)
			l->count++;
		else if (err != -ENODEV)
			return err;
	}
	return looks->t.e && !l->count ? -ENODEV : 0;
}

int look_take(struct looks *looks)
{
	int err;

	look_free(&looks->before);
	looks->before = looks->now;
	memset(&looks->now, 0, sizeof(looks->now));
	looks->now.when = look_clock();
	err = mount_list__read(&looks->now.list, false);
	return err ? err : look_fill(looks, &looks->now);
}

const struct sample *look_before(const struct looks *looks, const struct sample *s)
{
	size_t i;

	for (i = 0; i < looks->before.count; i++) {
		if (looks->before.samples[i].e->conn == s->e->conn && looks->before.samples[i].e->id == s->e->id)
			return &looks->before.samples[i];
	}
	return NULL;
}

void looks_free(struct looks *looks)
{
	look_free(&looks->now);
	look_free(&looks->before);
	cli_close(&looks->t);
}
