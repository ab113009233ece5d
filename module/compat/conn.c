// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name by which ours send a request on to the daemon.  Since 6.12 the fork's own
 * function has one argument more, the idmap; on 6.1 it has this name itself.
 */
#include "fuse_i.h"

#ifdef HAVE_REQUEST_IDMAP

ssize_t fuse_daemon_request(struct fuse_mount *fm, struct fuse_args *args)
{
	/* What we send by ourselves comes through no mount. */
	struct mnt_idmap *idmap = extfuse_via(fm, args) ?: &invalid_mnt_idmap;

	args->ext.header = extfuse_via_is_mapped(fm, args) ? EXTFUSE_HEADER_MAPPED : 0;
	return fuse_daemon_idmap_request(idmap, fm, args);
}

#endif
