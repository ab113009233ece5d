/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fresh mount answers, or does not: see answer.c.  @set: the signals that are
 * blocked, SIGCHLD and those that ask us to end.
 */
#ifndef EXTFUSE_MOUNT_ANSWER_H
#define EXTFUSE_MOUNT_ANSWER_H

#include <signal.h>
#include <sys/types.h>

#include "job.h"

/* In the child that asks: ends with the error number as its status. */
void answer_ask(const struct job *job);

/* Ends @asker; and @daemon, if the mount does not answer: then -errno, with a line in job->err. */
int answer_wait(struct job *job, pid_t daemon, pid_t asker, const sigset_t *set);

/* The mount has answered: lets extfused go on alone. */
int answer_let_go(struct job *job, pid_t daemon, int go_fd, const sigset_t *set);

/* Ends extfused; returns when it has ended its daemon, or has had its time. */
void daemon_end(struct job *job, pid_t daemon, const sigset_t *set);

#endif /* EXTFUSE_MOUNT_ANSWER_H */
