/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the daemon attrmap writes into its map, and the program answers from. */
#ifndef ATTRMAP_H
#define ATTRMAP_H

#include <extfuse/value.h>
#include <linux/fuse.h>

/* Of the map "attrs"; its key is the node. */
struct attrmap_value {
	struct extfuse_mark head;
	struct fuse_attr_out out;
	struct extfuse_mark tail;
};

#endif /* ATTRMAP_H */
