// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: attach, detach, abort, kill and every kind of unmount are safe under load, and programs and maps go with the connection
 * needs: extfuse root
 * timeout: 600
 */
#include "dying.h"

static struct daemon d;
static struct load load;

static void begin(void)
{
	struct raw_opts opts = { 0 };

	daemon_start(&d, &opts, NULL);
	ext_attach(&d, "tests/bpf/pass");
	load_start(&load, &d, 8);
	load_wait(&load, 200);
	CHECK(!load.gone && !load.other, "before: %llu gone, %llu other errors", (long long)load.gone,
	      (long long)load.other);
}

static void finish(const char *what)
{
	load_end(&load);
	CHECK(!load.other, "%s: %llu errors but ENOTCONN, the last: %s", what, (long long)load.other,
	      strerror(load.last_error));
	daemon_end(&d);
	nothing_loaded(what);
}

static void by_abort(void)
{
	begin();
	conn_write(&d, "abort");
	CHECK(raw_until(30, load.gone > 8), "abort: the load must see it");
	nothing_loaded("abort: the mount and the daemon are still there");
	finish("abort");
	ctl_umount();
}

static void by_kill(void)
{
	begin();
	daemon_kill(&d);
	CHECK(raw_until(30, load.gone > 8), "kill: the load must see it");
	nothing_loaded("kill: the mount is still there");
	finish("kill");
}

/* Lazily: those who are inside go on until they are done. */
static void by_lazy_umount(void)
{
	begin();
	CHECK(!umount2(d.dir, MNT_DETACH), "umount -l");
	load_wait(&load, 200);
	CHECK(!load.gone, "umount -l: who is inside is served");
	finish("umount -l");
}

static void by_forced_umount(void)
{
	begin();
	/* Busy: it stays mounted, but the connection is aborted. */
	CHECK(umount2(d.dir, MNT_FORCE) && errno == EBUSY, "umount -f of a busy mount");
	CHECK(raw_until(30, load.gone > 8), "umount -f: the load must see it");
	nothing_loaded("umount -f: the mount is still there");
	finish("umount -f");
}

static void by_force_and_lazily(void)
{
	begin();
	CHECK(!umount2(d.dir, MNT_FORCE | MNT_DETACH), "umount -f -l");
	CHECK(raw_until(30, load.gone > 8), "umount -f -l: the load must see it");
	finish("umount -f -l");
}

/* Attach and detach all the time, and the connection dies in the midst of it. */
static unsigned long attached;

static void *restless(void *arg)
{
	struct extfuse_ext *ext = ext_load("tests/bpf/pass");
	bool *end = arg;
	char err[256];
	int ret;

	while (!__atomic_load_n(end, __ATOMIC_RELAXED)) {
		ret = extfuse_conn__detach(d.ctl, d.conn);
		CHECK(!ret || ret == -ENOENT || ret == -ENODEV || ret == -ENOTCONN, "detach: %d", ret);
		ret = extfuse_ext__attach(ext, d.ctl, d.conn, err, sizeof(err));
		CHECK(!ret || ret == -ENOTCONN || ret == -ENODEV, "attach: %d %s", ret, err);
		ret = extfuse_ext__replace(ext, d.ctl, d.conn, err, sizeof(err));
		CHECK(!ret || ret == -ENOTCONN || ret == -ENODEV || ret == -ENOENT, "replace: %d %s",
		      ret, err);
		__atomic_add_fetch(&attached, 1, __ATOMIC_RELAXED);
	}
	extfuse_ext__free(ext);
	return NULL;
}

static void while_attaching(void (*die)(void), const char *what)
{
	bool end = false;
	pthread_t thread;

	attached = 0;
	begin();
	CHECK(!pthread_create(&thread, NULL, restless, &end), "a thread");
	CHECK(raw_until(30, __atomic_load_n(&attached, __ATOMIC_RELAXED) >= 3), "%s: attached %lu times",
	      what, attached);
	CHECK(!load.gone && !load.other, "attach and detach disturb nobody");
	die();
	CHECK(raw_until(30, load.gone > 8), "%s: the load must see it", what);
	raw_sleep_ms(50);
	__atomic_store_n(&end, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	finish(what);
}

static void die_abort(void)
{
	conn_write(&d, "abort");
	ctl_umount();
}

static void die_kill(void)
{
	daemon_kill(&d);
}

int main(void)
{
	int rounds = getenv("LONG") ? 20 : 2, i;

	CHECK(!programs_loaded(), "nothing is loaded before");
	for (i = 0; i < rounds; i++) {
		by_abort();
		by_kill();
		by_lazy_umount();
		by_forced_umount();
		by_force_and_lazily();
		while_attaching(die_abort, "abort while attaching");
		while_attaching(die_kill, "kill while attaching");
	}
	return 0;
}
