// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a policy that is attached or replaced is asked about the names, listings and misses that the kernel has
 * needs: root extfuse build:bpf/hide.bpf.o
 * timeout: 60
 *
 * Of a name that is in use (open, somebody's directory, with a mount below) nothing is taken away: it is not found by who
 * asks for it, what is mounted below stays, and all is there again after a detach.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <extfuse/extfuse.h>

#include "case.h"
#include "rawfuse.h"

#define LONG_NS	(1000 * RAW_SEC)

static struct rawfuse *rf;

static struct extfuse_ext *hide(const char *pattern)
{
	struct extfuse_options opts = { .pattern = pattern };
	struct extfuse_ext *ext;
	char path[512], err[512] = "";

	snprintf(path, sizeof(path), "%s/bpf/hide.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	CHECK(!extfuse_ext__open(&ext, path, &opts, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	return ext;
}

static int look(const char *path)
{
	struct stat st;

	return stat(path, &st) ? errno : 0;
}

#define FINDS(path, want)							\
	do {									\
		int found = look(path);						\
										\
		CHECK(found == (want), "%s: error %d, must be %d", path, found, want);	\
	} while (0)

static bool lists(const char *dir, const char *name)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	CHECK(d, "%s opens", dir);
	while ((e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	closedir(d);
	return found;
}

static void tree(void)
{
	raw_file(rf, "/secret", "text", 4);
	raw_file(rf, "/seen", "text", 4);
	raw_mkdir(rf, "/secretdir");
	raw_mkdir(rf, "/secretdir/sub");
	raw_file(rf, "/secretdir/inner", "text", 4);
	raw_get(rf, "/secretdir")->open_flags = FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE;
	raw_lock(rf);
	raw_node(rf, FUSE_ROOT_ID)->open_flags = FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE;
	raw_unlock(rf);
}

/* All of it for long: nobody is asked again. */
static void known(void)
{
	FINDS("mnt/secret", 0);
	FINDS("mnt/seen", 0);
	FINDS("mnt/secretdir/inner", 0);
	FINDS("mnt/absent", ENOENT);
	CHECK(lists("mnt", "secret") && lists("mnt", "secret"), "it is listed");
	raw_reset(rf);
	FINDS("mnt/secret", 0);
	FINDS("mnt/secretdir/sub", 0);
	FINDS("mnt/absent", ENOENT);
	raw_reset(rf);
	FINDS("mnt/secretdir/sub", 0);
	CHECK(!raw_count(rf, FUSE_LOOKUP), "the kernel has the names");
}

static void seen_is_cached(void)
{
	FINDS("mnt/seen", 0);
	raw_reset(rf);
	FINDS("mnt/seen", 0);
	CHECK(!raw_count(rf, FUSE_LOOKUP), "what was asked about once has its lifetime");
}

int main(void)
{
	struct extfuse_ext *first, *second;
	char err[512] = "";
	struct stat st;
	int fd, dir;

	rf = raw_start(&(struct raw_opts){ .entry_ns = LONG_NS, .attr_ns = LONG_NS, .negative_ns = LONG_NS });
	tree();
	known();
	fd = open("mnt/secret", O_RDWR | O_CLOEXEC);
	dir = open("mnt/secretdir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0 && dir >= 0, "open");
	CHECK(!mount("none", "mnt/secretdir/sub", "tmpfs", 0, NULL) && !mkdir("mnt/secretdir/sub/mark", 0755), "a mount");

	/* The first policy hides other names: nothing that is known changes, but that each is asked about. */
	first = hide("other*");
	CHECK(!extfuse_ext__attach(first, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	raw_reset(rf);
	FINDS("mnt/secret", 0);
	FINDS("mnt/secretdir/inner", 0);
	CHECK(raw_count(rf, FUSE_LOOKUP), "they are asked about");
	raw_reset(rf);
	FINDS("mnt/absent", ENOENT);
	CHECK(raw_count(rf, FUSE_LOOKUP) == 1, "and so is what was not there");
	FINDS("mnt/secretdir/sub/mark", 0);
	seen_is_cached();

	/* One of the same kind in its place, for what is in use and what is not. */
	second = hide("secret*");
	CHECK(!extfuse_ext__replace(second, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	FINDS("mnt/secret", ENOENT);
	FINDS("mnt/secretdir", ENOENT);
	FINDS("mnt/secretdir/inner", ENOENT);
	FINDS("mnt/secretdir/sub/mark", ENOENT);
	CHECK(open("mnt/secret", O_RDONLY | O_CREAT, 0600) < 0, "it is not made either");
	CHECK(rename("mnt/seen", "mnt/secret") && unlink("mnt/secret"), "nor replaced, nor removed");
	CHECK(!lists("mnt", "secret") && lists("mnt", "seen"), "the listing");
	seen_is_cached();
	/* What was opened is open; from a directory one has, its names are found. */
	CHECK(!fstat(fd, &st) && pwrite(fd, "T", 1, 0) == 1, "the open file");
	CHECK(!fstatat(dir, "inner", &st, 0) && !fstatat(dir, "sub/mark", &st, 0), "the open directory, and the mount below");
	CHECK(fstatat(dir, "../secret", &st, 0) && errno == ENOENT, "a hidden name is hidden from there");

	CHECK(!extfuse_conn__detach(raw_fd(rf), 0), "detach");
	FINDS("mnt/secret", 0);
	FINDS("mnt/secretdir/inner", 0);
	FINDS("mnt/secretdir/sub/mark", 0);
	CHECK(lists("mnt", "secret"), "it is listed again");
	close(fd);
	close(dir);
	CHECK(!umount("mnt/secretdir/sub"), "the mount is there");
	extfuse_ext__free(first);
	extfuse_ext__free(second);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
