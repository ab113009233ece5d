// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: with cto the attributes are asked for by who opens the file; an error of that is the open's, who waits can be killed, and a daemon that cannot tell them is one of which nothing is kept
 * needs: root extfuse build:bpf/metacache.bpf.o build:lib/libextfuse.a
 * libs: -Ihelper-daemon/lib/include build/lib/libextfuse.a -lbpf
 */
#include <signal.h>
#include <sys/wait.h>

#include "cto.h"

static atomic_int asked_by;

static int note_caller(struct raw_req *req)
{
	atomic_store(&asked_by, req->in->uid);
	return RAW_DEFAULT;
}

static void *as_user(void *unused)
{
	become(1000);
	close(open_for("mnt/f", O_RDONLY));
	return unused;
}

static void callers(void)
{
	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_text("mnt/f", "text", "at first");
	raw_on(rf, FUSE_GETATTR, note_caller, NULL);
	raw_reset(rf);
	run_as(as_user);
	CHECK(raw_count(rf, FUSE_GETATTR) == 1 && asked_by == 1000, "asked by %d: %s", asked_by, raw_asked(rf));
	end_opens();
}

static int error;

static int fail(struct raw_req *req)
{
	(void)req;
	return error;
}

static void errors(void)
{
	static const int all[] = { EIO, ENOENT, EACCES, ESTALE };
	unsigned int i;

	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_text("mnt/f", "text", "at first");
	expect_names("mnt/d", "f ", "at first");
	raw_on(rf, FUSE_GETATTR, fail, NULL);
	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		error = -all[i];
		raw_reset(rf);
		CHECK(open("mnt/f", O_RDONLY) < 0 && errno == all[i], "open: %s, not %s", strerror(errno), strerror(all[i]));
		CHECK(open("mnt/d", O_RDONLY | O_DIRECTORY) < 0 && errno == all[i], "a directory: %s, not %s", strerror(errno), strerror(all[i]));
		CHECK(raw_count(rf, FUSE_GETATTR) >= 2 && !raw_count(rf, FUSE_OPEN) && !raw_count(rf, FUSE_OPENDIR), "%s: %s",
		      strerror(all[i]), raw_asked(rf));
	}
	raw_on(rf, FUSE_GETATTR, NULL, NULL);
	expect_text("mnt/f", "text", "mended");
	only_getattr("mended");
	end_opens();
}

/* "I know no such request" is no word about OPEN. */
static void without_getattr(void)
{
	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_text("mnt/f", "text", "at first");
	error = -ENOSYS;
	raw_on(rf, FUSE_GETATTR, fail, NULL);
	expect_text("mnt/f", "text", "without GETATTR");
	CHECK(raw_count(rf, FUSE_OPEN) == 1, "what is not known to be as it was is opened anew: %s", raw_asked(rf));
	behind_text("more");
	expect_text("mnt/f", "more", "without GETATTR, changed");
	CHECK(raw_count(rf, FUSE_OPEN) == 1, "the daemon has OPEN: %s", raw_asked(rf));
	end_opens();
}

static void killed(void)
{
	int status;
	pid_t pid;

	serve_cto(&(struct raw_opts){ 0 }, &cto);
	expect_text("mnt/f", "text", "at first");
	raw_hold(rf, FUSE_GETATTR);
	pid = fork();
	CHECK(pid >= 0, "fork");
	if (!pid) {
		open("mnt/f", O_RDONLY);
		_exit(0);
	}
	raw_wait_held(rf, FUSE_GETATTR, 1, 20);
	CHECK(!kill(pid, SIGKILL) && waitpid(pid, &status, 0) == pid, "kill");
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "who waits for attributes can be killed");
	raw_let_go(rf, FUSE_GETATTR);
	expect_text("mnt/f", "text", "afterwards");
	end_opens();
}

int main(void)
{
	callers();
	errors();
	without_getattr();
	killed();
	return 0;
}
