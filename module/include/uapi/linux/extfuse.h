/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The ABI of extfuse: what a BPF program, a daemon and an administrator see of
 * extfuse.ko.  This file is its document.
 *
 * A connection is what fuse calls one: the channel between one daemon and its
 * mounts.  An extension is a set of BPF programs (BPF_PROG_TYPE_SYSCALL) that
 * is attached to one connection, replaced and detached as one.  A request
 * program is asked before a request is queued for the daemon, a reply program
 * sees what came back.  Both get struct extfuse_req and return a verdict:
 *
 *   request phase
 *     0                    answered: the outputs are as the program wrote them
 *     -E...                the request fails with this error
 *     EXTFUSE_PASSTHROUGH  done by the module on the backing object
 *     EXTFUSE_REUSE        OPEN, OPENDIR: by a handle that was kept
 *     EXTFUSE_UPCALL       on to the daemon
 *   reply phase
 *     0                    the answer stands, with the outputs as they are now
 *     -E...                this error instead
 *     anything else        the daemon's answer as it came
 *
 * A LOOKUP of a name that the kernel has (EXTFUSE_F_REVAL) only sets attached with
 * EXTFUSE_ATTACH_FAIL_CLOSED can refuse: the caller gets the error, and the kernel
 * keeps the name.  A refusal by another set is an upcall.
 *
 * Whatever else a program does is a bad verdict: it is counted, what the
 * program wrote is taken back, and the request goes to the daemon.
 *
 * What is stable.  All that this file declares keeps its meaning within a version of
 * the ABI; EXTFUSE_ABI_VERSION is 1, and would only change if something here were
 * taken away.  Not promised: which requests the kernel sends, how many, and in what
 * order; the numbers of connections and sets; what stands in a log.
 *
 * Structures are plain, without kernel pointers, and grow only at their end.
 * Reserved fields must be zero, unknown flags are refused with -EINVAL.  An ioctl is
 * known by its number and direction, and its structure may have another size than
 * the module's: fields that the caller lacks are zero; those that the module lacks
 * must be zero, else the call fails with -E2BIG, and come back as zero.  A structure
 * that is smaller than in version 1 is refused with -EINVAL.  Elements of arrays
 * (struct extfuse_ioc_prog, struct extfuse_backing_info) do not grow; those of
 * struct extfuse_op_stats have their size beside them.  A program sees as much of
 * struct extfuse_req as it was built with, and cannot be attached to a module that
 * has less.
 */
#ifndef _UAPI_LINUX_EXTFUSE_H
#define _UAPI_LINUX_EXTFUSE_H

#include <linux/types.h>
#include <linux/ioctl.h>

/* Version of struct extfuse_req and of the ioctls, in extfuse_req.version. */
#define EXTFUSE_ABI_VERSION	1

/* Verdicts beside 0 and the negative errors. */
#define EXTFUSE_PASSTHROUGH	1
/*
 * OPEN, OPENDIR, of a set with close_valid: the caller gets a handle that was kept when its
 * file was closed.  It stands if there is one of the same node, opened with the same flags
 * by the same caller (extfuse_req.who), the node's attributes are valid, and neither they
 * nor its data have moved since the handle was opened; without default_permissions, nor the
 * rights of any directory.  Else it is an upcall.
 */
#define EXTFUSE_REUSE		2
#define EXTFUSE_UPCALL		(-38)	/* -ENOSYS */

/* Opcodes above this are never given to a program (FUSE's own end at 53). */
#define EXTFUSE_OPCODES		64
/* extfuse_ioc_prog.opcode: every opcode that has no program of its own. */
#define EXTFUSE_OPCODE_ANY	0xffffffffU

/*
 * What bpf_extfuse_read_args() and bpf_extfuse_write_args() can name.  Inputs
 * and outputs are numbered as FUSE 7.31 puts them on the wire, whatever the
 * kernel's own order is; a name comes with its terminating NUL.
 *
 * In a reply program that is asked once per directory entry
 * (EXTFUSE_F_ENTRY) OUT_PARAM_0 is the entry: of READDIR the struct
 * fuse_dirent with its name (not padded), of READDIRPLUS the struct
 * fuse_entry_out, and OUT_PARAM_1 then the struct fuse_dirent with its name.
 */
enum extfuse_arg {
	OPCODE = 0,		/* __u32, exactly 4 bytes */
	NODEID,			/* __u64, exactly 8 bytes */
	NUM_IN_ARGS,		/* __u32, exactly 4 bytes */
	NUM_OUT_ARGS,		/* __u32, exactly 4 bytes */
	IN_PARAM_0_SIZE,	/* __u32, exactly 4 bytes */
	IN_PARAM_0_VALUE,	/* at least as many bytes as its size says */
	IN_PARAM_1_SIZE,
	IN_PARAM_1_VALUE,
	IN_PARAM_2_SIZE,
	IN_PARAM_2_VALUE,
	/*
	 * Outputs as written so far, or by the daemon.  A reply program can change attributes
	 * and lifetimes, and in the struct fuse_open_out of an OPEN or OPENDIR set
	 * FOPEN_KEEP_CACHE and, with it, FOPEN_CACHE_DIR: what was read before stays where it
	 * is known to be unchanged, as EXTFUSE_REUSE says.  What else it writes is not taken.
	 */
	OUT_PARAM_0,
	OUT_PARAM_1,
	/* The extension of CREATE, MKDIR, ... (security context, groups). */
	IN_EXT_SIZE,		/* __u32, exactly 4 bytes */
	IN_EXT_VALUE,
	__EXTFUSE_ARG_MAX,
};

enum extfuse_phase {
	EXTFUSE_PHASE_REQUEST = 0,
	EXTFUSE_PHASE_REPLY = 1,
	__EXTFUSE_PHASE_MAX,
};

/* extfuse_req.flags */
#define EXTFUSE_F_BACKGROUND	(1U << 0)	/* nobody waits for the answer in the calling task */
#define EXTFUSE_F_NOCREDS	(1U << 1)	/* no caller: uid, gid, pid and who are 0 */
#define EXTFUSE_F_IDMAPPED	(1U << 2)	/* creates something through an idmapped mount */
#define EXTFUSE_F_FRESH		(1U << 3)	/* sent out of distrust: an answer 0 is not taken */
#define EXTFUSE_F_REVAL		(1U << 4)	/* LOOKUP of a name whose dentry is known: see child */
#define EXTFUSE_F_ENTRY		(1U << 5)	/* reply phase: asked for one directory entry */
#define EXTFUSE_F_CHANGES	(1U << 6)	/* changes something: its reply must fill no cache */
#define EXTFUSE_F_WROTE		(1U << 7)	/* FLUSH, FSYNC: the handle is open for writing */
/*
 * Of sets attached with EXTFUSE_ATTACH_FAIL_CLOSED, requests with a name, and
 * listings: the directory (for RENAME, one of both) is on one that does not
 * compare names byte by byte.  It folds case, or files have other names there:
 * the name in the request is not the one that a file has.  Also where the module
 * cannot know, because there are as many backing objects as there may be.
 */
#define EXTFUSE_F_FOLDS		(1U << 8)
/*
 * GETXATTR, LISTXATTR, ACCESS: the node is no directory and has several links, or may have
 * as far as the kernel knows.  A daemon that goes by paths has a node for each of
 * them: what is changed at one of these moves nothing that is known of the others.
 */
#define EXTFUSE_F_LINKS		(1U << 9)
/*
 * With EXTFUSE_F_FOLDS, in a tree: where the verdict is EXTFUSE_PASSTHROUGH and the name
 * leads to a file that has another, the program is asked again, with the file's own
 * name in the request and without both flags.  Names that lead to nothing are as in the
 * request.  What cannot be done in the kernel then is refused with EACCES.
 */
#define EXTFUSE_F_AGAIN		(1U << 10)

/*
 * struct extfuse_req - the context of a program
 *
 * Read-only in spirit: nothing that a program writes into it is believed,
 * except @cookie, which the reply program of the same request finds as the
 * request program left it.  Times are nanoseconds of CLOCK_BOOTTIME at
 * scheduler-tick resolution.
 *
 * @version:	EXTFUSE_ABI_VERSION
 * @opcode:	enum fuse_opcode
 * @nodeid:	node that the request names (the directory for names)
 * @uid, @gid:	fsuid and fsgid of the caller in the mount's user namespace;
 *		with EXTFUSE_F_IDMAPPED as the mount maps them
 * @pid:	caller in the mount's pid namespace
 * @phase:	enum extfuse_phase
 * @flags:	EXTFUSE_F_*
 * @error:	reply phase: the daemon's error, 0 or negative
 * @num_in, @num_out: argument counts
 * @in_size:	sizes of the inputs, bytes
 * @out_size:	request phase: room in the outputs; reply phase: bytes in them
 * @who:	hash of all that decides what the caller may do (fsuid, fsgid,
 *		groups, capabilities in the mount's user namespace); only for
 *		sets attached with EXTFUSE_ATTACH_WHO or EXTFUSE_ATTACH_WHO_FEW, and of
 *		OPEN and OPENDIR with a close_valid; else 0
 * @now:	the time
 * @stamp:	the connection's clock when the request began (in a reply of
 *		READDIR or READDIRPLUS: when the directory was opened, since a
 *		daemon may have read it then): what a cache entry made of its
 *		reply must keep for bpf_extfuse_fresh()
 * @attr_until:	reply phase: until when the daemon's attributes are valid; for
 *		kinds that have no lifetime in the protocol, of the node's last
 *		attributes.  0: not at all
 * @entry_until: reply phase: until when the daemon's name is valid
 * @child:	EXTFUSE_F_REVAL: node that the dentry has
 * @cookie:	the program's own, from request to reply
 */
struct extfuse_req {
	__u32	version;
	__u32	opcode;
	__u64	nodeid;
	__u32	uid;
	__u32	gid;
	__u32	pid;
	__u32	phase;
	__u32	flags;
	__s32	error;
	__u32	num_in;
	__u32	num_out;
	__u32	in_size[3];
	__u32	out_size[2];
	__u32	reserved;
	__u64	who;
	__u64	now;
	__u64	stamp;
	__u64	attr_until;
	__u64	entry_until;
	__u64	child;
	__u64	cookie[2];
};

/*
 * What bpf_extfuse_fresh() can be asked about.  For ACCESS attributes are fresh only if the
 * node's extended ones are, and the rights of all directories: a daemon that goes by paths
 * looks at those on the way.
 */
enum extfuse_kind {
	EXTFUSE_KIND_ATTR = 0,	/* attributes of a node */
	EXTFUSE_KIND_DATA = 1,	/* data of a node; of a directory, its listing */
	EXTFUSE_KIND_XATTR = 2,	/* extended attributes of a node */
	EXTFUSE_KIND_NAME = 3,	/* this request's name in its directory */
	EXTFUSE_KIND_CONN = 4,	/* the connection as a whole (STATFS) */
	__EXTFUSE_KIND_MAX,
};

/*
 * ioctls, on an open /dev/extfuse: on the daemon's own descriptor (conn = 0:
 * its connection) or, for an administrator, on any (conn = the number that
 * names the connection in /sys/fs/extfuse/connections: the minor number of the
 * mount's device).  All need CAP_SYS_ADMIN and CAP_BPF in the initial user namespace,
 * but EXTFUSE_IOC_QUERY and EXTFUSE_IOC_STATS, which the daemon may always ask
 * on its own descriptor.  There EXTFUSE_IOC_BACKING_OPEN wants the two as permitted
 * capabilities only, for a daemon that works with the rights of a caller.
 *
 * Errors of all: -EPERM no privilege; -ENODEV no such connection (for conn = 0:
 * the descriptor is not mounted); -EINVAL unknown flag or a reserved field that
 * is not zero; -EFAULT.
 */
#define EXTFUSE_IOC_MAGIC	0xEF

/**
 * struct extfuse_ioc_prog - one program of a set
 * @prog_fd:	descriptor of a loaded BPF_PROG_TYPE_SYSCALL program; the set
 *		takes its own reference
 * @opcode:	enum fuse_opcode, or EXTFUSE_OPCODE_ANY
 * @phase:	enum extfuse_phase
 * @reserved:	0
 */
struct extfuse_ioc_prog {
	__s32	prog_fd;
	__u32	opcode;
	__u32	phase;
	__u32	reserved;
};

/* extfuse_ioc_attach.flags */
#define EXTFUSE_ATTACH_WHO		(1U << 0)	/* compute extfuse_req.who */
#define EXTFUSE_ATTACH_NAMES_DIR	(1U << 1)	/* a changed name moves all names of its directory */
/*
 * A policy: without the set, what it covered (in either phase) is -EIO.  Requests
 * that are under way when it comes, goes or is lost begin anew with what is there
 * then, and names that the kernel has are asked about again.
 */
#define EXTFUSE_ATTACH_FAIL_CLOSED	(1U << 2)
#define EXTFUSE_ATTACH_SHADOW		(1U << 3)	/* answers are compared with the daemon's, not given */
/* Compute extfuse_req.who for GETXATTR, LISTXATTR, ACCESS and STATFS alone: others are spared its cost. */
#define EXTFUSE_ATTACH_WHO_FEW		(1U << 4)
/*
 * A FLUSH is not sent if its handle is open for reading only, and nobody has locked the
 * file: the daemon does not hear of each descriptor that is closed.
 */
#define EXTFUSE_ATTACH_NOFLUSH		(1U << 5)
/*
 * Its reply programs of READDIR and READDIRPLUS refuse no entry (an error of theirs is not
 * taken): a listing is for all callers, and may be cached.  Not with FAIL_CLOSED.
 */
#define EXTFUSE_ATTACH_HIDES_NONE	(1U << 6)
/* Each part of a listing is asked for by READDIRPLUS, where the daemon has it and names are not the kernel's. */
#define EXTFUSE_ATTACH_RDIRPLUS		(1U << 7)
/*
 * Close to open, as NFS has it.  Before a file or directory is opened the daemon is asked for
 * its attributes, by the caller, whatever programs say; an error of that is the open's.
 * What is known of it stays (pages, listing, handles, extended attributes, names of the
 * directory) if mode, owner, links, size, mtime and ctime are as they were, also where
 * attributes have no lifetime.  Under the writeback cache fuse takes no size of a regular
 * file that it knows; a change of that drops its pages, and does not show.
 */
#define EXTFUSE_ATTACH_CTO		(1U << 8)
#define EXTFUSE_ATTACH_FLAGS		(EXTFUSE_ATTACH_WHO | EXTFUSE_ATTACH_NAMES_DIR | \
					 EXTFUSE_ATTACH_FAIL_CLOSED | EXTFUSE_ATTACH_SHADOW | \
					 EXTFUSE_ATTACH_WHO_FEW | EXTFUSE_ATTACH_NOFLUSH | \
					 EXTFUSE_ATTACH_HIDES_NONE | EXTFUSE_ATTACH_RDIRPLUS | \
					 EXTFUSE_ATTACH_CTO)

#define EXTFUSE_NAME_LEN	32
#define EXTFUSE_PROGS_MAX	128
#define EXTFUSE_MAX_KEPT	1024	/* unless attach says otherwise */
#define EXTFUSE_MAX_CLOSE_VALID	3600000000000ULL	/* ns: an hour */

/**
 * struct extfuse_ioc_attach - attach (EXTFUSE_IOC_ATTACH) or replace
 *			       (EXTFUSE_IOC_REPLACE) the set of a connection
 * @conn:	connection, see above
 * @flags:	EXTFUSE_ATTACH_*
 * @nprogs:	number of @progs, 1 to EXTFUSE_PROGS_MAX
 * @log_size:	room at @log, bytes; 0: no log
 * @progs:	user pointer to struct extfuse_ioc_prog[@nprogs]
 * @log:	user pointer to a text, NUL-terminated: why a program was refused
 * @max_attr_valid: longest lifetime of attributes that programs may give, ns
 * @max_entry_valid: the same for names
 * @name:	the extension's name, NUL-terminated, shown by EXTFUSE_IOC_QUERY
 * @id:		out: number of this attachment, never given twice
 * @close_valid: how long a handle may be kept open when its file is closed, ns, at most
 *		EXTFUSE_MAX_CLOSE_VALID; 0: not at all.  Only one that was opened for reading,
 *		by an OPEN or OPENDIR that a request program was asked about, and that has no
 *		lock.  The daemon gets its RELEASE within a second more; before any FORGET of
 *		the node; before a request that changes the node or opens it for writing, which
 *		waits for it, a second at most; when
 *		the set goes, the mount is synced or unmounted, memory is needed, or after a
 *		notification about the node.  No program is asked about that RELEASE
 * @max_kept:	how many handles may be kept at once; 0: EXTFUSE_MAX_KEPT
 * @reserved:	0
 *
 * Errors: -EBUSY attach, but one is attached; -ENOENT replace, but none is;
 * -EEXIST two programs for one opcode and phase; -EACCES a program calls what
 * it must not (@log names it); -EBADF, -EINVAL not a SYSCALL program, or it
 * reads beyond its context; -ENOTCONN the connection was aborted.
 */
struct extfuse_ioc_attach {
	__u32	conn;
	__u32	flags;
	__u32	nprogs;
	__u32	log_size;
	__aligned_u64 progs;
	__aligned_u64 log;
	__u64	max_attr_valid;
	__u64	max_entry_valid;
	char	name[EXTFUSE_NAME_LEN];
	__u64	id;
	__u64	close_valid;
	__u32	max_kept;
	__u32	reserved0;
	__u64	reserved[1];
};

/**
 * struct extfuse_ioc_detach - detach the set of a connection
 * @conn:	connection
 * @flags:	0
 * @reserved:	0
 *
 * When it returns no program of the set runs any more.  Errors: -ENOENT none
 * is attached.
 */
struct extfuse_ioc_detach {
	__u32	conn;
	__u32	flags;
	__u64	reserved[3];
};

/* extfuse_ioc_query.state: is a set at work, and if not, why. */
enum extfuse_state {
	EXTFUSE_STATE_NONE = 0,		/* nothing was ever attached */
	EXTFUSE_STATE_ATTACHED,
	EXTFUSE_STATE_DETACHED,		/* by ioctl */
	EXTFUSE_STATE_BAD_VERDICTS,	/* by the module, after 1,000 in a row */
	EXTFUSE_STATE_PROGRAMS_OFF,	/* attached, but programs=0 */
	EXTFUSE_STATE_ABORTED,		/* the connection is gone */
	__EXTFUSE_STATE_MAX,
};

#define EXTFUSE_QUERY_TREE	(1 << 0)	/* names are the kernel's: EXTFUSE_BACKING_TREE */
/* What is there that a cache must go without; as far as it was seen since the first attach. */
#define EXTFUSE_QUERY_LIFETIMES	(1 << 1)	/* the daemon has said lifetimes, which may be none: @longest_attr */
#define EXTFUSE_QUERY_DIRECT_IO	(1 << 2)	/* it has opened a file with FOPEN_DIRECT_IO, which is closed */
#define EXTFUSE_QUERY_WRITEBACK	(1 << 3)	/* FUSE_WRITEBACK_CACHE is agreed */

/**
 * struct extfuse_ioc_query - what a connection has
 * @conn:	in: connection; out: its number
 * @flags:	in: 0; out: EXTFUSE_QUERY_*
 * @state:	out: enum extfuse_state
 * @attach_flags: out: EXTFUSE_ATTACH_* of the set; if a policy was lost, EXTFUSE_ATTACH_FAIL_CLOSED alone
 * @request_ops, @reply_ops: out: bit n: opcode n has such a program
 * @id:		out: number of the attachment, 0 if none
 * @max_attr_valid, @max_entry_valid: out: as attached
 * @clock:	out: the connection's clock
 * @name:	out: name of the extension that is, or was, attached
 * @close_valid: out: as attached
 * @kept:	out: handles that are kept now
 * @max_kept:	out: how many there may be
 * @longest_attr, @longest_entry: out: the longest lifetimes that the daemon itself has given, ns
 * @reserved:	0
 */
struct extfuse_ioc_query {
	__u32	conn;
	__u32	flags;
	__u32	state;
	__u32	attach_flags;
	__u64	request_ops;
	__u64	reply_ops;
	__u64	id;
	__u64	max_attr_valid;
	__u64	max_entry_valid;
	__u64	clock;
	char	name[EXTFUSE_NAME_LEN];
	__u64	close_valid;
	__u32	kept;
	__u32	max_kept;
	__u64	longest_attr;
	__u64	longest_entry;
	__u64	reserved[2];
};

/**
 * struct extfuse_op_stats - counters of one opcode, since the first attach
 * @answered:	requests that a program answered with 0
 * @failed:	requests that a program refused with an error
 * @upcalls:	requests that went to the daemon
 * @bad:	bad verdicts (these requests are in @upcalls too)
 * @stale:	answers that the kernel knew better (in @upcalls too)
 * @replies:	replies that a reply program has seen, entries of directories
 *		counted one by one
 * @changed:	of those, changed or replaced by it
 * @differed:	EXTFUSE_ATTACH_SHADOW: answers that differed from the daemon's
 * @samples:	runs of programs whose time was taken (one in 64)
 * @sample_ns:	sum of those times, ns
 * @passed:	requests that the module did on a backing object (EXTFUSE_PASSTHROUGH,
 *		or on a handle that was opened like that)
 * @kept:	OPEN, OPENDIR: answered with a handle that was kept (EXTFUSE_REUSE);
 *		RELEASE, RELEASEDIR: handles that were kept, which are in @upcalls once
 *		they are given back; FLUSH: not sent (EXTFUSE_ATTACH_NOFLUSH)
 */
struct extfuse_op_stats {
	__u64	answered;
	__u64	failed;
	__u64	upcalls;
	__u64	bad;
	__u64	stale;
	__u64	replies;
	__u64	changed;
	__u64	differed;
	__u64	samples;
	__u64	sample_ns;
	__u64	passed;
	__u64	kept;
};

/**
 * struct extfuse_ioc_stats - counters of a connection
 * @conn:	connection
 * @flags:	0
 * @count:	in: room at @ops, in elements; out: elements written, at most
 *		EXTFUSE_OPCODES.  Element n belongs to opcode n
 * @op_size:	in: sizeof(struct extfuse_op_stats) as the caller knows it
 * @ops:	user pointer to struct extfuse_op_stats[@count]
 * @reserved:	0
 *
 * Errors: -ENODATA nothing was ever attached.
 */
struct extfuse_ioc_stats {
	__u32	conn;
	__u32	flags;
	__u32	count;
	__u32	op_size;
	__aligned_u64 ops;
	__u64	reserved[3];
};

/**
 * struct extfuse_ioc_progs - the programs that are attached
 * @conn:	connection
 * @flags:	0
 * @count:	in: room at @ids, in elements; out: elements written
 * @total:	out: how many there are
 * @ids:	user pointer to __u32[@count]: ids, as BPF_PROG_GET_FD_BY_ID takes them
 * @id:		out: number of the attachment
 * @reserved:	0
 *
 * In the order in which they were attached.  Errors: -ENOENT none is attached.
 */
struct extfuse_ioc_progs {
	__u32	conn;
	__u32	flags;
	__u32	count;
	__u32	total;
	__aligned_u64 ids;
	__u64	id;
	__u64	reserved[2];
};

/*
 * Backing objects: where a node is on another file system.  The daemon gives
 * one before the reply that makes the node known, and drops it at the node's
 * FORGET; the module keeps path and credentials, not the descriptor, and drops
 * all of them when the connection is aborted.  What changes or opens something
 * is passed through with the caller's own rights, what only asks with those of
 * the opener of the descriptor: SECURITY.md has the table.
 */

/*
 * Trees: names below a directory are the kernel's.  The daemon says what is behind the
 * root with EXTFUSE_BACKING_TREE before it answers INIT.  From then on a
 * program's EXTFUSE_PASSTHROUGH holds for names as well: LOOKUP, MKNOD, MKDIR,
 * TMPFILE, SYMLINK, LINK, UNLINK, RMDIR, RENAME and RENAME2 are done on the file system
 * below, with the caller's own rights, and what changes there is seen here at once.
 * File handles are those of that file system, with four bytes more.
 *
 * What is found so is a node of the kernel's: its id has the bit EXTFUSE_NODE_KERNEL.
 * The daemon is never told of one, owns no count of it and gets no FORGET for it.
 * While a request that names it, or the root, is at work (read, and not yet answered),
 * EXTFUSE_IOC_BACKING_OPEN with that id and generation 0 gives an O_PATH descriptor of
 * it; afterwards -ENOENT.  Requests on open files have their handle, as ever.  So a daemon
 * need keep no descriptor, and what is below can be unmounted as soon as the mount is.
 *
 * A node in a reply is one of the daemon's own, with a backing object as ever: the
 * kernel takes what the object leads to for a node of its own, and gives the count
 * back at once (FORGET).  A node with no object, or with one that is not of this tree or
 * of another type, stays the daemon's.  Where the object is not what the name leads to
 * below, the daemon is asked at each walk.  A reply with a node id that has the bit fails
 * with -EIO.
 */
#define EXTFUSE_BACKING_TREE	(1 << 0)	/* struct extfuse_ioc_backing.flags, add only */
#define EXTFUSE_NODE_KERNEL	(1ULL << 63)

/**
 * struct extfuse_ioc_backing - one backing object
 * @conn:	connection
 * @flags:	EXTFUSE_IOC_BACKING_ADD: 0 or EXTFUSE_BACKING_TREE; the others: 0
 * @nodeid:	node, not 0
 * @generation:	of the node; an object answers for its own only.  Of the root, for
 *		which no reply says one, and of the kernel's nodes, 0
 * @fd:		EXTFUSE_IOC_BACKING_ADD: a descriptor (O_PATH will do) of a regular
 *		file, a directory or a symbolic link; may be closed afterwards.
 *		EXTFUSE_IOC_BACKING_OPEN: 0; out: a new O_PATH descriptor of the
 *		same.  EXTFUSE_IOC_BACKING_DROP: 0
 * @reserved:	0
 *
 * Errors: add: -EBADF; -EOPNOTSUPP another type of file; -ELOOP it is on a
 * file system that is as deeply stacked as this mount, which its option
 * max_stack_depth= says, or on extfuse; -EEXIST the node has one; -ENOSPC there
 * are as many as EXTFUSE_IOC_BACKING_LIMIT allows; -ENOTCONN not (or no longer)
 * served.  With EXTFUSE_BACKING_TREE: -EINVAL it is not for the root (node 1), or the
 * mount has no default_permissions; -ENOTDIR; -EBUSY INIT is answered already, there is
 * a tree, or a set with EXTFUSE_ATTACH_SHADOW is attached; -EOPNOTSUPP it is on an
 * idmapped mount, or its file system must be asked for each name that it has given (NFS
 * and the like).  Without it: -EINVAL the node is in a tree.  Open, drop: -ENOENT there is
 * none of that generation.
 */
struct extfuse_ioc_backing {
	__u32	conn;
	__u32	flags;
	__u64	nodeid;
	__u64	generation;
	__s32	fd;
	__u32	reserved[3];
};

/**
 * struct extfuse_backing_info - what EXTFUSE_IOC_BACKING_LIST shows of an object
 * @nodeid, @generation: node
 * @ino:	inode of the backing file
 * @dev:	device of its file system, as in st_dev of 32 bits
 * @mode:	type and permission bits of the backing file
 */
struct extfuse_backing_info {
	__u64	nodeid;
	__u64	generation;
	__u64	ino;
	__u32	dev;
	__u32	mode;
};

/**
 * struct extfuse_ioc_backing_list - the backing objects of a connection
 * @conn:	connection
 * @flags:	0
 * @count:	in: room at @infos, in elements; out: elements written
 * @max:	out: the limit
 * @total:	out: how many there are
 * @infos:	user pointer to struct extfuse_backing_info[@count]
 * @reserved:	0
 *
 * In no order.  What comes or goes meanwhile may be missed, or be there twice.
 * Errors: -ENOENT nothing was ever given, nor attached.
 */
struct extfuse_ioc_backing_list {
	__u32	conn;
	__u32	flags;
	__u32	count;
	__u32	max;
	__u64	total;
	__aligned_u64 infos;
	__u64	reserved[2];
};

/**
 * struct extfuse_ioc_backing_limit - how many backing objects there may be
 * @conn:	connection
 * @flags:	0
 * @max:	from now on, at most 2^31 - 1; what is there stays
 * @reserved:	0
 */
struct extfuse_ioc_backing_limit {
	__u32	conn;
	__u32	flags;
	__u32	max;
	__u32	reserved;
};

#define EXTFUSE_MAX_BACKING	1048576		/* unless EXTFUSE_IOC_BACKING_LIMIT says otherwise */

/*
 * Test runs: a program of a set is run once, on a request that the caller has made up.
 * There is no mount and no daemon: the request is in the module's memory alone, on a
 * connection that nobody else sees, and that is gone when the ioctl returns.  What the
 * program finds and writes in its maps is what stays; no connection counts a test.
 * The checks of what the program says are the ones that a mount's requests meet.
 */

/*
 * Stamps of a test are below this, those of all connections are not: what a test leaves in
 * a map is never fresh on a mount.
 */
#define EXTFUSE_TEST_STAMPS	(1ULL << 40)
/* The most bytes of @in, and of @out. */
#define EXTFUSE_TEST_MAX	65536

/* extfuse_ioc_test.result */
enum extfuse_test_result {
	EXTFUSE_TEST_NO_PROGRAM = 0,	/* the set has none for the opcode in this phase */
	/* request phase */
	EXTFUSE_TEST_ANSWERED,		/* with the outputs as they are now */
	EXTFUSE_TEST_REFUSED,		/* with @error; of a policy also where its verdict is a bad one; reply phase too */
	EXTFUSE_TEST_PASSTHROUGH,	/* would be done on what is below, if something is */
	EXTFUSE_TEST_REUSE,		/* would be given a kept handle, if there is one */
	EXTFUSE_TEST_UPCALL,
	EXTFUSE_TEST_STALE,		/* an upcall: what it said does not stand, @why */
	EXTFUSE_TEST_BAD,		/* so too, and a bad verdict */
	/* reply phase */
	EXTFUSE_TEST_KEPT,		/* the daemon's answer, with the outputs as they are now */
	__EXTFUSE_TEST_RESULT_MAX,
};

/* Why an answer, or a refusal, of a request program does not stand. */
enum extfuse_why {
	EXTFUSE_WHY_NONE = 0,
	EXTFUSE_WHY_VERDICT,		/* bad: no such verdict, or not for this opcode */
	EXTFUSE_WHY_NO_OUTPUT,		/* bad: an answer without its output */
	EXTFUSE_WHY_MALFORMED,		/* bad: no such attributes, names, list or link can be */
	EXTFUSE_WHY_MEANS_MORE,		/* bad: the kernel takes this error for more than an error */
	EXTFUSE_WHY_NOT_FRESH,		/* stale: bpf_extfuse_fresh() has not said 1 to all that it rests on */
	EXTFUSE_WHY_NO_NODE,		/* stale: the kernel does not have the node, or not by this name */
	EXTFUSE_WHY_DIFFERS,		/* stale: the kernel knows the node otherwise */
	EXTFUSE_WHY_KNOWN_NAME,		/* stale: the kernel keeps a name that it has */
	EXTFUSE_WHY_DISTRUST,		/* stale: the request asks the daemon itself */
	__EXTFUSE_WHY_MAX,
};

/**
 * struct extfuse_ioc_test - run a program of a set on a request
 * @conn:	0
 * @flags:	0
 * @attach:	user pointer to struct extfuse_ioc_attach, of @attach_size bytes, with conn 0: the
 *		set, which is looked at as if it were to be attached; its id is not written
 * @phase:	enum extfuse_phase
 * @in:		user pointer to the request as a daemon reads it: struct fuse_in_header, without
 *		extensions, and what belongs to its opcode.  The caller is that of the header
 * @out:	user pointer to what follows struct fuse_out_header in a reply, @out_size bytes.  In
 *		the request phase room for it, whose end a program can fill only in part where the
 *		protocol has it so; in the reply phase the daemon's, and then what the caller gets
 * @in_size, @out_size: bytes, at most EXTFUSE_TEST_MAX; out: bytes in @out
 * @req_flags:	EXTFUSE_F_BACKGROUND, _NOCREDS, _IDMAPPED, _FRESH, _REVAL, _WROTE, _FOLDS, _AGAIN;
 *		the others follow from the request
 * @error:	reply phase: the daemon's, 0 or negative; out: what the caller gets
 * @who:	extfuse_req.who, where the set asks for it
 * @now:	extfuse_req.now, ns; 0: the time.  Entries of a listing have the time
 * @stamp:	extfuse_req.stamp, below EXTFUSE_TEST_STAMPS
 * @fresh:	by enum extfuse_kind, of the node, its name and the connection: what was read at
 *		this stamp or later is fresh.  ~0: nothing is
 * @fresh_others: the same of all else: other nodes (@child too), the rights of directories
 * @generation:	of the node
 * @attr:	user pointer to struct fuse_attr: what the kernel knows of the node; 0: does not have it
 * @attr_valid, @entry_valid: longest lifetimes that the daemon ever gave, ns; for the first the
 *		attributes of the node are valid from now on
 * @child:	with @child_attr: the node that a known name leads to; EXTFUSE_F_REVAL needs it
 * @child_generation, @child_attr: of that
 * @cookie:	extfuse_req.cookie: reply phase: in; both: out
 * @verdict:	out: what the program returned; of a listing in the reply phase 0
 * @result:	out: enum extfuse_test_result
 * @why:	out: enum extfuse_why
 * @written:	out: request phase: bit n: output n was written
 * @ns:		out: how long the program took
 * @reserved:	0
 *
 * In the reply phase of a listing the program is asked about each entry; what is left is in @out.
 * Errors: those of attach; -EINVAL a field or @in is not as above; -E2BIG a size beyond
 * EXTFUSE_TEST_MAX; -EOPNOTSUPP the opcode is never given to a program, or not known here.
 */
struct extfuse_ioc_test {
	__u32	conn;
	__u32	flags;
	__aligned_u64 attach;
	__u32	attach_size;
	__u32	phase;
	__aligned_u64 in;
	__aligned_u64 out;
	__u32	in_size;
	__u32	out_size;
	__u32	req_flags;
	__s32	error;
	__u64	who;
	__u64	now;
	__u64	stamp;
	__u64	fresh[__EXTFUSE_KIND_MAX];
	__u64	fresh_others;
	__u64	generation;
	__aligned_u64 attr;
	__u64	attr_valid;
	__u64	entry_valid;
	__u64	child;
	__u64	child_generation;
	__aligned_u64 child_attr;
	__u64	cookie[2];
	__s32	verdict;
	__u32	result;
	__u32	why;
	__u32	written;
	__u64	ns;
	__u64	reserved[4];
};

/*
 * Traces: each request of a connection as it ends.  EXTFUSE_IOC_TRACE gives a descriptor; read() on
 * it gives whole records, struct extfuse_trace and what belongs to it, the oldest first, as many
 * as there is room for.  It waits for one (not with O_NONBLOCK: -EAGAIN), -EINVAL: there is no room
 * for the next one; 0: the connection is gone, and all was read.  poll() works.  What does not
 * fit into the memory that the trace has is lost and counted.  With the descriptor ends the trace.
 * A connection that nobody traces pays nothing, and one of the others a few instructions.
 *
 * What the kernel does without a request is none: data of files on backing objects, walks through
 * names that are known.  A RELEASE that is held back (EXTFUSE_REUSE) ends when it is given back, or
 * its handle to an OPEN.
 */

/* extfuse_ioc_trace.flags: inputs and outputs whole, up to EXTFUSE_TEST_MAX each; else their data is left out. */
#define EXTFUSE_TRACE_DATA	(1 << 0)

#define EXTFUSE_TRACE_NAME_LEN	256
#define EXTFUSE_TRACE_LEAST	65536
#define EXTFUSE_TRACE_MOST	(256 << 20)
/* The most bytes of inputs, or outputs, without EXTFUSE_TRACE_DATA. */
#define EXTFUSE_TRACE_SHORT	1024
/* Any record is smaller. */
#define EXTFUSE_TRACE_RECORD_MAX (2 * EXTFUSE_TEST_MAX + 4096)

/**
 * struct extfuse_ioc_trace - begin a trace; the ioctl returns a descriptor
 * @conn:	connection
 * @flags:	0 or EXTFUSE_TRACE_DATA
 * @ops:	bit n: opcode n; 0: all
 * @pid:	only requests of this process, in the caller's pid namespace; 0: of all
 * @room:	bytes that wait for the reader at most, EXTFUSE_TRACE_LEAST to EXTFUSE_TRACE_MOST
 * @name:	NUL-terminated: only requests with this name in them, or on a node that has it;
 *		empty: all
 * @reserved:	0
 *
 * Errors: -ESRCH there is no such process; -ENOTCONN the connection was aborted.
 */
struct extfuse_ioc_trace {
	__u32	conn;
	__u32	flags;
	__u64	ops;
	__u32	pid;
	__u32	room;
	char	name[EXTFUSE_TRACE_NAME_LEN];
	__u64	reserved[2];
};

/* extfuse_trace.by: who gave the answer, which a reply program may have changed. */
enum extfuse_by {
	EXTFUSE_BY_KERNEL = 0,		/* the module, or fuse itself: also what was interrupted, or aborted */
	EXTFUSE_BY_PROGRAM,
	EXTFUSE_BY_PASSED,		/* what is below, as a program said or on a handle that is there */
	EXTFUSE_BY_DAEMON,
	__EXTFUSE_BY_MAX,
};

/* extfuse_trace.flags */
#define EXTFUSE_TRACE_ASKED	(1 << 0)	/* @verdict: a request program was asked */
#define EXTFUSE_TRACE_REPLIED	(1 << 1)	/* @reply_verdict: so was a reply program; not of listings */
#define EXTFUSE_TRACE_STAMPED	(1 << 2)	/* @stamp, @fresh, @fresh_others, @attr_valid, @entry_valid */
#define EXTFUSE_TRACE_NODE	(1 << 3)	/* @generation, and struct fuse_attr follows */
#define EXTFUSE_TRACE_CHILD	(1 << 4)	/* @child, @child_generation, and struct fuse_attr follows */

/**
 * struct extfuse_trace - one request
 * @size:	of the record, with all that follows
 * @opcode:	0: no request, only @lost
 * @lost:	how many were lost since the trace began
 * @start:	when it began, ns of CLOCK_BOOTTIME
 * @ns:		how long it took
 * @nodeid, @uid, @gid, @pid: as in struct fuse_in_header
 * @tgid:	process that it came from, in the pid namespace of the trace's beginner
 * @req_flags:	of EXTFUSE_F_*: BACKGROUND, NOCREDS, IDMAPPED, and those of a call site
 * @flags:	EXTFUSE_TRACE_*
 * @by:		enum extfuse_by
 * @verdict, @reply_verdict: what programs said
 * @why:	enum extfuse_why: why a verdict does not stand
 * @error:	what the caller got, 0 or negative
 * @who:	extfuse_req.who, where a program was told
 * @stamp:	the connection's clock when it began
 * @fresh, @fresh_others: as in struct extfuse_ioc_test, when it began; the latter is of @child
 * @generation, @child, @child_generation, @attr_valid, @entry_valid: as there
 * @comm:	name of the task
 * @in_size, @out_size: bytes of each input and output here
 * @in_whole, @out_whole: bytes of all of them in the request
 * @name_size:	bytes of the node's name here
 * @reserved:	0
 *
 * After it, each filled up to eight bytes: all inputs as one; all outputs; the name of the node, where
 * the request has none; the struct fuse_attr that @flags tells of.
 */
struct extfuse_trace {
	__u32	size;
	__u32	opcode;
	__u64	lost;
	__u64	start;
	__u64	ns;
	__u64	nodeid;
	__u32	uid;
	__u32	gid;
	__u32	pid;
	__u32	tgid;
	__u32	req_flags;
	__u32	flags;
	__u32	by;
	__s32	verdict;
	__s32	reply_verdict;
	__u32	why;
	__s32	error;
	__u32	name_size;
	__u64	who;
	__u64	stamp;
	__u64	fresh[__EXTFUSE_KIND_MAX];
	__u64	fresh_others;
	__u64	generation;
	__u64	attr_valid;
	__u64	entry_valid;
	__u64	child;
	__u64	child_generation;
	char	comm[16];
	__u32	in_size[3];
	__u32	out_size[2];
	__u32	in_whole;
	__u32	out_whole;
	__u32	reserved;
};

/*
 * The last 16 bits of struct fuse_in_header, its padding, are these in requests that a daemon reads from /dev/extfuse; a
 * daemon that works with its caller's rights needs them.
 *
 * MAPPED: the caller came through an idmapped mount, and the ids are those that it maps.
 * OVERRIDDEN: the task works with other credentials than its own (overlayfs, nfsd): what /proc says of it is not of this request.
 * KILL: a SETATTR takes set-id bits away because of a write or a new size; the caller has asked for no mode, and need not own the file.
 * WAITS: the task stays in the kernel until the reply; without it (readahead, asynchronous I/O) it may be another program by now.
 */
#define EXTFUSE_HEADER_MAPPED		(1 << 0)
#define EXTFUSE_HEADER_OVERRIDDEN	(1 << 1)
#define EXTFUSE_HEADER_WAITS		(1 << 2)
#define EXTFUSE_HEADER_KILL		(1 << 3)

#define EXTFUSE_IOC_ATTACH	_IOWR(EXTFUSE_IOC_MAGIC, 0, struct extfuse_ioc_attach)
#define EXTFUSE_IOC_REPLACE	_IOWR(EXTFUSE_IOC_MAGIC, 1, struct extfuse_ioc_attach)
#define EXTFUSE_IOC_DETACH	_IOW(EXTFUSE_IOC_MAGIC, 2, struct extfuse_ioc_detach)
#define EXTFUSE_IOC_QUERY	_IOWR(EXTFUSE_IOC_MAGIC, 3, struct extfuse_ioc_query)
#define EXTFUSE_IOC_STATS	_IOWR(EXTFUSE_IOC_MAGIC, 4, struct extfuse_ioc_stats)
#define EXTFUSE_IOC_BACKING_ADD	_IOW(EXTFUSE_IOC_MAGIC, 5, struct extfuse_ioc_backing)
#define EXTFUSE_IOC_BACKING_DROP _IOW(EXTFUSE_IOC_MAGIC, 6, struct extfuse_ioc_backing)
#define EXTFUSE_IOC_BACKING_OPEN _IOWR(EXTFUSE_IOC_MAGIC, 7, struct extfuse_ioc_backing)
#define EXTFUSE_IOC_BACKING_LIST _IOWR(EXTFUSE_IOC_MAGIC, 8, struct extfuse_ioc_backing_list)
#define EXTFUSE_IOC_BACKING_LIMIT _IOW(EXTFUSE_IOC_MAGIC, 9, struct extfuse_ioc_backing_limit)
#define EXTFUSE_IOC_TEST	_IOWR(EXTFUSE_IOC_MAGIC, 10, struct extfuse_ioc_test)
#define EXTFUSE_IOC_PROGS	_IOWR(EXTFUSE_IOC_MAGIC, 11, struct extfuse_ioc_progs)
#define EXTFUSE_IOC_TRACE	_IOW(EXTFUSE_IOC_MAGIC, 12, struct extfuse_ioc_trace)

#endif /* _UAPI_LINUX_EXTFUSE_H */
