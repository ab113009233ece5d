/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The request phase, see request.c.
 */
#ifndef _EXTFUSE_REQUEST_H
#define _EXTFUSE_REQUEST_H

#include "run.h"

/* Returns the request's result, or EXTFUSE_NOT_DONE with args as they were. */
ssize_t extfuse_request_ask(struct extfuse_conn *xc, struct fuse_mount *fm,
			    struct fuse_args *args, bool background);

enum extfuse_outcome extfuse_request_judge(struct extfuse_run *run, int verdict, int *error);

#endif /* _EXTFUSE_REQUEST_H */
