// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fuse's own caches of an inode must be told: that attributes are old, that
 * data went to a backing file or may go there at any time by a mapping, that a
 * program has used up a lookup count.
 */
#include "fuse_i.h"
#include "inode.h"
#include "slots.h"
#include "tree/tree.h"

/*
 * Stock fuse tells the caches of an inode about most changes itself, but not
 * about all (a new link under a path-based daemon, an ioctl), and not about
 * replies that are still on their way.  With lifetimes lengthened by a program
 * both would be wrong for long.
 */
void extfuse_inode_touch(struct inode *inode, u32 mask)
{
	struct fuse_inode *fi;

	if (!inode)
		return;
	fi = get_fuse_inode(inode);
	spin_lock(&fi->lock);
	fi->attr_version = atomic64_inc_return(&get_fuse_conn(inode)->attr_version);
	spin_unlock(&fi->lock);
	fuse_invalidate_attr_mask(inode, mask);
}

/*
 * extfuse_inode_learned - an inode has got the attributes of a reply
 *
 * fuse drops a reply that is older than what its inode has seen.  If the inode
 * was evicted meanwhile, and made anew for this reply, only the slots remember.
 */
void extfuse_inode_learned(struct inode *inode, u64 stamp)
{
	const struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(inode));
	u16 slot;

	if (likely(!xc || extfuse_low(inode)))
		return;
	slot = extfuse_slot_of_node(get_node_id(inode), EXTFUSE_KIND_ATTR);
	/* The attributes are there: a change that ends after this finds the inode. */
	smp_mb();
	if (!extfuse_epoch_fresh(xc, stamp) || !extfuse_slot_fresh(xc, slot, stamp))
		fuse_invalidate_attr(inode);
}

/*
 * fuse's callers raise nlookup after each positive entry, also after one of a program: an
 * answer of ours takes the count from the node first.  False: it has none.
 */
bool extfuse_entry_pay(struct inode *inode)
{
	struct fuse_inode *fi = get_fuse_inode(inode);
	bool paid;

	spin_lock(&fi->lock);
	paid = fi->nlookup > 0;
	if (paid)
		fi->nlookup--;
	spin_unlock(&fi->lock);
	return paid;
}

/*
 * Data went to a backing file, and no request tells of it.  The slots move
 * first: an answer that still stood is then older than what fuse invalidates.
 */
bool extfuse_backing_wrote(struct inode *inode, loff_t pos, ssize_t written)
{
	struct extfuse_conn *xc = extfuse_conn_get(get_fuse_conn(inode));

	if (xc) {
		extfuse_node_move(xc, get_node_id(inode), EXTFUSE_ALL_KINDS);
		extfuse_inode_touch(inode, extfuse_setid_mask(inode));
	}
	return fuse_write_update_attr(inode, pos, written);
}

/* mmap() has asked this of the file of the mount; here the file below is asked. */
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
	if (ff->ext.is_ours)
		set_bit(EXTFUSE_I_MAPPED_OWN, &get_fuse_inode(inode)->state);
	set_bit(EXTFUSE_I_MAPPED, &get_fuse_inode(inode)->state);
	/* A set that is published later, or a stamp that is taken after the move, sees the bit. */
	smp_mb__after_atomic();
	xc = extfuse_conn_get(get_fuse_conn(inode));
	if (xc) {
		extfuse_node_move(xc, get_node_id(inode), EXTFUSE_ALL_KINDS);
		extfuse_inode_touch(inode, STATX_BASIC_STATS);
	}
	return 0;
}
