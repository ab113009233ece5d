// SPDX-License-Identifier: GPL-2.0-only
/*
 * State files, see state.h: one NAME=VALUE per line, newlines and backslashes
 * in a value written as \n and \\.  Replaced by rename, so a reader sees a
 * whole file or none.
 */
#include "state.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "option.h"

#define NUMBER(field)	OPTION_NUMBER, .at = offsetof(struct mount_state, field)
#define TEXT(field)	OPTION_COPY, .at = offsetof(struct mount_state, field), .limit = sizeof(((struct mount_state *)0)->field)

static const struct option_row rows[] = {
	{ "supervisor=", NUMBER(supervisor) },
	{ "daemon=", NUMBER(daemon) },
	{ "target=", TEXT(target) },
	{ "command=", TEXT(command) },
	{ "extension=", TEXT(extension) },
	{ "reason=", TEXT(reason) },
	{ "folds=", TEXT(folds) },
};

static const struct option_table table = OPTION_TABLE(rows);

static void state_path(char *path, size_t size, unsigned int conn, const char *suffix)
{
	snprintf(path, size, STATE_DIR "/%u%s", conn, suffix);
}

static void put_text(FILE *f, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", f);
		else if (*value == '\\')
			fputs("\\\\", f);
		else
			fputc(*value, f);
	}
}

static void put_row(FILE *f, const struct option_row *row, const struct mount_state *s)
{
	const char *at = (const char *)s + row->at;

	fputs(row->name, f);
	if (row->kind == OPTION_NUMBER)
		fprintf(f, "%d", *(const int *)at);
	else
		put_text(f, at);
	fputc('\n', f);
}

int mount_state__write(const struct mount_state *s)
{
	char path[64], tmp[64];
	size_t i;
	FILE *f;
	int err;

	if (mkdir(STATE_DIR, 0755) && errno != EEXIST)
		return -errno;
	state_path(path, sizeof(path), s->conn, "");
	state_path(tmp, sizeof(tmp), s->conn, ".new");
	f = fopen(tmp, "we");
	if (!f)
		return -errno;
	for (i = 0; i < table.count; i++)
		put_row(f, &table.rows[i], s);
	err = ferror(f) ? -EIO : 0;
	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(tmp, path))
		err = -errno;
	if (err)
		unlink(tmp);
	return err;
}

/* Undoes what put_text() has done, in place, up to the line's end. */
static void line_plain(char *line)
{
	char *from, *to = line;

	for (from = line; *from && *from != '\n'; from++) {
		if (*from == '\\' && from[1]) {
			from++;
			*to++ = *from == 'n' ? '\n' : *from;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* A line that another version has written may be of a name that is not known here. */
static void line_take(struct mount_state *s, char *line)
{
	const struct option_row *row;
	const char *value;

	line_plain(line);
	row = option_find(&table, 0, line, &value);
	if (row)
		option_take(row, s, line, value, NULL, 0);
}

int mount_state__read(struct mount_state *s, unsigned int conn)
{
	char path[64], *line = NULL;
	size_t room = 0;
	FILE *f;

	memset(s, 0, sizeof(*s));
	s->conn = conn;
	state_path(path, sizeof(path), conn, "");
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (getline(&line, &room, f) > 0)
		line_take(s, line);
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
