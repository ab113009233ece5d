// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: of a node with a backing object nothing is kept that changes below without a request
 * needs: root extfuse ext4 build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "../backing/backing.h"
#include "xattrs.h"

/* The daemon says what is below. */
static void changes(const char *value)
{
	CHECK(!lsetxattr("low/f", "user.a", value, strlen(value), 0), "setxattr below");
	raw_setxattr(rf, file, "user.a", value, strlen(value));
}

int main(void)
{
	CHECK(!mkdir("low", 0755) && !close(open("low/f", O_CREAT | O_WRONLY, 0644)), "a file below");
	serve_with(LONG_NS, false, 0, "max_stack_depth=1");
	raw_file(rf, "/g", "text", 4);
	expect("mnt/f", "user.a", "value", 1, "before it has an object");
	expect("mnt/f", "user.a", "value", 0, "before it has an object, again");
	object(rf, file, "low/f");
	expect("mnt/f", "user.a", "value", 1, "with an object");
	changes("below");
	expect("mnt/f", "user.a", "below", 1, "changed below");
	expect("mnt/f", "user.a", "below", 1, "changed below, again");
	expect("mnt/g", "user.a", "ENODATA", 1, "a file beside it");
	expect("mnt/g", "user.a", "ENODATA", 0, "a file beside it, again");
	end();
	return 0;
}
