/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A terminal for a program that shows one page again and again, and gets single keys.  Whatever ends
 * the program, but SIGKILL and a crash, the terminal is given back as it was.
 */
#ifndef EXTFUSE_SCREEN_H
#define EXTFUSE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct screen {
	int signals;		/* of signalfd(2) */
	bool has_keys;
	struct termios before;
};

/* What screen_wait() returns beside keys, which are bytes. */
enum {
	SCREEN_TIMEOUT = 256,
	SCREEN_CHANGED,		/* another size, or seen again: show the page anew */
	SCREEN_END,		/* a signal, or the terminal is gone */
};

/* Returns 0, or -1 with a sentence in @why. */
int screen_begin(struct screen *s, char *why, size_t size);
void screen_end(struct screen *s);

void screen_size(int *columns, int *lines);

/* Shows lines of text, of each as much as fits; false: the terminal is gone. */
bool screen_show(const char *text);

/* A key, or one of the above, within @ms. */
int screen_wait(struct screen *s, int ms);

#endif /* EXTFUSE_SCREEN_H */
