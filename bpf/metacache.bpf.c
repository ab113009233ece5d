// SPDX-License-Identifier: GPL-2.0-only
/*
 * metacache: answers GETATTR and LOOKUP from what the daemon said last.  It
 * works with any daemon: its reply programs fill the maps from the daemon's own
 * answers, the kernel says what of that is still fresh, and an answer has what is
 * left of the daemon's lifetime.
 *
 * With actimeo the administrator's lifetime counts where it is the longer one.
 * It is also written into the daemon's replies, READDIRPLUS entries included, so
 * that the kernel's own caches answer and no program is asked.  It is never used
 * for files with several links: a daemon that goes by paths has a node for each
 * link, and a change of one node does not show at the other.  Names that do not
 * exist live for negtimeo, or actimeo where that is not given, or longer if the daemon
 * says so.
 *
 * With actimeo READLINK, ACCESS and STATFS are answered as well (links.h, access.h,
 * statfs.h), with xattrtimeo GETXATTR and LISTXATTR (xattrs.h).  With keepcache what was
 * read stays when a file is closed, with closetimeo its handle does (opens.h).
 */

#include "metacache.h"
#include "access.h"
#include "links.h"
#include "opens.h"
#include "statfs.h"
#include "xattrs.h"

EXTFUSE_WANT_ACTIMEO;
EXTFUSE_WANT_XATTRTIMEO;
EXTFUSE_WANT_KEEPCACHE;
EXTFUSE_WANT_CLOSETIMEO;
EXTFUSE_HIDES_NONE;

static __always_inline __u64 actimeo_until_attr(struct extfuse_req *req,
						const struct fuse_attr *attr)
{
	if ((attr->mode & EXTFUSE_S_IFMT) != EXTFUSE_S_IFDIR && attr->nlink > 1)
		return 0;
	return actimeo_until(req);
}

/*
 * Learns from a fuse_entry_out: stores the attributes, says in @name what to
 * store of the name, lengthens the lifetimes.  Returns the verdict.
 */
static __noinline int entry_learn(struct extfuse_req *req, struct target *name)
{
	union attr_copy copy = {};
	struct fuse_entry_out *out = &copy.entry;
	__u64 longer, attr_until, nodeid;
	int verdict = EXTFUSE_KEEP, changed = 0;

	if (bpf_extfuse_read_args(req, OUT_PARAM_0, out, sizeof(*out)))
		return EXTFUSE_KEEP;
	nodeid = out->nodeid;
	/* In a listing node id 0 means "name only", not that there is none. */
	if (!nodeid)
		return req->flags & EXTFUSE_F_ENTRY ? EXTFUSE_KEEP :
						      negative_learn(req, out, name);

	longer = actimeo_until_attr(req, &out->attr);
	attr_until = later(req->attr_until, longer);
	name->nodeid = nodeid;
	name->generation = out->generation;
	name->daemon_until = req->entry_until;
	name->until = later(req->entry_until, longer);

	if (longer > req->entry_until && !names_dir()) {
		extfuse_time_split(extfuse_options.actimeo_ns, &out->entry_valid,
				   &out->entry_valid_nsec);
		changed = 1;
	}
	if (longer > req->attr_until) {
		extfuse_time_split(extfuse_options.actimeo_ns, &out->attr_valid,
				   &out->attr_valid_nsec);
		changed = 1;
	}
	if (changed && !METACACHE_ASK_AGAIN &&
	    !bpf_extfuse_write_args(req, OUT_PARAM_0, out, sizeof(*out)))
		verdict = 0;
	attr_store(req, nodeid, &copy.value, attr_until);
	return verdict;
}

/* Confirms a name that the kernel knows, with the attributes of its node. */
static __noinline int positive_answer(struct extfuse_req *req, const struct target *name)
{
	union attr_copy copy;
	struct fuse_entry_out *out = &copy.entry;
	__u64 attr_until;

	if (!attr_find(req, name->nodeid, &copy.value))
		return EXTFUSE_UPCALL;
	attr_until = copy.value.until;
	out->nodeid = name->nodeid;
	out->generation = name->generation;
	left_split(req, names_dir() ? name->daemon_until : name->until,
		   &out->entry_valid, &out->entry_valid_nsec);
	left_split(req, attr_until, &out->attr_valid, &out->attr_valid_nsec);
	return bpf_extfuse_write_args(req, OUT_PARAM_0, out, sizeof(*out)) ? EXTFUSE_UPCALL : 0;
}

EXTFUSE_REQUEST(getattr)
{
	struct attr_value copy;

	if (req->flags & EXTFUSE_F_FRESH || !attr_find(req, req->nodeid, &copy))
		return EXTFUSE_UPCALL;
	left_split(req, copy.until, &copy.out.attr_valid, &copy.out.attr_valid_nsec);
	return bpf_extfuse_write_args(req, OUT_PARAM_0, &copy.out, sizeof(copy.out)) ?
		EXTFUSE_UPCALL : 0;
}

EXTFUSE_REQUEST(lookup)
{
	struct target name = {};
	__u64 known = req->flags & EXTFUSE_F_REVAL ? req->child : 0;

	if (req->flags & EXTFUSE_F_FRESH)
		return EXTFUSE_UPCALL;
	/* If the kernel knows the name, only a confirmation counts, else only a denial. */
	if (!name_recall(req, known, &name))
		return EXTFUSE_UPCALL;
	return known ? positive_answer(req, &name) : negative_answer(req, &name);
}

EXTFUSE_REPLY(getattr)
{
	struct attr_value value = {};
	__u64 longer, until = req->attr_until;
	int verdict = EXTFUSE_KEEP;

	if (req->error ||
	    bpf_extfuse_read_args(req, OUT_PARAM_0, &value.out, sizeof(value.out)))
		return EXTFUSE_KEEP;
	longer = actimeo_until_attr(req, &value.out.attr);
	if (longer > until) {
		until = longer;
		extfuse_time_split(extfuse_options.actimeo_ns, &value.out.attr_valid,
				   &value.out.attr_valid_nsec);
		if (!METACACHE_ASK_AGAIN &&
		    !bpf_extfuse_write_args(req, OUT_PARAM_0, &value.out, sizeof(value.out)))
			verdict = 0;
	}
	attr_store(req, req->nodeid, &value, until);
	return verdict;
}

EXTFUSE_REPLY(lookup)
{
	struct target name = {};
	int verdict = EXTFUSE_KEEP;

	if (!req->error)
		verdict = entry_learn(req, &name);
	else if (req->error == -EXTFUSE_ENOENT)
		name.until = negative_until(req);
	name_learn(req, &name);
	return verdict;
}

EXTFUSE_REPLY(readdirplus)
{
	struct target name = {};
	int verdict;

	if (req->error || !(req->flags & EXTFUSE_F_ENTRY))
		return EXTFUSE_KEEP;
	verdict = entry_learn(req, &name);
	name_learn(req, &name);
	return verdict;
}

EXTFUSE_REQUEST(readlink)
{
	return link_answer(req);
}

EXTFUSE_REPLY(readlink)
{
	link_learn(req);
	return EXTFUSE_KEEP;
}

EXTFUSE_REQUEST(access)
{
	return access_answer(req);
}

EXTFUSE_REPLY(access)
{
	access_learn(req);
	return EXTFUSE_KEEP;
}

EXTFUSE_REQUEST(statfs)
{
	return statfs_answer(req);
}

EXTFUSE_REPLY(statfs)
{
	statfs_learn(req);
	return EXTFUSE_KEEP;
}

EXTFUSE_REQUEST(getxattr)
{
	return xattr_answer(req);
}

EXTFUSE_REQUEST(listxattr)
{
	return xattr_answer(req);
}

EXTFUSE_REPLY(getxattr)
{
	xattr_learn(req);
	return EXTFUSE_KEEP;
}

EXTFUSE_REPLY(listxattr)
{
	xattr_learn(req);
	return EXTFUSE_KEEP;
}

EXTFUSE_REQUEST(open)
{
	return open_reuse(req);
}

EXTFUSE_REQUEST(opendir)
{
	return open_reuse(req);
}

EXTFUSE_REPLY(open)
{
	return open_keep(req, FOPEN_KEEP_CACHE);
}

EXTFUSE_REPLY(opendir)
{
	return open_keep(req, FOPEN_KEEP_CACHE | FOPEN_CACHE_DIR);
}

char _license[] SEC("license") = "GPL";
