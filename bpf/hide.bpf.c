// SPDX-License-Identifier: GPL-2.0-only
/*
 * hide: passthrough, and names that match pattern= are neither found, nor listed,
 * nor made.  It is a policy: if it is lost, what it covers fails (EIO).
 *
 * It is about names.  A file that also has another name is found under that one.
 * What was opened before it was attached stays open.  A directory that folds case finds
 * files under names that are not their own: there this is asked about the name that
 * the caller said and about the file's own.  Where the kernel cannot tell that, because
 * the names are the daemon's, every name is refused (EACCES), and only the listing,
 * which has the files' own names, shows what there is.
 */
#include "passthrough.h"

EXTFUSE_WANT_BACKING;
EXTFUSE_WANT_TREE;
EXTFUSE_FAIL_CLOSED;
EXTFUSE_PATTERN(".hidden");

/* A name by itself, or in its place in a directory entry. */
struct name {
	char	head[sizeof(struct fuse_dirent)];
	char	text[256];
};

/* FAT makes a name without the dots at its end.  Such a name counts as that one wherever names fold. */
static __noinline int dots_at_end(const struct name *name, __u32 size)
{
	__u32 i;

	if (!name)
		return 0;
	for (i = 0; i < 255 && size > i + 1; i++)
		if (name->text[(size - 1 - i) & 255] != '.')
			break;
	return i;
}

static __noinline int is_hidden(struct extfuse_req *req, __u32 arg, __u32 size)
{
	struct name name = {};
	int err;

	if (req->flags & EXTFUSE_F_ENTRY)
		err = bpf_extfuse_read_args(req, arg, &name, sizeof(name));
	else
		err = bpf_extfuse_read_args(req, arg, name.text, sizeof(name.text));
	if (req->flags & EXTFUSE_F_FOLDS)
		size -= dots_at_end(&name, size);
	/* An error: the name is longer than any of a file system below. */
	return err || extfuse_pattern_match(&extfuse_pattern, name.text, size);
}

#define IN_HIDDEN(n)	is_hidden(req, IN_PARAM_##n##_VALUE, req->in_size[n] - 1)
#define OUT_HIDDEN(n)	is_hidden(req, OUT_PARAM_##n, req->out_size[n] - FUSE_NAME_OFFSET)
#define FOLDS		((req->flags & (EXTFUSE_F_FOLDS | EXTFUSE_F_AGAIN)) == EXTFUSE_F_FOLDS)
#define REFUSE(op, hidden)	\
	EXTFUSE_REQUEST(op) { return FOLDS || hidden ? -EXTFUSE_EACCES : EXTFUSE_PASSTHROUGH; }
#define HIDE(op, n)		\
	EXTFUSE_REPLY(op)	\
	{ return req->flags & EXTFUSE_F_ENTRY && OUT_HIDDEN(n) ? -EXTFUSE_ENOENT : EXTFUSE_KEEP; }

PASS_READING(PASS)
PASS_CHANGING(PASS)
PASS(tmpfile)
REFUSE(create, IN_HIDDEN(1))
REFUSE(mknod, IN_HIDDEN(1))
REFUSE(mkdir, IN_HIDDEN(1))
REFUSE(symlink, IN_HIDDEN(0))
REFUSE(link, IN_HIDDEN(1))
REFUSE(unlink, IN_HIDDEN(0))
REFUSE(rmdir, IN_HIDDEN(0))
REFUSE(rename, IN_HIDDEN(1) || IN_HIDDEN(2))
REFUSE(rename2, IN_HIDDEN(1) || IN_HIDDEN(2))
HIDE(readdir, 0)
HIDE(readdirplus, 1)

/* Some file systems make names by other calls. */
EXTFUSE_REQUEST(ioctl)
{
	return PASS_IOC_KNOWN(pass_ioctl_cmd(req)) ? EXTFUSE_PASSTHROUGH : -EXTFUSE_ENOTTY;
}

EXTFUSE_REQUEST(lookup)
{
	if (FOLDS)
		return -EXTFUSE_EACCES;
	return IN_HIDDEN(0) ? -EXTFUSE_ENOENT : EXTFUSE_PASSTHROUGH;
}

/* Before a name is made, a daemon that has the names is asked whatever the request program says. */
EXTFUSE_REPLY(lookup)
{
	if (!(req->flags & EXTFUSE_F_FRESH))
		return EXTFUSE_KEEP;
	if (FOLDS)
		return -EXTFUSE_EACCES;
	return !req->error && IN_HIDDEN(0) ? -EXTFUSE_ENOENT : EXTFUSE_KEEP;
}

char _license[] SEC("license") = "GPL";
