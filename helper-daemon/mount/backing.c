// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backing objects at mount time, see backing.h.
 */
#include "backing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* linux/fuse.h has it, but not in magic.h. */
#define ROOT_NODE	1

/*
 * How deeply the mount is stacked must be said before it is made, and no system
 * call tells how deeply its source is stacked.  These are the file systems that are
 * on others, or may be.  All others have depth 0.
 */
static unsigned int stack_depth(const char *source)
{
	struct statfs st;

	if (statfs(source, &st))
		return 1;
	switch (st.f_type) {
	case OVERLAYFS_SUPER_MAGIC:
	case ECRYPTFS_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
		return 2;
	default:
		return 1;
	}
}

/* What a server or a daemon does is not seen; of a file system of the kernel's the module sees it itself. */
static int names_check(struct job *job, const struct extfuse_ext *ext)
{
	if (!job->folds || job->program || !extfuse_ext__takes_pattern(ext))
		return 0;
	snprintf(job->err, sizeof(job->err),
		 "extension %s goes by names, and %s may find a file under other names than its own (%s), so no pattern can tell which file a name means: mirror a directory of a local file system, or protect the files by their permissions",
		 extfuse_ext__name(ext), job->source, job->folds);
	return -EINVAL;
}

int backing_prepare(struct job *job, const struct extfuse_ext *ext)
{
	struct mount_options *o = &job->opts;
	int err = names_check(job, ext);

	if (err)
		return err;
	if (!extfuse_ext__wants_backing(ext)) {
		if (!o->max_backing)
			return 0;
		snprintf(job->err, sizeof(job->err),
			 "option 'max_backing=%u' is for extensions that pass requests through, and %s does not: leave the option out, or use ext=passthrough",
			 o->max_backing, extfuse_ext__name(ext));
		return -EINVAL;
	}
	/* Under shadow the daemon is asked everything, so nothing may be passed through. */
	if (o->attach.shadow)
		return 0;
	job->backing = true;
	/* A file has no names below it.  Who asks through an idmapped mount only the daemon is told. */
	job->tree = extfuse_ext__wants_tree(ext) && !job->program && S_ISDIR(job->rootmode) && !o->allow_idmap;
	/* For a request that is passed through only the kernel checks permissions. */
	o->default_permissions = true;
	if (!o->max_stack_depth)
		o->max_stack_depth = job->program ? 1 : stack_depth(job->source);
	return 0;
}

/*
 * Nothing is taken before the daemon has answered INIT (ENOTCONN), but what is
 * stacked too deeply is refused before that is checked.
 */
static int source_try(const struct job *job, char *why, size_t size)
{
	int err = extfuse_backing__add(job->fd, ROOT_NODE, 0, job->source_fd);

	if (err != -ELOOP)
		return 0;
	snprintf(why, size,
		 "nothing can be passed through to %s, which is on extfuse or on a file system stacked too deeply for max_stack_depth=%u (at most 2): use ext=metacache, or another source",
		 job->source, job->opts.max_stack_depth);
	return err;
}

int backing_begin(const struct job *job, char *why, size_t size)
{
	__u32 max = job->opts.max_backing;
	int err = max ? extfuse_backing__limit(job->fd, 0, max) : 0;

	if (err) {
		snprintf(why, size, "the module refuses option 'max_backing=%u': %s", max,
			 strerror(-err));
		return err;
	}
	return job->program ? 0 : source_try(job, why, size);
}
