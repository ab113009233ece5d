// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done with names. A new file has its content, durable, before it gets a name, as with programs that replace a
 * file; so whoever finds the name finds the number in it.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"

#define NEW	"d0/.new"

static void put_file(struct worker *w, const char *path, uint32_t number)
{
	int fd = open(NEW, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);

	must(fd >= 0, "open of a new file");
	must(write(fd, &number, sizeof(number)) == sizeof(number), "write into a new file");
	must(w->lies || !fsync(fd), "fsync of a new file");
	close(fd);
	must(!rename(NEW, path), "rename of a new file");
}

static void put_link(const char *path, uint32_t number)
{
	char target[PATH_SIZE];

	snprintf(target, sizeof(target), "%u", number);
	must(!symlink(target, path), "symlink");
}

/* A file may take a name from another object; all else needs a free one. */
static void put(struct worker *w, const struct object *names, uint32_t name)
{
	enum kind kind = names[name].kind ? KIND_FILE : KIND_FILE + draw(4);
	char path[PATH_SIZE];
	uint32_t number;

	if (names[name].kind == KIND_DIR)
		return;
	name_path(path, name);
	number = log_say(OP_PUT, name, kind, 0);
	if (kind == KIND_FILE)
		put_file(w, path, number);
	else if (kind == KIND_LINK)
		put_link(path, number);
	else if (kind == KIND_DIR)
		must(!mkdir(path, 0755), "mkdir");
	else
		must(!mkfifo(path, 0644), "mkfifo");
}

static void change_one(struct worker *w, const struct object *names)
{
	uint32_t a = draw(NAMES), b = draw(NAMES), what = draw(6);
	bool is_same = !memcmp(&names[a], &names[b], sizeof(*names)), is_dir = names[a].kind == KIND_DIR;
	char from[PATH_SIZE], to[PATH_SIZE];

	name_path(from, a);
	name_path(to, b);
	if (!names[a].kind || !what) {
		put(w, names, a);
	} else if (what == 1) {
		log_say(OP_REMOVE, a, 0, 0);
		must(!(is_dir ? rmdir(from) : unlink(from)), "unlink or rmdir");
	} else if (what == 2 && !names[b].kind && names[a].kind == KIND_FILE) {
		log_say(OP_LINK, a, b, 0);
		must(!link(from, to), "link");
	} else if (what == 3 && names[b].kind && !is_same && !w->no_exchange) {
		log_say(OP_EXCHANGE, a, b, 0);
		must(!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE), "renameat2");
	} else if (what > 3 && !is_same && (!names[b].kind || (!is_dir && names[b].kind != KIND_DIR))) {
		/* Of two names of one file rename() does nothing; FIFOs all look alike. */
		log_say(OP_MOVE, a, b, 0);
		must(!rename(from, to), "rename");
	}
}

void change_names(struct worker *w, struct object *names)
{
	uint32_t first = log_next();

	change_one(w, names);
	if (log_next() != first)
		names_apply(names, log_last());
}
