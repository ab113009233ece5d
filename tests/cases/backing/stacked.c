// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what lies on extfuse, by whatever way, or is stacked as deeply as the mount, cannot be a backing object
 * needs: root extfuse ext4 overlay
 * timeout: 60
 */
#include "objects.h"

static void directly(void)
{
	EXPECT(-ELOOP, add(21, 1, "mnt"));
	CHECK(!mount("mnt", "bound", NULL, MS_BIND, NULL), "a bind mount");
	EXPECT(-ELOOP, add(21, 1, "bound"));
	CHECK(!umount("bound"), "umount");
}

/* Over extfuse, and, as one level is all that this mount has, over anything. */
static void overlaid(const char *options)
{
	CHECK(!mount("overlay", "over", "overlay", 0, options), "overlayfs with %s", options);
	EXPECT(-ELOOP, add(21, 1, "over"));
	CHECK(!umount("over"), "umount");
}

/* On another mount, and for one that nothing can lie below. */
static void flat(void)
{
	struct rawfuse *other = raw_start(&(struct raw_opts){ .dir = "flat" });
	int fd = path_fd("low/file");

	EXPECT(-ELOOP, add(21, 1, "flat"));
	EXPECT(-ELOOP, extfuse_backing__add(raw_fd(other), 21, 1, fd));
	EXPECT(0, add(22, 1, "low/file"));
	close(fd);
	raw_stop(other);
}

int main(void)
{
	CHECK(!mkdir("low", 0755) && !mkdir("low/dir", 0755) && !mknod("low/file", S_IFREG | 0644, 0), "below");
	CHECK(!mkdir("low/other", 0755) && !mkdir("bound", 0755) && !mkdir("over", 0755), "directories");
	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1" });
	directly();
	overlaid("lowerdir=mnt:low");
	overlaid("lowerdir=low/dir:low/other");
	flat();
	CHECK(total() == 1, "%llu are there", (unsigned long long)total());
	raw_stop(rf);
	return 0;
}
