// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Where extensions are: a name without a slash and without ".bpf.o" is looked for in
 * $EXTFUSE_BPF_PATH (folders between colons) and then in the folder of the package;
 * everything else is the path of a file.  And which there are.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define SUFFIX	".bpf.o"
#ifndef EXTFUSE_BPF_DIR
#define EXTFUSE_BPF_DIR "/usr/lib/extfuse/bpf"
#endif

static bool has_suffix(const char *name)
{
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	return len > suffix && !strcmp(name + len - suffix, SUFFIX);
}

static int try_dir(const char *dir, size_t dirlen, const char *name, char *path, size_t len)
{
	int n = snprintf(path, len, "%.*s/%s" SUFFIX, (int)dirlen, dir, name);

	if (n < 0 || (size_t)n >= len)
		return -ENAMETOOLONG;
	return access(path, F_OK) ? -ENOENT : 0;
}

int path__find(const char *name, char *path, size_t len)
{
	/* Not for a setuid caller: the environment is the user's. */
	const char *dirs = secure_getenv("EXTFUSE_BPF_PATH");
	size_t n;

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/') || has_suffix(name)) {
		n = snprintf(path, len, "%s", name);
		if (n >= len)
			return -ENAMETOOLONG;
		return access(path, F_OK) ? -ENOENT : 0;
	}
	while (dirs && *dirs) {
		n = strcspn(dirs, ":");
		if (n && !try_dir(dirs, n, name, path, len))
			return 0;
		dirs += n + (dirs[n] == ':');
	}
	return try_dir(EXTFUSE_BPF_DIR, strlen(EXTFUSE_BPF_DIR), name, path, len);
}

void path__name(const char *path, char *name, size_t len)
{
	const char *base = strrchr(path, '/');
	size_t n;

	base = base ? base + 1 : path;
	n = strlen(base);
	if (has_suffix(base))
		n -= strlen(SUFFIX);
	snprintf(name, len, "%.*s", (int)n, base);
}

int extfuse_ext__find(const char *name, char *path, size_t len)
{
	return path__find(name, path, len);
}

static int is_extension(const struct dirent *e)
{
	return has_suffix(e->d_name);
}

struct each {
	int (*fn)(void *arg, const char *name, const char *path);
	void *arg;
};

/* Of two files of one name only that one is told of which the name finds. */
static int each_file(const struct each *each, const char *dir, const char *file)
{
	char name[NAME_MAX + 1], path[PATH_MAX], found[PATH_MAX];

	path__name(file, name, sizeof(name));
	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path) ||
	    path__find(name, found, sizeof(found)) || strcmp(path, found))
		return 0;
	return each->fn(each->arg, name, path);
}

static int each_in(const struct each *each, const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, is_extension, alphasort), i, ret = 0;

	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	for (i = 0; i < n; i++) {
		if (!ret)
			ret = each_file(each, dir, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return ret;
}

/* Whether @dir is one of the first @n bytes of @dirs. */
static bool is_among(const char *dirs, size_t n, const char *dir)
{
	size_t len;

	for (; n; dirs += len, n -= len) {
		len = strcspn(dirs, ":");
		if (len == strlen(dir) && !strncmp(dirs, dir, len))
			return true;
		len += len < n;
	}
	return false;
}

int extfuse_ext__each(int (*fn)(void *arg, const char *name, const char *path), void *arg)
{
	const struct each each = { fn, arg };
	const char *dirs = secure_getenv("EXTFUSE_BPF_PATH"), *at = dirs ? dirs : "";
	char dir[PATH_MAX];
	int n, ret = 0;

	for (; *at && !ret; at += n + (at[n] == ':')) {
		n = strcspn(at, ":");
		if (n && snprintf(dir, sizeof(dir), "%.*s", n, at) < (int)sizeof(dir) && !is_among(dirs, at - dirs, dir))
			ret = each_in(&each, dir);
	}
	if (ret || (dirs && is_among(dirs, strlen(dirs), EXTFUSE_BPF_DIR)))
		return ret;
	return each_in(&each, EXTFUSE_BPF_DIR);
}
