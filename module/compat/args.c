// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inputs and outputs that lie in pages, copied page by page; the pages are
 * locked or pinned by who sends the request.
 */
#include "fuse_i.h"
#include <linux/highmem.h>

static const struct fuse_args_pages *args_pages(const struct fuse_args *args)
{
	return container_of(args, const struct fuse_args_pages, args);
}

/* Walks the part of each page that carries data. */
static void pages_copy(const struct fuse_args *args, char *dst, const char *src, u32 size)
{
	const struct fuse_args_pages *ap = args_pages(args);
	unsigned int i;

	for (i = 0; size && i < ap->num_pages; i++) {
		u32 len = min(size, ap->descs[i].length);

		if (dst) {
			memcpy_from_page(dst, ap->pages[i], ap->descs[i].offset, len);
			dst += len;
		} else {
			memcpy_to_page(ap->pages[i], ap->descs[i].offset, src, len);
			src += len;
		}
		size -= len;
	}
}

void extfuse_pages_read(const struct fuse_args *args, void *dst, u32 size)
{
	pages_copy(args, dst, NULL, size);
}

void extfuse_pages_write(const struct fuse_args *args, const void *src, u32 size)
{
	pages_copy(args, NULL, src, size);
}

/* page_zeroing: what an answer does not fill is zero, as fuse promises. */
void extfuse_out_zero(const struct fuse_args *args, u32 from)
{
	const struct fuse_args_pages *ap = args_pages(args);
	unsigned int i;

	if (!args->out_pages)
		return;
	for (i = 0; i < ap->num_pages; i++) {
		u32 len = ap->descs[i].length;
		u32 skip = min(from, len);

		memzero_page(ap->pages[i], ap->descs[i].offset + skip, len - skip);
		from -= skip;
	}
}

/* The output of READDIR and READDIRPLUS: on this series one page. */
void *extfuse_out_map(const struct fuse_args *args)
{
	const struct fuse_args_pages *ap = args_pages(args);

	return kmap_local_page(ap->pages[0]) + ap->descs[0].offset;
}

void extfuse_out_unmap(const struct fuse_args *args, void *addr)
{
	kunmap_local(addr);
}
