// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracing: what is known of a request when it begins, what programs said of it, and its end,
 * at which those who trace are given a record (tracer.c) and the tracepoint is hit.
 *
 * What a record says of freshness and of nodes is of the beginning, before the request has
 * marked anything: 'extfuse replay' makes a test's world of it.
 */
#include "fuse_i.h"
#include "opcode.h"
#include "run.h"
#include "slots.h"
#include "trace.h"
#include "tracer.h"
#include "compat/dcache.h"
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/kdev_t.h>
#include <linux/pid_namespace.h>

#define CREATE_TRACE_POINTS
#include "trace_event.h"

int extfuse_event_on(void)
{
	extfuse_tracing_on();
	return 0;
}

void extfuse_event_off(void)
{
	extfuse_tracing_off();
}

static u64 slot_since(const struct extfuse_slot *slot)
{
	/* Pairs with the release in slot_change(). */
	return smp_load_acquire(&slot->in_flight) ? U64_MAX : READ_ONCE(slot->last);
}

static u64 node_since(const struct extfuse_conn *xc, u64 nodeid, unsigned int kind)
{
	return slot_since(&xc->slots[extfuse_slot_of_node(nodeid, kind)]);
}

static unsigned int name_of(const struct fuse_args *args)
{
	return args->opcode == FUSE_LOOKUP ? 1 : extfuse_opcode_get(args->opcode)->name;
}

static u64 name_since(const struct extfuse_conn *xc, const struct fuse_args *args)
{
	unsigned int name = name_of(args), len;
	const char *text;
	u64 since;

	if (!name)
		return U64_MAX;
	text = extfuse_in_name(args, name - 1, &len);
	since = slot_since(&xc->slots[extfuse_slot_of_name(READ_ONCE(xc->names_dir), args->nodeid, text, len)]);
	if (READ_ONCE(xc->cto))
		since = max(since, slot_since(&xc->slots[extfuse_slot_of_names(args->nodeid)]));
	return since;
}

static bool attr_is_valid(struct inode *inode)
{
	return inode && time_before64(get_jiffies_64(), get_fuse_inode(inode)->i_time);
}

/* As the slots are: what a test would have to be told for the same freshness. */
static void stamps_fill(struct extfuse_trace *record, const struct extfuse_conn *xc, const struct fuse_args *args)
{
	struct inode *child = args->ext.child[0];
	unsigned int kind;

	record->stamp = extfuse_stamp(xc);
	for (kind = 0; kind < EXTFUSE_KIND_NAME; kind++)
		record->fresh[kind] = node_since(xc, args->nodeid, kind);
	record->fresh[EXTFUSE_KIND_NAME] = name_since(xc, args);
	record->fresh[EXTFUSE_KIND_CONN] = slot_since(&xc->epoch);
	record->fresh_others = child ? node_since(xc, get_node_id(child), EXTFUSE_KIND_ATTR) : 0;
	record->attr_valid = attr_is_valid(args->ext.inode) ? READ_ONCE(xc->longest_attr) : 0;
	record->entry_valid = READ_ONCE(xc->longest_entry);
	record->flags |= EXTFUSE_TRACE_STAMPED;
}

/* What the kernel knows of a node. */
static void attr_fill(struct fuse_attr *attr, const struct fuse_conn *fc, struct inode *inode)
{
	attr->ino = get_fuse_inode(inode)->orig_ino;
	attr->size = i_size_read(inode);
	attr->mode = inode->i_mode;
	attr->nlink = inode->i_nlink;
	attr->uid = from_kuid_munged(fc->user_ns, inode->i_uid);
	attr->gid = from_kgid_munged(fc->user_ns, inode->i_gid);
	attr->rdev = new_encode_dev(inode->i_rdev);
}

static void nodes_fill(struct extfuse_traced *t, const struct fuse_args *args)
{
	struct inode *inode = args->ext.inode, *child = args->ext.child[0];
	struct extfuse_trace *record = &t->record;

	if (inode) {
		attr_fill(&t->attr, t->fc, inode);
		record->generation = inode->i_generation;
		record->flags |= EXTFUSE_TRACE_NODE;
	}
	if (child) {
		attr_fill(&t->child_attr, t->fc, child);
		record->child = get_node_id(child);
		record->child_generation = child->i_generation;
		record->flags |= EXTFUSE_TRACE_CHILD;
	}
}

/* As extfuse_creds_translate() has it, for callers that fuse refuses as well. */
static void caller_fill(struct extfuse_trace *record, const struct fuse_mount *fm, const struct fuse_args *args)
{
	bool idmapped = record->req_flags & EXTFUSE_F_IDMAPPED;
	const struct fuse_conn *fc = fm->fc;

	memcpy(record->comm, current->comm, sizeof(record->comm));
	record->comm[sizeof(record->comm) - 1] = '\0';
	if (args->nocreds)
		return;
	record->uid = from_kuid_munged(fc->user_ns, idmapped ? extfuse_mapped_fsuid(fm, args) : current_fsuid());
	record->gid = from_kgid_munged(fc->user_ns, idmapped ? extfuse_mapped_fsgid(fm, args) : current_fsgid());
	record->pid = pid_nr_ns(task_pid(current), fc->pid_ns);
}

/* Under the inode's i_lock. */
static struct dentry *alias_first(struct inode *inode)
{
	struct dentry *dentry;

	for_each_alias(dentry, inode)
		return dentry;
	return NULL;
}

/*
 * Of a request that has no name: one that its node has.  No dentry is held for it, for to
 * let go of the last reference would be to evict the inode, which waits for who writes it
 * back: that may be this very task (fuse_write_inode()).
 */
static void name_fill(struct extfuse_traced *t, const struct fuse_args *args)
{
	struct inode *inode = args->ext.inode;
	struct name_snapshot snapshot;
	struct dentry *dentry;

	if (!inode || name_of(args))
		return;
	spin_lock(&inode->i_lock);
	dentry = args->ext.dentry ?: alias_first(inode);
	if (dentry)
		take_dentry_name_snapshot(&snapshot, dentry);
	spin_unlock(&inode->i_lock);
	if (!dentry)
		return;
	strscpy(t->name, snapshot.name.name, sizeof(t->name));
	release_dentry_name_snapshot(&snapshot);
}

static u32 flags_of(const struct fuse_mount *fm, const struct fuse_args *args, bool background)
{
	u32 flags = args->ext.flags;

	if (background)
		flags |= EXTFUSE_F_BACKGROUND;
	if (args->nocreds)
		flags |= EXTFUSE_F_NOCREDS;
	if (extfuse_is_idmapped(fm, args))
		flags |= EXTFUSE_F_IDMAPPED;
	return flags;
}

static void traced_fill(struct extfuse_traced *t, struct fuse_mount *fm, const struct fuse_args *args)
{
	const struct extfuse_conn *xc = extfuse_conn_get(fm->fc);
	struct extfuse_trace *record = &t->record;

	t->args = args;
	t->fc = fm->fc;
	t->tgid = get_pid(task_tgid(current));
	record->opcode = args->opcode;
	record->nodeid = args->nodeid;
	record->req_flags = flags_of(fm, args, t->background);
	caller_fill(record, fm, args);
	if (xc)
		stamps_fill(record, xc, args);
	nodes_fill(t, args);
	record->start = ktime_get_boottime_ns();
}

void extfuse_trace_begin(struct fuse_mount *fm, struct fuse_args *args, bool background, gfp_t gfp)
{
	struct extfuse_traced *t;

	if (!trace_extfuse_request_enabled() && !extfuse_tracers_want(fm->fc, args->opcode))
		return;
	t = extfuse_traced_alloc((gfp & ~__GFP_NOFAIL) | __GFP_NOWARN);
	if (!t) {
		extfuse_tracers_lose(fm->fc, args->opcode);
		return;
	}
	t->background = background;
	if (gfpflags_allow_blocking(gfp))
		name_fill(t, args);
	traced_fill(t, fm, args);
	args->ext.replied = false;
	extfuse_traced_put(t);
}

struct said {
	int verdict;
	u32 why;
	bool done;
};

static void asked_note(struct extfuse_traced *t, const void *what)
{
	const struct said *said = what;

	t->record.verdict = said->verdict;
	t->record.why = said->why;
	t->record.flags |= EXTFUSE_TRACE_ASKED;
	t->answered = said->done;
}

void extfuse_trace_asked(const struct extfuse_run *run, int verdict, bool done)
{
	struct said said = { .verdict = verdict, .why = run->why, .done = done };

	extfuse_traced_note(run->args, asked_note, &said);
}

static void reply_note(struct extfuse_traced *t, const void *what)
{
	t->record.reply_verdict = *(const int *)what;
	t->record.flags |= EXTFUSE_TRACE_REPLIED;
}

void extfuse_trace_reply(const struct fuse_args *args, int verdict)
{
	extfuse_traced_note(args, reply_note, &verdict);
}

static u32 answered_by(const struct extfuse_traced *t, const struct fuse_args *args)
{
	if (args->ext.pass == EXTFUSE_PASS_REUSED)
		return EXTFUSE_BY_KERNEL;
	if (args->ext.pass == EXTFUSE_PASS_DONE)
		return EXTFUSE_BY_PASSED;
	if (args->ext.replied)
		return EXTFUSE_BY_DAEMON;
	return t->answered ? EXTFUSE_BY_PROGRAM : EXTFUSE_BY_KERNEL;
}

/* The name in the request, or the node's, for the tracepoint. */
static void text_fill(char text[EXTFUSE_EVENT_NAME], const struct extfuse_traced *t, const struct fuse_args *args)
{
	const char *name = t->name;
	unsigned int len = strlen(name);

	if (name_of(args))
		name = extfuse_in_name(args, name_of(args) - 1, &len);
	memset(text, 0, EXTFUSE_EVENT_NAME);
	memcpy(text, name, min_t(unsigned int, len, EXTFUSE_EVENT_NAME - 1));
}

static noinline_for_stack void event_hit(const struct extfuse_traced *t, const struct fuse_args *args)
{
	char text[EXTFUSE_EVENT_NAME];

	text_fill(text, t, args);
	trace_extfuse_request(t->fc->dev, &t->record, text);
}

void extfuse_trace_end(const struct fuse_args *args, bool background, ssize_t ret)
{
	struct extfuse_traced *t = extfuse_traced_take(args, background);

	if (!t)
		return;
	t->record.ns = ktime_get_boottime_ns() - t->record.start;
	t->record.error = min_t(ssize_t, ret, 0);
	t->record.by = answered_by(t, args);
	t->record.who = args->ext.caller_known ? args->ext.who : 0;
	if (trace_extfuse_request_enabled())
		event_hit(t, args);
	extfuse_tracers_give(t, args, ret);
	extfuse_traced_free(t);
}
