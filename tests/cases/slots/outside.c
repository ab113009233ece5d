// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: notifications, evictions, changes that a reply shows, attach, detach and replace move what they must
 * needs: extfuse root
 * timeout: 120
 */
#include <pthread.h>

#include "slots.h"

#define NOWHERE	77777ULL	/* a node that the kernel has never heard of */

static int fd;

static int compare_with(const char *what, struct moved moved)
{
	return compare(what, &moved);
}

static int notifications(void)
{
	struct fuse_notify_retrieve_out retrieve = { .notify_unique = 1, .size = 10 };
	int wrong = 0, h = openat(t.dirfd[ND], "h", O_PATH);

	/* Held, so that an eviction does not come between. */
	CHECK((fd = openat(t.dirfd[ND], "f", O_PATH)) >= 0 && h >= 0, "open");
	take();
	CHECK(!raw_inval_inode(t.rf, t.id[NF], 0, 0), "INVAL_INODE");
	wrong += compare_with("INVAL_INODE", (struct moved){ .node[NF] = ALL });
	take();
	raw_inval_inode(t.rf, t.id[NF], -1, 0);
	wrong += compare_with("INVAL_INODE of attributes", (struct moved){ .node[NF] = ALL });

	take();
	CHECK(raw_inval_inode(t.rf, NOWHERE, 0, 0) == -ENOENT, "INVAL_INODE, unknown");
	CHECK(stale_kinds(NOWHERE, t.stamp) == ALL, "a node that is not cached moves too");
	wrong += compare_with("INVAL_INODE, unknown", (struct moved){ .node[ND] = 0 });

	take();
	raw_inval_entry(t.rf, t.id[ND], "f");
	wrong += compare_with("INVAL_ENTRY",
			      (struct moved){ .node[ND] = A | D, .name[DF] = true });
	take();
	raw_inval_entry(t.rf, t.id[ND], "n");
	wrong += compare_with("INVAL_ENTRY of a name that is not cached",
			      (struct moved){ .node[ND] = A | D, .name[DN] = true });
	take();
	CHECK(raw_inval_entry(t.rf, NOWHERE, "x") == -ENOENT, "INVAL_ENTRY, unknown");
	CHECK(stale_kinds(NOWHERE, t.stamp) == (A | D), "a directory that is not cached moves too");
	wrong += compare_with("INVAL_ENTRY, unknown", (struct moved){ .node[ND] = 0 });

	take();
	raw_notify_delete(t.rf, t.id[ND], t.id[NH], "h");
	wrong += compare_with("DELETE",
			      (struct moved){ .node = { [ND] = A | D, [NH] = ALL }, .name[DH] = true });
	close(h);
	grow();
	take();
	CHECK(!raw_store(t.rf, t.id[NF], 0, "news", 4), "STORE");
	wrong += compare_with("STORE", (struct moved){ .node[NF] = ALL });
	take();
	retrieve.nodeid = t.id[NF];
	CHECK(!raw_notify(t.rf, FUSE_NOTIFY_RETRIEVE, &retrieve, sizeof(retrieve)), "RETRIEVE");
	wrong += compare_with("RETRIEVE", (struct moved){ .node[NF] = ALL });
	close(fd);
	return wrong;
}

static void drop_caches(void)
{
	int drop = open("/proc/sys/vm/drop_caches", O_WRONLY);

	CHECK(drop >= 0 && write(drop, "2", 1) == 1, "drop_caches");
	close(drop);
}

/* A FORGET may let the daemon give the number to something else. */
static void eviction(void)
{
	uint64_t forgets;

	take();
	CHECK((fd = openat(t.dirfd[ND], "f", O_PATH)) >= 0, "hold a node");
	forgets = raw_forgets(t.rf, t.id[NG]);
	drop_caches();
	CHECK(raw_until(2, raw_forgets(t.rf, t.id[NG]) > forgets), "the node must go");
	CHECK(stale_kinds(t.id[NG], t.stamp) == ALL, "an evicted node moves: %s",
	      kinds_text(stale_kinds(t.id[NG], t.stamp)));
	CHECK(!stale_kinds(t.id[NF], t.stamp), "one that is held does not");
	CHECK(!stale_kinds(t.id[NE], t.stamp), "nor does the directory");
	close(fd);
	settle();
}

static uint64_t reply_stamp(void)
{
	struct slot_probe p;

	probe_get(&p);
	return p.reply_stamp;
}

/* Behind the kernel's back, shown by a reply: older entries die, its own lives. */
static void shown(const char *what, void (*edit)(struct fuse_attr *attr), bool differs)
{
	struct raw_node *node = raw_get(t.rf, "/d/f");
	struct stat st;
	uint64_t own;

	CHECK((fd = openat(t.dirfd[ND], "f", O_PATH)) >= 0, "open");
	take();
	CHECK(!fstat(fd, &st) && !stale_kinds(t.id[NF], t.stamp), "%s: as the kernel knows it", what);
	/* Time goes by: some other change on this mount, so that the stamps differ. */
	CHECK(!fchmodat(t.dirfd[NU], "v", 0600, 0), "chmod");
	raw_lock(t.rf);
	edit(&node->attr);
	raw_unlock(t.rf);
	CHECK(!stale_kinds(t.id[NF], t.stamp), "%s: nobody can know yet", what);
	CHECK(!fstat(fd, &st), "fstat");
	own = reply_stamp();
	CHECK(own > t.stamp, "the reply's own stamp is later");
	CHECK(stale_kinds(t.id[NF], t.stamp) == (differs ? ALL : 0), "%s: older entries: %s stale", what,
	      kinds_text(stale_kinds(t.id[NF], t.stamp)));
	CHECK(stale_kinds(t.id[NF], own) == (differs ? ALL & ~(1U << EXTFUSE_KIND_ATTR) : 0),
	      "%s: its own attributes may live, no more: %s stale", what,
	      kinds_text(stale_kinds(t.id[NF], own)));
	close(fd);
}

static void edit_size(struct fuse_attr *attr) { attr->size--; }
static void edit_mtime(struct fuse_attr *attr) { attr->mtime += 5; }
static void edit_ctime(struct fuse_attr *attr) { attr->ctimensec ^= 1; }
static void edit_mode(struct fuse_attr *attr) { attr->mode ^= 0111; }
static void edit_uid(struct fuse_attr *attr) { attr->uid ^= 1; }
static void edit_gid(struct fuse_attr *attr) { attr->gid ^= 1; }
static void edit_nlink(struct fuse_attr *attr) { attr->nlink++; }
static void edit_atime(struct fuse_attr *attr) { attr->atime += 5; }

/* The same by a LOOKUP's reply. */
static void shown_by_lookup(void)
{
	struct raw_node *node = raw_get(t.rf, "/e/g");

	take();
	CHECK(!fchmodat(t.dirfd[NU], "v", 0644, 0), "chmod");
	raw_lock(t.rf);
	node->attr.mtime += 7;
	raw_unlock(t.rf);
	close(openat(t.dirfd[NE], "g", O_PATH));
	CHECK(stale_kinds(t.id[NG], t.stamp) == ALL, "LOOKUP shows a change: older entries die");
	CHECK(!stale_kinds(t.id[NG], stamp_now()), "and new ones live");
	CHECK(!stale_kinds(t.id[NF], t.stamp), "others live");
}

static void epochs(void)
{
	char err[256];

	take();
	CHECK(!extfuse_ext__replace(t.ext, raw_fd(t.rf), 0, err, sizeof(err)), "replace: %s", err);
	CHECK(!stale_kinds(t.id[NF], t.stamp) && !stale_kinds(t.id[NV], t.stamp),
	      "replace keeps the epoch");
	CHECK(!extfuse_conn__detach(raw_fd(t.rf), 0), "detach");
	attach();
	CHECK(stale_kinds(t.id[NF], t.stamp) == ALL && stale_kinds(t.id[NV], t.stamp) == ALL,
	      "detach and attach move all");
	CHECK(name_is_stale(t.dirfd[NU], t.id[NU], "v", t.stamp), "names too");
	CHECK(!stale_kinds(t.id[NF], stamp_now()), "and what is read now is fresh");
}

static void programs(const char *on)
{
	int param = open("/sys/module/extfuse/parameters/programs", O_WRONLY);

	CHECK(param >= 0 && write(param, on, 1) == 1, "programs=");
	close(param);
}

/* Marking goes on while no program runs. */
static void programs_off(void)
{
	take();
	programs("0");
	CHECK(!fchmodat(t.dirfd[ND], "f", 0601, 0), "chmod");
	programs("1");
	CHECK(stale_kinds(t.id[NF], t.stamp) == (A | X), "programs=0: a change moves");
	CHECK(!stale_kinds(t.id[NV], t.stamp), "programs=0: others do not");
}

static void *do_chmod(void *arg)
{
	(void)arg;
	return (void *)(long)!fchmod(fd, 0612);
}

/* A change that was in flight at the first attach was never marked: its end moves the epoch. */
static void first_attach(void)
{
	struct raw_opts opts = { .dir = "first" };
	pthread_t thread;

	start_unattached(&opts);
	CHECK((fd = openat(t.dirfd[ND], "f", O_RDWR)) >= 0, "open");
	settle();
	raw_hold(t.rf, FUSE_SETATTR);
	CHECK(!pthread_create(&thread, NULL, do_chmod, NULL), "a thread");
	raw_wait_held(t.rf, FUSE_SETATTR, 1, 10);
	attach();
	take();
	CHECK(!stale_kinds(t.id[NV], t.stamp), "after the attach all is fresh");
	raw_let_go(t.rf, FUSE_SETATTR);
	pthread_join(thread, NULL);
	CHECK(stale_kinds(t.id[NF], t.stamp) == ALL && stale_kinds(t.id[NV], t.stamp) == ALL,
	      "the unmarked change moved all");
	CHECK(!stale_kinds(t.id[NF], stamp_now()), "and left no count behind");
	close(fd);
	stop();
}

/* The same of a request in the background: RELEASE. */
static void first_attach_background(void)
{
	struct raw_opts opts = { .dir = "second" };

	start_unattached(&opts);
	CHECK((fd = openat(t.dirfd[ND], "f", O_RDWR)) >= 0, "open");
	settle();
	raw_hold(t.rf, FUSE_RELEASE);
	close(fd);
	raw_wait_held(t.rf, FUSE_RELEASE, 1, 10);
	attach();
	take();
	raw_let_go(t.rf, FUSE_RELEASE);
	CHECK(raw_until(5, stale_kinds(t.id[NV], t.stamp) == ALL), "RELEASE moved all at its end");
	CHECK(!stale_kinds(t.id[NF], stamp_now()), "and left no count behind");
	stop();
}

int main(void)
{
	struct raw_opts opts = { 0 };
	int wrong;

	start(&opts);
	wrong = notifications();
	eviction();
	shown("size", edit_size, true);
	shown("mtime", edit_mtime, true);
	shown("ctime", edit_ctime, true);
	shown("mode", edit_mode, true);
	shown("owner", edit_uid, true);
	shown("group", edit_gid, true);
	shown("links", edit_nlink, true);
	shown("atime", edit_atime, false);
	shown_by_lookup();
	epochs();
	programs_off();
	stop();
	first_attach();
	first_attach_background();
	CHECK(!wrong, "%d differences from the table", wrong);
	return 0;
}
