// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Where extensions are: a name without a slash and without ".bpf.o" is looked for in
 * $EXTFUSE_BPF_PATH (folders between colons) and then in the folder of the package;
 * everything else is the path of a file.
 */
#include <errno.h>
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
