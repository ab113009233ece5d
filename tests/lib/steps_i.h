/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of steps.h are to each other. */
#ifndef STEPS_I_H
#define STEPS_I_H

#include "steps.h"

/* steps_watch.c: the objects of one step, by the words that name them. */
void watch_begin(void);
/* Numbers begin anew: what is made and removed within a tick may be taken for what was there before. */
void watch_forget(void);
void watch_path(const char *name, const char *dir, const char *path);
void watch_fd(const char *name, int fd);
void watch_before(void);
void watch_after(char *buf, size_t room);

#endif /* STEPS_I_H */
