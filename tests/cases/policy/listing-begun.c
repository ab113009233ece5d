// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a directory that folds case, opened at the daemon, is listed without what hide hides, which has come since
 * needs: root extfuse ext4 loop mkfs.ext4 chattr
 * timeout: 60
 */
#include <dirent.h>

#include "../tree/tree.h"

static bool low_make(void)
{
	return !run("modprobe loop && truncate -s 16M image && mkfs.ext4 -q -O casefold -E encoding=utf8 image && mkdir src") &&
	       !run("mount -o loop image src 2>mount.err");
}

int main(void)
{
	bool seen = false, hidden = false;
	struct dirent *e;
	DIR *dir;

	if (!low_make())
		SKIP("this kernel cannot fold case");
	CHECK(!run("chmod 755 . src && mkdir src/fold && chattr +F src/fold && touch src/fold/seen src/fold/.hidden"), "files");
	tree_mount_of("src");
	CHECK(!run("extfuse detach $PWD/mnt"), "detach");
	dir = opendir("mnt/fold");
	CHECK(dir, "opendir");
	CHECK(!run("extfuse attach $PWD/mnt hide"), "attach");
	errno = 0;
	while ((e = readdir(dir))) {
		seen |= !strcmp(e->d_name, "seen");
		hidden |= !strcmp(e->d_name, ".hidden");
	}
	CHECK(!errno, "readdir");
	CHECK(seen, "what is not hidden is listed");
	CHECK(!hidden, "what is hidden is not");
	closedir(dir);
	tree_umount();
	CHECK(!umount("src"), "src");
	return 0;
}
