/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What the files of libextfuse share: the error line, what is caught of
 * libbpf's own messages, and the sections of an extension.
 */
#ifndef _EXTFUSE_LIB_INTERNAL_H
#define _EXTFUSE_LIB_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <extfuse/extfuse.h>
#include <stdio.h>

/* Where the caller wants the one line that says what went wrong. */
struct errline {
	char *buf;
	size_t len;
};

int errline__set(const struct errline *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* libbpf prints to a global function; between begin and end it is ours. */
struct capture {
	char first[256];	/* first warning */
	char verifier[256];	/* last line of the verifier that says why */
	char prog[64];		/* program that it is about */
	FILE *log;		/* gets all of it; NULL: nobody wants it */
};

void capture__begin(struct capture *cap);
void capture__end(void);
/* The last line of a verifier log that is not statistics. */
void capture__verdict(const char *log, char *buf, size_t len);

/* "extfuse/getattr" to phase and opcode, as the ioctl wants them; 0 or -EINVAL. */
int section__parse(const char *name, __u32 *phase, __u32 *opcode);
int section__register(void);

/* Looks the extension's file up; 0 or -ENOENT, -ENAMETOOLONG. */
int path__find(const char *name, char *path, size_t len);
/* "metacache" of "/usr/lib/extfuse/bpf/metacache.bpf.o". */
void path__name(const char *path, char *name, size_t len);

/* Leaves out what serves options that are not given; before the programs are counted. */
int options__choose(struct bpf_object *obj, const char *name,
		    const struct extfuse_options *opts, const struct errline *err);
/* Fills the object's options and sizes its caches. */
int options__apply(struct bpf_object *obj, const char *name,
		   const struct extfuse_options *opts, const struct errline *err);
/* Did the object say so: "extfuse_want_who" of EXTFUSE_WANT_WHO, and its like? */
bool options__says(struct bpf_object *obj, const char *name);
/* Does it have an extfuse_pattern, of EXTFUSE_PATTERN? */
bool options__take_pattern(struct bpf_object *obj);

/* A map whose name begins with cache_: what is in it may be lost, or kept, at any time. */
bool options__is_cache(const struct bpf_map *map);
/* @old: the constants of a loaded object.  If ours are the same, ours get its seed. */
bool options__take_seed(struct bpf_object *obj, const char *old);

/* keep.c: of the object that is not loaded yet; how many, or -errno. */
int keep__caches(struct bpf_object *obj, int fd, __u32 conn);

#endif /* _EXTFUSE_LIB_INTERNAL_H */
