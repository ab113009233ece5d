// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks: the slots that a changing request has in flight, from before anybody is
 * asked about it until its end, and what fuse's caches are told at that end.
 */
#include "fuse_i.h"
#include "inode.h"
#include "marks.h"
#include "opcode.h"
#include "slots.h"
#include "tree/tree.h"

static void mark_add(struct extfuse_conn *xc, struct fuse_args *args, u16 slot)
{
	if (WARN_ON_ONCE(args->ext.nmarks == EXTFUSE_MARKS_MAX))
		return;
	args->ext.mark[args->ext.nmarks++] = slot;
	extfuse_slot_begin(xc, slot);
}

static void mark_node(struct extfuse_conn *xc, struct fuse_args *args, u64 nodeid, u8 kinds)
{
	unsigned int kind;

	if (extfuse_is_in_tree(xc, nodeid))
		return;
	for (kind = 0; kind < EXTFUSE_KIND_NAME; kind++) {
		if (kinds & BIT(kind))
			mark_add(xc, args, extfuse_slot_of_node(nodeid, kind));
	}
}

static void mark_name(struct extfuse_conn *xc, struct fuse_args *args, bool names_dir, u64 parent,
		      unsigned int arg)
{
	unsigned int len;
	const char *name = extfuse_in_name(args, arg, &len);

	if (extfuse_is_in_tree(xc, parent))
		return;
	mark_add(xc, args, extfuse_slot_of_name(names_dir, parent, name, len));
}

static bool is_directory(const struct inode *inode)
{
	return inode && S_ISDIR(inode->i_mode);
}

/* Can it change who may pass a directory, or which directories lead to a file? */
static bool changes_rights(const struct fuse_args *args, const struct extfuse_opcode *op, u8 kinds)
{
	if (kinds & BIT(EXTFUSE_KIND_XATTR))
		return is_directory(args->ext.inode);
	return op->name2 && (is_directory(args->ext.child[0]) || is_directory(args->ext.child[1]));
}

/* Few requests do: what costs the others nothing is on its own. */
static noinline void mark_rights(struct extfuse_conn *xc, struct fuse_args *args)
{
	mark_add(xc, args, extfuse_slot_of_node(EXTFUSE_RIGHTS, EXTFUSE_KIND_ATTR));
}

/*
 * A request that can change something: before it is queued or asked about.  Its
 * slots are kept, so that at its end the same ones are let go.
 */
void extfuse_marks_take(struct extfuse_conn *xc, struct fuse_args *args,
			 const struct extfuse_opcode *op)
{
	u8 kinds = op->kinds_of ? op->kinds_of(args) : op->kinds;
	bool names_dir = READ_ONCE(xc->names_dir);
	unsigned int i;

	args->ext.nmarks = 0;
	mark_node(xc, args, args->nodeid, kinds);
	if (unlikely(changes_rights(args, op, kinds)))
		mark_rights(xc, args);
	if (op->name)
		mark_name(xc, args, names_dir, args->nodeid, op->name - 1);
	if (op->name2) {
		/* struct fuse_rename_in and fuse_rename2_in begin alike */
		u64 newdir = ((const struct fuse_rename_in *)args->in_args[0].value)->newdir;

		if (newdir != args->nodeid)
			mark_node(xc, args, newdir, kinds);
		mark_name(xc, args, names_dir, newdir, op->name2 - 1);
	}
	for (i = 0; op->child_kinds && i < ARRAY_SIZE(args->ext.child); i++) {
		if (args->ext.child[i])
			mark_node(xc, args, get_node_id(args->ext.child[i]), op->child_kinds);
	}
	if (op->out_kinds) {
		const struct fuse_copy_file_range_in *in = args->in_args[0].value;

		mark_node(xc, args, in->nodeid_out, op->out_kinds);
	}
	args->ext.marked = EXTFUSE_MARKED | (names_dir ? EXTFUSE_MARKED_NAMES_DIR : 0);
	/* Marked before the request is queued or a program is asked. */
	smp_mb();
}

static u32 touch_mask(const struct fuse_args *args)
{
	const struct inode *inode = args->ext.inode;

	if (args->opcode != FUSE_WRITE)
		return STATX_BASIC_STATS;
	return FUSE_STATX_MODSIZE | (inode ? extfuse_setid_mask(inode) : 0);
}

static void inodes_touch(const struct fuse_args *args, const struct extfuse_opcode *op)
{
	/* Writeback may end under fi->lock; fuse looks after it. */
	if (extfuse_request_is_writeback(args))
		return;
	if (!op->out_kinds)
		extfuse_inode_touch(args->ext.inode, touch_mask(args));
	extfuse_inode_touch(args->ext.dir2, STATX_BASIC_STATS);
	extfuse_inode_touch(args->ext.child[0], STATX_BASIC_STATS);
	extfuse_inode_touch(args->ext.child[1], STATX_BASIC_STATS);
}

/* A RELEASE is over: where the name is gone, a hidden one went from its directory. */
static void hidden_gone(struct extfuse_conn *xc, struct dentry *dentry)
{
	struct dentry *parent;
	struct inode *dir;

	if (likely(!d_unlinked(dentry)))
		return;
	parent = dget_parent(dentry);
	dir = d_inode(parent);
	extfuse_node_move(xc, get_node_id(dir), BIT(EXTFUSE_KIND_ATTR) | BIT(EXTFUSE_KIND_DATA));
	extfuse_inode_touch(dir, STATX_BASIC_STATS);
	dput(parent);
}

/*
 * The request is over: answered, failed to be sent, or ended.  Before its
 * caller goes on, and exactly once.
 */
void extfuse_marks_drop(struct extfuse_conn *xc, struct fuse_args *args,
		       const struct extfuse_opcode *op)
{
	u8 marked = args->ext.marked;
	bool names_dir = marked & EXTFUSE_MARKED_NAMES_DIR;
	unsigned int i;

	args->ext.marked = 0;
	if (!marked) {
		/* It was in flight at the first attach. */
		extfuse_epoch_move(xc);
		inodes_touch(args, op);
		return;
	}
	for (i = 0; i < args->ext.nmarks; i++)
		extfuse_slot_end(xc, args->ext.mark[i]);
	/* Names are kept otherwise by now, or the opcode is not in our table. */
	if (names_dir != READ_ONCE(xc->names_dir) || op->flags & EXTFUSE_OP_UNKNOWN)
		extfuse_epoch_move(xc);
	/* The caller goes on, and others may learn from it that it is done. */
	smp_mb();
	if (args->ext.nmarks)
		inodes_touch(args, op);
	if (args->opcode == FUSE_RELEASE && args->ext.dentry)
		hidden_gone(xc, args->ext.dentry);
}

/*
 * extfuse_release_dentry - the name of a file that is released; takes a reference
 *
 * What a daemon that goes by paths is told to remove while it has it open gets a
 * hidden name, which it removes at RELEASE.  It has a file open until RELEASE is
 * there: a name that is removed while that is on its way is hidden as well.
 */
struct dentry *extfuse_release_dentry(const struct fuse_file *ff)
{
	return extfuse_conn_get(ff->fm->fc) ? dget(ff->ext.dentry) : NULL;
}
