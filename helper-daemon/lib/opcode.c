// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Names: of FUSE's opcodes as users read them in `extfuse stats` and authors
 * write them in section names, and of the states of a connection.
 */
#include <errno.h>
#include <linux/fuse.h>
#include <strings.h>

#include "internal.h"

#define NAME(op) [FUSE_##op] = #op

static const char *const opcode_names[EXTFUSE_OPCODES] = {
	NAME(LOOKUP), NAME(FORGET), NAME(GETATTR), NAME(SETATTR), NAME(READLINK),
	NAME(SYMLINK), NAME(MKNOD), NAME(MKDIR), NAME(UNLINK), NAME(RMDIR),
	NAME(RENAME), NAME(LINK), NAME(OPEN), NAME(READ), NAME(WRITE), NAME(STATFS),
	NAME(RELEASE), NAME(FSYNC), NAME(SETXATTR), NAME(GETXATTR), NAME(LISTXATTR),
	NAME(REMOVEXATTR), NAME(FLUSH), NAME(INIT), NAME(OPENDIR), NAME(READDIR),
	NAME(RELEASEDIR), NAME(FSYNCDIR), NAME(GETLK), NAME(SETLK), NAME(SETLKW),
	NAME(ACCESS), NAME(CREATE), NAME(INTERRUPT), NAME(BMAP), NAME(DESTROY),
	NAME(IOCTL), NAME(POLL), NAME(NOTIFY_REPLY), NAME(BATCH_FORGET),
	NAME(FALLOCATE), NAME(READDIRPLUS), NAME(RENAME2), NAME(LSEEK),
	NAME(COPY_FILE_RANGE), NAME(SETUPMAPPING), NAME(REMOVEMAPPING), NAME(SYNCFS),
	/* By number: newer than the oldest <linux/fuse.h> that we build with. */
	[51] = "TMPFILE", [52] = "STATX", [53] = "COPY_FILE_RANGE_64",
};

const char *extfuse_opcode__name(unsigned int opcode)
{
	return opcode < EXTFUSE_OPCODES ? opcode_names[opcode] : NULL;
}

int extfuse_opcode__parse(const char *name)
{
	for (unsigned int i = 0; i < EXTFUSE_OPCODES; i++)
		if (opcode_names[i] && !strcasecmp(name, opcode_names[i]))
			return i;
	return -ENOENT;
}

static const struct {
	const char *name;
	const char *sentence;
} states[__EXTFUSE_STATE_MAX] = {
	[EXTFUSE_STATE_NONE] = { "NONE",
		"no extension was attached: every request goes to the daemon" },
	[EXTFUSE_STATE_ATTACHED] = { "ATTACHED", "programs answer in the kernel" },
	[EXTFUSE_STATE_DETACHED] = { "DETACHED",
		"the extension was detached: every request goes to the daemon" },
	[EXTFUSE_STATE_BAD_VERDICTS] = { "BAD_VERDICTS",
		"the module detached the extension after 1,000 bad verdicts in a row; "
		"'extfuse stats' says of which opcode, 'extfuse attach' attaches one again" },
	[EXTFUSE_STATE_PROGRAMS_OFF] = { "PROGRAMS_OFF",
		"programs are switched off: echo 1 >/sys/module/extfuse/parameters/programs" },
	[EXTFUSE_STATE_ABORTED] = { "ABORTED",
		"the daemon is gone or the connection was aborted: unmount it" },
};

const char *extfuse_state__name(unsigned int state)
{
	return state < __EXTFUSE_STATE_MAX ? states[state].name : "UNKNOWN";
}

const char *extfuse_state__explain(unsigned int state)
{
	return state < __EXTFUSE_STATE_MAX ? states[state].sentence :
		"the module is newer than this program and reports a state it does not know";
}
