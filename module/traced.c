// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that are traced, from their beginning to their end: a table by their args.  So
 * args have no field for it, which each request would have to clear.  Also the switch that
 * turns all of it on and off.
 *
 * What is in the table is the table's.  When nobody traces any more it is emptied, and who
 * comes for one of them finds none.
 *
 * Places that ask whether somebody traces are patched one after the other.  So the table is
 * open only while all of them say so: what comes into it is asked for at its end.  Else it
 * would stay, and be taken for another request whose args have the same address.
 */
#include "fuse_i.h"
#include "traced.h"
#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/slab.h>

DEFINE_STATIC_KEY_FALSE(extfuse_tracing);

/* Who traces, as often. */
static DEFINE_MUTEX(switch_lock);
static unsigned int tracing;

static DEFINE_SPINLOCK(table_lock);
static DEFINE_HASHTABLE(table, 8);
static bool table_is_open;

void extfuse_traced_free(struct extfuse_traced *t)
{
	put_pid(t->tgid);
	kfree(t);
}

struct extfuse_traced *extfuse_traced_alloc(gfp_t gfp)
{
	return kzalloc(sizeof(struct extfuse_traced), gfp);
}

/* Under table_lock. */
static struct extfuse_traced *traced_find(const struct fuse_args *args)
{
	struct extfuse_traced *t;

	hash_for_each_possible(table, t, node, (unsigned long)args) {
		if (t->args == args)
			return t;
	}
	return NULL;
}

/* extfuse_traced_put - a request begins; @t is the table's from here on */
void extfuse_traced_put(struct extfuse_traced *t)
{
	struct extfuse_traced *old;

	spin_lock(&table_lock);
	/* Of one whose end was not seen: its memory is another request's now. */
	old = traced_find(t->args);
	if (old)
		hash_del(&old->node);
	if (table_is_open) {
		hash_add(table, &t->node, (unsigned long)t->args);
		t = NULL;
	}
	spin_unlock(&table_lock);
	if (old)
		extfuse_traced_free(old);
	if (t)
		extfuse_traced_free(t);
}

/* extfuse_traced_take - a request has ended; NULL: it is not traced.  The caller frees it. */
struct extfuse_traced *extfuse_traced_take(const struct fuse_args *args, bool background)
{
	struct extfuse_traced *t;

	spin_lock(&table_lock);
	t = traced_find(args);
	if (t && t->background == background)
		hash_del(&t->node);
	else
		t = NULL;
	spin_unlock(&table_lock);
	return t;
}

void extfuse_traced_note(const struct fuse_args *args,
			 void (*note)(struct extfuse_traced *t, const void *what), const void *what)
{
	struct extfuse_traced *t;

	spin_lock(&table_lock);
	t = traced_find(args);
	if (t)
		note(t, what);
	spin_unlock(&table_lock);
}

static void table_set(bool open)
{
	struct extfuse_traced *t;
	struct hlist_node *next;
	int i;

	spin_lock(&table_lock);
	table_is_open = open;
	hash_for_each_safe(table, i, next, t, node) {
		hash_del(&t->node);
		extfuse_traced_free(t);
	}
	spin_unlock(&table_lock);
}

void extfuse_tracing_on(void)
{
	mutex_lock(&switch_lock);
	if (!tracing++) {
		static_branch_enable(&extfuse_tracing);
		table_set(true);
	}
	mutex_unlock(&switch_lock);
}

void extfuse_tracing_off(void)
{
	mutex_lock(&switch_lock);
	if (!--tracing) {
		table_set(false);
		static_branch_disable(&extfuse_tracing);
	}
	mutex_unlock(&switch_lock);
}
