/* SPDX-License-Identifier: GPL-2.0-only */
/* What cases about backing objects share: objects of the raw daemon's nodes, and a program that passes through. */
#ifndef BACKING_H
#define BACKING_H

#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "script.h"

static inline void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

static inline void content(const char *path, const char *want)
{
	char buf[256] = "";
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0, "%s", path);
	CHECK(read(fd, buf, sizeof(buf) - 1) == (ssize_t)strlen(want) && !strcmp(buf, want),
	      "%s: '%s' instead of '%s'", path, buf, want);
	close(fd);
}

/* Lies at @path from now on, and the daemon says the same of it. */
static inline void object(struct rawfuse *rf, struct raw_node *node, const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), err;
	struct stat st;

	CHECK(fd >= 0 && !fstat(fd, &st), "%s", path);
	raw_lock(rf);
	node->attr.ino = st.st_ino;
	node->attr.mode = st.st_mode;
	raw_unlock(rf);
	err = extfuse_backing__add(raw_fd(rf), node->id, node->generation, fd);
	CHECK(!err, "%s as node %llu: %d", path, (unsigned long long)node->id, err);
	close(fd);
}

static inline void passes(struct script *s, uint32_t opcode)
{
	script_set(s, EXTFUSE_PHASE_REQUEST, opcode, &(struct script_rule){ .verdict = EXTFUSE_PASSTHROUGH },
		   NULL, 0);
}

#endif
