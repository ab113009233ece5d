/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * May the answer of a program stand?  See check.c.
 */
#ifndef _EXTFUSE_CHECK_H
#define _EXTFUSE_CHECK_H

#include "run.h"

enum extfuse_outcome extfuse_answer_check(struct extfuse_run *run);
enum extfuse_outcome extfuse_absence_check(struct extfuse_run *run, int verdict);

#endif /* _EXTFUSE_CHECK_H */
