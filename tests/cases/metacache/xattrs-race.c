// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with xattrtimeo nothing is kept of an answer that a change has overtaken, or that came while one was under way
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include "xattrs.h"

static struct raw_req *late;

/* Takes the request and answers it later. */
static int keep(struct raw_req *req)
{
	struct raw_req *copy = raw_keep(req);

	__atomic_store_n(&late, copy, __ATOMIC_SEQ_CST);
	return RAW_DONE;
}

static struct raw_req *kept(void)
{
	struct raw_req *req;

	CHECK(raw_until(10, __atomic_load_n(&late, __ATOMIC_SEQ_CST)), "the request must come");
	req = late;
	late = NULL;
	raw_on(rf, FUSE_GETXATTR, NULL, NULL);
	return req;
}

static void *getter(void *arg)
{
	char buf[16] = "";
	ssize_t len = lgetxattr("mnt/f", arg, buf, sizeof(buf));

	return len < 0 ? strdup(strerrorname_np(errno)) : strndup(buf, len);
}

static void *setter(void *arg)
{
	(void)arg;
	return lsetxattr("mnt/f", "user.a", "third", 5, 0) ? "failed" : NULL;
}

/* The daemon has read what it answers before the change, and its answer comes after it. */
static void overtaken(const char *name, const char *old)
{
	struct raw_req *req;
	pthread_t thread;
	char *got;

	raw_on(rf, FUSE_GETXATTR, keep, NULL);
	CHECK(!pthread_create(&thread, NULL, getter, (void *)name), "thread");
	req = kept();
	CHECK(!lsetxattr("mnt/f", name, "second", 6, 0), "setxattr");
	if (*old)
		raw_reply(req, 0, old, strlen(old));
	else
		raw_reply(req, -ENODATA, NULL, 0);
	free(req);
	pthread_join(thread, (void **)&got);
	CHECK(!strcmp(got, *old ? old : "ENODATA"), "who asked before the change may see what was before, not %s", got);
	free(got);
	expect("mnt/f", name, "second", 1, "after the change");
	expect("mnt/f", name, "second", 0, "again");
}

/* Until the change is over nobody knows whether the answer was before or after it. */
static void under_way(void)
{
	pthread_t thread;
	void *failed;

	raw_hold(rf, FUSE_SETXATTR);
	CHECK(!pthread_create(&thread, NULL, setter, NULL), "thread");
	raw_wait_held(rf, FUSE_SETXATTR, 1, 10);
	expect("mnt/f", "user.a", "second", 1, "while it is set");
	expect("mnt/f", "user.a", "second", 1, "while it is set, again");
	raw_let_go(rf, FUSE_SETXATTR);
	pthread_join(thread, &failed);
	CHECK(!failed, "setxattr");
	expect("mnt/f", "user.a", "third", 1, "when it is set");
	expect("mnt/f", "user.a", "third", 0, "again");
}

int main(void)
{
	struct stat st;

	serve(LONG_NS, false, 0);
	CHECK(!stat("mnt/f", &st), "stat");
	overtaken("user.a", "value");
	CHECK(!stat("mnt/f", &st), "stat");
	overtaken("user.b", "");
	under_way();
	end();
	return 0;
}
