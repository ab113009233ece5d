// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse attach, replace, detach: change the extension of a mount at work.
 */
#include "cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef int (*change_fn)(struct extfuse_ext *ext, int fd, __u32 conn, char *err, size_t errlen);

static int change(const struct cli_args *args, const struct mount_entry *e, int fd, change_fn fn)
{
	struct extfuse_ext *ext = NULL;
	char why[1024] = "";
	int err;

	err = extfuse_module__probe(why, sizeof(why));
	if (!err)
		err = extfuse_ext__open(&ext, args->ext, &args->options, why, sizeof(why));
	if (!err)
		err = extfuse_ext__load(ext, why, sizeof(why));
	if (!err)
		err = fn(ext, fd, e->conn, why, sizeof(why));
	extfuse_ext__free(ext);
	if (err)
		cli_fail("%s: %s: %s", args->mount, args->ext, *why ? why : strerror(-err));
	return err;
}

static int detach(const struct cli_args *args, const struct mount_entry *e, int fd)
{
	int err = extfuse_conn__detach(fd, e->conn);

	if (err)
		cli_fail("%s: %s", args->mount,
			 err == -ENOENT ? "no extension is attached" :
			 err == -EPERM ? "only root may detach: use sudo" : strerror(-err));
	return err;
}

static int on_mount(const struct cli_args *args, change_fn fn)
{
	const struct mount_entry *e;
	struct mount_list list;
	int fd, err;

	e = cli_mount(&list, args->mount);
	if (!e)
		return 1;
	fd = cli_device();
	if (fd < 0)
		err = cli_fail("cannot open " EXTFUSE_DEVICE ": %s: 'extfuse doctor' says more",
			       strerror(-fd));
	else
		err = fn ? change(args, e, fd, fn) : detach(args, e, fd);
	if (fd >= 0)
		close(fd);
	mount_list__free(&list);
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
