// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instead of the module: extfuse's own code is linked with this, which takes what the module would say
 * from the file "counters", a word list a line: CONNECTION OPCODE COUNTER NUMBER, or CONNECTION state
 * NAME EXTENSION.  What it does not name is 0.  A connection that has no line is gone; a state of NONE
 * has no counters; a file that is not there is a module that answers nobody but root.  What a trace has is in the
 * file "trace".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "device.h"

int device_open(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int device_open_private(void)
{
	return -ENODEV;
}

bool device_is_covered(void)
{
	return false;
}

/* The next line about @conn: its three other words. */
static bool next(FILE *f, __u32 conn, char what[32], char key[32], char value[64])
{
	unsigned int of;

	while (fscanf(f, "%u %31s %31s %63s", &of, what, key, value) == 4) {
		if (of == conn)
			return true;
	}
	return false;
}

int extfuse_conn__query(int fd, __u32 conn, struct extfuse_ioc_query *query)
{
	char what[32], key[32], value[64];
	FILE *f = fopen("counters", "re");
	int err = f ? -ENODEV : -EPERM;

	(void)fd;
	memset(query, 0, sizeof(*query));
	query->conn = conn;
	while (f && next(f, conn, what, key, value)) {
		err = 0;
		if (strcmp(what, "state"))
			continue;
		while (query->state < __EXTFUSE_STATE_MAX && strcmp(key, extfuse_state__name(query->state)))
			query->state++;
		snprintf(query->name, sizeof(query->name), "%.31s", value);
	}
	if (f)
		fclose(f);
	return err;
}

static void set(struct extfuse_op_stats *ops, const char *opcode, const char *name, const char *value)
{
	int op = extfuse_opcode__parse(opcode);
	const struct counter *c;

	if (op < 0)
		op = atoi(opcode);
	for (c = counters; c->name; c++) {
		if (!strcmp(c->name, name))
			*(__u64 *)((char *)&ops[op] + c->at) = strtoull(value, NULL, 10);
	}
}

static void record_write(int fd, const char *opcode, __u64 ns, __u64 lost)
{
	struct extfuse_trace record = { .size = sizeof(record), .opcode = extfuse_opcode__parse(opcode), .ns = ns, .lost = lost };

	if (write(fd, &record, sizeof(record)) != sizeof(record))
		abort();
}

/* The file "trace" has what ended: OPCODE NANOSECONDS LOST.  Without it the module is one that cannot trace. */
int extfuse_conn__trace(int fd, const struct extfuse_ioc_trace *trace)
{
	FILE *f = fopen("trace", "re");
	unsigned long long ns, lost;
	char opcode[32];
	int ends[2];

	(void)fd;
	(void)trace;
	if (!f)
		return -ENOTTY;
	if (pipe2(ends, O_CLOEXEC) || fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) < 0)
		abort();
	while (fscanf(f, "%31s %llu %llu", opcode, &ns, &lost) == 3)
		record_write(ends[1], opcode, ns, lost);
	fclose(f);
	close(ends[1]);
	return ends[0];
}

int extfuse_conn__stats(int fd, __u32 conn, struct extfuse_op_stats *ops)
{
	char what[32], key[32], value[64];
	struct extfuse_ioc_query query;
	int err = extfuse_conn__query(fd, conn, &query);
	FILE *f;

	memset(ops, 0, EXTFUSE_OPCODES * sizeof(*ops));
	if (err || query.state == EXTFUSE_STATE_NONE)
		return err ? err : -ENODATA;
	f = fopen("counters", "re");
	while (f && next(f, conn, what, key, value)) {
		if (strcmp(what, "state"))
			set(ops, what, key, value);
	}
	if (f)
		fclose(f);
	return 0;
}

int extfuse_conn__detach(int fd, __u32 conn)
{
	(void)fd;
	(void)conn;
	return -EPERM;
}

int extfuse_backing__list(int fd, __u32 conn, struct extfuse_backing_info *infos, __u32 count, __u64 *total)
{
	(void)fd;
	(void)conn;
	(void)infos;
	(void)count;
	*total = 7;
	return 0;
}
