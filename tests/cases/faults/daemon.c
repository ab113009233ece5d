// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each allocation fails once of what a daemon asks the module: backing objects added, opened, listed, dropped, counters, notifications; it is told, and the next time succeeds
 * needs: root extfuse faults
 * timeout: 120
 * ring: slow
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nth.h"
#include "../backing/objects.h"

#define NODE	1000

static struct raw_node *a;
static unsigned int faults;

struct act {
	const char *name;
	void (*prepare)(void);
	int (*act)(void);		/* 0 or minus errno */
	void (*done)(int err);		/* looks, and puts back what was */
};

static void objects(unsigned int want)
{
	__u64 n = 0;
	int err = extfuse_backing__list(raw_fd(rf), 0, NULL, 0, &n);

	/* Where nothing could be made for the connection there is nothing to list. */
	CHECK((err >= 0 || (err == -ENOENT && !want)) && n == want, "%u objects instead of %u (%d)", (unsigned int)n, want, err);
}

static void none(void) { }
static void is_there(void) { EXPECT(0, add(NODE, 0, "low/b")); }
static void drop(void) { EXPECT(0, extfuse_backing__drop(raw_fd(rf), NODE, 0)); }
static void dropped(int err) { (void)err; drop(); objects(0); }

static int do_add(void) { return add(NODE, 0, "low/b"); }

static void added(int err)
{
	objects(!err);
	if (!err)
		drop();
	objects(0);
}

static int do_drop(void) { return extfuse_backing__drop(raw_fd(rf), NODE, 0); }

static void is_dropped(int err)
{
	objects(!!err);
	if (err)
		drop();
}

static int do_open(void)
{
	int fd = extfuse_backing__open(raw_fd(rf), NODE, 0);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int do_list(void)
{
	struct extfuse_backing_info infos[4];
	__u64 n = 0;
	int err = extfuse_backing__list(raw_fd(rf), 0, infos, 4, &n);

	CHECK(err < 0 || (err == 1 && n == 1 && infos[0].nodeid == NODE), "the list: %d of %llu, node %llu", err,
	      (unsigned long long)n, err > 0 ? (unsigned long long)infos[0].nodeid : 0);
	return err < 0 ? err : 0;
}

static int do_limit(void) { return extfuse_backing__limit(raw_fd(rf), 0, 1000); }

static int do_stats(void)
{
	struct extfuse_op_stats stats[EXTFUSE_OPCODES];

	return extfuse_conn__stats(raw_fd(rf), 0, stats);
}

static int do_query(void)
{
	struct extfuse_ioc_query query = { 0 };

	return extfuse_conn__query(raw_fd(rf), 0, &query);
}

static void look(void)
{
	struct stat st;

	CHECK(!stat("mnt/a", &st), "the file");
}

static void looked(int err) { (void)err; look(); }
static int do_inval_inode(void) { return raw_inval_inode(rf, a->id, 0, 0); }
static int do_inval_entry(void) { return raw_inval_entry(rf, 1, "a"); }
static int do_delete(void) { return raw_notify_delete(rf, 1, a->id, "a"); }
static int do_store(void) { return raw_store(rf, a->id, 0, "TEXT", 4); }

static const struct act acts[] = {
	{ "add", none, do_add, added },
	{ "drop", is_there, do_drop, is_dropped },
	{ "open", is_there, do_open, dropped },
	{ "list", is_there, do_list, dropped },
	{ "limit", is_there, do_limit, dropped },
	{ "stats", is_there, do_stats, dropped },
	{ "query", is_there, do_query, dropped },
	{ "inval-inode", look, do_inval_inode, looked },
	{ "inval-entry", look, do_inval_entry, looked },
	{ "delete", look, do_delete, looked },
	{ "store", look, do_store, looked },
};

static void start(void)
{
	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1", .attr_ns = 1000 * RAW_SEC, .entry_ns = 1000 * RAW_SEC });
	a = raw_file(rf, "/a", "text", 4);
}

/* On a connection of its own: its first ioctl makes what the others find. */
static bool once(const struct act *act, unsigned int n)
{
	bool fired;
	int err;

	start();
	act->prepare();
	nth_arm(n);
	err = act->act();
	fired = nth_fired();
	CHECK(!err || (fired && (err == -ENOMEM || (err == -EFAULT && nth_is_built_in()))), "%s, fault %u: %d", act->name, n, err);
	act->done(err);
	act->prepare();
	err = act->act();
	CHECK(!err, "%s, after fault %u: %d", act->name, n, err);
	act->done(0);
	raw_stop(rf);
	return fired;
}

int main(void)
{
	unsigned int i, n;

	CHECK(!mkdir("low", 0755) && !mount("none", "low", "tmpfs", 0, "") && !system("echo b >low/b"), "low");
	nth_start();
	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		for (n = 1; once(&acts[i], n); n++)
			;
		printf("%s: %u faults\n", acts[i].name, n - 1);
		faults += n - 1;
	}
	CHECK(faults, "there must be faults");
	CHECK(!umount("low"), "nothing may hold what is below");
	return 0;
}
