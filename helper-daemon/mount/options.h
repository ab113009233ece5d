/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of mount.extfuse: one table says what each is called, which daemon gets it
 * and what it is for.
 */
#ifndef EXTFUSE_MOUNT_OPTIONS_H
#define EXTFUSE_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>

#include <extfuse/extfuse.h>

/* Linux 5.10; some C libraries lack it. */
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW	256
#endif

/* A text that grows by ",WORD". */
struct words {
	char *text;
	size_t len;
};

struct mount_options {
	unsigned long flags;	/* MS_* */
	struct words kernel;	/* for mount(2) */
	struct words daemon;	/* for a foreign daemon's -o */
	bool allow_other;
	bool default_permissions;
	bool allow_idmap;
	bool cache_strict;	/* these three are taken where they stand in the list */
	bool cache_cto;
	bool cache_local;
	bool remount;
	bool handed_back;	/* the list has all flags of the mount that is there */
	char *list;		/* the options cut into words; has the texts below in it */
	const char *subtype;
	const char *ext;	/* NULL: the default */
	const char *pattern;
	const char *log;
	const char *user;	/* setuid= */
	const char *attr_timeout;	/* the mirror's, as written */
	const char *entry_timeout;
	const char *negative_timeout;
	__u64 mount_timeout_ns;	/* until the mount must answer; 0: no limit */
	__u32 max_backing;	/* 0: not given */
	__u32 max_stack_depth;	/* the same */
	struct extfuse_options attach;
};

/*
 * Takes a list of options as mount(8) gives it.  @mirror: for our mirror, else for a
 * foreign daemon, which is given the options that are not known here.  @sloppy: unknown
 * options are ignored.  Returns 0, or -EINVAL with a line in @err.
 */
int mount_options__parse(struct mount_options *o, const char *list, bool mirror, bool sloppy,
			 char *err, size_t errlen);
void mount_options__free(struct mount_options *o);
void mount_options__help(FILE *out);

/* Appends a word, with a comma if there is one before.  Ends the program if there is no memory. */
__attribute__((format(printf, 2, 3)))
void words_add(struct words *w, const char *fmt, ...);

#endif /* EXTFUSE_MOUNT_OPTIONS_H */
