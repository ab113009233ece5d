// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line of a file of requests: an object of JSON becomes what EXTFUSE_IOC_TEST takes.
 */
#include "test_request.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <extfuse/extfuse.h>

/* Where nothing else says how large an answer may be. */
#define ROOM	4096

#define NEVER	UINT64_MAX

static const struct {
	const char *name;
	__u32 flag;
} flags[] = {
	{ "BACKGROUND", EXTFUSE_F_BACKGROUND }, { "NOCREDS", EXTFUSE_F_NOCREDS }, { "IDMAPPED", EXTFUSE_F_IDMAPPED },
	{ "FRESH", EXTFUSE_F_FRESH }, { "REVAL", EXTFUSE_F_REVAL }, { "WROTE", EXTFUSE_F_WROTE },
	{ "FOLDS", EXTFUSE_F_FOLDS }, { "AGAIN", EXTFUSE_F_AGAIN },
};

#define FLAGS	(sizeof(flags) / sizeof(*flags))

struct json_object *test_flags(__u32 set)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		if (set & flags[i].flag)
			json_object_array_add(list, json_object_new_string(flags[i].name));
	}
	return list;
}

static int flag_read(struct json_object *o, __u32 *out, struct say *say)
{
	const char *name = json_object_is_type(o, json_type_string) ? json_object_get_string(o) : "";
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		if (!strcmp(flags[i].name, name)) {
			*out |= flags[i].flag;
			return 0;
		}
	}
	return say_set(say, "'flags' has none of BACKGROUND, NOCREDS, IDMAPPED, FRESH, REVAL, WROTE, FOLDS, AGAIN: %s",
		       json_object_get_string(o));
}

static int flags_read(struct json_object *o, __u32 *out, struct say *say)
{
	struct json_object *list;
	size_t i;
	int err = 0;

	if (!json_object_object_get_ex(o, "flags", &list))
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return say_set(say, "'flags' is a list of texts, [\"REVAL\"]");
	for (i = 0; !err && i < json_object_array_length(list); i++)
		err = flag_read(json_object_array_get_idx(list, i), out, say);
	return err;
}

/* true: always; false: never; a number: what was read at that stamp or later. */
static int since_read(struct json_object *o, const char *key, __u64 *out, struct say *say)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, key, &value))
		return 0;
	if (!json_object_is_type(value, json_type_boolean))
		return jsonin_value(value, key, NEVER, out, say);
	*out = json_object_get_boolean(value) ? 0 : NEVER;
	return 0;
}

static int fresh_read(struct json_object *o, struct extfuse_ioc_test *ioc, struct say *say)
{
	static const char *const keys[] = { "attr", "data", "xattr", "name", "conn", "others", NULL };
	struct json_object *fresh = NULL;
	__u64 all = NEVER;
	int i, err = 0;

	json_object_object_get_ex(o, "fresh", &fresh);
	if (json_object_is_type(fresh, json_type_boolean))
		err = since_read(o, "fresh", &all, say);
	else if (fresh)
		err = jsonin_keys(fresh, "'fresh'", keys, say);
	for (i = 0; i < __EXTFUSE_KIND_MAX; i++)
		ioc->fresh[i] = all;
	ioc->fresh_others = all;
	if (!json_object_is_type(fresh, json_type_object))
		return err;
	/* All others rest on the connection: what says nothing of it does not mean it. */
	ioc->fresh[EXTFUSE_KIND_CONN] = 0;
	for (i = 0; !err && i < __EXTFUSE_KIND_MAX; i++)
		err = since_read(fresh, keys[i], &ioc->fresh[i], say);
	return err ? err : since_read(fresh, "others", &ioc->fresh_others, say);
}

/* What the kernel knows of a node. */
static int known_read(struct json_object *o, const char *key, __u64 *nodeid, __u64 *generation, struct fuse_attr *attr,
		      __u64 *pointer, struct say *say)
{
	static const char *const keys[] = { "nodeid", "generation", "attr", NULL };
	struct json_object *known = NULL, *fields = NULL;

	if (jsonin_object(o, key, &known, say))
		return -EINVAL;
	if (!known)
		return 0;
	if (jsonin_keys(known, key, keys, say) || jsonin_number(known, "generation", UINT64_MAX, generation, say) ||
	    jsonin_object(known, "attr", &fields, say))
		return -EINVAL;
	if (json_object_object_get_ex(known, "nodeid", NULL) && !nodeid)
		return say_set(say, "'%s' is the node of the request: 'nodeid' stands beside it", key);
	if (nodeid && jsonin_number(known, "nodeid", UINT64_MAX, nodeid, say))
		return -EINVAL;
	*pointer = (uintptr_t)attr;
	return fields ? wire_fields_encode(wire_attr, fields, attr, say) : 0;
}

static int valid_read(struct json_object *o, struct extfuse_ioc_test *ioc, struct say *say)
{
	static const char *const keys[] = { "attr", "entry", NULL };
	struct json_object *valid = NULL;

	if (jsonin_object(o, "valid", &valid, say))
		return -EINVAL;
	if (!valid)
		return 0;
	return jsonin_keys(valid, "'valid'", keys, say) || jsonin_number(valid, "attr", UINT64_MAX, &ioc->attr_valid, say) ||
	       jsonin_number(valid, "entry", UINT64_MAX, &ioc->entry_valid, say) ? -EINVAL : 0;
}

static int cookie_read(struct json_object *o, __u64 *cookie, struct say *say)
{
	struct json_object *list;

	if (!json_object_object_get_ex(o, "cookie", &list))
		return 0;
	if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) != 2)
		return say_set(say, "'cookie' is a list of two numbers");
	return jsonin_value(json_object_array_get_idx(list, 0), "cookie", UINT64_MAX, &cookie[0], say) ||
	       jsonin_value(json_object_array_get_idx(list, 1), "cookie", UINT64_MAX, &cookie[1], say) ? -EINVAL : 0;
}

static int opcode_read(struct test_request *r, struct json_object *o, struct say *say)
{
	const char *name = NULL;
	int opcode;

	if (jsonin_text(o, "opcode", &name, say))
		return -EINVAL;
	if (!name)
		return say_set(say, "it has no 'opcode'");
	opcode = extfuse_opcode__parse(name);
	r->wire = opcode < 0 ? NULL : wire_opcode_get(opcode);
	if (!r->wire)
		return say_set(say, "no program is ever asked about the opcode '%s'", name);
	r->opcode = opcode;
	return 0;
}

/* "phase" says that it is one of both; else the daemon's reply is shown to who has not answered. */
static int phases_read(struct test_request *r, struct json_object *o, struct say *say)
{
	static const char *const keys[] = { "error", "out", NULL };
	struct json_object *reply = NULL, *out = NULL;
	const char *phase = NULL;

	if (jsonin_text(o, "phase", &phase, say) || jsonin_object(o, "reply", &reply, say))
		return -EINVAL;
	if (phase && strcmp(phase, "request") && strcmp(phase, "reply"))
		return say_set(say, "'phase' is \"request\" or \"reply\"");
	r->asks = !phase || !strcmp(phase, "request");
	r->replies = reply && (!phase || !r->asks);
	if (!r->asks && !reply)
		return say_set(say, "it has no 'reply'");
	if (!reply)
		return 0;
	if (jsonin_keys(reply, "'reply'", keys, say) || jsonin_errno(reply, "error", &r->error, say) ||
	    jsonin_object(reply, "out", &out, say))
		return -EINVAL;
	if (r->error && out)
		return say_set(say, "a reply with an 'error' has no 'out'");
	if (r->error)
		return 0;
	return wire_encode(r->asks_size ? wire_size_only : r->wire->out, out, &r->reply, say);
}

/* The size of what follows need not be written down. */
static void size_add(const struct test_request *r, struct json_object *in)
{
	const char *key = r->opcode == FUSE_WRITE ? "data" : "value";
	struct wire_part part[2] = { { .kind = WIRE_BYTES, .key = key } };
	static struct wire_bytes value;
	struct say ignored = { "" };
	struct json_object *o;

	if ((r->opcode != FUSE_WRITE && r->opcode != FUSE_SETXATTR) || !in || json_object_object_get_ex(in, "size", NULL) ||
	    !json_object_object_get_ex(in, key, &o))
		return;
	value.len = 0;
	o = json_object_new_object();
	json_object_object_add(o, key, json_object_get(json_object_object_get(in, key)));
	/* What is wrong with it is told later. */
	if (!wire_encode(part, o, &value, &ignored))
		json_object_object_add(in, "size", json_object_new_uint64(value.len));
	json_object_put(o);
}

static __u32 room_of(const struct test_request *r, __u64 size)
{
	const struct wire_part *part = r->asks_size ? wire_size_only : r->wire->out;
	__u64 room = 0;

	for (; part->kind; part++)
		room += part->kind == WIRE_STRUCT ? part->size : size ? size : ROOM;
	return room > EXTFUSE_TEST_MAX ? EXTFUSE_TEST_MAX : room;
}

static int in_read(struct test_request *r, struct json_object *o, struct fuse_in_header *head, struct say *say)
{
	struct json_object *in = NULL;
	__u64 size = 0;

	if (jsonin_object(o, "in", &in, say))
		return -EINVAL;
	size_add(r, in);
	if (wire_put(&r->in, head, sizeof(*head), say) || wire_encode(r->wire->in, in, &r->in, say))
		return -EINVAL;
	if (in && jsonin_number(in, "size", UINT64_MAX, &size, say))
		return -EINVAL;
	r->asks_size = (r->opcode == FUSE_GETXATTR || r->opcode == FUSE_LISTXATTR) && !size;
	r->room = room_of(r, size);
	head->len = r->in.len;
	memcpy(r->in.bytes, head, sizeof(*head));
	return 0;
}

static int caller_read(struct json_object *o, struct fuse_in_header *head, struct say *say)
{
	__u64 nodeid = FUSE_ROOT_ID;

	if (jsonin_number(o, "nodeid", UINT64_MAX, &nodeid, say) || jsonin_u32(o, "uid", &head->uid, say) ||
	    jsonin_u32(o, "gid", &head->gid, say) || jsonin_u32(o, "pid", &head->pid, say))
		return -EINVAL;
	head->nodeid = nodeid;
	return 0;
}

static int context_read(struct test_request *r, struct json_object *o, struct say *say)
{
	struct extfuse_ioc_test *ioc = &r->ioc;

	/* In the order of the lines, unless they say otherwise. */
	ioc->stamp = r->line;
	if (jsonin_number(o, "who", UINT64_MAX, &ioc->who, say) || jsonin_number(o, "now", UINT64_MAX, &ioc->now, say) ||
	    jsonin_number(o, "stamp", EXTFUSE_TEST_STAMPS - 1, &ioc->stamp, say) || flags_read(o, &ioc->req_flags, say) ||
	    fresh_read(o, ioc, say) || valid_read(o, ioc, say) || cookie_read(o, ioc->cookie, say) ||
	    known_read(o, "node", NULL, &ioc->generation, &r->attr, &ioc->attr, say) ||
	    known_read(o, "child", &ioc->child, &ioc->child_generation, &r->child_attr, &ioc->child_attr, say))
		return -EINVAL;
	if (ioc->req_flags & EXTFUSE_F_REVAL && !ioc->child_attr)
		return say_set(say, "REVAL is of a name that the kernel has: 'child' says which node that leads to");
	return 0;
}

int test_request_read(struct test_request *r, struct json_object *o, struct say *say)
{
	static const char *const keys[] = {
		"opcode", "phase", "nodeid", "uid", "gid", "pid", "who", "now", "stamp", "flags", "fresh", "valid", "node",
		"child", "cookie", "in", "reply", "note", "seen", NULL
	};
	struct fuse_in_header head = { 0 };

	if (jsonin_keys(o, "a request", keys, say) || opcode_read(r, o, say) || caller_read(o, &head, say) ||
	    context_read(r, o, say))
		return -EINVAL;
	head.opcode = r->opcode;
	return in_read(r, o, &head, say) || phases_read(r, o, say) ? -EINVAL : 0;
}
