// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection of a test's own: made of plain memory for one run, and freed after it.
 *
 * What is there is what programs, kfuncs and checks read: ids, slots, counters, and of nodes
 * what the kernel would know of them.  What is zero is absent, as it may be of any
 * connection: backing objects, a tree, namespaces of its own, the writeback cache.
 */
#include "fuse_i.h"
#include "conn.h"
#include "set.h"
#include "slots.h"
#include "test_world.h"
#include <linux/jiffies.h>

/* Longer than this nothing is valid. */
#define VALID_MAX	(NSEC_PER_SEC * 1000000000ULL)

static void node_fill(struct extfuse_test_world *w, struct fuse_inode *fi, u64 nodeid, u64 generation,
		      const struct fuse_attr *attr)
{
	struct inode *inode = &fi->inode;

	spin_lock_init(&fi->lock);
	fi->nodeid = nodeid;
	fi->nlookup = 1;
	fi->orig_ino = attr->ino;
	fi->orig_i_mode = attr->mode;
	inode->i_sb = &w->sb;
	inode->i_mode = attr->mode;
	inode->i_generation = generation;
	inode->i_uid = make_kuid(&init_user_ns, attr->uid);
	inode->i_gid = make_kgid(&init_user_ns, attr->gid);
	inode->i_rdev = new_decode_dev(attr->rdev);
	set_nlink(inode, attr->nlink);
	i_size_write(inode, attr->size);
}

static int node_read(struct extfuse_test_world *w, struct fuse_inode *fi, u64 nodeid, u64 generation, u64 uattr)
{
	struct fuse_attr attr;

	if (copy_from_user(&attr, u64_to_user_ptr(uattr), sizeof(attr)))
		return -EFAULT;
	node_fill(w, fi, nodeid, generation, &attr);
	return 0;
}

static int nodes_read(struct extfuse_test_world *w, const struct extfuse_ioc_test *arg)
{
	struct extfuse_args *ext = &w->args.ext;
	int err = 0;

	if (arg->attr) {
		err = node_read(w, &w->node, w->args.nodeid, arg->generation, arg->attr);
		w->node.i_time = get_jiffies_64() + nsecs_to_jiffies64(min_t(u64, arg->attr_valid, VALID_MAX));
		ext->inode = &w->node.inode;
	}
	if (!err && arg->child_attr) {
		err = node_read(w, &w->child, arg->child, arg->child_generation, arg->child_attr);
		ext->child[0] = &w->child.inode;
	}
	return err;
}

/* What changed when, as the caller says it. */
static void slots_fill(struct extfuse_conn *xc, const struct fuse_args *args, const struct extfuse_ioc_test *arg)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);
	unsigned int i, len, name = args->opcode == FUSE_LOOKUP ? 1 : op->name;
	const char *text;

	for (i = 0; i < EXTFUSE_SLOTS; i++)
		xc->slots[i].last = arg->fresh_others;
	for (i = 0; i < EXTFUSE_KIND_NAME; i++)
		xc->slots[extfuse_slot_of_node(args->nodeid, i)].last = arg->fresh[i];
	if (name) {
		text = extfuse_in_name(args, name - 1, &len);
		i = extfuse_slot_of_name(xc->names_dir, args->nodeid, text, len);
		xc->slots[i].last = arg->fresh[EXTFUSE_KIND_NAME];
		/* With EXTFUSE_ATTACH_CTO names rest on that as well. */
		xc->slots[extfuse_slot_of_names(args->nodeid)].last = arg->fresh[EXTFUSE_KIND_NAME];
	}
	xc->epoch.last = arg->fresh[EXTFUSE_KIND_CONN];
}

static void conn_fill(struct extfuse_conn *xc, const struct extfuse_set *set, const struct extfuse_ioc_test *arg)
{
	atomic64_set(&xc->clock, arg->stamp);
	xc->names_dir = set->flags & EXTFUSE_ATTACH_NAMES_DIR;
	xc->cto = set->flags & EXTFUSE_ATTACH_CTO;
	xc->longest_attr = arg->attr_valid;
	xc->longest_entry = arg->entry_valid;
	/* Nobody's log is to tell of a test. */
	xc->slow_logged = true;
	xc->folds_logged = true;
}

static void args_fill(struct fuse_args *args, const struct extfuse_set *set, const struct extfuse_ioc_test *arg)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);
	struct extfuse_args *ext = &args->ext;

	args->nocreds = arg->req_flags & EXTFUSE_F_NOCREDS;
	ext->flags = arg->req_flags & (EXTFUSE_ARGS_FRESH | EXTFUSE_ARGS_REVAL | EXTFUSE_ARGS_WROTE);
	/* As if it were in flight: its slots are the caller's to say. */
	ext->marked = op->flags & EXTFUSE_OP_CHANGES ? EXTFUSE_MARKED : 0;
	ext->stamp = arg->stamp;
	ext->open_stamp = arg->stamp;
	ext->set_id = set->id;
	ext->who = set->who_ops & BIT_ULL(args->opcode) ? arg->who : 0;
	memcpy(ext->cookie, arg->cookie, sizeof(ext->cookie));
}

static int buffers_read(struct extfuse_test_world *w, const struct extfuse_ioc_test *arg)
{
	w->in = vmemdup_user(u64_to_user_ptr(arg->in), arg->in_size);
	if (IS_ERR(w->in)) {
		int err = PTR_ERR(w->in);

		w->in = NULL;
		return err;
	}
	w->out = kvzalloc(EXTFUSE_TEST_MAX, GFP_KERNEL_ACCOUNT);
	if (!w->out)
		return -ENOMEM;
	if (arg->phase != EXTFUSE_PHASE_REPLY || arg->error)
		return 0;
	return copy_from_user(w->out, u64_to_user_ptr(arg->out), arg->out_size) ? -EFAULT : 0;
}

static int world_fill(struct extfuse_test_world *w, const struct extfuse_set *set, const struct extfuse_ioc_test *arg)
{
	int err = buffers_read(w, arg);

	if (!err)
		err = extfuse_test_args(w, arg);
	if (!err)
		err = nodes_read(w, arg);
	if (err)
		return err;
	conn_fill(w->fc.extfuse, set, arg);
	slots_fill(w->fc.extfuse, &w->args, arg);
	args_fill(&w->args, set, arg);
	w->args.ext.made = &w->made;
	return 0;
}

void extfuse_test_world_free(struct extfuse_test_world *w)
{
	extfuse_conn_free(&w->fc);
	kvfree(w->in);
	kvfree(w->out);
	kvfree(w);
}

/* extfuse_test_world_make - all that the caller says, in memory of our own; the set goes with it */
struct extfuse_test_world *extfuse_test_world_make(const struct extfuse_ioc_test *arg, struct extfuse_set *set)
{
	struct extfuse_test_world *w = kvzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	int err = -ENOMEM;

	if (w)
		w->fc.extfuse = extfuse_conn_alloc();
	if (!w || !w->fc.extfuse) {
		extfuse_set_free(set);
		kvfree(w);
		return ERR_PTR(err);
	}
	RCU_INIT_POINTER(w->fc.extfuse->set, set);
	w->fc.user_ns = &init_user_ns;
	w->fc.pid_ns = &init_pid_ns;
	w->fm.fc = &w->fc;
	w->fm.sb = &w->sb;
	w->sb.s_fs_info = &w->fm;
	err = world_fill(w, set, arg);
	if (!err)
		return w;
	extfuse_test_world_free(w);
	return ERR_PTR(err);
}
