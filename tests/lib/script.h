/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs by rules: a case says what the request or reply program of an opcode does (verdict, output, what it asks
 * about freshness), and looks at what programs saw.
 *
 *	struct script *s = script_attach(rf, "script", NULL);
 *	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR,
 *		   &(struct script_rule){ .verdict = -EPERM, .nodeid = file->id }, NULL, 0);
 *
 * Freshness: .nfresh = 1, .fresh = { { .kind = EXTFUSE_KIND_ATTR } } asks about the request's own node at the request's
 * own stamp, which is fresh unless a change is in flight.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <extfuse/extfuse.h>
#include "rawfuse.h"
#include "script_abi.h"

struct script;

/* Loads build/tests/bpf/NAME.bpf.o and attaches it; @opts may be NULL. Errors end the case. */
struct script *script_attach(struct rawfuse *rf, const char *name, const struct extfuse_options *opts);
void script_replace(struct script *s, struct script *with);	/* @with was made by script_load() */
struct script *script_load(struct rawfuse *rf, const char *name, const struct extfuse_options *opts);
void script_attach_loaded(struct script *s);			/* the same: with rules that it has from the start */
void script_detach(struct script *s);
void script_free(struct script *s);		/* an attached set stays attached */

/* Sets a rule (it is on, its counters start at 0), with the bytes for SCRIPT_WRITE_OUT: .write, .out_size follow @out. */
void script_set(struct script *s, uint32_t phase, uint32_t opcode, const struct script_rule *rule, const void *out,
		size_t size);
void script_clear(struct script *s);		/* all rules */
struct script_rule script_get(struct script *s, uint32_t phase, uint32_t opcode);	/* with its counters */

/* What programs see is recorded while it is on; script_next() gives the oldest not yet given, or NULL. */
void script_record(struct script *s, bool on);
const struct script_event *script_next(struct script *s);
/* The first event from now on of that phase and opcode, skipping others; ends the case if there is none. */
const struct script_event *script_find(struct script *s, uint32_t phase, uint32_t opcode);
void script_flush(struct script *s);

struct extfuse_op_stats script_stats(struct rawfuse *rf, uint32_t opcode);
uint32_t script_state(struct rawfuse *rf);	/* enum extfuse_state */

#endif
