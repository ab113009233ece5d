// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to the nodes of a connection outside of a request that somebody
 * waits for: notifications of the daemon, evictions, writes on backing files
 * (FUSE_PASSTHROUGH, where the series knows it), and the end of requests that
 * were sent in the background.  Called from the fork's own functions.
 */
#include "fuse_i.h"

#define ALL_KINDS	(BIT(EXTFUSE_KIND_ATTR) | BIT(EXTFUSE_KIND_DATA) | BIT(EXTFUSE_KIND_XATTR))

/* INVAL_INODE, STORE, RETRIEVE; the node need not be cached. */
void extfuse_notify_inode(struct fuse_conn *fc, u64 nodeid)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (xc)
		extfuse_node_move(xc, nodeid, ALL_KINDS);
}

/* INVAL_ENTRY, DELETE; neither the directory nor the name need be cached. */
void extfuse_notify_entry(struct fuse_conn *fc, u64 parent, u64 child, const struct qstr *name)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (!xc)
		return;
	extfuse_name_move(xc, parent, name->name, name->len);
	extfuse_node_move(xc, parent, BIT(EXTFUSE_KIND_ATTR) | BIT(EXTFUSE_KIND_DATA));
	if (child)
		extfuse_node_move(xc, child, ALL_KINDS);
}

/* INC_EPOCH: all names and listings are old, and what rests on them. */
void extfuse_notify_all(struct fuse_conn *fc)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (xc)
		extfuse_epoch_move(xc);
}

/* FORGET may let the daemon give the node id to something else. */
void extfuse_evict(struct fuse_conn *fc, u64 nodeid)
{
	struct extfuse_conn *xc = extfuse_conn_get(fc);

	if (xc)
		extfuse_node_move(xc, nodeid, ALL_KINDS);
}

/*
 * Data went to a backing file, and no request tells of it.  The slots move
 * first: an answer that still stood is then older than what fuse invalidates.
 */
bool extfuse_backing_wrote(struct inode *inode, loff_t pos, ssize_t written)
{
	struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(inode));

	if (xc) {
		extfuse_node_move(xc, get_node_id(inode), ALL_KINDS);
		extfuse_inode_touch(inode, extfuse_setid_mask(inode));
	}
	return fuse_write_update_attr(inode, pos, written);
}

/* What mmap() has asked the file of the mount, before anybody knew what lies below it. */
static int map_check(const struct inode *below, const struct vm_area_struct *vma)
{
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return 0;
	if (IS_APPEND(below))
		return -EACCES;
	if (vma->vm_flags & VM_WRITE && IS_SWAPFILE(below))
		return -ETXTBSY;
	/* A memfd may be sealed. */
	err = mapping_map_writable(below->i_mapping);
	if (!err)
		mapping_unmap_writable(below->i_mapping);
	return err;
}

/*
 * extfuse_backing_map - call site: a backing file is mapped, if it may be
 *
 * From now on data and times change by mere stores.  The mapping outlives its
 * handle, so this holds for as long as the inode is there: see learn_known() in
 * reply.c.  Since 6.9 the mapping pins the inode; until then see
 * extfuse_is_mapped_below().
 */
int extfuse_backing_map(struct file *file, const struct vm_area_struct *vma)
{
	struct fuse_file *ff = file->private_data;
	struct inode *inode = file_inode(file);
	struct extfuse_conn *xc;
	int err;

	err = map_check(file_inode(fuse_file_passthrough(ff)), vma);
	if (err || (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		return err;
	if (ff->ext_own)
		set_bit(EXTFUSE_I_MAPPED_OWN, &get_fuse_inode(inode)->state);
	set_bit(EXTFUSE_I_MAPPED, &get_fuse_inode(inode)->state);
	/* Whoever publishes a set later, or takes a stamp after the move, sees the bit. */
	smp_mb__after_atomic();
	xc = extfuse_conn_get(get_fuse_conn(inode));
	if (xc) {
		extfuse_node_move(xc, get_node_id(inode), ALL_KINDS);
		extfuse_inode_touch(inode, STATX_BASIC_STATS);
	}
	return 0;
}

/*
 * fuse_request_end() calls this before args->end(), which gets the error that
 * is returned.  May run in the daemon's thread (its reply), in that of who
 * aborts, or of who sends.
 */
int extfuse_request_ended(struct fuse_req *req, int error)
{
	struct extfuse_conn *xc = extfuse_conn_get(extfuse_req_conn(req));
	struct fuse_args *args = req->args;

	if (unlikely(xc)) {
		if (args->ext.pending) {
			args->ext.pending = false;
			if (unlikely(args->ext.shadow))
				extfuse_shadow_compare(xc, args, error);
			error = extfuse_reply(xc, args->ext.fm, args, error, true);
		}
		/* Its args are the caller's no more: it cannot begin anew. */
		if (extfuse_is_overtaken(xc, args->opcode, args->ext.stamp) && args->ext.replied)
			error = -EIO;
		extfuse_marks_end(xc, args, extfuse_opcode_get(args->opcode));
	}
	return error;
}
