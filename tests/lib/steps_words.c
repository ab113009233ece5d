// SPDX-License-Identifier: GPL-2.0-only
/* The words of steps.h: numbers, paths, times. */
#include <ctype.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/xattr.h>

#include "matrix.h"
#include "steps.h"

#define WORD(name)	{ #name, name }

static const struct {
	const char *name;
	long value;
} words[] = {
	WORD(O_RDONLY), WORD(O_WRONLY), WORD(O_RDWR), WORD(O_CREAT), WORD(O_EXCL), WORD(O_TRUNC), WORD(O_APPEND),
	WORD(O_DIRECTORY), WORD(O_NOFOLLOW), WORD(O_PATH), WORD(O_TMPFILE), WORD(O_NONBLOCK), WORD(O_SYNC), WORD(O_DSYNC),
	WORD(O_NOATIME), WORD(O_DIRECT), WORD(O_NOCTTY), WORD(O_ASYNC),
	WORD(AT_FDCWD), WORD(AT_SYMLINK_NOFOLLOW), WORD(AT_SYMLINK_FOLLOW), WORD(AT_EMPTY_PATH), WORD(AT_REMOVEDIR),
	WORD(AT_EACCESS), WORD(R_OK), WORD(W_OK), WORD(X_OK), WORD(F_OK),
	WORD(RENAME_NOREPLACE), WORD(RENAME_EXCHANGE), WORD(RENAME_WHITEOUT),
	WORD(RESOLVE_BENEATH), WORD(RESOLVE_IN_ROOT), WORD(RESOLVE_NO_SYMLINKS), WORD(RESOLVE_NO_XDEV), WORD(RESOLVE_CACHED),
	WORD(S_IFREG), WORD(S_IFDIR), WORD(S_IFIFO), WORD(S_IFSOCK), WORD(S_IFCHR), WORD(S_IFBLK), WORD(S_IFLNK),
	WORD(SEEK_SET), WORD(SEEK_CUR), WORD(SEEK_END), WORD(SEEK_DATA), WORD(SEEK_HOLE),
	WORD(FALLOC_FL_KEEP_SIZE), WORD(FALLOC_FL_PUNCH_HOLE), WORD(FALLOC_FL_COLLAPSE_RANGE), WORD(FALLOC_FL_ZERO_RANGE),
	WORD(FALLOC_FL_INSERT_RANGE), WORD(FALLOC_FL_UNSHARE_RANGE),
	WORD(FS_IMMUTABLE_FL), WORD(FS_APPEND_FL), WORD(FS_NODUMP_FL), WORD(FS_NOATIME_FL), WORD(FS_SYNC_FL),
	WORD(FS_DIRSYNC_FL), WORD(FS_TOPDIR_FL),
	WORD(XATTR_CREATE), WORD(XATTR_REPLACE),
	WORD(LOCK_SH), WORD(LOCK_EX), WORD(LOCK_UN), WORD(LOCK_NB), WORD(F_RDLCK), WORD(F_WRLCK), WORD(F_UNLCK),
	{ "alice", ALICE }, { "bob", MEMBER }, { "carol", 1005 }, { "team", TEAM }, { "root", 0 },
};

static long word_value(const char *word)
{
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].name, word))
			return words[i].value;
	CHECK(false, "a step says \"%s\", which is no word", word);
	return 0;
}

static long one_number(const char *word)
{
	char *end;
	long value;

	if (!isdigit(*word) && *word != '-')
		return word_value(word);
	value = strtol(word, &end, 0);
	if (*end == ':')
		return makedev(value, strtol(end + 1, NULL, 0));
	CHECK(!*end, "a step says \"%s\", which is no number", word);
	return value;
}

long step_number(const char *word)
{
	char copy[256], *rest = copy, *part;
	long value = 0;

	snprintf(copy, sizeof(copy), "%s", word);
	while ((part = strsep(&rest, "|")))
		value |= one_number(part);
	return value;
}

struct timespec step_time(const char *word)
{
	if (!strcmp(word, "NOW"))
		return (struct timespec){ 0, UTIME_NOW };
	if (!strcmp(word, "OMIT"))
		return (struct timespec){ 0, UTIME_OMIT };
	return (struct timespec){ step_number(word), 123456789 };
}

/* "./" in front, and one more slash if that does not come out even. */
static void pad(char *path, size_t len)
{
	size_t have = strlen(path), i;
	char name[STEP_PATH];

	CHECK(have <= len && len < STEP_PATH, "a path of %zu for %s", len, path);
	strcpy(name, path);
	for (i = 0; i + 1 < len - have; i += 2)
		memcpy(path + i, "./", 2);
	if (i < len - have)
		path[i++] = '/';
	strcpy(path + i, name);
}

void step_path(char *path, const char *word)
{
	size_t n = 0;
	char *end;
	long len;

	*path = '\0';
	if (!strcmp(word, "''"))
		return;
	while (*word && *word != '~') {
		if (*word != '%') {
			path[n++] = *word++;
			continue;
		}
		len = strtol(word + 1, &end, 10);
		CHECK(len > 0 && n + len < STEP_PATH, "a name of %ld", len);
		memset(path + n, 'n', len);
		n += len;
		word = end;
	}
	path[n] = '\0';
	if (*word == '~')
		pad(path, strtol(word + 1, NULL, 10));
}
