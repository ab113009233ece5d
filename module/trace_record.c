// SPDX-License-Identifier: GPL-2.0-only
/*
 * A record of a request that has ended, for one who traces it: its head, what it carried,
 * and what came back.  Its args are the sender's still: names are held, pages locked or
 * pinned, until it has returned.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "trace_record.h"
#include "traced.h"
#include <linux/slab.h>

/* What is copied of the inputs, or outputs, and how much of it may be. */
struct part {
	u32 size;
	u32 whole;
	bool paged;
};

static u32 input_size(const struct fuse_args *args, unsigned int i)
{
	/* Longer ones have flags at their end, which programs are not told of. */
	if (args->opcode == FUSE_SETXATTR && !i)
		return min_t(u32, extfuse_in_size(args, i), FUSE_COMPAT_SETXATTR_IN_SIZE);
	return extfuse_in_size(args, i);
}

/* Gives a part what is left of the room. */
static u32 part_fit(struct part *part, u32 left, bool data)
{
	part->size = part->paged && !data ? 0 : min(part->whole, left);
	return left - part->size;
}

static u32 inputs_fit(struct part parts[3], const struct fuse_args *args, bool data)
{
	u32 room = data ? EXTFUSE_TEST_MAX : EXTFUSE_TRACE_SHORT, left = room;
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, extfuse_num_in(args), 3); i++) {
		parts[i].whole = input_size(args, i);
		parts[i].paged = extfuse_in_is_paged(args, i);
		left = part_fit(&parts[i], left, data);
	}
	return room - left;
}

void extfuse_outputs_find(struct extfuse_outputs *o, const struct fuse_args *args, bool background, ssize_t ret)
{
	unsigned int i;

	memset(o, 0, sizeof(*o));
	for (i = 0; ret >= 0 && i < min_t(unsigned int, args->out_numargs, 2); i++) {
		o->size[i] = args->out_args[i].size;
		/* Of the last one a caller that waits is told how long it is. */
		if (args->out_argvar && i == args->out_numargs - 1U && !background)
			o->size[i] = min_t(ssize_t, o->size[i], ret);
	}
}

static u32 outputs_fit(struct part parts[2], const struct fuse_args *args, const struct extfuse_outputs *o,
		       bool data)
{
	u32 room = data ? EXTFUSE_TEST_MAX : EXTFUSE_TRACE_SHORT, left = room;
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, args->out_numargs, 2); i++) {
		parts[i].whole = o->size[i];
		parts[i].paged = extfuse_out_is_paged(args, i);
		left = part_fit(&parts[i], left, data);
	}
	return room - left;
}

static char *inputs_copy(char *to, const struct part *parts, const struct fuse_args *args, u32 sizes[3])
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		u32 size = parts[i].size;

		sizes[i] = size;
		if (!size)
			continue;
		if (parts[i].paged) {
			extfuse_pages_read(args, to, 0, size);
		} else {
			/* Without the NUL of a name that has none: the record was zeroed. */
			memcpy(to, extfuse_in(args, i)->value, min(size, extfuse_in(args, i)->size));
		}
		to += size;
	}
	return to;
}

static char *outputs_copy(char *to, const struct part *parts, const struct fuse_args *args, u32 sizes[2])
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		sizes[i] = parts[i].size;
		if (!sizes[i])
			continue;
		if (parts[i].paged)
			extfuse_pages_read(args, to, 0, sizes[i]);
		else
			memcpy(to, args->out_args[i].value, sizes[i]);
		to += sizes[i];
	}
	return to;
}

static u32 whole_of(const struct part *parts, unsigned int n)
{
	u32 whole = 0;

	while (n--)
		whole += parts[n].whole;
	return whole;
}

static char *padded(char *start, char *at)
{
	return start + ALIGN(at - start, sizeof(u64));
}

struct extfuse_record *extfuse_record_make(const struct extfuse_traced *t, const struct fuse_args *args,
					   const struct extfuse_outputs *o, bool data)
{
	struct part in[3] = {}, out[2] = {};
	struct extfuse_record *record;
	struct extfuse_trace *head;
	u32 size = sizeof(*head), name = strlen(t->name);
	char *start, *at;

	size += ALIGN(inputs_fit(in, args, data), sizeof(u64));
	size += ALIGN(outputs_fit(out, args, o, data), sizeof(u64));
	size += ALIGN(name, sizeof(u64));
	size += t->record.flags & EXTFUSE_TRACE_NODE ? sizeof(t->attr) : 0;
	size += t->record.flags & EXTFUSE_TRACE_CHILD ? sizeof(t->child_attr) : 0;
	record = kzalloc(offsetof(struct extfuse_record, head) + size, GFP_NOWAIT | __GFP_NOWARN);
	if (!record)
		return NULL;
	head = &record->head;
	*head = t->record;
	head->size = size;
	head->in_whole = whole_of(in, 3);
	head->out_whole = whole_of(out, 2);
	start = (char *)(head + 1);
	at = padded(start, inputs_copy(start, in, args, head->in_size));
	at = padded(start, outputs_copy(at, out, args, head->out_size));
	head->name_size = name;
	memcpy(at, t->name, name);
	at = padded(start, at + name);
	if (head->flags & EXTFUSE_TRACE_NODE) {
		memcpy(at, &t->attr, sizeof(t->attr));
		at += sizeof(t->attr);
	}
	if (head->flags & EXTFUSE_TRACE_CHILD)
		memcpy(at, &t->child_attr, sizeof(t->child_attr));
	return record;
}

static bool name_is(const struct fuse_args *args, unsigned int i, const char *name)
{
	const char *text;
	unsigned int len;

	if (i >= extfuse_num_in(args))
		return false;
	text = extfuse_in_name(args, i, &len);
	return len == strlen(name) && !memcmp(text, name, len);
}

bool extfuse_record_has_name(const struct extfuse_traced *t, const struct fuse_args *args, const char *name)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);

	if (*t->name && !strcmp(t->name, name))
		return true;
	if (args->opcode == FUSE_LOOKUP)
		return name_is(args, 0, name);
	return (op->name && name_is(args, op->name - 1, name)) || (op->name2 && name_is(args, op->name2 - 1, name));
}
