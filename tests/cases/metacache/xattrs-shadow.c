// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: shadow compares extended attributes that are kept with the daemon's, and finds those that changed behind the mount
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "xattrs.h"

static unsigned int differed(void)
{
	static unsigned int last;
	unsigned int now = stats(FUSE_GETXATTR).differed + stats(FUSE_LISTXATTR).differed, n = now - last;

	last = now;
	return n;
}

static void honest(void)
{
	char list[64];
	int i;

	for (i = 0; i < 3; i++) {
		expect("mnt/f", "user.a", "value", 1, "the daemon is asked");
		expect("mnt/f", "user.none", "ENODATA", 1, "the daemon is asked");
		CHECK(lgetxattr("mnt/f", "user.a", NULL, 0) == 5, "the size");
		CHECK(llistxattr("mnt/f", list, sizeof(list)) == 7, "the list");
	}
	CHECK(stats(FUSE_GETXATTR).answered >= 4 && stats(FUSE_GETXATTR).failed == 2, "programs have answered beside it");
	CHECK(stats(FUSE_LISTXATTR).answered == 2, "lists as well");
	CHECK(!differed(), "and nothing differed");
}

static void changed(void)
{
	char list[64];

	raw_setxattr(rf, file, "user.a", "VALUE", 5);
	expect("mnt/f", "user.a", "VALUE", 1, "the caller gets the daemon's");
	CHECK(differed() == 1, "another value");
	raw_setxattr(rf, file, "user.none", "1", 1);
	expect("mnt/f", "user.none", "1", 1, "the caller gets the daemon's");
	CHECK(differed() == 1, "a value where there was none");
	CHECK(llistxattr("mnt/f", list, sizeof(list)) == 17, "the list is the daemon's");
	CHECK(differed() == 1, "another list");
	expect("mnt/f", "user.none", "1", 1, "what was learnt again");
	CHECK(!differed(), "is right again");
}

int main(void)
{
	serve(LONG_NS, true, 0);
	honest();
	changed();
	end();
	return 0;
}
