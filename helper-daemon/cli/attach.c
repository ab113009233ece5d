// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse attach, replace, detach: change the extension of a mount that is in use.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "option.h"
#include "state.h"

typedef int (*change_fn)(struct extfuse_ext *ext, int fd, __u32 conn, char *err, size_t errlen);

static bool has_backing(const struct cli_target *t)
{
	struct extfuse_ioc_query query;
	__u64 total = 0;

	if (!extfuse_conn__query(t->fd, t->e->conn, &query) && query.flags & EXTFUSE_QUERY_TREE)
		return true;
	return extfuse_backing__list(t->fd, t->e->conn, NULL, 0, &total) >= 0 && total;
}

/*
 * As mount.extfuse does it.  In directories further down that have backing objects the module
 * sees it itself, and the extension refuses names there.
 */
static int names_check(const struct cli_args *args, const struct cli_target *t, const struct extfuse_ext *ext,
		       char *why, size_t size)
{
	struct mount_state state;
	bool known, mirror;

	if (!extfuse_ext__takes_pattern(ext))
		return 0;
	known = !mount_state__read(&state, t->e->conn);
	mirror = known && !strcmp(state.command, "mirror");
	if (mirror && *state.folds) {
		snprintf(why, size, "it goes by names, and %s may find a file under other names than its own (%s), so no pattern can tell which file a name means: protect the files by their permissions",
			 t->e->source, state.folds);
		return -EINVAL;
	}
	if (mirror && !has_backing(t)) {
		snprintf(why, size, "the daemon gives no backing objects, without which the module does not see that a directory folds case: unmount, and mount with -o ext=%s",
			 args->ext);
		return -EOPNOTSUPP;
	}
	if (!mirror)
		cli_fail("note: %s: %s goes by names, and the daemon may find a file under other names too (%s): no pattern hides it there",
			 args->mount, args->ext, known && *state.folds ? state.folds : "nothing is known of that");
	return 0;
}

static int change(const struct cli_args *args, const struct cli_target *t, change_fn fn)
{
	struct extfuse_ext *ext = NULL;
	char why[1024] = "";
	int err;

	err = extfuse_module__probe(why, sizeof(why));
	if (!err)
		err = extfuse_ext__open(&ext, args->ext, &args->options, why, sizeof(why));
	if (!err && extfuse_ext__wants_backing(ext) && !option_in_list(t->e->options, "max_stack_depth=")) {
		err = -EOPNOTSUPP;
		snprintf(why, sizeof(why),
			 "it passes requests through, and this mount was not made for that: unmount, and mount with -o ext=%s",
			 args->ext);
	}
	if (!err)
		err = names_check(args, t, ext, why, sizeof(why));
	/* What it can keep is kept; where it cannot the caches begin anew. */
	if (!err && fn == extfuse_ext__replace)
		extfuse_ext__keep_caches(ext, t->fd, t->e->conn);
	if (!err)
		err = extfuse_ext__load(ext, why, sizeof(why));
	if (!err)
		err = fn(ext, t->fd, t->e->conn, why, sizeof(why));
	extfuse_ext__free(ext);
	if (err)
		cli_fail("%s: %s: %s", args->mount, args->ext, *why ? why : strerror(-err));
	return err;
}

static int detach(const struct cli_args *args, const struct cli_target *t)
{
	int err = extfuse_conn__detach(t->fd, t->e->conn);

	if (err)
		cli_fail("%s: %s", args->mount,
			 err == -ENOENT ? "no extension is attached" :
			 err == -EPERM ? "only root may detach: use sudo" : strerror(-err));
	return err;
}

static int on_mount(const struct cli_args *args, change_fn fn)
{
	struct cli_target t;
	int err;

	if (cli_open(&t, args->mount))
		return 1;
	err = fn ? change(args, &t, fn) : detach(args, &t);
	cli_close(&t);
	return err ? 1 : 0;
}

int do_attach(const struct cli_args *args)
{
	return on_mount(args, extfuse_ext__attach);
}

int do_replace(const struct cli_args *args)
{
	return on_mount(args, extfuse_ext__replace);
}

int do_detach(const struct cli_args *args)
{
	return on_mount(args, NULL);
}
