// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with cto the names of a directory that somebody else has changed are asked for again when it is opened, also where a look at its attributes has shown the change before, and those of others are not
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "cto.h"

static void made(const char *path, const char *text)
{
	raw_file(rf, path, text, strlen(text));
	changed(raw_get(rf, "/d"), true);
}

static void removed(const char *path)
{
	raw_remove(rf, path);
	changed(raw_get(rf, "/d"), true);
}

static void names(void)
{
	struct statx stx;

	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_names("mnt/d", "f ", "at first");
	look("mnt/d/f", 0);
	look("mnt/d/n", ENOENT);
	look("mnt/none", ENOENT);

	made("/d/n", "new");
	expect_look("mnt/d/n", ENOENT, 0, "nobody has told the kernel");
	expect_names("mnt/d", "f n ", "made by somebody else");
	expect_look("mnt/d/n", 0, 1, "made by somebody else");
	expect_look("mnt/d/n", 0, 0, "made by somebody else, again");
	expect_look("mnt/d/f", 0, 1, "a name beside it");
	expect_look("mnt/d/f", 0, 0, "a name beside it, again");
	expect_look("mnt/none", ENOENT, 0, "a name elsewhere");
	expect_names("mnt/d", "f n ", "again");
	only_getattr("the names, again");

	removed("/d/f");
	expect_look("mnt/d/f", 0, 0, "nobody has told the kernel");
	expect_names("mnt/d", "n ", "removed by somebody else");
	expect_look("mnt/d/f", ENOENT, 1, "removed by somebody else");
	expect_look("mnt/d/f", ENOENT, 0, "removed by somebody else, again");

	/* The daemon goes by paths, and has another node for the new file. */
	expect_text("mnt/d/n", "new", "at first");
	removed("/d/n");
	made("/d/n", "newer");
	expect_names("mnt/d", "n ", "replaced by somebody else");
	expect_text("mnt/d/n", "newer", "replaced by somebody else");

	/* Who asks for attributes sees a new time, and takes nothing of the change away from who opens it then. */
	look("mnt/d/late", ENOENT);
	made("/d/late", "late");
	CHECK(!statx(AT_FDCWD, "mnt/d", AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &stx), "statx");
	CHECK(stx.stx_mtime.tv_sec == (int64_t)raw_get(rf, "/d")->attr.mtime, "statx shows the change");
	expect_look("mnt/d/late", ENOENT, 0, "a name is as it was until the directory is opened");
	close(open_for("mnt/d", O_RDONLY | O_DIRECTORY));
	expect_look("mnt/d/late", 0, 1, "the change was seen before");

	/* So does the reply to a change of our own that is none of names. */
	look("mnt/d/beside", ENOENT);
	made("/d/beside", "beside");
	CHECK(!chmod("mnt/d", 0711), "chmod");
	look("mnt/d/beside", ENOENT);
	close(open_for("mnt/d", O_RDONLY | O_DIRECTORY));
	look("mnt/d/beside", 0);
	end_opens();
}

/* metacache keeps a long name elsewhere than a short one. */
static void long_names(void)
{
	char name[128] = "mnt/d/", *end = name + strlen(name);

	memset(end, 'n', 100);
	serve_cto(&(struct raw_opts){ 0 }, &cto);
	look(name, ENOENT);
	expect_look(name, ENOENT, 0, "at first");
	made(name + strlen("mnt"), "new");
	expect_look(name, ENOENT, 0, "nobody has told the kernel");
	close(open_for("mnt/d", O_RDONLY | O_DIRECTORY));
	expect_look(name, 0, 1, "made by somebody else");
	end_opens();
}

int main(void)
{
	names();
	long_names();
	return 0;
}
