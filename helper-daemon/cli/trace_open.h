/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace of a mount is begun.
 */
#ifndef EXTFUSE_TRACE_OPEN_H
#define EXTFUSE_TRACE_OPEN_H

#include <linux/extfuse.h>

#include "cli.h"

/* Returns a descriptor, or -1; then the user has been told why. */
int trace_open(const struct cli_target *target, struct extfuse_ioc_trace *ioc);

#endif /* EXTFUSE_TRACE_OPEN_H */
