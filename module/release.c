// SPDX-License-Identifier: GPL-2.0-only
/*
 * A RELEASE, or RELEASEDIR, that no program is asked about: of a handle that nobody has
 * got (pay.c), or that was kept when its file was closed (kept.c).
 */
#include "fuse_i.h"
#include "marks.h"
#include "opcode.h"
#include "release.h"
#include "trace.h"

/* Queues it with its marks.  An error: it was not sent, and args->end() has been called. */
int extfuse_release_send(struct extfuse_conn *xc, struct fuse_mount *fm, struct fuse_args *args, gfp_t gfp)
{
	const struct extfuse_opcode *op = extfuse_opcode_get(args->opcode);
	int err;

	extfuse_marks_begin(xc, args, op);
	err = fuse_daemon_background(fm, args, gfp);
	if (!err)
		return 0;
	extfuse_marks_end(xc, args, op);
	if (extfuse_is_tracing())
		extfuse_trace_end(args, true, err);
	extfuse_args_end(fm, args, err);
	return err;
}
