/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * libextfuse: load an extension (a BPF object with extfuse sections), attach
 * it to a connection of extfuse.ko, replace and detach it, and read counters.
 *
 * All functions return 0 or a negative errno and print nothing; where a
 * function takes (err, errlen) it leaves there one line that says what failed,
 * on which object, and what to do.  Nothing here is safe against concurrent
 * use of one object by two threads.
 */
#ifndef _EXTFUSE_EXTFUSE_H
#define _EXTFUSE_EXTFUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/extfuse.h>

#ifdef __cplusplus
extern "C" {
#endif

struct extfuse_ext;
struct bpf_map_info;
struct bpf_object;

/* How an extension is attached; zero means "not given" in each field but negtimeo_ns. */
struct extfuse_options {
	__u64 actimeo_ns;	/* administrator's lifetime for names and attributes */
	__u64 xattrtimeo_ns;	/* the same for extended attributes; 0: they are not kept */
	__u64 negtimeo_ns;	/* the same for names that are not there, if negtimeo_given, else actimeo_ns */
	__u32 cachesize;	/* elements of the largest cache map, see <extfuse/bpf.h> */
	const char *pattern;	/* names, at most one '*': for extensions that take one */
	bool negtimeo_given;
	bool names_dir;		/* EXTFUSE_ATTACH_NAMES_DIR */
	bool shadow;		/* EXTFUSE_ATTACH_SHADOW */
	bool fail_closed;	/* EXTFUSE_ATTACH_FAIL_CLOSED; so where the object says it too */
	bool keepcache;		/* what was read stays when a file is closed */
	bool noflush;		/* EXTFUSE_ATTACH_NOFLUSH */
	bool rdirplus;		/* EXTFUSE_ATTACH_RDIRPLUS */
	__u64 closetimeo_ns;	/* how long handles may stay open when their file is closed, at most an hour */
	__u32 maxkept;		/* how many; 0: EXTFUSE_MAX_KEPT */
	bool cto;		/* EXTFUSE_ATTACH_CTO */
};

/**
 * extfuse_ext__open - open a BPF object file
 * @ext:	out: the extension; NULL on error
 * @path:	a file, or a bare name, which is looked for as
 *		/usr/lib/extfuse/bpf/NAME.bpf.o ($EXTFUSE_BPF_PATH goes first)
 * @opts:	may be NULL; sizes maps and sets the object's own options (global
 *		variables in .rodata, see <extfuse/bpf.h>)
 */
int extfuse_ext__open(struct extfuse_ext **ext, const char *path,
		      const struct extfuse_options *opts, char *err, size_t errlen);

/* Loads programs and maps into the kernel; needs extfuse.ko to be loaded. */
int extfuse_ext__load(struct extfuse_ext *ext, char *err, size_t errlen);

/* The same; @log gets all that libbpf and the verifier say of each program. */
int extfuse_ext__load_log(struct extfuse_ext *ext, FILE *log, char *err, size_t errlen);

/**
 * extfuse_ext__attach - attach a loaded extension
 * @fd:		an open /dev/extfuse
 * @conn:	number of the connection (st_dev of the mount); 0: the one of @fd
 *
 * Returns -EBUSY where something is attached already.
 */
int extfuse_ext__attach(struct extfuse_ext *ext, int fd, __u32 conn, char *err, size_t errlen);

/* The same, but takes the place of what is attached, as one. */
int extfuse_ext__replace(struct extfuse_ext *ext, int fd, __u32 conn, char *err, size_t errlen);

/**
 * extfuse_ext__keep_caches - let an extension that will replace another go on with its caches
 * @ext:	opened, and not loaded yet
 *
 * A map whose name begins with "cache_" becomes the one of that name that the attached
 * extension has, if this has the same name, flags, options (EXTFUSE_OPTIONS) and constants, and
 * the map the same sizes and types.  What is in doubt is new, and so are the caches of a
 * policy.  Returns how many were kept; an error means none, and is no reason not to go on.
 */
int extfuse_ext__keep_caches(struct extfuse_ext *ext, int fd, __u32 conn);

/**
 * extfuse_ext__test - run a program of a loaded extension on a request, without any mount
 * @fd:		an open /dev/extfuse
 * @test:	see EXTFUSE_IOC_TEST in <linux/extfuse.h>; @attach and @attach_size are filled here
 *
 * Its maps keep what the program writes, so that one test can fill what the next one finds.
 */
int extfuse_ext__test(struct extfuse_ext *ext, int fd, struct extfuse_ioc_test *test,
		      char *err, size_t errlen);

/* The name as it is attached: the file's, without folder and suffix. */
const char *extfuse_ext__name(const struct extfuse_ext *ext);

/*
 * Does it pass requests through?  Then the mount must have been made with
 * max_stack_depth=1, or more, and the daemon gives backing objects.
 */
bool extfuse_ext__wants_backing(const struct extfuse_ext *ext);

/* Does it pass names through as well?  Then the daemon says extfuse_backing__add_tree(). */
bool extfuse_ext__wants_tree(const struct extfuse_ext *ext);

/* Is it about names, by a pattern?  Where names fold case, none says which file it means. */
bool extfuse_ext__takes_pattern(const struct extfuse_ext *ext);

/*
 * Does the object say so?  @variable is what a macro of <extfuse/bpf.h> defines:
 * "extfuse_fail_closed" of EXTFUSE_FAIL_CLOSED, "extfuse_want_who" of EXTFUSE_WANT_WHO.
 */
bool extfuse_ext__says(const struct extfuse_ext *ext, const char *variable);

/* The libbpf object underneath, for an author's own maps; it stays ours. */
struct bpf_object *extfuse_ext__object(struct extfuse_ext *ext);

/* Frees the object; an attached set stays attached (the kernel holds it). */
void extfuse_ext__free(struct extfuse_ext *ext);

/* The file of an extension, as extfuse_ext__open() finds it: 0, -ENOENT or -ENAMETOOLONG. */
int extfuse_ext__find(const char *name, char *path, size_t len);

/*
 * Calls @fn for each extension that is found by its bare name, by name in each folder, until one
 * call does not return 0.  Returns what that did, or -errno.
 */
int extfuse_ext__each(int (*fn)(void *arg, const char *name, const char *path), void *arg);

/*
 * What a section's name says of its program: "extfuse.reply/lookup".  0, or -EINVAL for what is
 * none of ours; @opcode may be EXTFUSE_OPCODE_ANY.
 */
int extfuse_section__parse(const char *section, __u32 *phase, __u32 *opcode);

/* Detaches whatever is attached to a connection. */
int extfuse_conn__detach(int fd, __u32 conn);

/* State and counters of a connection; @ops has room for EXTFUSE_OPCODES. */
int extfuse_conn__query(int fd, __u32 conn, struct extfuse_ioc_query *query);
int extfuse_conn__stats(int fd, __u32 conn, struct extfuse_op_stats *ops);

/**
 * extfuse_conn__each_map - call a function for each map that the attached programs use
 * @fn:		gets a descriptor of the map, which is closed afterwards, and what the kernel
 *		says of it (<linux/bpf.h>)
 *
 * Until one call does not return 0.  Returns what that did, or -errno: -ENOENT nothing is
 * attached, or it was detached meanwhile; -EPERM, as for who may not have maps by their ids.
 */
int extfuse_conn__each_map(int fd, __u32 conn, int (*fn)(void *arg, int map, const struct bpf_map_info *info),
			   void *arg);

/*
 * Begins a trace; returns a descriptor to read records from (struct extfuse_trace), or -errno.
 */
int extfuse_conn__trace(int fd, const struct extfuse_ioc_trace *trace);

/**
 * extfuse_backing__add - say what file of another file system is behind a node
 * @fd:		the daemon's own descriptor of the connection (the others take
 *		any open /dev/extfuse and a number, as above, where they have @conn)
 * @nodeid:	as in the reply that is about to make the node known
 * @path_fd:	O_PATH descriptor, not needed afterwards
 *
 * The mount must have been made with max_stack_depth=1, or more.  Errors are
 * those of EXTFUSE_IOC_BACKING_ADD in <linux/extfuse.h>.
 */
int extfuse_backing__add(int fd, __u64 nodeid, __u64 generation, int path_fd);

/*
 * Before INIT is answered: what is behind the root, below which names are the kernel's.
 * See EXTFUSE_BACKING_TREE in <linux/extfuse.h>.
 */
int extfuse_backing__add_tree(int fd, int path_fd);

/* At the node's FORGET. */
int extfuse_backing__drop(int fd, __u64 nodeid, __u64 generation);

/* A new O_PATH descriptor of the same file, or of a node of the kernel's that a request names; close it. */
int extfuse_backing__open(int fd, __u64 nodeid, __u64 generation);

/* Returns how many of @count were written to @infos; @total, how many there are, may be NULL. */
int extfuse_backing__list(int fd, __u32 conn, struct extfuse_backing_info *infos, __u32 count,
			  __u64 *total);

/* At most so many from now on; EXTFUSE_MAX_BACKING unless told. */
int extfuse_backing__limit(int fd, __u32 conn, __u32 max);

/**
 * extfuse_module__probe - is the module there, and does it offer its kfuncs
 *
 * Returns 0, or -ENODEV (module not loaded), -ENXIO (loaded, but no program can
 * call it: no BTF, no kfuncs, no JIT), -EPERM (only root can find out), with one sentence in @err that says what to do.
 */
int extfuse_module__probe(char *err, size_t errlen);

/* Name of a FUSE opcode in capitals ("GETATTR"), NULL if unknown; and back (-ENOENT). */
const char *extfuse_opcode__name(unsigned int opcode);
int extfuse_opcode__parse(const char *name);

/* "NONE", "ATTACHED", ... and a sentence for the user. */
const char *extfuse_state__name(unsigned int state);
const char *extfuse_state__explain(unsigned int state);

#ifdef __cplusplus
}
#endif

#endif /* _EXTFUSE_EXTFUSE_H */
