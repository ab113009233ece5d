// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: a program for every opcode and both phases that does what rules in
 * a map say, so that a case needs no program of its own, and records what it
 * saw of each request.
 */
#include <extfuse/bpf.h>
#include "../lib/script_abi.h"

#define OUT_ROOM	256	/* of what SCRIPT_WRITE_PATCH works on */

/* actimeo= gives max_valid of the attachment; the rules do the rest. */
EXTFUSE_OPTIONS;
#ifndef SCRIPT_ONLY
/* So does closetimeo=; a program for each opcode is never left out. */
EXTFUSE_WANT_CLOSETIMEO;
EXTFUSE_WANT_KEEPCACHE;
#endif

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * EXTFUSE_OPCODES);
	__type(key, __u32);
	__type(value, struct script_rule);
} rules SEC(".maps");

struct out {
	__u8 bytes[SCRIPT_OUT];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * EXTFUSE_OPCODES);
	__type(key, __u32);
	__type(value, struct out);
} outs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} recording SEC(".maps");

static __always_inline void record_in(struct extfuse_req *req, struct script_event *e, int i)
{
	e->size_result[i] = bpf_extfuse_read_args(req, IN_PARAM_0_SIZE + 2 * i, &e->size[i],
						  sizeof(e->size[i]));
	e->in_result[i] = bpf_extfuse_read_args(req, IN_PARAM_0_VALUE + 2 * i, e->in[i],
						sizeof(e->in[i]));
}

static __noinline void record(struct extfuse_req *req)
{
	struct script_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e)
		return;
	e->reserved = 0;
	e->req = *req;
	bpf_extfuse_read_args(req, OPCODE, &e->opcode, sizeof(e->opcode));
	bpf_extfuse_read_args(req, NODEID, &e->nodeid, sizeof(e->nodeid));
	bpf_extfuse_read_args(req, NUM_IN_ARGS, &e->num_in, sizeof(e->num_in));
	bpf_extfuse_read_args(req, NUM_OUT_ARGS, &e->num_out, sizeof(e->num_out));
	record_in(req, e, 0);
	record_in(req, e, 1);
	record_in(req, e, 2);
	e->out_result[0] = bpf_extfuse_read_args(req, OUT_PARAM_0, e->out[0], sizeof(e->out[0]));
	e->out_result[1] = bpf_extfuse_read_args(req, OUT_PARAM_1, e->out[1], sizeof(e->out[1]));
	bpf_extfuse_read_args(req, IN_EXT_SIZE, &e->ext_size, sizeof(e->ext_size));
	e->ext_result = bpf_extfuse_read_args(req, IN_EXT_VALUE, e->ext, sizeof(e->ext));
	bpf_ringbuf_submit(e, 0);
}

static __noinline int name_matches(struct extfuse_req *req, struct script_rule *rule)
{
	__u8 bytes[320] = {};
	__u32 i;

	if (!rule)
		return 0;
	if (!rule->name_arg)
		return 1;
	if (bpf_extfuse_read_args(req, rule->name_arg, bytes, sizeof(bytes)))
		return 0;
	for (i = 0; i < SCRIPT_NAME; i++) {
		__u32 at = rule->name_offset + i;

		if (i >= rule->name_len)
			break;
		if (at >= sizeof(bytes) || bytes[at] != (__u8)rule->name[i])
			return 0;
	}
	return 1;
}

static __always_inline void ask_fresh(struct extfuse_req *req, struct script_rule *rule)
{
	__u32 i;

	for (i = 0; i < SCRIPT_FRESH; i++) {
		struct script_fresh *f = &rule->fresh[i];

		if (i >= rule->nfresh)
			break;
		f->result = bpf_extfuse_fresh(req, f->nodeid ?: req->nodeid, f->kind,
					      f->stamp ?: req->stamp);
	}
}

static __always_inline void write_out(struct extfuse_req *req, struct script_rule *rule, __u32 index)
{
	struct out *out = bpf_map_lookup_elem(&outs, &index);
	__u32 size = rule->out_size, first = rule->first_size;

	if (!out || size > sizeof(out->bytes) || first > sizeof(out->bytes))
		return;
	if (first)
		bpf_extfuse_write_args(req, OUT_PARAM_0, out->bytes, first);
	rule->write_result = bpf_extfuse_write_args(req, OUT_PARAM_0, out->bytes, size);
}

/* Of entries and attributes: their sizes are fixed, and differ. */
static __noinline void write_patched(struct extfuse_req *req, struct script_rule *rule)
{
	__u8 bytes[OUT_ROOM] __attribute__((aligned(8))) = {};
	__u32 i, size = req->out_size[0];

	if (!rule)
		return;
	rule->read_result = bpf_extfuse_read_args(req, OUT_PARAM_0, bytes, sizeof(bytes));
	if (rule->read_result)
		return;
	for (i = 0; i < SCRIPT_PATCHES; i++) {
		struct script_patch *p = &rule->patch[i];
		__u32 at = p->offset & (OUT_ROOM - 8);

		if (!p->size)
			break;
		/* Fields of four bytes are put into their half of the word. */
		if (p->size == 8)
			*(__u64 *)(bytes + at) = p->value;
		else if (p->offset & 4)
			*(__u32 *)(bytes + at + 4) = p->value;
		else
			*(__u32 *)(bytes + at) = p->value;
	}
	if (size == sizeof(struct fuse_attr_out))
		rule->write_result = bpf_extfuse_write_args(req, OUT_PARAM_0, bytes,
							    sizeof(struct fuse_attr_out));
	else
		rule->write_result = bpf_extfuse_write_args(req, OUT_PARAM_0, bytes,
							    sizeof(struct fuse_entry_out));
}

static __always_inline int rule_applies(struct extfuse_req *req, struct script_rule *rule)
{
	__u64 n;

	if (!rule->on || (rule->nodeid && rule->nodeid != req->nodeid) || !name_matches(req, rule))
		return 0;
	n = __sync_fetch_and_add(&rule->matched, 1);
	return n >= rule->skip && (!rule->times || n < (__u64)rule->skip + rule->times);
}

static __always_inline int play(struct extfuse_req *req, __u32 phase)
{
	__u32 zero = 0, index = SCRIPT_INDEX(phase, req->opcode & (EXTFUSE_OPCODES - 1));
	struct script_rule *rule = bpf_map_lookup_elem(&rules, &index);
	__u32 *on = bpf_map_lookup_elem(&recording, &zero);
	int left = phase == EXTFUSE_PHASE_REQUEST ? EXTFUSE_UPCALL : EXTFUSE_KEEP;

	if (on && *on)
		record(req);
	if (!rule || !rule_applies(req, rule))
		return left;
	if (rule->cookie)
		req->cookie[0] = rule->cookie;
	ask_fresh(req, rule);
	if (rule->write == SCRIPT_WRITE_OUT)
		write_out(req, rule, index);
	else if (rule->write == SCRIPT_WRITE_PATCH)
		write_patched(req, rule);
	__sync_fetch_and_add(&rule->done, 1);
	return rule->verdict;
}

#ifdef SCRIPT_ONLY
/* A set that covers few opcodes: whoever includes this says which. */
#define SCRIPT_PROGRAMS(op)						\
	EXTFUSE_REQUEST(op) { return play(req, EXTFUSE_PHASE_REQUEST); }	\
	EXTFUSE_REPLY(op) { return play(req, EXTFUSE_PHASE_REPLY); }
#else
EXTFUSE_REQUEST_ANY
{
	return play(req, EXTFUSE_PHASE_REQUEST);
}

EXTFUSE_REPLY_ANY
{
	return play(req, EXTFUSE_PHASE_REPLY);
}
#endif

char _license[] SEC("license") = "GPL";
