// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: names and attributes whose lifetime the kernel does not keep are confirmed by programs, and by the daemon after a change
 * needs: root extfuse build:tests/bpf/answer.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <dirent.h>

#include "common.h"

static const char *names[] = { "file", "a-directory", "a-name-of-more-than-thirty-one-characters" };

static void check_confirmed(const char *name)
{
	struct stat st;
	unsigned int lookups, answers;

	CHECK(!stat_of(name, &st), "%s must exist", name);
	lookups = asked(FUSE_LOOKUP);
	answers = answered(FUSE_LOOKUP);
	for (int i = 0; i < 10; i++)
		CHECK(!stat_of(name, &st) && st.st_size == 100, "%s again", name);
	CHECK(asked(FUSE_LOOKUP) == lookups, "%s: %u LOOKUPs reached the daemon", name,
	      asked(FUSE_LOOKUP) - lookups);
	CHECK(answered(FUSE_LOOKUP) == answers + 10, "%s: %u answers", name,
	      answered(FUSE_LOOKUP) - answers);
}

static void check_change(const char *name, unsigned int id)
{
	struct stat st;
	unsigned int lookups = asked(FUSE_LOOKUP);

	CHECK(!chmod(path(name), 0711), "chmod %s", name);
	CHECK(!stat_of(name, &st) && (st.st_mode & 07777) == 0711, "%s: the new mode is seen", name);
	CHECK(asked(FUSE_LOOKUP) > lookups, "%s: it comes from the daemon", name);

	CHECK(!unlink(path(name)), "unlink %s", name);
	CHECK(stat_of(name, &st) == -ENOENT, "%s is gone at once", name);
	add(id, name, S_IFREG | 0600, 1);
}

static void check_fstat(void)
{
	struct stat st;
	unsigned int getattrs, answers;
	int fd = open(path("file"), O_RDONLY);

	CHECK(fd >= 0 && !fstat(fd, &st), "open");
	getattrs = asked(FUSE_GETATTR);
	answers = answered(FUSE_GETATTR);
	for (int i = 0; i < 10; i++)
		CHECK(!fstat(fd, &st), "fstat");
	CHECK(asked(FUSE_GETATTR) == getattrs, "no GETATTR reaches the daemon");
	CHECK(answered(FUSE_GETATTR) == answers + 10, "%u answers",
	      answered(FUSE_GETATTR) - answers);
	close(fd);
}

/* A listing fills the maps: what it named needs no request of its own. */
static void check_readdirplus(void)
{
	unsigned int lookups = asked(FUSE_LOOKUP), getattrs;
	DIR *dir = opendir(fs.mnt);
	struct dirent *d;
	struct stat st;
	int n = 0;

	CHECK(dir, "opendir");
	while ((d = readdir(dir)))
		n++;
	closedir(dir);
	CHECK(n >= 3, "%d entries", n);
	CHECK(asked(FUSE_READDIRPLUS), "the kernel must have asked with READDIRPLUS");
	getattrs = asked(FUSE_GETATTR);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(!stat_of(names[i], &st), "%s", names[i]);
	CHECK(asked(FUSE_LOOKUP) == lookups && asked(FUSE_GETATTR) == getattrs,
	      "%u LOOKUPs, %u GETATTRs after a listing", asked(FUSE_LOOKUP) - lookups,
	      asked(FUSE_GETATTR) - getattrs);
}

int main(void)
{
	const struct extfuse_options opts = { .actimeo_ns = 60 * SECOND };
	char object[512];

	CHECK(!tinyfs_mount(&fs), "mount");
	add(2, names[0], S_IFREG | 0644, 1);
	add(3, names[1], S_IFDIR | 0755, 2);
	add(4, names[2], S_IFREG | 0644, 1);
	snprintf(object, sizeof(object), "%s/tests/bpf/answer.bpf.o", getenv("EXTFUSE_BUILD"));
	attach(object, &opts);

	check_readdirplus();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_confirmed(names[i]);
	check_fstat();
	check_change(names[0], 2);
	check_change(names[2], 4);
	check_clean();
	return tinyfs_umount(&fs) ? 1 : 0;
}
