/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fork adds to struct fuse_args: the facts that only a call site
 * knows (which inode, how much it is trusted), and, embedded and not pointed
 * to, what must live from a request to its reply when nobody waits for it.
 * The call sites fill the first part; all of it starts as zero.
 */
#ifndef _EXTFUSE_ARGS_H
#define _EXTFUSE_ARGS_H

#include <linux/cred.h>
#include <linux/types.h>
#include <linux/extfuse.h>

struct dentry;
struct extfuse_kept_handle;
struct extfuse_shadow;
struct extfuse_tree;
struct file;
struct fuse_args;
struct fuse_chan;
struct fuse_conn;
struct fuse_file;
struct fuse_mount;
struct fuse_req;
struct inode;
struct mnt_idmap;
struct super_block;

/* extfuse_args.flags, set at call sites; programs see them as they are. */
#define EXTFUSE_ARGS_FRESH	EXTFUSE_F_FRESH	/* sent out of distrust, see rule 5.6 */
#define EXTFUSE_ARGS_REVAL	EXTFUSE_F_REVAL	/* LOOKUP for the dentry whose inode is child[0] */
#define EXTFUSE_ARGS_WROTE	EXTFUSE_F_WROTE	/* FLUSH, FSYNC on a handle open for writing */

/* extfuse_args.marked */
#define EXTFUSE_MARKED		0x01	/* slots have this request in flight */
#define EXTFUSE_MARKED_NAMES_DIR 0x02	/* ... with names kept by directory */

/* The most slots that one request moves: RENAME, 2 names, 4 of parents, 2 nodes, rights. */
#define EXTFUSE_MARKS_MAX	10

/* What has the transport's state: see compat/conn.h. */
#ifdef HAVE_FUSE_CHAN
#define EXTFUSE_LINK	struct fuse_chan
#else
#define EXTFUSE_LINK	struct fuse_conn
#endif

/* Set-id bits are to go with the change; the mode in the request is what the fork made of that. */
enum extfuse_kill {
	EXTFUSE_KILL_NONE,
	EXTFUSE_KILL_OWNER,	/* chown(): the caller must own the file, also where it changes neither id */
	EXTFUSE_KILL_WRITER,	/* the caller writes or truncates */
};

/* How far a request is on its way to the file system below, or to a handle that was kept. */
enum extfuse_passing {
	EXTFUSE_PASS_NO,	/* nobody has asked, or it cannot be done there */
	EXTFUSE_PASS_DONE,	/* it was done: the result is that of the file system below */
	EXTFUSE_PASS_REUSED,	/* a kept handle was given: see kept.c */
	EXTFUSE_PASS_ASKED,	/* the program's verdict was PASSTHROUGH */
	EXTFUSE_PASS_REUSE,	/* it was REUSE */
};

/* In a directory below that finds files under names that are not their own: see tree/own.c. */
enum extfuse_naming {
	EXTFUSE_NAMES_GIVEN,	/* no policy was told so */
	EXTFUSE_NAMES_FOLD,	/* one was, and is owed the files' own names */
	EXTFUSE_NAMES_OWN,	/* these are what it is asked about now */
};

/* What the fork's struct fuse_inode has of ours; the first fields are of an inode of a tree: see tree/tree.h. */
struct extfuse_node {
	struct dentry *low;
	union {
		struct extfuse_tree *tree;
		u64 pages;		/* without @low: since when all that is cached is so, see cached.c */
	};
	u32 old_reads;			/* of handles that are older than a change; under fi->lock, as @pages */
	union {
		struct {		/* of a directory: names that are about to move; only compared */
			const struct dentry *moved[2];
			unsigned int moved_seq[2];
		};
		struct {		/* of a file */
			unsigned int nosec;	/* under fi->lock: how many write side by side */
			u64 said;		/* what the daemon said last: see extfuse_cto_said() */
		};
	};
#ifdef HAVE_REQUEST_IDMAP
	/* Under fi->lock: who asked last to change a name here, and through which mount. */
	const struct task_struct *via_of;
	struct mnt_idmap *via;
#endif
};

/* What the fork's struct fuse_file has of ours: a handle of the daemon's, or one that is on a backing file. */
struct extfuse_handle {
	u64 stamp;			/* the clock when it was opened: a daemon may read a directory then, and serve it later */
	u64 who;			/* who has opened it, as extfuse_req.who; 0: not known, so it is not kept */
	u32 flags;			/* that the daemon opened it with; only with @who */
	u32 old_reads;			/* of its node when it was opened */
	struct dentry *dentry;		/* its name, while it is released */
	bool is_ours;			/* on a backing file, and the kernel's: the daemon does not know it */
	bool appends;			/* opened with O_APPEND */
	bool lists;			/* a listing may be cached because a program says so: see cached.c */
	bool keeps;			/* so it is of what was read */
	bool asked;			/* so are attributes, for this open: see cto.c */
	bool cached;			/* until 6.8: it uses the page cache */
	const struct cred *opener;
	struct mnt_idmap *via;		/* of the mount that it was opened through */
	struct extfuse_writer *writers;	/* others that write on it */
};

struct extfuse_args {
	/* Call sites hold references for as long as the request lasts. */
	struct inode *inode;		/* the node (the directory, for names) */
	struct inode *dir2;		/* RENAME: the new directory */
	struct inode *child[2];		/* nodes (un)linked, moved, replaced, confirmed */
	struct super_block *sb;		/* LOOKUP without an inode at hand */
	struct fuse_file *made;		/* OPEN, OPENDIR: the handle that is made; RELEASE, until it is sent: that goes */
	struct fuse_file *ours;		/* the handle, where it is on a backing file (SETATTR: only for a size) */
	struct fuse_file *ours_target;	/* COPY_FILE_RANGE: the target's, where both are on backing files */
	struct file *file;		/* OPEN, IOCTL, SETATTR: the caller's; NULL: there is none */
	struct dentry *dentry;		/* RELEASE: with a reference, see extfuse_release_dentry() */
	struct dentry *entry;		/* of a name that is looked up, made, removed, moved */
	struct dentry *entry2;		/* RENAME: the new name's */
	struct inode *node;		/* a reply's, with a reference: see tree/found.c */
	struct mnt_idmap *idmap;	/* that the daemon is told ids by */
	struct mnt_idmap *via;		/* of the mount that it came through; NULL: not known here */
	u16 header;			/* EXTFUSE_HEADER_*, see extfuse_header() */
	u8 flags;
	bool not_asked;			/* the kernel's own flush, no program's matter */

	/* Small things first: each request zeroes all of this, and holes count. */
	u8 marked;
	u8 nmarks;
	bool replied;			/* the daemon wrote the reply that ended it, or a backing file system did */
	u8 pass;			/* enum extfuse_passing */
	u8 kill;			/* SETATTR: enum extfuse_kill */
	u8 names;			/* enum extfuse_naming */
	bool pending;			/* background: our end is owed */
	bool refused;			/* F_REVAL: the error is a policy's, it says nothing of the name */
	bool caller_known;		/* uid, gid, pid and who are filled */
	bool kept;			/* RELEASE: was held back, see kept_pool.c */
	u16 name_slot;			/* F_REVAL: see revalidate.c */
	u16 mark[EXTFUSE_MARKS_MAX];	/* while marked: the slots that it has in flight */

	u32 uid, gid, pid;
	struct fuse_mount *fm;		/* while pending */
	union {
		void *out;		/* a listing of several pages in one piece, see extfuse_out_hold() */
		struct extfuse_kept_handle *held;	/* RELEASE: @kept */
	};
	struct extfuse_shadow *shadow;	/* an answer to be compared, see shadow.c */
	u64 set_id;			/* 0: no set has seen the start */
	u64 stamp;
	u64 open_stamp;			/* READDIR: the clock when the directory was opened */
	u64 who;
	u64 cookie[2];
};

/* What the fork's transport calls, and what of it is called; it does not see extfuse_i.h everywhere. */
long extfuse_dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
void extfuse_conn_abort(struct fuse_conn *fc);
struct fuse_forget_link *extfuse_forget_real(struct fuse_forget_link *forget);
int extfuse_request_ended(struct fuse_req *req, int error);
void fuse_adjust_compat(EXTFUSE_LINK *link, struct fuse_args *args);
void fuse_drop_waiting(EXTFUSE_LINK *link);

/* Call site: what the daemon reads in the padding of a request's header. */
static inline u16 extfuse_header(const struct extfuse_args *ext, bool background)
{
	u16 header = ext->header;

	if (current_cred() != current_real_cred())
		header |= EXTFUSE_HEADER_OVERRIDDEN;
	if (!background)
		header |= EXTFUSE_HEADER_WAITS;
	if (ext->kill == EXTFUSE_KILL_WRITER)
		header |= EXTFUSE_HEADER_KILL;
	return header;
}

#endif /* _EXTFUSE_ARGS_H */
