/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the hostile daemon share. */
#ifndef FUZZ_DAEMON_H
#define FUZZ_DAEMON_H

#include <extfuse/extfuse.h>
#include <string.h>
#include <sys/uio.h>

#include "fuzz.h"
#include "rawfuse_i.h"

extern struct rawfuse *rf;

/* reply.c: what is drawn, or RAW_DEFAULT */
int reply_serve(struct raw_req *req);
/* An error for what the usual answers have no room for, positive for what gets none. */
int reply_too_much(const struct raw_req *req);

/* late.c: takes the request; the thread answers it when it likes, in any order */
void late_keep(struct raw_req *req);
void *late_thread(void *data);

/* draw.c */
void draw_attr(struct rng *r, struct fuse_attr *attr);
uint64_t draw_id(struct rng *r);		/* of a node that is there, or not */
void draw_entry(struct rng *r, struct fuse_entry_out *out);
int draw_error(struct rng *r);

/* dirents.c: the answer to READDIR and READDIRPLUS; how much of @room was filled */
size_t dirents_draw(struct rng *r, bool plus, void *to, size_t room);

/* notify.c */
void notify_draw(struct rng *r);
void *notify_thread(void *data);

/* objects.c */
void objects_step(struct rng *r, uint64_t nodeid);
void *objects_thread(void *data);

#endif
