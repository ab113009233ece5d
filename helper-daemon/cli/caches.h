/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a mount keeps of what was read: which options are on, and which of them save nothing
 * there.  As the module says it, so that it is true also after attach, replace and detach.
 */
#ifndef EXTFUSE_CACHES_H
#define EXTFUSE_CACHES_H

#include <stdio.h>

#include <extfuse/extfuse.h>

#include "json.h"

/* As cache= calls it: "strict", "cto", "local"; "options" where single ones are on. */
const char *caches_name(const struct extfuse_ioc_query *q);

/* The lines of it, each with what is before them. */
void caches_print(const struct extfuse_ioc_query *q, FILE *out);

/* Of a mount that keeps anything: ", cache=cto, 3 of 1024 handles kept"; else an empty text. */
void caches_title(const struct extfuse_ioc_query *q, char *text, size_t size);

/* Members of the object that is open. */
void caches_json(const struct extfuse_ioc_query *q, struct json *j);

#endif /* EXTFUSE_CACHES_H */
