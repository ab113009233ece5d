// SPDX-License-Identifier: GPL-2.0-only
/* Rules and records of the scripted programs: see script.h. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "case.h"
#include "script.h"

struct script {
	struct rawfuse *rf;
	struct extfuse_ext *ext;
	int rules, outs, recording;
	struct ring_buffer *events;
	struct queued {
		struct queued *next;
		struct script_event event;
	} *queue, **end, *given;
};

static int on_event(void *data, void *event, size_t size)
{
	struct script *s = data;
	struct queued *q = calloc(1, sizeof(*q));

	CHECK(q && size >= sizeof(q->event), "an event of %zu bytes", size);
	memcpy(&q->event, event, sizeof(q->event));
	*s->end = q;
	s->end = &q->next;
	return 0;
}

static int map_fd(struct script *s, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(extfuse_ext__object(s->ext), name);

	CHECK(fd >= 0, "the object must have a map %s", name);
	return fd;
}

struct script *script_load(struct rawfuse *rf, const char *name, const struct extfuse_options *opts)
{
	struct script *s = calloc(1, sizeof(*s));
	const char *build = getenv("EXTFUSE_BUILD");
	char path[4096], err[1024] = "";

	CHECK(s, "memory for a script");
	s->rf = rf;
	s->end = &s->queue;
	snprintf(path, sizeof(path), "%s/tests/bpf/%s.bpf.o", build ?: "/extfuse/build", name);
	CHECK(!extfuse_ext__open(&s->ext, path, opts, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(s->ext, err, sizeof(err)), "%s", err);
	s->rules = map_fd(s, "rules");
	s->outs = map_fd(s, "outs");
	s->recording = map_fd(s, "recording");
	s->events = ring_buffer__new(map_fd(s, "events"), on_event, s, NULL);
	CHECK(s->events, "a reader of events");
	return s;
}

void script_attach_loaded(struct script *s)
{
	char err[1024] = "";

	CHECK(!extfuse_ext__attach(s->ext, raw_fd(s->rf), 0, err, sizeof(err)), "%s", err);
}

struct script *script_attach(struct rawfuse *rf, const char *name, const struct extfuse_options *opts)
{
	struct script *s = script_load(rf, name, opts);

	script_attach_loaded(s);
	return s;
}

void script_replace(struct script *s, struct script *with)
{
	char err[1024] = "";

	CHECK(!extfuse_ext__replace(with->ext, raw_fd(s->rf), 0, err, sizeof(err)), "%s", err);
}

void script_detach(struct script *s)
{
	int err = extfuse_conn__detach(raw_fd(s->rf), 0);

	CHECK(!err, "detach: %s", strerror(-err));
}

void script_flush(struct script *s)
{
	while (script_next(s))
		;
}

void script_free(struct script *s)
{
	script_flush(s);
	ring_buffer__free(s->events);
	extfuse_ext__free(s->ext);
	free(s);
}

void script_set(struct script *s, uint32_t phase, uint32_t opcode, const struct script_rule *rule, const void *out,
		size_t size)
{
	uint32_t index = SCRIPT_INDEX(phase, opcode);
	struct script_rule copy = *rule;
	char bytes[SCRIPT_OUT] = "";

	copy.on = 1;
	copy.matched = copy.done = 0;
	if (out) {
		CHECK(size <= sizeof(bytes), "room for an output of %zu bytes", size);
		memcpy(bytes, out, size);
		CHECK(!bpf_map_update_elem(s->outs, &index, bytes, 0), "the output of a rule");
		copy.write = SCRIPT_WRITE_OUT;
		copy.out_size = size;
	}
	CHECK(!bpf_map_update_elem(s->rules, &index, &copy, 0), "a rule");
}

void script_clear(struct script *s)
{
	struct script_rule off = {};
	uint32_t i;

	for (i = 0; i < 2 * EXTFUSE_OPCODES; i++)
		CHECK(!bpf_map_update_elem(s->rules, &i, &off, 0), "a rule");
}

struct script_rule script_get(struct script *s, uint32_t phase, uint32_t opcode)
{
	uint32_t index = SCRIPT_INDEX(phase, opcode);
	struct script_rule rule;

	CHECK(!bpf_map_lookup_elem(s->rules, &index, &rule), "a rule");
	return rule;
}

void script_record(struct script *s, bool on)
{
	uint32_t zero = 0, value = on;

	CHECK(!bpf_map_update_elem(s->recording, &zero, &value, 0), "recording");
}

const struct script_event *script_next(struct script *s)
{
	ring_buffer__consume(s->events);
	free(s->given);
	s->given = s->queue;
	if (!s->given)
		return NULL;
	s->queue = s->given->next;
	if (!s->queue)
		s->end = &s->queue;
	return &s->given->event;
}

const struct script_event *script_find(struct script *s, uint32_t phase, uint32_t opcode)
{
	const struct script_event *e;

	while ((e = script_next(s))) {
		if (e->req.phase == phase && e->req.opcode == opcode)
			return e;
	}
	CHECK(e, "programs must have seen %s in phase %u", raw_opname(opcode), phase);
	return NULL;
}

struct extfuse_op_stats script_stats(struct rawfuse *rf, uint32_t opcode)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];
	int err = extfuse_conn__stats(raw_fd(rf), 0, ops);

	CHECK(!err, "counters: %s", strerror(-err));
	return ops[opcode];
}

uint32_t script_state(struct rawfuse *rf)
{
	struct extfuse_ioc_query query = {};
	int err = extfuse_conn__query(raw_fd(rf), 0, &query);

	CHECK(!err, "query: %s", strerror(-err));
	return query.state;
}
