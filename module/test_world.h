/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection, its nodes and one request, made up for a test run: see test_world.c.
 */
#ifndef _EXTFUSE_TEST_WORLD_H
#define _EXTFUSE_TEST_WORLD_H

/*
 * All that programs, kfuncs and checks look at.  Nothing in it is registered anywhere;
 * there is no transport, so nothing that asks or tells a daemon may be called.
 */
struct extfuse_test_world {
	struct fuse_conn fc;
	struct fuse_mount fm;
	struct super_block sb;
	struct fuse_inode node;
	struct fuse_inode child;
	struct fuse_file made;		/* OPEN, OPENDIR: the handle */
	struct fuse_args args;
	void *in;			/* as the caller gave it */
	void *out;			/* EXTFUSE_TEST_MAX bytes */
};

/* The set becomes the world's in any case. */
struct extfuse_test_world *extfuse_test_world_make(const struct extfuse_ioc_test *arg,
						   struct extfuse_set *set);
void extfuse_test_world_free(struct extfuse_test_world *w);

/* test_args.c: fills args out of @in and @out. */
int extfuse_test_args(struct extfuse_test_world *w, const struct extfuse_ioc_test *arg);

#endif /* _EXTFUSE_TEST_WORLD_H */
