// SPDX-License-Identifier: GPL-2.0-only
/*
 * A terminal, see screen.h.  The sequences are those that all terminals of today know; a library for
 * the others would be our largest dependency.  Signals come as input, so there is no handler, and no
 * moment at which one could find the terminal half changed.
 */
#include "screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "text.h"

#define ENTER	"\033[?1049h\033[?25l"	/* another page; no cursor */
#define LEAVE	"\033[?25h\033[?1049l"
#define HOME	"\033[H"
#define CLEAR_LINE	"\033[K"
#define CLEAR_REST	"\033[J"

static bool put(const char *text, size_t size)
{
	ssize_t n;

	for (; size; text += n, size -= n) {
		n = write(STDOUT_FILENO, text, size);
		if (n < 0 && errno != EINTR)
			return false;
		n = n < 0 ? 0 : n;
	}
	return true;
}

static bool enter(struct screen *s)
{
	struct termios keys = s->before;

	/* Ctrl-C stays a signal. */
	keys.c_lflag &= ~(ICANON | ECHO);
	keys.c_cc[VMIN] = 1;
	keys.c_cc[VTIME] = 0;
	if (s->has_keys && tcsetattr(STDIN_FILENO, TCSAFLUSH, &keys))
		return false;
	return put(ENTER, strlen(ENTER));
}

static void leave(struct screen *s)
{
	put(LEAVE, strlen(LEAVE));
	if (s->has_keys)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &s->before);
}

static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };

int screen_begin(struct screen *s, char *why, size_t size)
{
	const char *term = getenv("TERM");
	sigset_t set;
	size_t i;

	if (!isatty(STDOUT_FILENO) || !term || !*term || !strcmp(term, "dumb")) {
		snprintf(why, size, "the output is no terminal that shows pages: give --once");
		return -1;
	}
	sigemptyset(&set);
	for (i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Then a write to a terminal that has gone fails, and does not kill. */
	signal(SIGPIPE, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->has_keys = !tcgetattr(STDIN_FILENO, &s->before);
	if (s->signals >= 0 && enter(s))
		return 0;
	snprintf(why, size, "the terminal cannot be set: %s", strerror(errno));
	return -1;
}

void screen_end(struct screen *s)
{
	leave(s);
	close(s->signals);
}

/* Not every terminal says how large its window is. */
void screen_size(int *columns, int *lines)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*columns = size.ws_col ? size.ws_col : 80;
	*lines = size.ws_row ? size.ws_row : 24;
}

/* The last line has no newline, which would push the first one out. */
static void page(FILE *out, const char *text)
{
	int columns, lines;
	size_t len;

	screen_size(&columns, &lines);
	fputs(HOME, out);
	for (; *text && lines; lines--) {
		len = strcspn(text, "\n");
		fwrite(text, 1, text_fit(text, len, columns), out);
		fputs(CLEAR_LINE, out);
		text += len + (text[len] == '\n');
		if (*text && lines > 1)
			fputs("\r\n", out);
	}
	fputs(CLEAR_REST, out);
}

bool screen_show(const char *text)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&bytes, &size);
	bool shown;

	if (!out)
		return false;
	page(out, text);
	shown = !fclose(out) && put(bytes, size);
	free(bytes);
	return shown;
}

static int take_signal(struct screen *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof(info)) != sizeof(info))
		return SCREEN_CHANGED;
	if (info.ssi_signo == SIGWINCH)
		return SCREEN_CHANGED;
	if (info.ssi_signo != SIGTSTP)
		return SCREEN_END;
	leave(s);
	raise(SIGSTOP);
	return enter(s) ? SCREEN_CHANGED : SCREEN_END;
}

int screen_wait(struct screen *s, int ms)
{
	struct pollfd fds[] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->has_keys ? STDIN_FILENO : -1, .events = POLLIN },
	};
	unsigned char key;

	if (poll(fds, 2, ms) <= 0)
		return SCREEN_TIMEOUT;
	if (fds[0].revents)
		return take_signal(s);
	return read(STDIN_FILENO, &key, 1) == 1 ? key : SCREEN_END;
}
