/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comes before every source file of the module (ccflags -include): the renames
 * that need no edit in the fork.  After kconfig.h, so that what autoconf.h
 * says about the stock module can be taken back.
 */
#ifndef _EXTFUSE_FORK_H
#define _EXTFUSE_FORK_H

/* Out of the fork, whatever the kernel at hand was built with. */
#undef CONFIG_FUSE_DAX
#undef CONFIG_VIRTIO_FS
#undef CONFIG_VIRTIO_FS_MODULE
#undef CONFIG_CUSE
#undef CONFIG_CUSE_MODULE

#define pr_fmt(fmt) "extfuse: " fmt

/*
 * No symbol is exported: modpost refuses what vmlinux exports already where
 * the stock fuse is built in, and elsewhere the stock module would not load.
 */
#include <linux/export.h>
#undef EXPORT_SYMBOL
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_GPL(symbol)

/* HAVE_…, see Kbuild; what finds them does without. */
#ifndef EXTFUSE_FINDS_FACTS
#include "facts.h"
#endif

#endif /* _EXTFUSE_FORK_H */
