// SPDX-License-Identifier: GPL-2.0-only
/*
 * A traced request as a line for people:
 *
 *	   PID   UID OPCODE(node, "name", field=value …) = result <time> who verdict
 *
 * Where lines have an end, it is the fields that are cut.
 */
#include "trace_record.h"

#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "test_request.h"
#include "text.h"

/* A text that grows; NULL text: there was no memory. */
struct part {
	FILE *out;
	char *text;
	size_t size;
};

static bool part_open(struct part *p)
{
	p->text = NULL;
	p->out = open_memstream(&p->text, &p->size);
	return p->out;
}

/* A kernel's node of a tree is "k5". */
static void node_put(FILE *out, __u64 nodeid)
{
	fprintf(out, "%s%llu", nodeid & EXTFUSE_NODE_KERNEL ? "k" : "", (unsigned long long)(nodeid & ~EXTFUSE_NODE_KERNEL));
}

/* What steers a terminal is \ooo, and so is a quote, which would seem to end the name. */
static void name_put(FILE *out, const char *name, size_t len)
{
	char *text = strndup(name, len), *rest = text, *word;

	fputs(", \"", out);
	while (rest && (word = strsep(&rest, "\""))) {
		text_name(out, word);
		if (rest)
			fputs("\\042", out);
	}
	fputc('"', out);
	free(text);
}

static bool is_octal(const char *key)
{
	return !strcmp(key, "mode") || !strcmp(key, "umask");
}

static bool is_hex(const char *key)
{
	return strstr(key, "flags") || !strcmp(key, "valid") || !strcmp(key, "mask") || !strcmp(key, "cmd");
}

static bool is_node(const char *key)
{
	return !strcmp(key, "newdir") || !strcmp(key, "oldnodeid") || !strcmp(key, "nodeid_out");
}

/* Handles and owners of locks are numbers that say nothing to people. */
static bool is_dull(const char *key)
{
	return !strcmp(key, "fh") || !strcmp(key, "lock_owner") || !strcmp(key, "owner") || !strcmp(key, "kh");
}

static void fields_put(FILE *out, struct json_object *in)
{
	json_object_object_foreach(in, key, value) {
		unsigned long long n = json_object_get_uint64(value);

		if (!json_object_is_type(value, json_type_int) || !n || is_dull(key))
			continue;
		if (is_node(key)) {
			fprintf(out, ", %s=", key);
			node_put(out, n);
			continue;
		}
		fprintf(out, is_octal(key) ? ", %s=0%llo" : is_hex(key) ? ", %s=%#llx" : ", %s=%llu", key, n);
	}
}

/* Names first; they are bytes of the record, for JSON has them otherwise. */
static void texts_put(FILE *out, const struct trace_record *r)
{
	const struct wire_part *part = r->wire->in;
	const char *at = r->in;
	int i;

	for (i = 0; i < 3 && part[i].kind; at += r->head->in_size[i++]) {
		if (part[i].kind == WIRE_TEXT && r->head->in_size[i])
			name_put(out, at, r->head->in_size[i]);
	}
}

static void request_put(FILE *out, const struct trace_record *r)
{
	struct opcode_label label;
	struct json_object *in;

	fprintf(out, "%7u %5u %s(", r->head->tgid, r->head->uid, opcode_label(&label, r->head->opcode));
	node_put(out, r->head->nodeid);
	if (r->name)
		name_put(out, r->name, r->head->name_size);
	if (!r->wire)
		return;
	texts_put(out, r);
	in = trace_inputs(r);
	fields_put(out, in);
	json_object_put(in);
}

static bool gives_node(const struct trace_record *r)
{
	const struct wire_part *part = r->wire ? r->wire->out : NULL;

	return part && part->fields == wire_entry && r->head->out_size[0] >= sizeof(__u64);
}

static void result_put(FILE *out, const struct trace_record *r)
{
	struct verdict_label label;
	const struct wire_part *part = r->wire ? r->wire->out : NULL;
	__u32 size;
	__u64 node;

	if (r->head->error) {
		fputs(test_error(&label, r->head->error), out);
	} else if (gives_node(r)) {
		memcpy(&node, r->out, sizeof(node));
		node_put(out, node);
	} else if (trace_asks_size(r) && r->head->out_size[0] >= sizeof(size)) {
		memcpy(&size, r->out, sizeof(size));
		fprintf(out, "%u", size);
	} else if (part && part->kind && part->kind != WIRE_STRUCT) {
		fprintf(out, "%u", r->head->out_whole);
	} else {
		fputc('0', out);
	}
}

static void answer_put(FILE *out, const struct trace_record *r)
{
	const struct extfuse_trace *t = r->head;
	struct verdict_label label;

	fputs(") = ", out);
	result_put(out, r);
	fprintf(out, " <%.1fus> %s", t->ns / 1000.0, trace_by(t->by));
	if (t->flags & EXTFUSE_TRACE_ASKED)
		fprintf(out, " %s", test_verdict(&label, t->verdict, false));
	if (test_why(t->why))
		fprintf(out, " %s", test_why(t->why));
	if (t->flags & EXTFUSE_TRACE_REPLIED)
		fprintf(out, " reply %s", test_verdict(&label, t->reply_verdict, true));
}

static void line_put(FILE *out, const char *request, const char *answer, int width)
{
	size_t tail = text_characters(answer), cut;

	if (width > 0 && text_characters(request) + tail > (size_t)width) {
		cut = text_fit(request, strlen(request), (size_t)width > tail + 1 ? width - tail - 1 : 0);
		fprintf(out, "%.*s…%s\n", (int)cut, request, answer);
		return;
	}
	fprintf(out, "%s%s\n", request, answer);
}

void trace_show(FILE *out, const struct trace_record *r, int width)
{
	struct part request = { 0 }, answer = { 0 };

	if (part_open(&request) && part_open(&answer)) {
		request_put(request.out, r);
		answer_put(answer.out, r);
	}
	if (request.out)
		fclose(request.out);
	if (answer.out)
		fclose(answer.out);
	if (request.text && answer.text)
		line_put(out, request.text, answer.text, width);
	free(request.text);
	free(answer.text);
}
