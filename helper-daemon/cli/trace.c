// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse trace: the requests of a mount as they end, until it is interrupted or the mount is gone.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "screen.h"
#include "trace_open.h"
#include "trace_record.h"

/* What waits in the kernel meanwhile; records of data are large. */
#define ROOM		(2 << 20)
#define ROOM_DATA	(32 << 20)

struct trace {
	const struct cli_args *args;
	int fd;
	int signals;
	FILE *record;
	int width;		/* of a terminal; 0: lines have no end */
	unsigned long long traced;
	unsigned long long lost;
	unsigned int recorded;
	bool is_full;
	char *bytes;		/* EXTFUSE_TRACE_RECORD_MAX, and what may be looked at behind */
};

/* "LOOKUP,OPEN" as bits; 0, or a status. */
static int opcodes_read(const char *list, __u64 *ops)
{
	char *copy = strdup(list), *rest = copy, *word;
	int opcode = 0;

	if (!copy)
		return cli_fail("out of memory") + 1;
	while (opcode >= 0 && (word = strsep(&rest, ","))) {
		opcode = extfuse_opcode__parse(word);
		if (opcode < 0)
			cli_fail("there is no opcode '%s': they are called LOOKUP, GETATTR, …", word);
		else
			*ops |= 1ULL << opcode;
	}
	free(copy);
	return opcode < 0 ? 2 : 0;
}

static int trace_begin(struct trace *t, const struct cli_target *target)
{
	const struct cli_args *args = t->args;
	bool data = args->record || args->json;
	struct extfuse_ioc_trace ioc = {
		.flags = data ? EXTFUSE_TRACE_DATA : 0,
		.pid = args->pid,
		.room = data ? ROOM_DATA : ROOM,
	};

	if (args->list && opcodes_read(args->list, &ioc.ops))
		return 2;
	if (args->name && strlen(args->name) >= sizeof(ioc.name))
		return cli_fail("no name is as long as that of --name") + 1;
	if (args->name)
		strcpy(ioc.name, args->name);
	t->fd = trace_open(target, &ioc);
	return t->fd < 0;
}

/* Interrupted, all that was traced is still shown, and the losses told. */
static int signals_begin(struct trace *t)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return t->signals < 0 ? cli_fail("cannot wait for signals: %s", strerror(errno)) : 0;
}

/* What it holds is the data of all users. */
static FILE *record_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

static int output_begin(struct trace *t)
{
	int columns, lines;

	t->bytes = calloc(1, EXTFUSE_TRACE_RECORD_MAX + sizeof(__u64));
	if (!t->bytes)
		return cli_fail("out of memory");
	if (isatty(STDOUT_FILENO)) {
		screen_size(&columns, &lines);
		t->width = columns;
	}
	if (!t->args->record)
		return 0;
	t->record = record_open(t->args->record);
	return t->record ? 0 : cli_fail("%s: %s", t->args->record, strerror(errno));
}

static void json_put(FILE *out, const struct trace_record *r)
{
	struct json_object *o = trace_json(r);

	fprintf(out, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static void record_put(struct trace *t, const struct trace_record *r)
{
	/* What it prints to may be on the mount: that would never end. */
	if (r->head->tgid == (__u32)getpid())
		return;
	t->traced++;
	/* What no program is ever asked about is no test. */
	if (t->record && r->wire && !t->is_full) {
		json_put(t->record, r);
		t->is_full = ++t->recorded == TRACE_RECORDED_MAX;
	}
	if (t->args->json)
		json_put(stdout, r);
	else if (!t->record)
		trace_show(stdout, r, t->width);
}

/* Returns 0, or 1 where the module is another one. */
static int records_put(struct trace *t, size_t len)
{
	struct trace_record r;
	size_t at = 0;

	for (; at < len; at += r.head->size) {
		if (trace_record_read(&r, t->bytes + at, len - at))
			return cli_fail("the module says what this program does not know");
		if (r.head->lost > t->lost)
			t->lost = r.head->lost;
		if (r.head->opcode)
			record_put(t, &r);
	}
	return 0;
}

/* 1: there is more to come; 0: the end; -1: an error, and it is told. */
static int records_read(struct trace *t)
{
	ssize_t n = read(t->fd, t->bytes, EXTFUSE_TRACE_RECORD_MAX);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n < 0)
		return -cli_fail("%s: cannot read requests: %s", t->args->mount, strerror(errno));
	memset(t->bytes + n, 0, sizeof(__u64));
	if (records_put(t, n))
		return -1;
	if (fflush(stdout) || (t->record && fflush(t->record)))
		return -cli_fail("cannot write: %s", strerror(errno));
	return n > 0;
}

/* What was there when it was interrupted; others may go on. */
static int rest_read(struct trace *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	unsigned long long until = t->traced + ROOM / sizeof(struct extfuse_trace);
	int more = 1;

	while (more > 0 && t->traced < until && poll(&p, 1, 0) > 0 && p.revents & POLLIN)
		more = records_read(t);
	return more;
}

static int trace_run(struct trace *t)
{
	struct pollfd p[2] = { { .fd = t->fd, .events = POLLIN }, { .fd = t->signals, .events = POLLIN } };
	int more = 1;

	while (more > 0 && !t->is_full) {
		if (poll(p, 2, -1) < 0) {
			/* Then it says nothing of the descriptors, and a read might wait. */
			if (errno == EINTR)
				continue;
			return -cli_fail("cannot wait: %s", strerror(errno));
		}
		if (p[1].revents)
			return rest_read(t);
		if (p[0].revents)
			more = records_read(t);
	}
	if (!more)
		cli_fail("%s: it was unmounted, or its daemon is gone", t->args->mount);
	return more;
}

static int trace_close(struct trace *t, int status)
{
	if (t->record && fclose(t->record) && !status)
		status = cli_fail("%s: %s", t->args->record, strerror(errno));
	if (t->fd >= 0)
		close(t->fd);
	if (t->signals >= 0)
		close(t->signals);
	free(t->bytes);
	return status;
}

int do_trace(const struct cli_args *args)
{
	struct trace t = { .args = args, .fd = -1, .signals = -1 };
	struct cli_target target;
	int status;

	if (cli_open(&target, args->mount))
		return 1;
	status = signals_begin(&t);
	if (!status)
		status = trace_begin(&t, &target);
	cli_close(&target);
	/* Where it cannot trace, an older record stays as it is. */
	if (!status)
		status = output_begin(&t);
	if (!status) {
		fprintf(stderr, "extfuse: tracing; Ctrl-C ends it\n");
		status = trace_run(&t) < 0;
		fprintf(stderr, "extfuse: %llu requests, %llu lost\n", t.traced, t.lost);
		if (t.is_full)
			fprintf(stderr, "extfuse: %u are recorded, and more 'extfuse test' would not read\n", t.recorded);
	}
	return trace_close(&t, status);
}
