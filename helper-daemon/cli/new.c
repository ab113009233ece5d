// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse new: a folder with the beginnings of an extension, which builds out of the tree.  It is
 * a copy of the template that is installed beside the command, with the extension's name in it.
 * Where that fails, nothing is left.
 */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SMALL	"abcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"

/* In names of the template's files, and in their text. */
#define FILE_NAME	"NAME"
#define FILE_MAX	65536

struct fresh {
	const char *name;
	char title[EXTFUSE_NAME_LEN];	/* in capitals, as manual pages have it */
	char date[32];
	const char *from;		/* the template's folder */
	int dir;			/* the new one */
	struct dirent **files;
	int count;
};

static const char *template_dir(void)
{
	const char *dir = secure_getenv("EXTFUSE_TEMPLATE");

	return dir && *dir ? dir : EXTFUSE_TEMPLATE_DIR;
}

/* It will be the name of a file, an option of mount(8), and what the module shows. */
static int name_check(const char *name)
{
	char path[PATH_MAX];

	if (!*name || name[strspn(name, SMALL DIGITS "-_")] || !strchr(SMALL, *name))
		return cli_fail("'%s' is no name for an extension: it begins with a small letter, and has small letters, digits, - and _; the folder is made where you are",
				name);
	if (strlen(name) >= EXTFUSE_NAME_LEN)
		return cli_fail("'%s' is too long for an extension's name: it may have %d letters", name,
				EXTFUSE_NAME_LEN - 1);
	if (!strcmp(name, "none"))
		return cli_fail("'none' is no name for an extension: the mount option ext=none says that there is none");
	if (!extfuse_ext__find(name, path, sizeof(path)))
		return cli_fail("there is an extension '%s' already: %s; give yours another name", name, path);
	return 0;
}

/* The value of @key, which is as long as @len; NULL: it is none. */
static const char *value_of(const struct fresh *f, const char *key, size_t *len)
{
	const struct {
		const char *key;
		const char *value;
	} table[] = {
		{ "@NAME@", f->name },
		{ "@TITLE@", f->title },
		{ "@DATE@", f->date },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		*len = strlen(table[i].key);
		if (!strncmp(key, table[i].key, *len))
			return table[i].value;
	}
	return NULL;
}

static void text_write(const struct fresh *f, FILE *out, const char *text)
{
	const char *value;
	size_t len;

	for (; *text; text += len) {
		value = value_of(f, text, &len);
		if (value) {
			fputs(value, out);
			continue;
		}
		len = 1 + strcspn(text + 1, "@");
		fwrite(text, 1, len, out);
	}
}

/* All of a file, to be freed; NULL: errno says why not. */
static char *text_read(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = in ? calloc(1, FILE_MAX) : NULL;
	size_t n = text ? fread(text, 1, FILE_MAX - 1, in) : 0;

	if (text && (ferror(in) || n == FILE_MAX - 1)) {
		errno = n == FILE_MAX - 1 ? EFBIG : errno;
		free(text);
		text = NULL;
	}
	if (in)
		fclose(in);
	return text;
}

/* NAME.bpf.c of the template is mine.bpf.c here. */
static void file_name(const struct fresh *f, const char *file, char *name, size_t size)
{
	bool named = !strncmp(file, FILE_NAME, strlen(FILE_NAME));

	snprintf(name, size, "%s%s", named ? f->name : "", file + (named ? strlen(FILE_NAME) : 0));
}

static int file_write(const struct fresh *f, const char *name, const char *text)
{
	int fd = openat(f->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), err;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	text_write(f, out, text);
	err = ferror(out) ? -EIO : 0;
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

static int file_copy(const struct fresh *f, const char *file)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	char *text;
	int err;

	snprintf(path, sizeof(path), "%s/%s", f->from, file);
	text = text_read(path);
	if (!text)
		return cli_fail("cannot read %s: %s", path, strerror(errno));
	file_name(f, file, name, sizeof(name));
	err = file_write(f, name, text);
	free(text);
	return err ? cli_fail("cannot write %s/%s: %s", f->name, name, strerror(-err)) : 0;
}

static int is_shown(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int template_list(struct fresh *f)
{
	f->from = template_dir();
	f->count = scandir(f->from, &f->files, is_shown, alphasort);
	if (f->count > 0)
		return 0;
	return cli_fail("the template of extensions is not there (%s: %s): install extfuse anew", f->from,
			f->count ? strerror(errno) : "nothing is in it");
}

static void template_free(struct fresh *f)
{
	for (int i = 0; i < f->count; i++)
		free(f->files[i]);
	free(f->files);
}

static int folder_make(struct fresh *f)
{
	if (mkdir(f->name, 0777)) {
		if (errno == EEXIST)
			return cli_fail("%s is there already, and is left as it is: give another name, or remove it", f->name);
		return cli_fail("cannot make the folder %s: %s", f->name, strerror(errno));
	}
	f->dir = open(f->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (f->dir >= 0)
		return 0;
	cli_fail("cannot open the folder %s: %s", f->name, strerror(errno));
	rmdir(f->name);
	return 1;
}

static void folder_undo(const struct fresh *f)
{
	char name[NAME_MAX + 1];

	for (int i = 0; i < f->count; i++) {
		file_name(f, f->files[i]->d_name, name, sizeof(name));
		unlinkat(f->dir, name, 0);
	}
	rmdir(f->name);
}

static int folder_fill(struct fresh *f)
{
	for (int i = 0; i < f->count; i++) {
		if (file_copy(f, f->files[i]->d_name)) {
			folder_undo(f);
			return 1;
		}
	}
	return 0;
}

static void folder_show(const struct fresh *f)
{
	char name[NAME_MAX + 1];

	printf("made in %s:", f->name);
	for (int i = 0; i < f->count; i++) {
		file_name(f, f->files[i]->d_name, name, sizeof(name));
		printf(" %s", name);
	}
	printf("\nnext: cd %s && make && sudo make test\n", f->name);
}

int do_new(const struct cli_args *args)
{
	struct fresh f = { .name = args->mount };
	time_t now = time(NULL);
	int status;

	if (name_check(f.name))
		return 1;
	for (size_t i = 0; f.name[i]; i++)
		f.title[i] = f.name[i] >= 'a' && f.name[i] <= 'z' ? f.name[i] - 'a' + 'A' : f.name[i];
	strftime(f.date, sizeof(f.date), "%B %e, %Y", gmtime(&now));
	if (template_list(&f))
		return 1;
	status = folder_make(&f);
	if (!status) {
		status = folder_fill(&f);
		close(f.dir);
	}
	if (!status)
		folder_show(&f);
	template_free(&f);
	return status;
}
