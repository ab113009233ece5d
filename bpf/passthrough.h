/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For extensions that pass requests through to the files behind the nodes.
 * PASS(op) is a program that does so for one opcode.  An extension leaves out the
 * opcodes for which it has programs of its own.  Data of files that were opened so
 * needs no program.
 */
#ifndef PASSTHROUGH_H
#define PASSTHROUGH_H

#include <extfuse/bpf.h>

#define PASS(op)					\
	EXTFUSE_REQUEST(op)				\
	{						\
		(void)req;				\
		return EXTFUSE_PASSTHROUGH;		\
	}

/* What changes nothing. */
#define PASS_READING(pass)	\
	pass(opendir) pass(readdir) pass(readdirplus) pass(fsyncdir) pass(getattr) \
	pass(statx) pass(getxattr) pass(listxattr) pass(readlink) pass(statfs)

/* What changes the file below, or may. */
#define PASS_CHANGING(pass)	\
	pass(open) pass(access) pass(setattr) pass(setxattr) pass(removexattr)

/* Names, which are done below only in a tree. */
#define PASS_NAMES(pass)	\
	pass(lookup) pass(mknod) pass(mkdir) pass(symlink) pass(link) pass(unlink) \
	pass(rmdir) pass(rename) pass(rename2) pass(tmpfile)

/*
 * Inode flags and what chattr and project quotas keep, by number: <linux/fs.h>
 * wants headers that are not there for BPF.
 */
#define PASS_IOC_GETFLAGS	_IOR('f', 1, long)
#define PASS_IOC_SETFLAGS	_IOW('f', 2, long)
#define PASS_IOC_FSGETXATTR	_IOC(_IOC_READ, 'X', 31, 28)
#define PASS_IOC_FSSETXATTR	_IOC(_IOC_WRITE, 'X', 32, 28)
/* The command of an IOCTL, or 0. */
static __always_inline __u32 pass_ioctl_cmd(struct extfuse_req *req)
{
	struct fuse_ioctl_in in = {};

	return bpf_extfuse_read_args(req, IN_PARAM_0_VALUE, &in, sizeof(in)) ? 0 : in.cmd;
}

#define PASS_IOC_READS(cmd)	((cmd) == PASS_IOC_GETFLAGS || (cmd) == PASS_IOC_FSGETXATTR)
#define PASS_IOC_CHANGES(cmd)	((cmd) == PASS_IOC_SETFLAGS || (cmd) == PASS_IOC_FSSETXATTR)
#define PASS_IOC_KNOWN(cmd)	(PASS_IOC_READS(cmd) || PASS_IOC_CHANGES(cmd))

#endif /* PASSTHROUGH_H */
