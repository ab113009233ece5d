/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the cases of cto: a raw daemon whose names and attributes stay valid, of which somebody else changes a file or
 * directory, so that nothing but the next open can show it.
 */
#ifndef METACACHE_CTO_H
#define METACACHE_CTO_H

#include <dirent.h>

#include "opens.h"

/* As cache=cto, for as long as the case lasts. */
static const struct extfuse_options cto = {
	.actimeo_ns = LONG_NS, .xattrtimeo_ns = LONG_NS, .closetimeo_ns = LONG_NS, .keepcache = true, .noflush = true, .cto = true,
};

static inline void serve_cto(const struct raw_opts *raw, const struct extfuse_options *opts)
{
	serve_opens(raw, opts);
	raw_setxattr(rf, file, "user.a", "value", 5);
}

/* A handle that was kept goes back some time: nobody has asked for that. */
static inline unsigned int asks(void)
{
	return raw_count_all(rf) - raw_count(rf, FUSE_RELEASE) - raw_count(rf, FUSE_RELEASEDIR);
}

/* What reads of the mount has sent one GETATTR, and nothing else. */
static inline void only_getattr(const char *what)
{
	CHECK(raw_count(rf, FUSE_GETATTR) == 1 && asks() == 1, "%s: %s", what, raw_asked(rf));
}

static inline void nothing_asked(const char *what)
{
	CHECK(!asks(), "%s: %s", what, raw_asked(rf));
}

/* What a file has, by a descriptor that is closed again. */
static inline void read_file(const char *path, char *text, size_t room)
{
	int fd = open_for(path, O_RDONLY);
	ssize_t len = pread(fd, text, room - 1, 0);

	CHECK(len >= 0, "read %s", path);
	text[len] = '\0';
	close(fd);
}

static inline void expect_text(const char *path, const char *want, const char *what)
{
	char text[64];

	raw_reset(rf);
	read_file(path, text, sizeof(text));
	CHECK(!strcmp(text, want), "%s: %s is \"%s\", not \"%s\"", what, path, text, want);
}

static inline void expect_xattr(const char *want, const char *what)
{
	char value[64];
	ssize_t len = getxattr("mnt/f", "user.a", value, sizeof(value) - 1);

	CHECK(len >= 0, "%s: getxattr", what);
	value[len] = '\0';
	CHECK(!strcmp(value, want), "%s: user.a is \"%s\", not \"%s\"", what, value, want);
}

static inline void expect_names(const char *path, const char *want, const char *what)
{
	char names[512] = "";
	struct dirent *e;
	size_t len = 0;
	DIR *dir;

	raw_reset(rf);
	dir = opendir(path);
	CHECK(dir, "%s: opendir", what);
	while ((e = readdir(dir)))
		if (*e->d_name != '.')
			len += snprintf(names + len, sizeof(names) - len, "%s ", e->d_name);
	closedir(dir);
	CHECK(!strcmp(names, want), "%s: the names are %s, not %s", what, names, want);
}

/* Somebody else changes the node: it shows in ctime, at least, in seconds that no clock has yet. */
static inline void changed(struct raw_node *node, bool data)
{
	static uint64_t second = 4000000000;

	raw_lock(rf);
	node->attr.ctime = ++second;
	if (data)
		node->attr.mtime = second;
	raw_unlock(rf);
}

static inline void behind_text(const char *text)
{
	raw_lock(rf);
	memcpy(file->data, text, strlen(text));
	file->attr.size = strlen(text);
	raw_unlock(rf);
	changed(file, true);
}

static inline void behind_xattr(const char *value)
{
	raw_setxattr(rf, file, "user.a", value, strlen(value));
	changed(file, false);
}

#endif
