// SPDX-License-Identifier: GPL-2.0-only
/*
 * Own names.  A directory below that folds case, or gives files short names as well, finds
 * a file under names that are not its own.  A policy was asked about the name that the
 * caller said.  Before anything comes of it, the policy is asked about the file's own,
 * which only a listing of the directory tells.
 *
 * What changes names asks under the lock of the directory, so that the name is the
 * file's own when it is changed.  LOOKUP asks about one that the file has meanwhile: that
 * is what the policy lets through.
 */
#include "fuse_i.h"
#include "context.h"
#include "opcode.h"
#include "request.h"
#include "tree/own.h"
#include "tree/tree.h"
#include "compat/dcache.h"
#include <linux/file.h>

/* A listing of a directory below, in which the entry is looked for that a name leads to. */
struct own_scan {
	struct dir_context ctx;
	const struct dentry *low;
	struct qstr said;
	unsigned int entries;	/* that were read */
	unsigned int fits;	/* that are the file's, under names which do not compare equal */
	bool over;		/* found, or whoever waits for it is killed */
	unsigned int len;	/* of @name */
	char name[FUSE_NAME_MAX + 1];
};

static bool name_is_equal(const struct own_scan *scan, const char *name, unsigned int len)
{
	const struct dentry *low = scan->low;
	bool equal;

	if (!(READ_ONCE(low->d_flags) & DCACHE_OP_COMPARE))
		return len == scan->said.len && !memcmp(name, scan->said.name, len);
	rcu_read_lock();
	equal = !low->d_op->d_compare(low, len, name, &scan->said);
	rcu_read_unlock();
	return equal;
}

static bool entry_read(struct dir_context *ctx, const char *name, int len, loff_t off, u64 ino,
		       unsigned int type)
{
	struct own_scan *scan = container_of(ctx, struct own_scan, ctx);

	scan->entries++;
	scan->over = fatal_signal_pending(current);
	if (ino != d_inode(scan->low)->i_ino || len > FUSE_NAME_MAX)
		return !scan->over;
	if (name_is_equal(scan, name, len)) {
		scan->fits = 1;
		scan->over = true;
	} else {
		scan->fits++;
	}
	memcpy(scan->name, name, len);
	scan->name[len] = '\0';
	scan->len = len;
	return !scan->over;
}

/* Some file systems give a part at a time. */
static int dir_read(struct file *dir, struct own_scan *scan)
{
	unsigned int entries;
	int err;

	do {
		entries = scan->entries;
		err = dir->f_op->iterate_shared(dir, &scan->ctx);
		dir->f_pos = scan->ctx.pos;
	} while (!err && !scan->over && scan->entries != entries);
	return err;
}

/* The caller may not be allowed to list it. */
static struct file *dir_open(const struct extfuse_pass *pass, const struct path *path)
{
	return dentry_open(path, O_RDONLY | O_DIRECTORY | O_NOATIME | O_LARGEFILE, pass->giver);
}

/*
 * extfuse_own_open - a directory whose names a policy may be asked about when it is locked
 *
 * NULL: none is owed that.  Who is asked whether it may be opened (fanotify) may want to
 * look into it, so it is not locked yet.
 */
struct file *extfuse_own_open(const struct extfuse_pass *pass, const struct path *path)
{
	if (likely(pass->args->ext.names != EXTFUSE_NAMES_FOLD) || !extfuse_dentry_folds(path->dentry))
		return NULL;
	return dir_open(pass, path);
}

void extfuse_own_close(struct file *list)
{
	if (!IS_ERR_OR_NULL(list))
		fput(list);
}

static int dir_scan_locked(const struct path *path, struct file *dir, struct own_scan *scan)
{
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	if (IS_DEADDIR(d_inode(path->dentry)))
		return -ENOENT;
	/* NULL: it did not fold when it was to be opened. */
	if (!dir || !dir->f_op->iterate_shared)
		return -EOPNOTSUPP;
	dir->f_pos = 0;
	return dir_read(dir, scan);
}

static int dir_scan(const struct extfuse_pass *pass, const struct path *path, struct own_scan *scan)
{
	struct file *dir = dir_open(pass, path);
	int err;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	inode_lock_shared(d_inode(path->dentry));
	err = dir_scan_locked(path, dir, scan);
	inode_unlock_shared(d_inode(path->dentry));
	fput(dir);
	return err;
}

/* Is the file there still?  Then its number in the listing is none that we know. */
static bool name_is_left(const struct extfuse_named *named)
{
	return !d_unhashed(named->low) && READ_ONCE(named->low->d_parent) == named->dir->dentry;
}

/* NULL: the name is the file's own, or nobody has it; to be freed. */
static struct own_scan *own_find(const struct extfuse_pass *pass, const struct extfuse_named *named,
				 bool locked)
{
	struct own_scan *scan;
	int err;

	if (d_is_negative(named->low) || !extfuse_dentry_folds(named->dir->dentry))
		return NULL;
	scan = kzalloc(sizeof(*scan), GFP_KERNEL);
	if (!scan)
		return ERR_PTR(-ENOMEM);
	scan->ctx.actor = entry_read;
	scan->low = named->low;
	scan->said.name = extfuse_in_name(pass->args, named->arg, &scan->said.len);
	err = locked ? dir_scan_locked(named->dir, named->list, scan) : dir_scan(pass, named->dir, scan);
	/* The file system may have noticed first, in other words. */
	if (fatal_signal_pending(current))
		err = -EINTR;
	if (!err && !scan->fits)
		err = name_is_left(named) ? -EOPNOTSUPP : -ENOENT;
	/* Which of several links it was found by the file system does not say. */
	if (!err && scan->fits > 1)
		err = -EMLINK;
	if (!err && (scan->len != scan->said.len || memcmp(scan->name, scan->said.name, scan->len)))
		return scan;
	kfree(scan);
	return err ? ERR_PTR(err) : NULL;
}

static bool own_is_unknown(ssize_t err)
{
	return err != -ENOENT && err != -ENOMEM && err != -EINTR;
}

/* Nobody can say what the policy must be asked about, so it is a no. */
static ssize_t own_refuse(struct extfuse_pass *pass)
{
	extfuse_folds_warn(pass->xc, pass->fm->fc);
	pass->args->ext.refused = true;
	return -EACCES;
}

/*
 * extfuse_own_undone - the result of what cannot be done here
 *
 * A policy that let it through was to be asked again, which the daemon does not do.
 * Without a daemon nothing is done.  The names in a listing are the files' own.
 */
ssize_t extfuse_own_undone(struct extfuse_pass *pass)
{
	const struct extfuse_args *ext = &pass->args->ext;

	if (likely(ext->names != EXTFUSE_NAMES_FOLD || ext->pass != EXTFUSE_PASS_ASKED))
		return EXTFUSE_NOT_DONE;
	if (extfuse_opcode_get(pass->args->opcode)->flags & EXTFUSE_OP_DIR_REPLY)
		return EXTFUSE_NOT_DONE;
	return extfuse_conn_is_ready(pass->fm->fc) ? own_refuse(pass) : EXTFUSE_NOT_DONE;
}

/* With the names in the request that are in @scan.  True: the policy lets it through. */
static bool own_ask(struct extfuse_pass *pass, const struct extfuse_named *named, unsigned int n,
		    struct own_scan **scan, ssize_t *ret)
{
	struct fuse_args *args = pass->args;
	struct fuse_in_arg said[EXTFUSE_NAMED_MAX];
	const struct cred *old;
	unsigned int i;

	for (i = 0; i < n; i++) {
		said[i] = *extfuse_in(args, named[i].arg);
		if (scan[i])
			extfuse_in_name_set(args, named[i].arg, scan[i]->name, scan[i]->len);
	}
	args->ext.names = EXTFUSE_NAMES_OWN;
	args->ext.pass = EXTFUSE_PASS_NO;
	old = override_creds(pass->caller);
	*ret = extfuse_request_ask(pass->xc, pass->fm, args, false);
	revert_creds(old);
	args->ext.names = EXTFUSE_NAMES_FOLD;
	for (i = 0; i < n; i++)
		*(struct fuse_in_arg *)extfuse_in(args, named[i].arg) = said[i];
	return *ret == EXTFUSE_NOT_DONE && args->ext.pass == EXTFUSE_PASS_ASKED;
}

/*
 * A file system may compare names otherwise and not say so, as XFS with version=ci: then the
 * dentry has the file's own name.  Also one that is being renamed has another by now.
 */
static bool name_is_own(const struct extfuse_pass *pass, const struct extfuse_named *named)
{
	struct dentry *low = named->low;
	unsigned int len;
	const char *said = extfuse_in_name(pass->args, named->arg, &len);
	bool same;

	if (d_is_negative(low))
		return true;
	spin_lock(&low->d_lock);
	same = low->d_name.len == len && !memcmp(low->d_name.name, said, len);
	spin_unlock(&low->d_lock);
	return same;
}

static bool names_are_own(const struct extfuse_pass *pass, const struct extfuse_named *named, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!name_is_own(pass, &named[i]))
			return false;
	}
	return true;
}

/*
 * extfuse_own_lets - does the policy let a request through, under the own names of the files?
 * @named:	@n names of the request, and what they lead to
 * @locked:	the directories below are locked, and were opened before that
 *
 * False: *@ret is the result.  -ENOENT is none: the file has gone from there meanwhile.
 */
bool extfuse_own_lets(struct extfuse_pass *pass, const struct extfuse_named *named, unsigned int n,
		      bool locked, ssize_t *ret)
{
	struct own_scan *scan[EXTFUSE_NAMED_MAX] = {};
	bool lets = true, others = false;
	unsigned int i;

	if (likely(pass->args->ext.names != EXTFUSE_NAMES_FOLD)) {
		*ret = -ENOENT;
		return likely(!READ_ONCE(pass->xc->names_asked)) || names_are_own(pass, named, n);
	}
	for (i = 0; lets && i < n; i++) {
		scan[i] = own_find(pass, &named[i], locked);
		lets = !IS_ERR(scan[i]);
		others |= !!scan[i];
	}
	if (!lets) {
		*ret = PTR_ERR(scan[--i]);
		scan[i] = NULL;
		if (own_is_unknown(*ret))
			*ret = own_refuse(pass);
	} else if (others) {
		lets = own_ask(pass, named, n, scan, ret);
	}
	for (i = 0; i < n; i++)
		kfree(scan[i]);
	return lets;
}
