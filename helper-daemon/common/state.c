// SPDX-License-Identifier: GPL-2.0-only
/*
 * State files, see state.h: one KEY=VALUE per line, newlines and backslashes
 * in a value written as \n and \\.  Replaced by rename, so a reader sees a
 * whole file or none.
 */
#include "state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void state_path(char *path, size_t size, unsigned int conn, const char *suffix)
{
	snprintf(path, size, STATE_DIR "/%u%s", conn, suffix);
}

static void put(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s=", key);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", f);
		else if (*value == '\\')
			fputs("\\\\", f);
		else
			fputc(*value, f);
	}
	fputc('\n', f);
}

int mount_state__write(const struct mount_state *s)
{
	char path[64], tmp[64];
	FILE *f;
	int err;

	if (mkdir(STATE_DIR, 0755) && errno != EEXIST)
		return -errno;
	state_path(path, sizeof(path), s->conn, "");
	state_path(tmp, sizeof(tmp), s->conn, ".new");
	f = fopen(tmp, "we");
	if (!f)
		return -errno;
	fprintf(f, "supervisor=%d\ndaemon=%d\n", s->supervisor, s->daemon);
	put(f, "target", s->target);
	put(f, "command", s->command);
	put(f, "extension", s->extension);
	put(f, "reason", s->reason);
	put(f, "folds", s->folds);
	err = ferror(f) ? -EIO : 0;
	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(tmp, path))
		err = -errno;
	if (err)
		unlink(tmp);
	return err;
}

/* Cuts a line into key and value, in place; NULL if it is none. */
static char *line_value(char *line)
{
	char *value = strchr(line, '='), *from, *to;

	if (!value)
		return NULL;
	*value++ = '\0';
	for (from = to = value; *from && *from != '\n'; from++) {
		if (*from == '\\' && from[1]) {
			from++;
			*to++ = *from == 'n' ? '\n' : *from;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return value;
}

int mount_state__read(struct mount_state *s, unsigned int conn)
{
	char path[64], *line = NULL, *value;
	size_t room = 0;
	FILE *f;

	memset(s, 0, sizeof(*s));
	s->conn = conn;
	state_path(path, sizeof(path), conn, "");
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (getline(&line, &room, f) > 0) {
		value = line_value(line);
		if (!value)
			continue;
		if (!strcmp(line, "supervisor"))
			s->supervisor = atoi(value);
		else if (!strcmp(line, "daemon"))
			s->daemon = atoi(value);
		else if (!strcmp(line, "target"))
			snprintf(s->target, sizeof(s->target), "%s", value);
		else if (!strcmp(line, "command"))
			snprintf(s->command, sizeof(s->command), "%s", value);
		else if (!strcmp(line, "extension"))
			snprintf(s->extension, sizeof(s->extension), "%s", value);
		else if (!strcmp(line, "reason"))
			snprintf(s->reason, sizeof(s->reason), "%s", value);
		else if (!strcmp(line, "folds"))
			snprintf(s->folds, sizeof(s->folds), "%s", value);
	}
	free(line);
	fclose(f);
	/* Left by a supervisor that was killed: the number may be another mount's by now. */
	if (s->supervisor <= 0 || (kill(s->supervisor, 0) && errno == ESRCH))
		return -ESRCH;
	return 0;
}

void mount_state__remove(unsigned int conn, pid_t supervisor)
{
	struct mount_state s;
	char path[64];

	/* Another mount may have the number already. */
	if (!mount_state__read(&s, conn) && s.supervisor != supervisor)
		return;
	state_path(path, sizeof(path), conn, "");
	unlink(path);
}
