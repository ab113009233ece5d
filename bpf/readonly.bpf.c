// SPDX-License-Identifier: GPL-2.0-only
/*
 * readonly: passthrough, and nothing can be changed through the mount, not even by
 * root: EROFS, as on a file system that is mounted read-only.  It is a policy: if it
 * is lost, what it covers fails (EIO).
 *
 * What may be done with the data of a file is decided when it is opened.  A file that
 * was opened for writing before this was attached can still be written to, so attach
 * it with the mount.
 */
#include "passthrough.h"

/* O_ACCMODE and O_TRUNC; MAY_WRITE of access(). */
#define OPEN_CHANGES	(03 | 01000)
#define ACCESS_WRITE	2

EXTFUSE_WANT_BACKING;
EXTFUSE_WANT_TREE;
EXTFUSE_FAIL_CLOSED;

#define REFUSE(op)	EXTFUSE_REQUEST(op) { (void)req; return -EXTFUSE_EROFS; }

PASS_READING(PASS)
PASS(lookup)
REFUSE(create)
REFUSE(tmpfile)
REFUSE(mknod)
REFUSE(mkdir)
REFUSE(symlink)
REFUSE(link)
REFUSE(unlink)
REFUSE(rmdir)
REFUSE(rename)
REFUSE(rename2)
REFUSE(setattr)
REFUSE(setxattr)
REFUSE(removexattr)
/* On handles of the daemon that were opened before. */
REFUSE(write)
REFUSE(fallocate)
REFUSE(copy_file_range)
REFUSE(copy_file_range_64)

EXTFUSE_REQUEST(open)
{
	struct fuse_open_in in = {};

	if (bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, &in, sizeof(in)) ||
	    in.flags & OPEN_CHANGES)
		return -EXTFUSE_EROFS;
	return EXTFUSE_PASSTHROUGH;
}

EXTFUSE_REQUEST(access)
{
	struct fuse_access_in in = {};

	if (bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, &in, sizeof(in)) ||
	    in.mask & ACCESS_WRITE)
		return -EXTFUSE_EROFS;
	return EXTFUSE_PASSTHROUGH;
}

/* Calls that read flags are passed through; what others do is not known. */
EXTFUSE_REQUEST(ioctl)
{
	__u32 cmd = pass_ioctl_cmd(req);

	if (PASS_IOC_READS(cmd))
		return EXTFUSE_PASSTHROUGH;
	return PASS_IOC_CHANGES(cmd) ? -EXTFUSE_EROFS : -EXTFUSE_ENOTTY;
}

char _license[] SEC("license") = "GPL";
