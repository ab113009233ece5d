// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse attach, replace, detach: change the extension of a mount at work.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef int (*change_fn)(struct extfuse_ext *ext, int fd, __u32 conn, char *err, size_t errlen);

static int change(const struct cli_args *args, const struct cli_target *t, change_fn fn)
{
	struct extfuse_ext *ext = NULL;
	char why[1024] = "";
	int err;

	err = extfuse_module__probe(why, sizeof(why));
	if (!err)
		err = extfuse_ext__open(&ext, args->ext, &args->options, why, sizeof(why));
	if (!err && extfuse_ext__wants_backing(ext) && !strstr(t->e->options, "max_stack_depth=")) {
		err = -EOPNOTSUPP;
		snprintf(why, sizeof(why),
			 "it passes requests through, and this mount was not made for that: mount with -o ext=%s",
			 args->ext);
	}
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
