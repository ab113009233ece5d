// SPDX-License-Identifier: GPL-2.0-only
/*
 * What came of a test run, as JSON: the verdict, what the module makes of it, and why.
 */
#include "test_request.h"

#include <stdio.h>
#include <string.h>

static const char *const results[__EXTFUSE_TEST_RESULT_MAX] = {
	[EXTFUSE_TEST_NO_PROGRAM] = "no program",
	[EXTFUSE_TEST_ANSWERED] = "answered",
	[EXTFUSE_TEST_REFUSED] = "refused",
	[EXTFUSE_TEST_PASSTHROUGH] = "passthrough",
	[EXTFUSE_TEST_REUSE] = "reuse",
	[EXTFUSE_TEST_UPCALL] = "upcall",
	[EXTFUSE_TEST_STALE] = "stale",
	[EXTFUSE_TEST_BAD] = "bad",
	[EXTFUSE_TEST_KEPT] = "kept",
};

static const struct {
	const char *name;
	const char *sentence;
} whys[__EXTFUSE_WHY_MAX] = {
	[EXTFUSE_WHY_VERDICT] = { "VERDICT", "there is no such verdict, or not for this opcode" },
	[EXTFUSE_WHY_NO_OUTPUT] = { "NO_OUTPUT", "it answers, and has not written the output" },
	[EXTFUSE_WHY_MALFORMED] = { "MALFORMED", "what it has written can be no answer" },
	[EXTFUSE_WHY_MEANS_MORE] = { "MEANS_MORE", "the kernel takes this error for more than an error" },
	[EXTFUSE_WHY_NOT_FRESH] = { "NOT_FRESH", "bpf_extfuse_fresh() has not said 1 to all that it rests on" },
	[EXTFUSE_WHY_NO_NODE] = { "NO_NODE", "the kernel does not have the node, or not by this name" },
	[EXTFUSE_WHY_DIFFERS] = { "DIFFERS", "the kernel knows the node otherwise" },
	[EXTFUSE_WHY_KNOWN_NAME] = { "KNOWN_NAME", "the kernel keeps a name that it has" },
	[EXTFUSE_WHY_DISTRUST] = { "DISTRUST", "the request asks the daemon itself" },
};

const char *test_why(unsigned int why)
{
	return why && why < __EXTFUSE_WHY_MAX ? whys[why].name : NULL;
}

const char *test_error(struct verdict_label *label, int error)
{
	const char *name = error < 0 ? strerrorname_np(-error) : NULL;

	if (name)
		return name;
	snprintf(label->text, sizeof(label->text), "%d", error);
	return label->text;
}

const char *test_verdict(struct verdict_label *label, int verdict, bool reply)
{
	if (verdict == EXTFUSE_UPCALL)
		return reply ? "KEEP" : "UPCALL";
	if (verdict == EXTFUSE_PASSTHROUGH)
		return "PASSTHROUGH";
	if (verdict == EXTFUSE_REUSE)
		return "REUSE";
	return test_error(label, verdict);
}

static void text_add(struct json_object *o, const char *key, const char *text)
{
	if (text)
		json_object_object_add(o, key, json_object_new_string(text));
}

static void verdict_add(struct json_object *o, int verdict, bool reply)
{
	if (verdict == EXTFUSE_UPCALL)
		text_add(o, "verdict", reply ? "KEEP" : "UPCALL");
	else if (verdict == EXTFUSE_PASSTHROUGH)
		text_add(o, "verdict", "PASSTHROUGH");
	else if (verdict == EXTFUSE_REUSE)
		text_add(o, "verdict", "REUSE");
	else
		json_object_object_add(o, "verdict", json_object_new_int(verdict));
}

/* Of the daemon's reply: is it still as it was? */
static bool is_changed(const struct test_request *r, const struct extfuse_ioc_test *ioc, const void *out)
{
	return ioc->phase == EXTFUSE_PHASE_REPLY && ioc->result == EXTFUSE_TEST_KEPT && !ioc->error &&
	       (ioc->out_size != r->reply.len || memcmp(out, r->reply.bytes, r->reply.len));
}

static void outputs_add(struct json_object *o, const struct test_request *r, const struct extfuse_ioc_test *ioc,
			const void *out)
{
	const struct wire_part *parts = r->asks_size ? wire_size_only : r->wire->out;
	bool has = ioc->phase == EXTFUSE_PHASE_REPLY ? !ioc->error && parts->kind : ioc->written != 0;

	if (has)
		json_object_object_add(o, "out", wire_decode(parts, out, ioc->out_size));
}

static void cookie_add(struct json_object *o, const __u64 *cookie)
{
	struct json_object *list;

	if (!cookie[0] && !cookie[1])
		return;
	list = json_object_new_array();
	json_object_array_add(list, json_object_new_uint64(cookie[0]));
	json_object_array_add(list, json_object_new_uint64(cookie[1]));
	json_object_object_add(o, "cookie", list);
}

struct json_object *test_result(const struct test_request *r, const struct extfuse_ioc_test *ioc, const void *out,
				bool verbose)
{
	struct json_object *o = json_object_new_object();

	text_add(o, "result", is_changed(r, ioc, out) ? "changed" :
			      ioc->result < __EXTFUSE_TEST_RESULT_MAX ? results[ioc->result] : "unknown");
	if (ioc->result == EXTFUSE_TEST_NO_PROGRAM)
		return o;
	verdict_add(o, ioc->verdict, ioc->phase == EXTFUSE_PHASE_REPLY);
	if (ioc->error)
		text_add(o, "errno", strerrorname_np(-ioc->error));
	if (ioc->why && ioc->why < __EXTFUSE_WHY_MAX) {
		text_add(o, "why", whys[ioc->why].name);
		text_add(o, "because", whys[ioc->why].sentence);
	}
	outputs_add(o, r, ioc, out);
	cookie_add(o, ioc->cookie);
	if (verbose)
		json_object_object_add(o, "ns", json_object_new_uint64(ioc->ns));
	return o;
}
