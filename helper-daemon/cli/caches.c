// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse status: what a mount keeps, see caches.h.
 */
#include "caches.h"

#include <linux/fuse.h>
#include <stdbool.h>
#include <string.h>

#define NS	1000000000.0
#define OPENS	(1ULL << FUSE_OPEN | 1ULL << FUSE_OPENDIR)
#define XATTRS	(1ULL << FUSE_GETXATTR | 1ULL << FUSE_LISTXATTR)

static bool has_cto(const struct extfuse_ioc_query *q) { return q->attach_flags & EXTFUSE_ATTACH_CTO; }
static bool has_noflush(const struct extfuse_ioc_query *q) { return q->attach_flags & EXTFUSE_ATTACH_NOFLUSH; }
static bool has_rdirplus(const struct extfuse_ioc_query *q) { return q->attach_flags & EXTFUSE_ATTACH_RDIRPLUS; }
static bool has_keepcache(const struct extfuse_ioc_query *q) { return (q->reply_ops & OPENS) == OPENS; }
/* passthrough has programs for them as well, and keeps nothing. */
static bool has_xattrs(const struct extfuse_ioc_query *q)
{
	return q->attach_flags & EXTFUSE_ATTACH_WHO_FEW && (q->request_ops & XATTRS) == XATTRS;
}
static bool has_actimeo(const struct extfuse_ioc_query *q) { return q->max_attr_valid; }
static bool has_closetimeo(const struct extfuse_ioc_query *q) { return q->close_valid; }
/* The module knows the longer one of both. */
static bool has_negtimeo(const struct extfuse_ioc_query *q) { return q->max_entry_valid > q->max_attr_valid; }

static __u64 actimeo_ns(const struct extfuse_ioc_query *q) { return q->max_attr_valid; }
static __u64 negtimeo_ns(const struct extfuse_ioc_query *q) { return q->max_entry_valid; }
static __u64 closetimeo_ns(const struct extfuse_ioc_query *q) { return q->close_valid; }

/* In the order of the manual. */
static const struct option {
	const char *name;
	bool (*is_on)(const struct extfuse_ioc_query *q);
	__u64 (*ns)(const struct extfuse_ioc_query *q);	/* NULL: it has no time that is known here */
	bool beside;					/* of neither cache=cto nor cache=local */
} options[] = {
	{ "actimeo", has_actimeo, actimeo_ns, false },
	{ "negtimeo", has_negtimeo, negtimeo_ns, true },
	{ "xattrtimeo", has_xattrs, NULL, false },
	{ "keepcache", has_keepcache, NULL, false },
	{ "closetimeo", has_closetimeo, closetimeo_ns, false },
	{ "noflush", has_noflush, NULL, false },
	{ "rdirplus", has_rdirplus, NULL, false },
	{ "cto", has_cto, NULL, true },
};

#define OPTIONS	(sizeof(options) / sizeof(*options))

const char *caches_name(const struct extfuse_ioc_query *q)
{
	bool any = false, all = true;

	for (size_t i = 0; i < OPTIONS; i++) {
		bool on = options[i].is_on(q);

		any |= on;
		all &= on || options[i].beside;
	}
	if (!any)
		return "strict";
	if (!all)
		return "options";
	return has_cto(q) ? "cto" : "local";
}

static bool is_shadow(const struct extfuse_ioc_query *q)
{
	return q->attach_flags & EXTFUSE_ATTACH_SHADOW;
}

static bool lacks_lifetimes(const struct extfuse_ioc_query *q)
{
	return !has_actimeo(q) && q->flags & EXTFUSE_QUERY_LIFETIMES && !q->longest_attr && !q->longest_entry;
}

static bool has_own_names(const struct extfuse_ioc_query *q)
{
	return has_actimeo(q) && q->attach_flags & EXTFUSE_ATTACH_NAMES_DIR;
}

static bool is_direct(const struct extfuse_ioc_query *q)
{
	return (has_keepcache(q) || has_closetimeo(q)) && q->flags & EXTFUSE_QUERY_DIRECT_IO;
}

static bool has_own_sizes(const struct extfuse_ioc_query *q)
{
	return has_cto(q) && q->flags & EXTFUSE_QUERY_WRITEBACK;
}

static bool asks_in_vain(const struct extfuse_ioc_query *q)
{
	return has_cto(q) && !has_keepcache(q) && !has_closetimeo(q) && !has_xattrs(q);
}

/* What saves nothing, or not all that it might, and why. */
static const struct note {
	bool (*is_so)(const struct extfuse_ioc_query *q);
	const char *text;
} notes[] = {
	{ is_shadow, "nothing is saved: with shadow the daemon is asked each time" },
	{ lacks_lifetimes, "attributes and names are not kept: the daemon gives them no lifetime, and there is no actimeo=" },
	{ has_own_names, "names are kept only as long as the daemon says: that is what names=dir is for" },
	{ is_direct, "files that the daemon opens without the page cache (direct_io) are not kept: neither data nor handles" },
	{ has_own_sizes, "a new size that somebody else has given a file is not seen: the daemon has the kernel write back (writeback_cache), and fuse takes no sizes then" },
	{ asks_in_vain, "cto asks at each open, but nothing is kept for which it would: keepcache, closetimeo= and xattrtimeo= do that" },
};

#define NOTES	(sizeof(notes) / sizeof(*notes))

static void print_options(const struct extfuse_ioc_query *q, FILE *out)
{
	const char *before = " (";

	for (size_t i = 0; i < OPTIONS; i++) {
		if (!options[i].is_on(q))
			continue;
		fprintf(out, "%s%s", before, options[i].name);
		if (options[i].ns)
			fprintf(out, "=%g", options[i].ns(q) / NS);
		before = ", ";
	}
	if (*before == ',')
		fputc(')', out);
}

void caches_print(const struct extfuse_ioc_query *q, FILE *out)
{
	fprintf(out, "  cache:        %s", caches_name(q));
	print_options(q, out);
	if (has_closetimeo(q))
		fprintf(out, ", %u of %u handles kept open", q->kept, q->max_kept);
	fputc('\n', out);
	for (size_t i = 0; i < NOTES; i++) {
		if (notes[i].is_so(q))
			fprintf(out, "                %s\n", notes[i].text);
	}
}

void caches_title(const struct extfuse_ioc_query *q, char *text, size_t size)
{
	size_t len;

	*text = '\0';
	if (strcmp(caches_name(q), "strict"))
		snprintf(text, size, ", cache=%s", caches_name(q));
	len = strlen(text);
	if (has_closetimeo(q))
		snprintf(text + len, size - len, ", %u of %u handles kept", q->kept, q->max_kept);
}

void caches_json(const struct extfuse_ioc_query *q, struct json *j)
{
	json_string(j, "cache", caches_name(q));
	json_open(j, "cache_options", '[');
	for (size_t i = 0; i < OPTIONS; i++) {
		if (options[i].is_on(q))
			json_string(j, NULL, options[i].name);
	}
	json_close(j, ']');
	json_open(j, "cache_notes", '[');
	for (size_t i = 0; i < NOTES; i++) {
		if (notes[i].is_so(q))
			json_string(j, NULL, notes[i].text);
	}
	json_close(j, ']');
	json_number(j, "kept", q->kept);
}
