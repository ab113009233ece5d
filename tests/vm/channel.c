// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the host: a virtio-serial port of its own, one line per message, the first character its type (README.md
 * lists them). Kernel messages are read from /dev/kmsg, sent too, and looked through for what makes a test fail;
 * nothing is ever parsed from the console.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define PORT_NAME	"extfuse.channel"
#define MAX_COMPLAINTS	64
/*
 * How long the host may take to read what is under way, at most some 600 KB. By the guest's clock, which runs up to ten
 * times too fast where a busy host spoilt its calibration.
 */
#define CLOSE_SECONDS	600

static int port = -1;
static int kmsg = -1;
static int num_complaints;
static char *complaints[MAX_COMPLAINTS];
static bool fatal;
/* A complaint with these words is what the case is about. */
static const char *expected = "";

/* What a healthy kernel never says: the first words of its reports. */
static const char *const bad_words[] = {
	"WARNING:",
	"self-detected stall",
	"detected stalls on",
	"detected expedited stalls",
	"rcu_tasks detected stalls",
	"blocked for more than",
	"suspicious RCU usage",
	"suspicious rcu_dereference",
	"sleeping function called",
	"scheduling while atomic",
	"KASAN: null-ptr-deref",	/* others begin with "BUG:"; "kasan:" says that it is there */
	"KCSAN:",
	"UBSAN:",
	"new suspected memory leaks",
	"refcount_t:",
	"list_add corruption",
	"list_del corruption",
	"Bad page state",
	"Bad page map",
	"Busy inodes after unmount",
	"Objects remaining in",
	"still in use (",
	"ODEBUG:",
	"page allocation failure",
	"Out of memory:",
	"cannot create duplicate filename",
	"segfault at",
	"EXT4-fs error",
};

/* After these the kernel goes on, but nothing it does means anything; lockdep looks no more after its first report. */
static const char *const fatal_words[] = {
	"BUG:",
	"int3: 0000",
	"kernel BUG at",
	"Oops:",
	"Kernel panic",
	"general protection fault",
	"unable to handle",
	"invalid opcode:",
	"soft lockup",
	"hard LOCKUP",
	"workqueue lockup",
	"possible circular locking",
	"possible recursive locking",
	"possible irq lock inversion",
	"inconsistent lock state",
	"held lock freed",
	"lock held when returning to user space",
	"still has locks held",
	"bad unlock balance",
	"DEBUG_LOCKS_WARN",
};

static void write_all(const char *text, size_t len)
{
	ssize_t n;

	while (port >= 0 && len) {
		n = write(port, text, len);
		if (n < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return;
		}
		text += n;
		len -= n;
	}
}

/* One line out of what may hold others: a message never spans two lines. */
void channel_text(char type, const char *text, size_t len)
{
	char buf[4096];
	size_t n = 0, i;

	buf[n++] = type;
	for (i = 0; i < len && n < sizeof(buf) - 1; i++)
		buf[n++] = text[i] == '\n' || !text[i] ? ' ' : text[i];
	buf[n++] = '\n';
	write_all(buf, n);
}

void channel_send(char type, const char *fmt, ...)
{
	char text[4000];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	channel_text(type, text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
}

/* sysfs names the port; devtmpfs makes its node under the kernel's own name. */
static int find_port(char *node, size_t size)
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	struct dirent *d;
	char path[512], name[64];
	FILE *f;
	int err = -ENOENT;

	if (!dir)
		return -errno;
	while (err && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", d->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) && !strncmp(name, PORT_NAME, strlen(PORT_NAME))) {
			snprintf(node, size, "/dev/%s", d->d_name);
			err = 0;
		}
		fclose(f);
	}
	closedir(dir);
	return err;
}

int channel_open(void)
{
	char node[300];
	int i, err = -ENOENT;

	for (i = 0; i < 1000 && err; i++) {
		err = find_port(node, sizeof(node));
		if (err)
			usleep(10000);
	}
	if (err)
		return err;
	port = open(node, O_RDWR | O_CLOEXEC);
	return port < 0 ? -errno : 0;
}

/*
 * A write returns when its bytes lie in the port's queue, of 128 messages. While the host's pipe is full they stay
 * there, and the emulator drops them when the machine powers off. So ask for an answer, which comes after all else
 * was read, and wait for it.
 */
void channel_close(void)
{
	double end = now_seconds() + CLOSE_SECONDS;
	struct pollfd p = { .fd = port, .events = POLLIN };

	if (port < 0)
		return;
	channel_text('P', "", 0);
	while (now_seconds() < end) {
		if (poll(&p, 1, 1000) > 0)
			return;
	}
}

int kmsg_open(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return kmsg < 0 ? -errno : 0;
}

int kmsg_fd(void)
{
	return kmsg;
}

int kmsg_complaints(void)
{
	return num_complaints;
}

const char *kmsg_first_since(int n)
{
	return n < MAX_COMPLAINTS && n < num_complaints ? complaints[n] : "(too many to remember)";
}

bool kmsg_fatal(void)
{
	return fatal;
}

void kmsg_forgive(void)
{
	fatal = false;
}

void kmsg_expect(const char *words)
{
	expected = words;
}

#define NUM(array)	(sizeof(array) / sizeof((array)[0]))

/* Not the end of a longer word: "scsi_debug:" is no "BUG:". */
static bool has(const char *text, const char *word)
{
	const char *at = text;

	while ((at = strcasestr(at, word)) && at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
		at++;
	return at;
}

static bool has_word(const char *text, const char *const *words, size_t num)
{
	size_t i;

	for (i = 0; i < num; i++)
		if (has(text, words[i]))
			return true;
	return false;
}

/* The host is told at once: the kernel may die before the case has a result. */
static void complain(const char *text)
{
	if (*expected && strstr(text, expected))
		return;
	channel_send('W', "%s", text);
	if (num_complaints < MAX_COMPLAINTS)
		complaints[num_complaints] = strdup(text);
	num_complaints++;
}

static void judge(const char *text)
{
	if (has_word(text, fatal_words, NUM(fatal_words))) {
		fatal = true;
		complain(text);
	} else if (has_word(text, bad_words, NUM(bad_words))) {
		complain(text);
	}
}

/* A record is "priority,sequence,microseconds,flags;text", then lines that begin with a blank, which are left out. */
static void one_record(char *record)
{
	char *text = strchr(record, ';');
	unsigned long long usec = 0;
	unsigned int prio = 0;

	if (!text)
		return;
	*text++ = 0;
	text[strcspn(text, "\n")] = 0;
	sscanf(record, "%u,%*u,%llu", &prio, &usec);
	channel_send('K', "[%5llu.%06llu] %s", usec / 1000000, usec % 1000000, text);
	/* Facility 0 is the kernel itself: what user space writes into the log is no report. */
	if (prio >> 3 == 0)
		judge(text);
}

void kmsg_drain(void)
{
	char buf[8192];
	ssize_t n;

	for (;;) {
		n = read(kmsg, buf, sizeof(buf) - 1);
		if (n > 0) {
			buf[n] = 0;
			one_record(buf);
		} else if (n < 0 && errno == EPIPE) {
			/* Overwritten before it was read: say so, since a report may have been among them. */
			channel_send('K', "(kernel messages lost)");
			complain("kernel messages were lost: too many at once");
		} else if (!(n < 0 && errno == EINTR)) {
			return;
		}
	}
}
