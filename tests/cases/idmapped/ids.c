// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: through an idmapped mount daemon and programs get the mapped ids of who creates; who is not mapped gets stock's error
 * needs: root extfuse fuse build:tests/bpf/script.bpf.o
 *
 * Mapped are user 1000 (2000 in the file system) and root (3000), groups alike; others are not. Everything is done on stock
 * fuse first: errors and ids at the daemon must be the same.
 */
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map.h"
#include "rawnew.h"
#include "../rules/rules.h"

#define MAP	"2000 1000 1\n3000 0 1\n"
#define NOBODY	((uint32_t)-1)	/* what the daemon is told where nothing is created */

enum { MKDIR, MKNOD, CREATE, TMPFILE, SYMLINK, STAT, OPEN, LIST, UNLINK, CALLS };

/* The requests that create something, and some that do not. */
static const uint32_t creating[] = { FUSE_MKDIR, FUSE_MKNOD, FUSE_CREATE, FUSE_TMPFILE, FUSE_SYMLINK };
static const uint32_t looking[] = { FUSE_GETATTR, FUSE_OPEN, FUSE_OPENDIR, FUSE_UNLINK };

struct ids {
	uint32_t uid, gid;
	bool came;
};

struct result {
	int err[CALLS];
	struct ids ids[RAW_OPCODES];
};

static struct rawfuse *rf;
static struct script *s;
static struct result now;	/* filled by the daemon's threads, too */
static unsigned int rounds;

static int note(struct raw_req *req)
{
	struct ids ids = { req->in->uid, req->in->gid, true };

	raw_lock(rf);
	now.ids[req->in->opcode] = ids;
	raw_unlock(rf);
	return RAW_DEFAULT;
}

static int error_of(int ret)
{
	if (ret < 0)
		return errno;
	if (ret > 0)
		close(ret);
	return 0;
}

/* All calls in DIR/open, as who has these ids. */
static struct result calls(const char *dir, uid_t uid, gid_t gid)
{
	char path[64];
	struct stat st;
	int root, err[CALLS];

	raw_lock(rf);
	memset(&now, 0, sizeof(now));
	raw_unlock(rf);
	snprintf(path, sizeof(path), "%s/open", dir);
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(root > 0, "open %s", path);
	snprintf(path, sizeof(path), "%u", ++rounds);
	CHECK(!fchdir(root), "chdir");
	setfsgid(gid);
	setfsuid(uid);
	err[MKDIR] = error_of(mkdir(path, 0755));
	path[0] += 'a' - '0';
	err[MKNOD] = error_of(mknod(path, S_IFREG | 0644, 0));
	path[0] += 10;
	err[CREATE] = error_of(open(path, O_CREAT | O_EXCL | O_WRONLY, 0644));
	err[UNLINK] = error_of(unlink(path));
	err[SYMLINK] = error_of(symlink("target", path));
	err[TMPFILE] = error_of(open(".", O_TMPFILE | O_WRONLY, 0600));
	err[STAT] = error_of(stat("../file", &st));
	err[OPEN] = error_of(open("../file", O_RDONLY));
	err[LIST] = error_of(open(".", O_RDONLY | O_DIRECTORY));
	setfsuid(0);
	setfsgid(0);
	CHECK(!chdir("../.."), "chdir");
	close(root);
	raw_lock(rf);
	memcpy(now.err, err, sizeof(err));
	raw_unlock(rf);
	return now;
}

static struct raw_node *start(const char *type, uint64_t flags)
{
	struct raw_opts opts = { .type = type, .flags = flags, .options = "default_permissions" };
	struct raw_node *dir, *file;
	uint32_t op;

	rf = raw_start(&opts);
	dir = raw_mkdir(rf, "/open");
	file = raw_file(rf, "/file", "text", 4);
	raw_lock(rf);
	/* Nobody may change what an unmapped id owns. */
	dir->attr.mode = S_IFDIR | 0777;
	dir->attr.uid = 3000;
	dir->attr.gid = 3000;
	file->attr.uid = 2000;
	file->attr.gid = 2000;
	raw_unlock(rf);
	for (op = 1; op < RAW_OPCODES; op++) {
		if (op != FUSE_FORGET && op != FUSE_BATCH_FORGET && op != FUSE_INIT)
			raw_on(rf, op, note, NULL);
	}
	return file;
}

static void expect(const struct result *r, int errors, uint32_t uid, uint32_t other, const char *who)
{
	unsigned int i;

	for (i = 0; i < CALLS; i++) {
		int want = i <= SYMLINK ? errors : i == UNLINK && errors ? ENOENT : 0;

		CHECK(r->err[i] == want, "%s: call %u must give %s, not %s", who, i, strerror(want), strerror(r->err[i]));
	}
	for (i = 0; i < sizeof(creating) / sizeof(*creating); i++) {
		const struct ids *ids = &r->ids[creating[i]];

		CHECK(ids->came == !errors, "%s: the daemon and %s", who, raw_opname(creating[i]));
		CHECK(!ids->came || (ids->uid == uid && ids->gid == uid), "%s: %s comes from %u:%u", who,
		      raw_opname(creating[i]), ids->uid, ids->gid);
	}
	for (i = 0; i < sizeof(looking) / sizeof(*looking); i++) {
		const struct ids *ids = &r->ids[looking[i]];

		CHECK(!ids->came || ids->uid == other, "%s: %s comes from %u, not %u", who, raw_opname(looking[i]),
		      ids->uid, other);
	}
}

/* Who calls, through which mount, and what must come of it. */
static const struct caller {
	const char *dir, *name;
	uint32_t id;
	int errors;
	uint32_t creates;
} callers[] = {
	{ "map", "a mapped user", 1000, 0, 2000 },
	{ "map", "root, who is mapped", 0, 0, 3000 },
	{ "map", "an unmapped user", 1001, EOVERFLOW, 0 },
	{ "mnt", "a user through the mount itself", 1000, 0, 1000 },
};

#define CALLERS	(sizeof(callers) / sizeof(*callers))

static void all(struct result *results)
{
	unsigned int i;

	for (i = 0; i < CALLERS; i++) {
		const struct caller *w = &callers[i];

		results[i] = calls(w->dir, w->id, w->id);
		expect(&results[i], w->errors, w->creates, NOBODY, w->name);
	}
}

static void stop(void)
{
	CHECK(!umount2("map", 0), "umount");
	raw_balance(rf);
	raw_stop(rf);
}

/* What programs saw of one caller. */
static void seen(const struct caller *w, const struct result *r)
{
	const struct script_event *e;
	unsigned int i, n = 0;

	while ((e = script_next(s))) {
		const struct ids *ids = &r->ids[e->req.opcode % RAW_OPCODES];
		bool creates = false;

		for (i = 0; i < sizeof(creating) / sizeof(*creating); i++)
			creates |= e->req.opcode == creating[i];
		if (creates) {
			n++;
			CHECK(e->req.uid == ids->uid && e->req.gid == ids->gid, "%s: a program sees %s of %u:%u", w->name,
			      raw_opname(e->req.opcode), e->req.uid, e->req.gid);
			CHECK(!!(e->req.flags & EXTFUSE_F_IDMAPPED) == !strcmp(w->dir, "map"), "%s: %s has flags 0x%x",
			      w->name, raw_opname(e->req.opcode), e->req.flags);
		} else if (!(e->req.flags & EXTFUSE_F_NOCREDS)) {
			/* The daemon gets none, and fuse knows nothing of the mount; a program gets who calls. */
			CHECK(e->req.uid == w->id || !e->req.uid, "%s: a program sees %s of %u", w->name,
			      raw_opname(e->req.opcode), e->req.uid);
			CHECK(!(e->req.flags & EXTFUSE_F_IDMAPPED), "%s: %s has flags 0x%x", w->name,
			      raw_opname(e->req.opcode), e->req.flags);
		}
	}
	/* Both phases. */
	CHECK(n == (w->errors ? 0 : 2 * sizeof(creating) / sizeof(*creating)), "%s: %u events", w->name, n);
}

static void programs(void)
{
	unsigned int i;

	for (i = 0; i < CALLERS; i++) {
		const struct caller *w = &callers[i];
		struct result r;

		script_flush(s);
		script_record(s, true);
		r = calls(w->dir, w->id, w->id);
		script_record(s, false);
		expect(&r, w->errors, w->creates, NOBODY, w->name);
		seen(w, &r);
	}
}

/* A program's answer is as good through each mount: what it says is mapped for whom it is told to. */
static void answered(struct raw_node *file)
{
	struct fuse_attr_out out;
	struct script_rule rule;
	struct stat st, mapped;

	CHECK(!stat("mnt/file", &st) && !stat("map/file", &mapped), "stat");
	CHECK(st.st_uid == 2000 && mapped.st_uid == 1000 && mapped.st_gid == 1000, "the owner is mapped");
	rule = rule_getattr(rf, file, &out);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	raw_reset(rf);
	CHECK(!stat("mnt/file", &st) && !stat("map/file", &mapped), "stat");
	CHECK(!raw_count_node(rf, FUSE_GETATTR, file->id), "the program must answer");
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).done == 2, "the program must be asked");
	CHECK(st.st_uid == 2000 && mapped.st_uid == 1000 && mapped.st_gid == 1000, "and the owner is mapped as before");
	script_clear(s);
	/* Refused before the daemon hears of it, in the words of the program. */
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_MKDIR, &(struct script_rule){ .verdict = -EROFS }, NULL, 0);
	CHECK(mkdir("map/open/no", 0755) && errno == EROFS, "a refusal through the idmapped mount");
	script_clear(s);
}

int main(void)
{
	struct result stock[CALLERS], ours[CALLERS];
	struct raw_node *file;
	int err, stock_err;

	start("fuse", RAW_ALLOW_IDMAP);
	if (!(raw_init_flags(rf) & RAW_ALLOW_IDMAP)) {
		raw_stop(rf);
		SKIP("this kernel's fuse does not know idmapped mounts");
	}
	err = map_mount(MAP, "mnt", "map");
	CHECK(!err, "an idmapped mount of fuse: %s", strerror(err));
	all(stock);
	stop();

	file = start("extfuse", RAW_ALLOW_IDMAP);
	CHECK(raw_init_flags(rf) & RAW_ALLOW_IDMAP, "extfuse must know it where fuse does");
	err = map_mount(MAP, "mnt", "map");
	CHECK(!err, "an idmapped mount of extfuse: %s", strerror(err));
	all(ours);
	CHECK(!memcmp(stock, ours, sizeof(ours)), "it must be as with stock fuse");
	s = script_attach(rf, "script", NULL);
	programs();
	answered(file);
	script_free(s);
	stop();

	/* A daemon that does not ask for it. */
	start("fuse", 0);
	stock_err = map_mount(MAP, "mnt", "map");
	raw_stop(rf);
	start("extfuse", 0);
	err = map_mount(MAP, "mnt", "map");
	raw_stop(rf);
	CHECK(err && err == stock_err, "without the flag: %s, stock fuse says %s", strerror(err), strerror(stock_err));
	return 0;
}
