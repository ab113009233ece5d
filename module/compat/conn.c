// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names by which the fork's callers send a request, and by which ours send
 * one on to the daemon: without an idmap until 6.11, with one since.
 */
#include "fuse_i.h"
#include <linux/cred.h>

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

static struct group_info *groups_map(struct mnt_idmap *idmap, struct user_namespace *ns,
				     const struct group_info *groups)
{
	struct group_info *mapped = groups_alloc(groups->ngroups);
	int i;

	if (!mapped)
		return NULL;
	for (i = 0; i < groups->ngroups; i++)
		mapped->gid[i] = from_vfsgid(idmap, ns, VFSGIDT_INIT(groups->gid[i]));
	groups_sort(mapped);
	return mapped;
}

int extfuse_cred_map(const struct fuse_mount *fm, const struct fuse_args *args, struct cred *cred)
{
	struct user_namespace *ns = fm->fc->user_ns;
	struct mnt_idmap *idmap = args->ext.via;
	struct group_info *groups;

	if (!idmap || idmap == &nop_mnt_idmap || !extfuse_may_idmap(fm))
		return 0;
	groups = groups_map(idmap, ns, cred->group_info);
	if (!groups)
		return -ENOMEM;
	put_group_info(cred->group_info);
	cred->group_info = groups;
	cred->fsuid = from_vfsuid(idmap, ns, VFSUIDT_INIT(cred->fsuid));
	cred->fsgid = from_vfsgid(idmap, ns, VFSGIDT_INIT(cred->fsgid));
	return 0;
}

#else

ssize_t fuse_simple_request(struct fuse_mount *fm, struct fuse_args *args)
{
	return extfuse_simple_request(fm, args);
}

#endif
