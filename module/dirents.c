// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers of directory entries (READDIR, READDIRPLUS): how they are walked, whether
 * one is whole, and whether two say the same.
 */
#include "fuse_i.h"
#include "attr.h"
#include "dirents.h"
#include "run.h"
#include <linux/dcache.h>

static struct fuse_dirent *entry_dirent(void *buf, bool plus)
{
	return plus ? &((struct fuse_direntplus *)buf)->dirent : buf;
}

static bool name_is_malformed(const struct fuse_dirent *dirent)
{
	return !dirent->namelen || dirent->namelen > FUSE_NAME_MAX;
}

/* What comes before a name. */
static u32 head_size(bool plus)
{
	return plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET;
}

bool extfuse_entry_is_malformed(void *buf, u32 left, bool plus)
{
	return left >= head_size(plus) && name_is_malformed(entry_dirent(buf, plus));
}

bool extfuse_entry_next(void *buf, u32 left, bool plus, struct extfuse_entry *e)
{
	if (left < head_size(plus))
		return false;
	e->out = plus ? buf : NULL;
	e->dirent = entry_dirent(buf, plus);
	if (name_is_malformed(e->dirent))
		return false;
	e->reclen = plus ? FUSE_DIRENTPLUS_SIZE((struct fuse_direntplus *)buf) :
			   FUSE_DIRENT_SIZE(e->dirent);
	return e->reclen <= left;
}

/* What the directory has under the name of an entry; with a reference, or NULL. */
struct dentry *extfuse_dirent_lookup(struct dentry *dir, const struct fuse_dirent *dirent)
{
	struct qstr name = QSTR_INIT(dirent->name, dirent->namelen);

	name.hash = full_name_hash(dir, name.name, name.len);
	return d_lookup(dir, &name);
}

/* Names have the protocol's shape, nothing is left over, offsets move on. */
static bool entries_whole(void *buf, u32 size, bool plus, u64 off)
{
	struct extfuse_entry e;

	for (; size; off = e.dirent->off) {
		if (!extfuse_entry_next(buf, size, plus, &e) || !e.dirent->off || e.dirent->off == off ||
		    memchr(e.dirent->name, '/', e.dirent->namelen) ||
		    memchr(e.dirent->name, 0, e.dirent->namelen))
			return false;
		buf += e.reclen;
		size -= e.reclen;
	}
	return true;
}

enum extfuse_outcome extfuse_dirents_check(struct extfuse_run *run)
{
	const struct fuse_read_in *in = extfuse_in(run->args, 0)->value;
	bool plus = run->args->opcode == FUSE_READDIRPLUS;
	bool whole;
	void *buf;

	buf = extfuse_out_map(run->args);
	whole = entries_whole(buf, run->out_len[0], plus, in->offset);
	extfuse_out_unmap(run->args, buf);
	return whole ? EXTFUSE_ACCEPT : extfuse_bad(run, EXTFUSE_WHY_MALFORMED);
}

static bool entry_is_same(const struct extfuse_entry *a, const struct extfuse_entry *b)
{
	if (a->dirent->ino != b->dirent->ino || a->dirent->off != b->dirent->off ||
	    a->dirent->type != b->dirent->type || a->dirent->namelen != b->dirent->namelen ||
	    memcmp(a->dirent->name, b->dirent->name, a->dirent->namelen))
		return false;
	/* A program may give a name only. */
	return !a->out || !a->out->nodeid || extfuse_entry_equal(a->out, b->out);
}

/*
 * extfuse_dirents_equal - does the listing @a of a program say what the daemon's @b does?
 *
 * Where both stop is their own affair, as long as both have an entry or none.
 */
bool extfuse_dirents_equal(void *a, u32 alen, void *b, u32 blen, bool plus)
{
	struct extfuse_entry ea, eb;

	if (!alen != !blen)
		return false;
	while (extfuse_entry_next(a, alen, plus, &ea) && extfuse_entry_next(b, blen, plus, &eb)) {
		if (!entry_is_same(&ea, &eb))
			return false;
		a += ea.reclen;
		alen -= ea.reclen;
		b += eb.reclen;
		blen -= eb.reclen;
	}
	return true;
}

/* Calls @fn for each READDIRPLUS entry that carries a node. */
void extfuse_dirents_each(const struct fuse_args *args, u32 len,
			  void (*fn)(void *data, struct fuse_entry_out *out), void *data)
{
	void *buf = extfuse_out_map(args), *p = buf;
	struct extfuse_entry e;

	for (; extfuse_entry_next(p, len, true, &e); p += e.reclen, len -= e.reclen) {
		if (e.out->nodeid && !extfuse_dirent_is_dot(e.dirent))
			fn(data, e.out);
	}
	extfuse_out_unmap(args, buf);
}
