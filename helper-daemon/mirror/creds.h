/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What creds.c and caller.c have in common.
 */
#ifndef EXTFUSE_CREDS_H
#define EXTFUSE_CREDS_H

#include <stdint.h>
#include <sys/types.h>

#include "mirror.h"

#define NO_ID		((uint32_t)-1)

struct groups {
	gid_t *gids;
	unsigned int n;
	unsigned int room;
};

struct identity {
	uint32_t uid;
	uint32_t gid;
	uint64_t caps;
	struct groups groups;
};

/* Makes room for so many. */
int groups_room(struct groups *g, unsigned int room);

/* Whether /proc can be used; without it no caller has groups or capabilities. */
void caller_init(void);
/* What a request and /proc say of its caller. */
int caller_read(const struct fuse_in_header *head, struct identity *caller);
/* The caller's user where the request does not name it (allow_idmap). */
uint32_t caller_user(const struct fuse_in_header *head);

#endif /* EXTFUSE_CREDS_H */
