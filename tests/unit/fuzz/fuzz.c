// SPDX-License-Identifier: GPL-2.0-only
/*
 * What our programs parse, given in ways that nobody meant. The sanitizers see
 * what is wrong with memory and numbers; here it is checked what callers rely on:
 * a refusal has a sentence, a text has its end, a line is one line.
 *
 * Called by run beside it, in a folder of its own, with how many times as much.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fuse.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#undef main

#include "bytes.h"
#include "case.h"
#include "cli.h"
#include "device.h"
#include "internal.h"
#include "log.h"
#include "mounts.h"
#include "option.h"
#include "options.h"
#include "state.h"
#include "text.h"

#define CORPUS(seeds, words)	{ seeds, sizeof(seeds) / sizeof(*(seeds)), words, sizeof(words) / sizeof(*(words)) }
#define MAX_TEXT		6000

static char text[MAX_TEXT];

/* The module, as it never was. */
int __wrap_ioctl(int fd, unsigned long cmd, void *arg);
int __wrap_ioctl(int fd, unsigned long cmd, void *arg)
{
	struct extfuse_ioc_stats stats;
	struct extfuse_ioc_backing_list *list = arg;

	(void)fd;
	if (bytes_random(4) == 0) {
		errno = bytes_random(2) ? (int)bytes_random(134) : ENODATA;
		return -1;
	}
	if (cmd == EXTFUSE_IOC_QUERY) {
		bytes_fill(arg, sizeof(struct extfuse_ioc_query));
	} else if (cmd == EXTFUSE_IOC_STATS) {
		memcpy(&stats, arg, sizeof(stats));
		/* The kernel writes no more than there is room. */
		bytes_fill((void *)(unsigned long)stats.ops, (size_t)bytes_random(stats.count + 1) * stats.op_size);
	} else if (cmd == EXTFUSE_IOC_BACKING_LIST) {
		list->total = bytes_random(2) ? 0 : bytes_random(UINT32_MAX);
		list->count = 0;
	}
	return 0;
}

int device_open(void)
{
	return bytes_random(8) ? open("/dev/null", O_RDWR | O_CLOEXEC) : -(int)(1 + bytes_random(130));
}

bool device_is_covered(void)
{
	return false;
}

static void file_write(const char *path, const char *data, size_t len)
{
	FILE *f = fopen(path, "we");

	CHECK(f && fwrite(data, 1, len, f) == len && !fclose(f), "%s", path);
}

static const char *const option_seeds[] = {
	"ro,nosuid,actimeo=60,cachesize=4096,names=dir,shadow,pattern=.hidden*,ext=hide",
	"comment=\"a,b\",x-systemd.automount,_netdev,subtype=a\\,b,log=/var/log/x,setuid=alice",
	"attr_timeout=1e3,entry_timeout=.5,negative_timeout=0,max_backing=7,max_stack_depth=2,mount_timeout=30",
	"max_read=65536,allow_other,default_permissions,allow_root,allow_idmap,context=\"system_u:object_r:x:s0:c1,c2\"",
	"remount,rw,fd=3,rootmode=40000,user_id=0,group_id=0,strictatime,lazytime",
	"",
};
static const char *const option_words[] = {
	",", "=", "\"", "\\", "remount", "actimeo=", "cachesize=", "99999999999999999999", "1e9", "-1", "nan", "inf", "0x10", "ext=",
	"fd=", "user", "subtype=", "max_read=", "x-", "context=", "pattern=", "allow_root", "mount_timeout=",
};

static void fuzz_options(void)
{
	static const struct corpus corpus = CORPUS(option_seeds, option_words);
	struct mount_options o = { 0 };
	bool mirror = bytes_random(2), sloppy = bytes_random(2);
	char err[128] = "";
	int ret;

	bytes_mutate(&corpus, text, MAX_TEXT);
	ret = mount_options__parse(&o, text, mirror, sloppy, err, sizeof(err));
	CHECK(!ret || (ret == -EINVAL && *err), "options '%s': %d, '%s'", text, ret, err);
	CHECK(strlen(err) < sizeof(err), "a sentence without end");
	CHECK(ret || !o.ext || *o.ext, "an empty extension of '%s'", text);
	CHECK(ret || !mirror || (o.allow_other && o.default_permissions), "the mirror of '%s'", text);
	mount_options__free(&o);
}

static const char *const arg_seeds[] = {
	"--actimeo=60 --cachesize 4096 attach /mnt --shadow --names-dir --pattern=.x*",
	"--act=1e3 -h -V --json -- --help",
	"stats",
};
static const char *const arg_words[] = { " ", "--", "-", "=", "--actimeo", "--cachesize=", "99999999999999999999", "nan", "-hV", "--names-dir=", "--x" };

/* As main() of extfuse has them. */
static const struct option_row arg_rows[] = {
	{ "actimeo=", OPTION_SECONDS_NS, offsetof(struct cli_args, options.actimeo_ns), .help = "SECONDS: x" },
	{ "cachesize=", OPTION_COUNT, offsetof(struct cli_args, options.cachesize), .help = "ENTRIES: x" },
	{ "pattern=", OPTION_TEXT, offsetof(struct cli_args, options.pattern), .help = "PATTERN: x" },
	{ "names-dir", OPTION_SWITCH, offsetof(struct cli_args, options.names_dir), .help = "x" },
	{ "json", OPTION_SWITCH, offsetof(struct cli_args, json), .help = "x" },
	{ "help", OPTION_SWITCH, offsetof(struct cli_args, help), .help = "x", .letter = 'h' },
};

static void fuzz_args(void)
{
	static const struct corpus corpus = CORPUS(arg_seeds, arg_words);
	static const struct option_table table = OPTION_TABLE(arg_rows);
	struct cli_args args = { 0 };
	char *argv[64] = { (char []){ "extfuse" } }, *rest = text;
	char err[128];
	int argc = 1, at;

	bytes_mutate(&corpus, text, MAX_TEXT);
	while (argc < 63 && (argv[argc] = strsep(&rest, " ")))
		argc++;
	argv[argc] = NULL;
	/* 0: getopt_long() begins anew, and says nothing. */
	optind = 0;
	opterr = 0;
	at = option_args(&table, &args, argc, argv, bytes_random(2), err, sizeof(err));
	CHECK(at == -EINVAL || (at >= 1 && at <= argc && !*err), "arguments: %d, '%s'", at, err);
	CHECK(at < 0 || !args.options.pattern || *args.options.pattern, "an empty pattern");
}

static const char *const state_seeds[] = {
	"supervisor=1\ndaemon=2\ntarget=/mnt\ncommand=mirror\nextension=passthrough\nreason=\n",
	"supervisor=1\ndaemon=99999999999\ntarget=/mnt\\nx\\\\y\ncommand=sshfs\nextension=none\nreason=because\n",
	"supervisor=\n=\n\n\\",
};
static const char *const state_words[] = {
	"\n", "=", "\\", "\\n", "supervisor=", "daemon=", "target=", "command=", "extension=", "reason=", "-2147483648", "0",
};

static const char *const mount_seeds[] = {
	"36 35 0:45 / /mnt rw,relatime shared:1 - extfuse /srv/a\\040b rw,user_id=0,group_id=0,max_stack_depth=1\n",
	"36 35 0:45 / /mnt\\012x rw - extfuse.sshfs host:/ rw\n37 36 0:46 / /mnt/b ro - tmpfs none rw,size=1k\n",
	"1 1 4095:1048575 / / rw - extfuseblk /dev/sda rw\n",
};
static const char *const mount_words[] = {
	" ", " - ", "\\040", "\\012", "\\377", "\\", ":", "\n", "extfuse", "extfuse.x", "0:45", "4294967296:1", " / ",
};

static const struct corpus state_corpus = CORPUS(state_seeds, state_words);
static const struct corpus mount_corpus = CORPUS(mount_seeds, mount_words);

static void fuzz_state(void)
{
	struct mount_state s;
	int err;

	file_write("state/45", text, bytes_mutate(&state_corpus, text, MAX_TEXT));
	err = mount_state__read(&s, 45);
	CHECK(err <= 0 && strlen(s.target) < sizeof(s.target) && strlen(s.command) < sizeof(s.command) &&
	      strlen(s.extension) < sizeof(s.extension) && strlen(s.reason) < sizeof(s.reason), "a text without end");
	/* What is written is read back. */
	s.conn = 46;
	s.supervisor = getpid();
	CHECK(!mount_state__write(&s) && !mount_state__read(&s, 46), "written and read");
}

static void fuzz_mounts(void)
{
	struct mount_list list;
	size_t i;

	file_write("mountinfo", text, bytes_mutate(&mount_corpus, text, MAX_TEXT));
	CHECK(!mount_list__read(&list, bytes_random(2)), "mountinfo");
	for (i = 0; i < list.count; i++)
		CHECK(list.entries[i].target && list.entries[i].type && list.entries[i].source && list.entries[i].options,
		      "a mount that is not whole");
	mount_list__find(&list, "/mnt/b");
	mount_list__free(&list);
}

/* Runs a command and hands out what it prints. */
static char *output_of(int (*fn)(const struct cli_args *args), const struct cli_args *args)
{
	FILE *out = stdout, *err = stderr;
	char *data = NULL;
	size_t size;

	stdout = open_memstream(&data, &size);
	stderr = stdout;
	CHECK(stdout, "no memory");
	fn(args);
	fclose(stdout);
	stdout = out;
	stderr = err;
	return data;
}

static void fuzz_commands(void)
{
	struct cli_args args = { .json = bytes_random(2), .mount = "/mnt" };
	bool status = bytes_random(2);
	char *data, *c;

	if (bytes_random(4) == 0)
		fuzz_mounts();
	else
		file_write("mountinfo", mount_seeds[0], strlen(mount_seeds[0]));
	if (bytes_random(4) == 0)
		fuzz_state();
	data = output_of(status ? do_status : do_stats, &args);
	CHECK(*data, "not a word");
	for (c = data; *c; c++)
		CHECK((unsigned char)*c >= 0x20 || *c == '\n', "a control character: %s", data);
	/* A line of status is a mount's, or begins with two blanks. */
	for (c = data; status && !args.json && (c = strchr(c, '\n')) && c[1]; c++)
		CHECK(c[1] == ' ' || strstr(c, " type ") || !strncmp(c, "\nextfuse: ", 10), "a forged line: %s", data);
	free(data);
}

static const char *const verdict_seeds[] = {
	"0: (b7) r0 = 0\n; return 0;\nR1=ctx(off=0,imm=0) R10=fp0\ninfinite loop detected at insn 4\nprocessed 5 insns (limit 1000000)\n",
	"write into map forbidden\narg#2 arg#3 memory, len pair leads to invalid memory access\n-- END PROG LOAD LOG --\n",
	"Verification failed: Call Type Safety: Invalid call argument\n\nReason:\n",
};
static const char *const verdict_words[] = { "\n", "R1=", "R", "processed ", "; ", "memory, len pair", "Verification failed: ", "%s%n" };

static void fuzz_verdict(void)
{
	static const struct corpus corpus = CORPUS(verdict_seeds, verdict_words);
	char buf[64] = "";

	bytes_mutate(&corpus, text, MAX_TEXT);
	capture__verdict(text, buf, sizeof(buf));
	CHECK(strlen(buf) < sizeof(buf) && !strchr(buf, '\n'), "not one line: '%s'", buf);
}

static void fuzz_log(void)
{
	static char line[8192];
	ssize_t len;
	int fd;

	bytes_mutate(&state_corpus, text, MAX_TEXT);
	CHECK(!log_target("log"), "log");
	log_line(LOG_INFO, "%s", text);
	fd = open("log", O_RDWR | O_CLOEXEC);
	len = read(fd, line, sizeof(line));
	CHECK(len > 0 && len < (ssize_t)sizeof(line) && memchr(line, '\n', len) == line + len - 1, "not one line: %.*s", (int)len, line);
	CHECK(!ftruncate(fd, 0), "log");
	close(fd);
}

static const struct {
	const char *name;
	void (*fn)(void);
	unsigned int rounds;
} targets[] = {
	{ "options", fuzz_options, 40000 },
	{ "arguments", fuzz_args, 20000 },
	{ "state", fuzz_state, 2000 },
	{ "mountinfo", fuzz_mounts, 4000 },
	{ "commands", fuzz_commands, 4000 },
	{ "verdict", fuzz_verdict, 20000 },
	{ "log", fuzz_log, 1000 },
};

int main(int argc, char **argv)
{
	unsigned int times = argc > 1 ? atoi(argv[1]) : 1, n;
	size_t i;

	for (i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		bytes_seed(i);
		for (n = 0; n < targets[i].rounds * times; n++)
			targets[i].fn();
		printf("%s: %u\n", targets[i].name, n);
	}
	return 0;
}
