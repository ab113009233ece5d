/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Credentials of callers that are kept, see callers.c.
 */
#ifndef _EXTFUSE_PASSTHROUGH_CALLERS_H
#define _EXTFUSE_PASSTHROUGH_CALLERS_H

#include <linux/cred.h>

const struct cred *extfuse_caller_known(const struct cred *caller, const struct cred *giver);
void extfuse_caller_keep(const struct cred *caller, const struct cred *giver, const struct cred *cred);
void extfuse_callers_init(void);
void extfuse_callers_exit(void);

#endif /* _EXTFUSE_PASSTHROUGH_CALLERS_H */
