// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inputs and outputs in pages, copied piece by piece; the sender of the request has
 * locked or pinned the pages.  Folios, which can be large, came with 6.12, for some
 * requests; since 6.14 all have them.  Plain pages go with the lines 6.1, 6.12+deb12
 * and 6.12+deb13 of dkms/matrix.
 */
#include "fuse_i.h"
#include <linux/highmem.h>
#include <linux/vmalloc.h>

#define args_pages(args)	container_of(args, const struct fuse_args_pages, args)

#if defined(HAVE_ARGS_PAGES) && defined(HAVE_ARGS_FOLIOS)
#define uses_folios(ap)		((ap)->uses_folios)
#define folio_descs(ap)		((ap)->folio_descs)
#elif defined(HAVE_ARGS_FOLIOS)
#define uses_folios(ap)		true
#define folio_descs(ap)		((ap)->descs)
#else
#define uses_folios(ap)		false
#endif

/* Piece @i of the arguments: its first page, which others may follow, and where in it. */
struct piece {
	struct page *page;
	u32 offset;
	u32 length;
};

static unsigned int pieces(const struct fuse_args_pages *ap)
{
#ifdef HAVE_ARGS_FOLIOS
	if (uses_folios(ap))
		return ap->num_folios;
#endif
#ifdef HAVE_ARGS_PAGES
	return ap->num_pages;
#endif
}

static struct piece piece_get(const struct fuse_args_pages *ap, unsigned int i)
{
#ifdef HAVE_ARGS_FOLIOS
	if (uses_folios(ap))
		return (struct piece) { folio_page(ap->folios[i], 0), folio_descs(ap)[i].offset,
					folio_descs(ap)[i].length };
#endif
#ifdef HAVE_ARGS_PAGES
	return (struct piece) { ap->pages[i], ap->descs[i].offset, ap->descs[i].length };
#endif
}

/* @size bytes of all pieces, from byte @skip on: to @dst, from @src, or zeroed. */
static void pages_walk(const struct fuse_args *args, char *dst, const char *src, u32 skip, u32 size)
{
	const struct fuse_args_pages *ap = args_pages(args);
	unsigned int i, n = pieces(ap);

	for (i = 0; size && i < n; i++) {
		struct piece p = piece_get(ap, i);
		u32 pass = min(skip, p.length);

		skip -= pass;
		p.offset += pass;
		p.length = min(p.length - pass, size);
		size -= p.length;
		while (p.length) {
			struct page *page = p.page + p.offset / PAGE_SIZE;
			u32 at = offset_in_page(p.offset);
			u32 len = min_t(u32, p.length, PAGE_SIZE - at);

			if (dst) {
				memcpy_from_page(dst, page, at, len);
				dst += len;
			} else if (src) {
				memcpy_to_page(page, at, src, len);
				src += len;
			} else {
				memzero_page(page, at, len);
			}
			p.offset += len;
			p.length -= len;
		}
	}
}

void extfuse_pages_read(const struct fuse_args *args, void *dst, u32 at, u32 size)
{
	pages_walk(args, dst, NULL, at, size);
}

void extfuse_pages_write(const struct fuse_args *args, const void *src, u32 size)
{
	pages_walk(args, NULL, src, 0, size);
}

/* page_zeroing: what an answer does not fill is zero, as fuse promises. */
void extfuse_out_zero(const struct fuse_args *args, u32 from)
{
	if (args->out_pages)
		pages_walk(args, NULL, NULL, from, U32_MAX);
}

/*
 * extfuse_out_hold - gets what extfuse_out_map() needs, before a listing is asked for
 *
 * A listing has one page until 6.15, and as many as the caller has room for since
 * 6.16, each of order 0.  -ENOMEM is possible here, where the daemon has counted
 * nothing yet, and not later.
 */
int extfuse_out_hold(struct fuse_args *args)
{
	const struct fuse_args_pages *ap = args_pages(args);
	unsigned int i, n = pieces(ap);
	struct page **pages;

	if (n == 1 || args->ext.out)
		return 0;
	pages = kvmalloc_array(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		pages[i] = piece_get(ap, i).page;
	args->ext.out = vm_map_ram(pages, n, NUMA_NO_NODE);
	kvfree(pages);
	return args->ext.out ? 0 : -ENOMEM;
}

void extfuse_out_unhold(struct fuse_args *args)
{
	vm_unmap_ram(args->ext.out, pieces(args_pages(args)));
	args->ext.out = NULL;
}

/* The output of READDIR, READDIRPLUS and READLINK in one piece: held, or one page. */
void *extfuse_out_map(const struct fuse_args *args)
{
	struct piece p;

	/* Then there need be no pages: see test_args.c. */
	if (args->ext.out)
		return args->ext.out;
	p = piece_get(args_pages(args), 0);
	return kmap_local_page(p.page) + p.offset;
}

void extfuse_out_unmap(const struct fuse_args *args, void *addr)
{
	if (!args->ext.out)
		kunmap_local(addr);
}
