// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with xattrtimeo values, sizes, lists and ENODATA are asked for once by each caller, for so long and not without it
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <sys/syscall.h>

#include "xattrs.h"

static char long_value[201], long_name[] = "user.a-name-that-is-longer-than-what-is-kept-of-names-in-all-programs";

static void without(void)
{
	serve(0, false, 0);
	expect("mnt/f", "user.a", "value", 1, "without xattrtimeo");
	expect("mnt/f", "user.a", "value", 1, "without xattrtimeo, again");
	expect("mnt/f", "user.none", "ENODATA", 1, "without xattrtimeo, none");
	expect("mnt/f", "user.none", "ENODATA", 1, "without xattrtimeo, none again");
	CHECK(!stats(FUSE_GETXATTR).replies, "no program has seen it");
	end();
}

static void kept(void)
{
	static const char *const none[] = {
		"user.none", "trusted.none", CAPABILITY, "security.none", "system.posix_acl_access",
	};
	unsigned int i;

	expect("mnt/f", "user.a", "value", 1, "a value");
	for (i = 0; i < 3; i++)
		expect("mnt/f", "user.a", "value", 0, "a value again");
	CHECK(stats(FUSE_GETXATTR).answered == 3, "a program answered");
	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		expect("mnt/f", none[i], "ENODATA", 1, "none");
		expect("mnt/f", none[i], "ENODATA", 0, "none again");
	}
	CHECK(stats(FUSE_GETXATTR).failed == i, "a program answered these");
	expect("mnt/f", "user.empty", "", 1, "an empty value");
	expect("mnt/f", "user.empty", "", 0, "an empty value again");
	expect("mnt", "user.a", "ENODATA", 1, "a directory");
	expect("mnt", "user.a", "ENODATA", 0, "a directory again");
	expect("mnt/g", "user.a", "other", 1, "another file");
	expect("mnt/g", "user.a", "other", 0, "another file again");
	expect("mnt/f", "user.a", "value", 0, "and still the first one");
}

/* Room 0 asks for the size. */
static void sizes(void)
{
	char buf[8];

	sent();
	CHECK(lgetxattr("mnt/f", "user.a", NULL, 0) == 5, "the size of a value that is known");
	CHECK(!sent(), "is known as well");
	CHECK(lgetxattr("mnt/f", "user.b", NULL, 0) == 1 && sent() == 1, "a size");
	CHECK(lgetxattr("mnt/f", "user.b", NULL, 0) == 1 && !sent(), "a size again");
	expect("mnt/f", "user.b", "b", 1, "the value of which only the size is known");
	expect("mnt/f", "user.b", "b", 0, "again");
	CHECK(lgetxattr("mnt/f", "user.empty", NULL, 0) == 0 && !sent(), "the size of nothing");
	CHECK(lgetxattr("mnt/f", "user.a", buf, 2) < 0 && errno == ERANGE, "too little room");
	CHECK(sent() == 1, "is the daemon's to say");
	CHECK(lgetxattr("mnt/f", "user.a", buf, 5) == 5 && !sent() && !memcmp(buf, "value", 5), "just enough room");
}

static void too_long(void)
{
	expect("mnt/f", "user.long", long_value, 1, "a long value");
	expect("mnt/f", "user.long", long_value, 1, "a long value again");
	CHECK(lgetxattr("mnt/f", "user.long", NULL, 0) == 200 && !sent(), "its size is kept");
	expect("mnt/f", long_name, "ENODATA", 1, "a long name");
	expect("mnt/f", long_name, "ENODATA", 1, "a long name again");
}

static void lists(void)
{
	char want[512], got[512];
	ssize_t len = llistxattr("mnt/g", want, sizeof(want));

	CHECK(len == 7 && !strcmp(want, "user.a") && sent() == 1, "a list");
	CHECK(llistxattr("mnt/g", got, sizeof(got)) == len && !memcmp(want, got, len) && !sent(), "a list again");
	CHECK(llistxattr("mnt/g", NULL, 0) == len && !sent(), "its size");
	CHECK(!llistxattr("mnt", NULL, 0) && sent() == 1, "an empty list");
	CHECK(!llistxattr("mnt", NULL, 0) && !sent(), "an empty list again");
	/* Daemons have attributes that they do not list. */
	expect("mnt", "user.unlisted", "ENODATA", 1, "a name of which the empty list says nothing");
}

/* A daemon may decide by caller.  Of this thread alone, without glibc, which would tell all threads of the daemon's. */
static void *another_user(void *unused)
{
	CHECK(!syscall(SYS_setresgid, 1000, 1000, 1000) && !syscall(SYS_setresuid, 1000, 1000, 1000), "another user");
	expect("mnt/f", "user.a", "EACCES", 1, "another user");
	expect("mnt/f", "user.none", "EACCES", 1, "another user, none");
	return unused;
}

static void *another_group(void *unused)
{
	gid_t group = 4711;

	CHECK(!syscall(SYS_setgroups, 1, &group), "another group");
	expect("mnt/f", "user.a", "value", 1, "root with another group");
	expect("mnt/f", "user.a", "value", 0, "root with another group, again");
	return unused;
}

static void run(void *(*as_another)(void *))
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, as_another, NULL) && !pthread_join(thread, NULL), "thread");
}

static int only_root(struct raw_req *req)
{
	return req->in->uid ? -EACCES : RAW_DEFAULT;
}

static void callers(void)
{
	expect("mnt/f", "user.a", "value", 0, "the first caller");
	raw_on(rf, FUSE_GETXATTR, only_root, NULL);
	run(another_user);
	run(another_group);
	raw_on(rf, FUSE_GETXATTR, NULL, NULL);
	expect("mnt/f", "user.a", "value", 0, "the first caller again");
}

static void over(void)
{
	const unsigned int ms = 50;

	serve(ms * 1000000ULL, false, 0);
	get("mnt/f", "user.a");
	get("mnt/f", "user.none");
	raw_sleep_ms(2 * ms + 100);
	expect("mnt/f", "user.a", "value", 1, "a value whose time is over");
	raw_sleep_ms(2 * ms + 100);
	expect("mnt/f", "user.none", "ENODATA", 1, "ENODATA whose time is over");
	end();
}

int main(void)
{
	struct raw_node *other;

	memset(long_value, 'v', sizeof(long_value) - 1);
	without();
	serve(LONG_NS, false, 0);
	other = raw_file(rf, "/g", "text", 4);
	raw_setxattr(rf, other, "user.a", "other", 5);
	raw_setxattr(rf, file, "user.b", "b", 1);
	raw_setxattr(rf, file, "user.empty", "", 0);
	raw_setxattr(rf, file, "user.long", long_value, 200);
	kept();
	sizes();
	too_long();
	lists();
	callers();
	end();
	over();
	return 0;
}
