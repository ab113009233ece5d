/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * For authors of extfuse programs: what a BPF object needs to answer the
 * requests of a FUSE file system in the kernel.  Context, selectors and
 * verdicts are documented in <linux/extfuse.h>, the requests themselves in
 * <linux/fuse.h>; this header adds the functions of extfuse.ko that a program
 * can call, section names and lifetimes; <extfuse/value.h> has values of maps
 * that are safe to read while others write.
 *
 * Compile with clang -target bpf -O2 -g -ffreestanding, and on Debian with
 * -idirafter /usr/include/$(clang -print-multiarch) for <asm/types.h>.
 */
#ifndef _EXTFUSE_BPF_H
#define _EXTFUSE_BPF_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/extfuse.h>
#include <linux/fuse.h>
#include <bpf/bpf_helpers.h>
#include <extfuse/options.h>
#include <extfuse/value.h>

/*
 * Errors and file types by number: libc's headers cannot be included here,
 * and these are the same on every architecture that Linux has FUSE on.
 */
#define EXTFUSE_EPERM		1
#define EXTFUSE_ENOENT		2
#define EXTFUSE_EACCES		13
#define EXTFUSE_EINVAL		22
#define EXTFUSE_ENOTTY		25
#define EXTFUSE_EROFS		30
#define EXTFUSE_ENODATA		61
#define EXTFUSE_S_IFMT		0170000
#define EXTFUSE_S_IFDIR		0040000
#define EXTFUSE_S_IFREG		0100000

/* Reply phase: the daemon's answer as it came. */
#define EXTFUSE_KEEP		EXTFUSE_UPCALL

/*
 * Functions of extfuse.ko.  @req must be the program's own context, else they
 * return -EINVAL; a callback of bpf_loop() gets it in its own context.  None of them
 * sleeps.  All but bpf_extfuse_fresh() return 0 or a negative error.
 */

/**
 * bpf_extfuse_read_args - copy an argument of the request
 * @req:	context
 * @type:	enum extfuse_arg
 * @dst:	where to; must be initialised if it is on the stack
 * @dst__sz:	room at @dst, bytes; what the argument needs, enum extfuse_arg says
 *
 * -EINVAL no such argument, or not exactly the size that the selector wants;
 * -E2BIG @dst is too small; -ENODATA the output is not written yet;
 * -EFAULT the caller's memory cannot be read now, @dst is zeroed; -EBADRQC
 * unknown selector.
 */
extern int bpf_extfuse_read_args(struct extfuse_req *req, __u32 type, void *dst,
				 __u32 dst__sz) __ksym;

/**
 * bpf_extfuse_write_args - write an output
 * @req:	context
 * @type:	OUT_PARAM_0 or OUT_PARAM_1
 * @src:	where from
 * @src__sz:	bytes at @src: exactly the size of an output that has a fixed
 *		one, at most its room of another
 *
 * Errors as above; -E2BIG @src is larger than the output.
 */
extern int bpf_extfuse_write_args(struct extfuse_req *req, __u32 type, const void *src,
				  __u32 src__sz) __ksym;

/**
 * bpf_extfuse_fresh - has nothing changed since a cache entry was made?
 * @req:	context
 * @nodeid:	node that the entry is about; for names, the directory
 * @kind:	enum extfuse_kind
 * @stamp:	extfuse_req.stamp of the request whose reply made the entry
 *
 * Returns 1 if nothing has changed, and then records that the answer to this
 * request rests on it; 0 if something has; -EINVAL.  An answer out of a cache
 * that rests on nothing is not taken.
 */
extern int bpf_extfuse_fresh(struct extfuse_req *req, __u64 nodeid, __u32 kind,
			     __u64 stamp) __ksym;

/*
 * Programs.  EXTFUSE_REQUEST(getattr) { ... } is the request program of
 * FUSE_GETATTR, EXTFUSE_REPLY(lookup) { ... } the reply program of
 * FUSE_LOOKUP, the _ANY forms are for every opcode that has none of its own.
 * @req is the context.  The kernel keeps 15 characters of a function's name,
 * and shows them in its errors: hence the short ones.
 */
#define EXTFUSE_REQUEST(op) \
	SEC("extfuse/" #op) int request_##op(struct extfuse_req *req)
#define EXTFUSE_REPLY(op) \
	SEC("extfuse.reply/" #op) int reply_##op(struct extfuse_req *req)
#define EXTFUSE_REQUEST_ANY \
	SEC("extfuse/*") int request_any(struct extfuse_req *req)
#define EXTFUSE_REPLY_ANY \
	SEC("extfuse.reply/*") int reply_any(struct extfuse_req *req)

/*
 * Options that the administrator gave at mount time.  An object that wants
 * them says "EXTFUSE_OPTIONS;" once, at file scope; libextfuse fills
 * extfuse_options before it loads the object.
 *
 * Maps whose name starts with "cache_" are caches: cachesize=ENTRIES gives
 * the largest of them that many elements and keeps the proportion of the
 * others to it.
 */
#define EXTFUSE_OPTIONS const volatile struct extfuse_ext_options extfuse_options

/* An object whose answers depend on the caller says this: then extfuse_req.who is filled. */
#define EXTFUSE_WANT_WHO const volatile __u32 extfuse_want_who = 1

/*
 * An object with programs that return EXTFUSE_PASSTHROUGH says this: its mount is
 * then made so that nodes can have backing objects, and the mirror gives them.
 */
#define EXTFUSE_WANT_BACKING const volatile __u32 extfuse_want_backing = 1

/*
 * An object that returns EXTFUSE_PASSTHROUGH for names as well says this: the mirror then
 * makes its directory a tree (EXTFUSE_BACKING_TREE).
 */
#define EXTFUSE_WANT_TREE const volatile __u32 extfuse_want_tree = 1

/*
 * An object whose programs of GETXATTR and LISTXATTR are for the mount option xattrtimeo=
 * says this: without that option they are left out, with the maps whose name starts with
 * "cache_xattr"; with it extfuse_req.who is filled for them (EXTFUSE_ATTACH_WHO_FEW).
 */
#define EXTFUSE_WANT_XATTRTIMEO const volatile __u32 extfuse_want_xattrtimeo = 1

/*
 * An object whose programs of READLINK, ACCESS and STATFS are for the mount option actimeo=
 * says this: without that option they are left out, with the maps whose name starts with
 * "cache_link", "cache_access" and "cache_statfs"; with it extfuse_req.who is filled for
 * ACCESS and STATFS (EXTFUSE_ATTACH_WHO_FEW).
 */
#define EXTFUSE_WANT_ACTIMEO const volatile __u32 extfuse_want_actimeo = 1

/*
 * An object whose reply programs of OPEN and OPENDIR are for the mount option keepcache says
 * this: without that option they are left out.
 */
#define EXTFUSE_WANT_KEEPCACHE const volatile __u32 extfuse_want_keepcache = 1

/*
 * An object whose request programs of OPEN and OPENDIR are for the mount option closetimeo=
 * says this: without that option they are left out.
 */
#define EXTFUSE_WANT_CLOSETIMEO const volatile __u32 extfuse_want_closetimeo = 1

/* An object that hides no entry of a listing says this (EXTFUSE_ATTACH_HIDES_NONE). */
#define EXTFUSE_HIDES_NONE const volatile __u32 extfuse_hides_none = 1

/* A policy says this: if it is lost, what it covers is refused (EXTFUSE_ATTACH_FAIL_CLOSED). */
#define EXTFUSE_FAIL_CLOSED const volatile __u32 extfuse_fail_closed = 1

/*
 * An object that says EXTFUSE_PATTERN("text"); takes the mount option pattern=.
 * Without that option the pattern is "text*", in lower case.  extfuse_pattern_match()
 * of <extfuse/options.h> says what it matches.
 */
#define EXTFUSE_PATTERN(text)						\
	const volatile struct extfuse_ext_pattern extfuse_pattern = {	\
		.head = text, .head_len = sizeof(text) - 1, .any = 1,	\
	}

/* Lifetimes: the protocol has seconds and nanoseconds, we count nanoseconds. */
#define EXTFUSE_NSEC_PER_SEC	1000000000ULL

/* @ns from @now, or the end of time. */
static __always_inline __u64 extfuse_time_add(__u64 now, __u64 ns)
{
	return ns > ~0ULL - now ? ~0ULL : now + ns;
}

/* A lifetime in ns as the protocol has it: seconds, and nanoseconds beside them. */
static __always_inline void extfuse_time_split(__u64 ns, uint64_t *sec, uint32_t *nsec)
{
	*sec = ns / EXTFUSE_NSEC_PER_SEC;
	*nsec = ns - *sec * EXTFUSE_NSEC_PER_SEC;
}

#endif /* _EXTFUSE_BPF_H */
