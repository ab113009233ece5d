// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names by which the fork's callers send a request, and by which ours send
 * one on to the daemon: without an idmap until 6.11, with one since.
 */
#include "fuse_i.h"

#ifdef HAVE_REQUEST_IDMAP

/* fuse_simple_request() and fuse_simple_idmap_request() are inline and call this. */
ssize_t __fuse_simple_request(struct mnt_idmap *idmap, struct fuse_mount *fm,
			      struct fuse_args *args)
{
	args->ext.idmap = idmap;
	return extfuse_simple_request(fm, args);
}

ssize_t fuse_daemon_request(struct fuse_mount *fm, struct fuse_args *args)
{
	args->ext.header = extfuse_via_is_mapped(fm, args) ? EXTFUSE_HEADER_MAPPED : 0;
	return fuse_daemon_idmap_request(extfuse_via(fm, args), fm, args);
}

#else

ssize_t fuse_simple_request(struct fuse_mount *fm, struct fuse_args *args)
{
	return extfuse_simple_request(fm, args);
}

#endif
