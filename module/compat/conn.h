/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection's way to its daemon.
 *
 * HAVE_FUSE_CHAN, HAVE_END_WITHOUT_MOUNT: in 7.2 what concerns the transport is in
 * struct fuse_chan, and a request's end callback gets no mount; before, all of it is
 * in struct fuse_conn.  The old forms go with the lines 6.1, 6.12+deb12 and 6.12+deb13
 * of dkms/matrix.
 *
 * HAVE_REQUEST_IDMAP: since 6.12 a request is sent with the idmap of the mount that it
 * came through; ours carry it in extfuse_args.idmap.  The form without goes with line
 * 6.1.
 */
#ifndef _EXTFUSE_COMPAT_CONN_H
#define _EXTFUSE_COMPAT_CONN_H

#ifdef HAVE_FUSE_CHAN

#include "dev.h"
#include "fuse_dev_i.h"

static inline EXTFUSE_LINK *extfuse_link(const struct fuse_conn *fc)
{
	return fc->chan;
}

static inline struct fuse_conn *extfuse_req_conn(const struct fuse_req *req)
{
	return req->chan->conn;
}

/* Valid for as long as the file is; NULL where it is not mounted. */
static inline struct fuse_conn *extfuse_file_conn(struct file *file)
{
	struct fuse_chan *fch = fuse_dev_chan_get(fuse_file_to_fud(file));

	return fch && fch != FUSE_DEV_CHAN_DISCONNECTED ? fch->conn : NULL;
}

static inline void extfuse_forget_queue(struct fuse_conn *fc, struct fuse_forget_link *forget,
					u64 nodeid)
{
	fuse_chan_queue_forget(fc->chan, forget, nodeid, 1);
}

#else /* !HAVE_FUSE_CHAN */

static inline EXTFUSE_LINK *extfuse_link(struct fuse_conn *fc)
{
	return fc;
}

static inline struct fuse_conn *extfuse_req_conn(const struct fuse_req *req)
{
	return req->fm->fc;
}

static inline struct fuse_conn *extfuse_file_conn(struct file *file)
{
	struct fuse_dev *fud = READ_ONCE(file->private_data);

	return fud ? fud->fc : NULL;
}

static inline void extfuse_forget_queue(struct fuse_conn *fc, struct fuse_forget_link *forget,
					u64 nodeid)
{
	fuse_queue_forget(fc, forget, nodeid, 1);
}

#endif /* HAVE_FUSE_CHAN */

static inline bool extfuse_conn_is_connected(struct fuse_conn *fc)
{
	return READ_ONCE(extfuse_link(fc)->connected);
}

static inline bool extfuse_conn_is_initialized(struct fuse_conn *fc)
{
	/* Pairs with the release where fuse sets it. */
	return smp_load_acquire(&extfuse_link(fc)->initialized);
}

/* Would the stock way send it now?  Loads ordered as in fuse_get_req(). */
static inline bool extfuse_conn_is_ready(struct fuse_conn *fc)
{
	return extfuse_conn_is_initialized(fc) && extfuse_conn_is_connected(fc) && !fc->conn_error;
}

/* Abort and unmount wait until it is put. */
static inline void extfuse_waiting_get(struct fuse_conn *fc)
{
	atomic_inc(&extfuse_link(fc)->num_waiting);
}

static inline void extfuse_waiting_put(struct fuse_conn *fc)
{
	fuse_drop_waiting(extfuse_link(fc));
}

static inline void extfuse_sizes_adjust(struct fuse_conn *fc, struct fuse_args *args)
{
	fuse_adjust_compat(extfuse_link(fc), args);
}

#ifdef HAVE_END_WITHOUT_MOUNT
#define EXTFUSE_END_FN(name, args, error) \
	void name(struct fuse_args *args, int error)

static inline void extfuse_args_end(struct fuse_mount *fm, struct fuse_args *args, int error)
{
	args->end(args, error);
}
#else
#define EXTFUSE_END_FN(name, args, error) \
	void name(struct fuse_mount *fm, struct fuse_args *args, int error)

static inline void extfuse_args_end(struct fuse_mount *fm, struct fuse_args *args, int error)
{
	args->end(fm, args, error);
}
#endif

/* conn.c: the stock way to the daemon, of ours */
ssize_t fuse_daemon_request(struct fuse_mount *fm, struct fuse_args *args);
int fuse_daemon_background(struct fuse_mount *fm, struct fuse_args *args, gfp_t gfp_flags);

/* The fork's own, where requests carry an idmap. */
ssize_t fuse_daemon_idmap_request(struct mnt_idmap *idmap, struct fuse_mount *fm,
				  struct fuse_args *args);

#ifdef HAVE_REQUEST_IDMAP
/* fuse_simple_request() and fuse_simple_idmap_request() are inline and call this. */
#define EXTFUSE_SIMPLE_REQUEST_FN(fm, args) \
	ssize_t __fuse_simple_request(struct mnt_idmap *idmap, struct fuse_mount *fm, \
				      struct fuse_args *args)
#define extfuse_idmap_take(args)	((void)((args)->ext.idmap = idmap))

/* Can it be mounted with an idmap? */
static inline bool extfuse_may_idmap(const struct fuse_mount *fm)
{
	return fm->sb && !(fm->sb->s_iflags & SB_I_NOIDMAP);
}

/* Came through an idmapped mount, and creates something: then the daemon is told mapped ids. */
static inline bool extfuse_is_idmapped(const struct fuse_mount *fm, const struct fuse_args *args)
{
	const struct mnt_idmap *idmap = args->ext.idmap;

	if (likely(idmap == &invalid_mnt_idmap))
		return false;
	return idmap && idmap != &nop_mnt_idmap && extfuse_may_idmap(fm);
}

/* The request comes through the mount that @file was opened on. */
static inline void extfuse_via_set(struct fuse_args *args, const struct file *file)
{
	args->ext.via = file_mnt_idmap((struct file *)file);
}

/* Has a caller that came through @via other ids below? */
static inline bool extfuse_via_maps(const struct fuse_mount *fm, const struct mnt_idmap *via)
{
	return via != &nop_mnt_idmap && extfuse_may_idmap(fm);
}

/*
 * What an id of a caller that came through @via is below; nobody's: not mapped,
 * or, where that may matter, not known through which mount.
 */
static inline kuid_t extfuse_via_uid(const struct fuse_mount *fm, struct mnt_idmap *via, kuid_t uid)
{
	if (!extfuse_via_maps(fm, via))
		return uid;
	return via ? from_vfsuid(via, fm->fc->user_ns, VFSUIDT_INIT(uid)) : INVALID_UID;
}

static inline kgid_t extfuse_via_gid(const struct fuse_mount *fm, struct mnt_idmap *via, kgid_t gid)
{
	if (!extfuse_via_maps(fm, via))
		return gid;
	return via ? from_vfsgid(via, fm->fc->user_ns, VFSGIDT_INIT(gid)) : INVALID_GID;
}

static inline kuid_t extfuse_mapped_fsuid(const struct fuse_mount *fm, const struct fuse_args *args)
{
	return mapped_fsuid(args->ext.idmap, fm->fc->user_ns);
}

static inline kgid_t extfuse_mapped_fsgid(const struct fuse_mount *fm, const struct fuse_args *args)
{
	return mapped_fsgid(args->ext.idmap, fm->fc->user_ns);
}
#else
#define EXTFUSE_SIMPLE_REQUEST_FN(fm, args) \
	ssize_t fuse_simple_request(struct fuse_mount *fm, struct fuse_args *args)
#define extfuse_idmap_take(args)	do { } while (0)

static inline bool extfuse_is_idmapped(const struct fuse_mount *fm, const struct fuse_args *args)
{
	return false;
}

static inline bool extfuse_may_idmap(const struct fuse_mount *fm)
{
	return false;
}

static inline void extfuse_via_set(struct fuse_args *args, const struct file *file)
{
}

static inline bool extfuse_via_maps(const struct fuse_mount *fm, const struct mnt_idmap *via)
{
	return false;
}

static inline kuid_t extfuse_via_uid(const struct fuse_mount *fm, struct mnt_idmap *via, kuid_t uid)
{
	return uid;
}

static inline kgid_t extfuse_via_gid(const struct fuse_mount *fm, struct mnt_idmap *via, kgid_t gid)
{
	return gid;
}

static inline kuid_t extfuse_mapped_fsuid(const struct fuse_mount *fm, const struct fuse_args *args)
{
	return current_fsuid();
}

static inline kgid_t extfuse_mapped_fsgid(const struct fuse_mount *fm, const struct fuse_args *args)
{
	return current_fsgid();
}
#endif

#endif /* _EXTFUSE_COMPAT_CONN_H */
