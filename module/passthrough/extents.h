/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call sites for extents, see extents.c.
 */
#ifndef _EXTFUSE_PASSTHROUGH_EXTENTS_H
#define _EXTFUSE_PASSTHROUGH_EXTENTS_H

struct fiemap_extent_info;

int extfuse_fiemap(struct inode *inode, struct fiemap_extent_info *info, u64 start, u64 len);
loff_t extfuse_remap_file_range(struct file *file_in, loff_t pos_in, struct file *file_out, loff_t pos_out,
				loff_t len, unsigned int flags);

#endif /* _EXTFUSE_PASSTHROUGH_EXTENTS_H */
