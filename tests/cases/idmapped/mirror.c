// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: an idmapped mount of a mirror is as one of ext4, for all callers; a mirror of an idmapped mount is as a bind mount of that
 * needs: extfuse ext4 root jq
 * timeout: 200
 * ring: slow
 *
 * What other cases compare between ext4 and a mirror is compared here between two such mounts, and afterwards who owns what in
 * the file systems below.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "map.h"

/* Callers 0 to 65535 are 100000 and so on in the file system. */
#define MAP	"100000 0 65536\n"
#define CASES	"/extfuse/build/tests/cases/"

static const char *const compared[] = { "mirror/names", "mirror/attrs", "passthrough-rights/handles" };

__attribute__((format(printf, 1, 2)))
static int shell(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

/* An empty one, that the caller 0 owns. */
static void make(const char *dir)
{
	CHECK(!mkdir(dir, 0755) && !chown(dir, 100000, 100000), "%s", dir);
}

static bool is_known(void)
{
	CHECK(!mkdir("probe", 0755), "a directory");
	if (!shell("mount -t extfuse -o allow_idmap $PWD/probe $PWD/probe 2>said"))
		return !shell("grep -q '/probe extfuse .*allow_idmap' /proc/mounts && umount $PWD/probe");
	CHECK(!shell("grep -q \"this kernel's fuse knows no idmapped mounts\" said"), "mount must say what is missing");
	return false;
}

/* Both sides from nothing, each with its own steps; returns how many cases found a difference. */
static unsigned int compare(const char *name, const char *native, const char *mirror)
{
	unsigned int wrong = 0, i;

	for (i = 0; i < sizeof(compared) / sizeof(*compared); i++) {
		CHECK(!shell("mkdir native/%u low/%u && chown 100000:100000 native/%u low/%u", i, i, i, i), "directories");
		printf("%s: %s\n", name, compared[i]);
		if (shell(CASES "%s $PWD/%s/%u $PWD/%s/%u", compared[i], native, i, mirror, i))
			wrong++;
		if (shell("for d in native low; do (cd $d/%u && find . -printf '%%p %%U %%G %%m %%l\\n' | sort >../../$d.owners);"
			  " done; diff native.owners low.owners", i)) {
			printf("%s: owners below differ\n", compared[i]);
			wrong++;
		}
	}
	CHECK(!shell("rm -rf native/* low/*"), "all of it must go");
	return wrong;
}

/* The mirror is mapped. */
static unsigned int mapped_mirror(void)
{
	unsigned int wrong;
	int err;

	CHECK(!shell("mount -t extfuse -o allow_idmap,log=$PWD/log $PWD/low $PWD/mnt"), "the mount");
	err = map_mount(MAP, "native", "native.map");
	CHECK(!err, "ext4 with an idmap: %s", strerror(err));
	err = map_mount(MAP, "mnt", "mnt.map");
	CHECK(!err, "a mirror with an idmap: %s", strerror(err));
	CHECK(!setenv("NO_GROUPS", "1", 1), "setenv");
	wrong = compare("a mapped mirror", "native.map", "mnt.map");
	CHECK(!umount("mnt.map") && !shell("umount $PWD/mnt") && !umount("native.map"), "the unmounts");
	return wrong;
}

/* What is mirrored is mapped. */
static unsigned int mirror_of_mapped(void)
{
	unsigned int wrong;

	CHECK(!map_mount(MAP, "native", "native.map") && !map_mount(MAP, "low", "low.map"), "ext4 with an idmap");
	CHECK(!shell("mount -t extfuse -o log=$PWD/log $PWD/low.map $PWD/mnt"), "the mount");
	wrong = compare("a mirror of what is mapped", "native.map", "mnt");
	CHECK(!shell("umount $PWD/mnt") && !umount("native.map") && !umount("low.map"), "the unmounts");
	return wrong;
}

int main(void)
{
	unsigned int wrong = 0;
	bool known;

	CHECK(!chmod(".", 0755), "users must reach it");
	known = is_known();
	make("native");
	make("low");
	make("mnt");
	wrong += mirror_of_mapped();
	if (known)
		wrong += mapped_mirror();
	CHECK(!wrong, "%u cases found differences", wrong);
	return 0;
}
