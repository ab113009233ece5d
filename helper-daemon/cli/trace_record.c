// SPDX-License-Identifier: GPL-2.0-only
/*
 * A record of a traced request, taken apart.
 */
#include "trace_record.h"

#include <string.h>

#define ALIGNED(n)	(((n) + 7) & ~(size_t)7)

struct cursor {
	const char *at;
	size_t left;
	bool is_short;
};

static const void *take(struct cursor *c, size_t size)
{
	const void *at = c->at;

	if (ALIGNED(size) > c->left) {
		c->is_short = true;
		return NULL;
	}
	c->at += ALIGNED(size);
	c->left -= ALIGNED(size);
	return size ? at : NULL;
}

static size_t sum(const __u32 *sizes, unsigned int count)
{
	size_t all = 0;

	while (count--)
		all += sizes[count];
	return all;
}

int trace_record_read(struct trace_record *r, const char *bytes, size_t len)
{
	const struct extfuse_trace *head = (const void *)bytes;
	struct cursor c = { .at = bytes + sizeof(*head) };

	if (len < sizeof(*head) || head->size < sizeof(*head) || head->size > len)
		return -1;
	c.left = head->size - sizeof(*head);
	r->head = head;
	r->wire = wire_opcode_get(head->opcode);
	r->in = take(&c, sum(head->in_size, 3));
	r->out = take(&c, sum(head->out_size, 2));
	r->name = take(&c, head->name_size);
	r->attr = head->flags & EXTFUSE_TRACE_NODE ? take(&c, sizeof(*r->attr)) : NULL;
	r->child_attr = head->flags & EXTFUSE_TRACE_CHILD ? take(&c, sizeof(*r->child_attr)) : NULL;
	return c.is_short ? -1 : 0;
}

const char *trace_by(unsigned int by)
{
	static const char *const names[__EXTFUSE_BY_MAX] = {
		[EXTFUSE_BY_KERNEL] = "kernel",
		[EXTFUSE_BY_PROGRAM] = "program",
		[EXTFUSE_BY_PASSED] = "passed",
		[EXTFUSE_BY_DAEMON] = "daemon",
	};

	return by < __EXTFUSE_BY_MAX ? names[by] : "unknown";
}

/* A test's request has a header before it, and both have room for so much. */
static void sizes_cut(__u32 *sizes, unsigned int count)
{
	size_t most = EXTFUSE_TEST_MAX - sizeof(struct fuse_in_header), all = sum(sizes, count);

	while (count-- && all > most) {
		size_t cut = all - most < sizes[count] ? all - most : sizes[count];

		sizes[count] -= cut;
		all -= cut;
	}
}

struct json_object *trace_inputs(const struct trace_record *r)
{
	__u32 sizes[3];

	memcpy(sizes, r->head->in_size, sizeof(sizes));
	sizes_cut(sizes, 3);
	return wire_decode_sized(r->wire->in, r->in ? r->in : "", sizes, 3);
}

bool trace_asks_size(const struct trace_record *r)
{
	struct fuse_getxattr_in in;

	if ((r->head->opcode != FUSE_GETXATTR && r->head->opcode != FUSE_LISTXATTR) || r->head->in_size[0] < sizeof(in))
		return false;
	memcpy(&in, r->in, sizeof(in));
	return !in.size;
}

struct json_object *trace_outputs(const struct trace_record *r)
{
	const struct wire_part *parts = trace_asks_size(r) ? wire_size_only : r->wire->out;

	if (r->head->error || !parts->kind)
		return NULL;
	return wire_decode_sized(parts, r->out ? r->out : "", r->head->out_size, 2);
}
