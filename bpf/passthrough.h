/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For extensions that pass requests through to where the nodes lie.  PASS(op)
 * is a program that does so for one opcode; what an extension has a program of
 * its own for it leaves out.  Data of files that were opened so needs none.
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

/* What changes what lies there, or may. */
#define PASS_CHANGING(pass)	\
	pass(open) pass(access) pass(setattr) pass(setxattr) pass(removexattr) pass(ioctl)

/*
 * Inode flags and what chattr and project quotas keep, by number: <linux/fs.h>
 * wants headers that are not there for BPF.
 */
#define PASS_IOC_GETFLAGS	_IOR('f', 1, long)
#define PASS_IOC_SETFLAGS	_IOW('f', 2, long)
#define PASS_IOC_FSGETXATTR	_IOC(_IOC_READ, 'X', 31, 28)
#define PASS_IOC_FSSETXATTR	_IOC(_IOC_WRITE, 'X', 32, 28)

#endif /* PASSTHROUGH_H */
