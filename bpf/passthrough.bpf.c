// SPDX-License-Identifier: GPL-2.0-only
/*
 * passthrough: the kernel serves data, attributes and listings from the files
 * behind the nodes.  The daemon, our mirror, has given them to it (backing
 * objects), and serves a node without one itself.
 *
 * Names are the daemon's.  It must confirm names that exist, because attributes
 * are never cached here.  Names that do not exist are remembered (names.h), for
 * the daemon's lifetime or, if that is longer, for actimeo.  For actimeo the kernel's
 * own cache keeps the names that exist.
 */
#include "names.h"
#include "passthrough.h"

EXTFUSE_WANT_BACKING;

PASS_READING(PASS)
PASS_CHANGING(PASS)
PASS(ioctl)

EXTFUSE_REQUEST(lookup)
{
	struct target name = {};

	if (req->flags & (EXTFUSE_F_FRESH | EXTFUSE_F_REVAL) || !name_recall(req, 0, &name))
		return EXTFUSE_UPCALL;
	return negative_answer(req, &name);
}

/* The name of a node that is there is kept for actimeo. */
static __always_inline int entry_lengthen(struct extfuse_req *req, struct fuse_entry_out *out)
{
	if (actimeo_until(req) <= req->entry_until || names_dir())
		return EXTFUSE_KEEP;
	extfuse_time_split(extfuse_options.actimeo_ns, &out->entry_valid, &out->entry_valid_nsec);
	return bpf_extfuse_write_args(req, OUT_PARAM_0, out, sizeof(*out)) ? EXTFUSE_KEEP : 0;
}

EXTFUSE_REPLY(lookup)
{
	struct fuse_entry_out out = {};
	struct target name = {};
	int verdict = EXTFUSE_KEEP;

	if (req->error == -EXTFUSE_ENOENT)
		name.until = actimeo_until(req);
	else if (req->error || bpf_extfuse_read_args(req, OUT_PARAM_0, &out, sizeof(out)))
		return EXTFUSE_KEEP;
	else if (out.nodeid)
		return entry_lengthen(req, &out);
	else
		verdict = negative_learn(req, &out, &name);
	name_learn(req, &name);
	return verdict;
}

char _license[] SEC("license") = "GPL";
