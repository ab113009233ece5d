// SPDX-License-Identifier: GPL-2.0-only
/*
 * A traced request as a line for 'extfuse test': what the request carried, what the kernel knew
 * when it began, what came back; and in "seen" what became of it.
 */
#include "trace_record.h"

#include <stdint.h>
#include <string.h>

#include <extfuse/extfuse.h>

#include "test_request.h"

static void number_add(struct json_object *o, const char *key, __u64 n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static void text_add(struct json_object *o, const char *key, const char *text)
{
	if (text)
		json_object_object_add(o, key, json_object_new_string(text));
}

/* As 'fresh' has it: a stamp of a test's clock, or false. */
static void since_add(struct json_object *o, const char *key, __u64 since)
{
	if (since == UINT64_MAX)
		json_object_object_add(o, key, json_object_new_boolean(false));
	else
		number_add(o, key, since % EXTFUSE_TEST_STAMPS);
}

/* Each connection has a number, and a clock above it (struct extfuse_ioc_test): what is below is that of tests. */
static void stamps_add(struct json_object *o, const struct extfuse_trace *t)
{
	static const char *const kinds[__EXTFUSE_KIND_MAX] = { "attr", "data", "xattr", "name", "conn" };
	struct json_object *fresh, *valid;
	int i;

	if (!(t->flags & EXTFUSE_TRACE_STAMPED))
		return;
	number_add(o, "stamp", t->stamp % EXTFUSE_TEST_STAMPS);
	fresh = json_object_new_object();
	for (i = 0; i < __EXTFUSE_KIND_MAX; i++)
		since_add(fresh, kinds[i], t->fresh[i]);
	since_add(fresh, "others", t->fresh_others);
	json_object_object_add(o, "fresh", fresh);
	valid = json_object_new_object();
	number_add(valid, "attr", t->attr_valid);
	number_add(valid, "entry", t->entry_valid);
	json_object_object_add(o, "valid", valid);
}

static struct json_object *known(__u64 generation, const struct fuse_attr *attr)
{
	struct json_object *o = json_object_new_object(), *fields = json_object_new_object();

	number_add(o, "generation", generation);
	wire_fields_decode(wire_attr, attr, fields);
	json_object_object_add(o, "attr", fields);
	return o;
}

static void nodes_add(struct json_object *o, const struct trace_record *r)
{
	struct json_object *child;

	if (r->attr)
		json_object_object_add(o, "node", known(r->head->generation, r->attr));
	if (!r->child_attr)
		return;
	child = known(r->head->child_generation, r->child_attr);
	number_add(child, "nodeid", r->head->child);
	json_object_object_add(o, "child", child);
}

/* What a daemon would have said is what the caller got, unless nobody else was asked. */
static void reply_add(struct json_object *o, const struct trace_record *r)
{
	struct json_object *reply, *out;

	if (r->head->by == EXTFUSE_BY_KERNEL || (r->head->by == EXTFUSE_BY_PROGRAM && r->head->error))
		return;
	reply = json_object_new_object();
	out = trace_outputs(r);
	if (r->head->error)
		json_object_object_add(reply, "error", json_object_new_int(r->head->error));
	else if (out)
		json_object_object_add(reply, "out", out);
	json_object_object_add(o, "reply", reply);
}

static struct json_object *seen(const struct trace_record *r)
{
	const struct extfuse_trace *t = r->head;
	struct json_object *o = json_object_new_object();
	struct verdict_label label;

	text_add(o, "by", trace_by(t->by));
	if (t->flags & EXTFUSE_TRACE_ASKED)
		text_add(o, "verdict", test_verdict(&label, t->verdict, false));
	text_add(o, "why", test_why(t->why));
	if (t->flags & EXTFUSE_TRACE_REPLIED)
		text_add(o, "reply", test_verdict(&label, t->reply_verdict, true));
	if (t->error)
		text_add(o, "errno", test_error(&label, t->error));
	if (r->name)
		json_object_object_add(o, "name", wire_bytes_decode(r->name, t->name_size));
	number_add(o, "process", t->tgid);
	json_object_object_add(o, "comm", wire_bytes_decode(t->comm, strnlen(t->comm, sizeof(t->comm))));
	number_add(o, "start", t->start);
	number_add(o, "ns", t->ns);
	return o;
}

struct json_object *trace_json(const struct trace_record *r)
{
	const struct extfuse_trace *t = r->head;
	struct json_object *o = json_object_new_object();
	const char *opcode = extfuse_opcode__name(t->opcode);
	char number[32];

	snprintf(number, sizeof(number), "OPCODE_%u", t->opcode);
	text_add(o, "opcode", opcode ? opcode : number);
	number_add(o, "nodeid", t->nodeid);
	number_add(o, "uid", t->uid);
	number_add(o, "gid", t->gid);
	number_add(o, "pid", t->pid);
	if (t->who)
		number_add(o, "who", t->who);
	number_add(o, "now", t->start);
	if (t->req_flags)
		json_object_object_add(o, "flags", test_flags(t->req_flags));
	stamps_add(o, t);
	nodes_add(o, r);
	if (r->wire) {
		json_object_object_add(o, "in", trace_inputs(r));
		reply_add(o, r);
	}
	json_object_object_add(o, "seen", seen(r));
	return o;
}
