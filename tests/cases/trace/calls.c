// SPDX-License-Identifier: GPL-2.0-only
/*
 * For trace/way: makes the system calls of ARCHITECTURE.md's traces while the functions of the module are traced in this
 * task alone, and prints what the kernel has recorded, a line "begin NAME" before each.
 *
 * The tracer is switched on once, and trace/way switches it off: each time the kernel patches all functions of the module.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../backing/backing.h"

#define TRACING	"/sys/kernel/tracing/"

static struct rawfuse *rf;
static struct script *s;

static void tracing(const char *file, const char *word)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, word, strlen(word)) == (ssize_t)strlen(word), "'%s' into %s", word, path);
	close(fd);
}

/* One buffer has all of it, in the order of time. */
static void stay_on_one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK(!sched_setaffinity(0, sizeof(one), &one), "one processor");
}

/* The daemon's threads are other tasks, and are not traced. */
static void trace_this_task(void)
{
	char tid[16];

	snprintf(tid, sizeof(tid), "%ld", syscall(SYS_gettid));
	stay_on_one_processor();
	tracing("set_ftrace_filter", ":mod:extfuse");
	tracing("set_ftrace_pid", tid);
	tracing("current_tracer", "function");
	/* Whether a task is traced is looked at when it gets the processor. */
	raw_sleep_ms(10);
}

static void trace_print(void)
{
	char line[512];
	FILE *trace;

	tracing("tracing_on", "0");
	trace = fopen(TRACING "trace", "re");
	CHECK(trace, "the trace");
	while (fgets(line, sizeof(line), trace))
		fputs(line, stdout);
	fclose(trace);
}

/* The tracer stays on: it would forget what it has when it is switched on again. */
static void begin(const char *name)
{
	char mark[32];

	raw_reset(rf);
	snprintf(mark, sizeof(mark), "begin %s", name);
	tracing("trace_marker", mark);
}

static void end(void)
{
	tracing("trace_marker", "end");
}

/* What is done once in the life of a mount or a name is done before it is traced. */
static void start(void)
{
	struct stat st;

	rf = raw_start(&(struct raw_opts){
		.options = "default_permissions,max_stack_depth=1",
		.entry_ns = 1000 * RAW_SEC, .attr_ns = 1000 * RAW_SEC,
	});
	s = script_attach(rf, "script-way", NULL);
	raw_file(rf, "/asked", "text", 4)->attr_ns = 0;
	raw_file(rf, "/looked-up", "text", 4);
	raw_file(rf, "/opened", "text", 4);
	CHECK(!stat("mnt/asked", &st), "a name");
}

/* A program answers. */
static void getattr(int fd)
{
	struct fuse_attr_out out;
	struct stat st;

	raw_fill_attr(rf, raw_get(rf, "/asked"), &out);
	out.attr_valid = 1;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &(struct script_rule){ .nfresh = 1 }, &out, sizeof(out));
	begin("GETATTR");
	CHECK(!fstat(fd, &st), "fstat");
	end();
	script_clear(s);
	CHECK(!raw_count_all(rf), "a program answers GETATTR, the daemon had %s", raw_asked(rf));
}

/* The daemon answers, and a reply program gives the name a longer life. */
static void lookup(void)
{
	struct script_rule longer = {
		.write = SCRIPT_WRITE_PATCH,
		.patch = { { .offset = offsetof(struct fuse_entry_out, entry_valid), .size = 8, .value = 5000 } },
	};
	int fd;

	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &longer, NULL, 0);
	begin("LOOKUP");
	fd = open("mnt/looked-up", O_PATH | O_CLOEXEC);
	end();
	CHECK(fd >= 0, "open a path");
	CHECK(raw_count(rf, FUSE_LOOKUP) == 1 && raw_count_all(rf) == 1, "one LOOKUP, not %s", raw_asked(rf));
	CHECK(script_get(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP).done == 1, "a reply program sees it");
	script_clear(s);
	close(fd);
}

/* The file is opened on the file system below. */
static void open_passed(void)
{
	char text[16] = "";
	struct stat st;
	int fd;

	CHECK(!mkdir("low", 0755), "low");
	put("low/opened", "below");
	object(rf, raw_get(rf, "/opened"), "low/opened");
	CHECK(!stat("mnt/opened", &st), "its name");
	passes(s, FUSE_OPEN);
	begin("OPEN");
	fd = open("mnt/opened", O_RDONLY | O_CLOEXEC);
	end();
	CHECK(fd >= 0, "open");
	script_clear(s);
	CHECK(!raw_count(rf, FUSE_OPEN), "OPEN is passed through, the daemon had %s", raw_asked(rf));
	CHECK(read(fd, text, sizeof(text) - 1) == 5 && !strcmp(text, "below"), "what is below, not '%s'", text);
	close(fd);
}

int main(void)
{
	int fd;

	start();
	fd = open("mnt/asked", O_PATH | O_CLOEXEC);
	CHECK(fd >= 0, "open a path");
	trace_this_task();
	getattr(fd);
	lookup();
	/* From here on there is an object, which the daemon's replies are compared with. */
	open_passed();
	trace_print();
	close(fd);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
