// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a program that writes to its context changes nothing but its cookies: not what is done, nor what the next one finds
 * needs: root extfuse ext4 build:tests/bpf/forge.bpf.o
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>

#include "../backing/backing.h"
#include "../../bpf/forge.h"

static struct rawfuse *rf;
static struct extfuse_ext *ext;
static struct raw_node *a;
static int map = -1;

static void attach(void)
{
	char path[4096], err[1024] = "";
	struct bpf_map *bss;

	snprintf(path, sizeof(path), "%s/tests/bpf/forge.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	CHECK(!extfuse_ext__open(&ext, path, NULL, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	bss = bpf_object__find_map_by_name(extfuse_ext__object(ext), ".bss");
	CHECK(bss && bpf_map__value_size(bss) == sizeof(struct forge), "the program's variable");
	map = bpf_map__fd(bss);
	CHECK(!extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
}

static struct extfuse_req seen(enum forge_seen which)
{
	struct forge forge;

	CHECK(!bpf_map_lookup_elem(map, &(__u32){ 0 }, &forge), "the program's variable");
	return forge.seen[which];
}

/* The caller, the request and its times are the same in each; of the cookie what was left there. */
static void same(const char *what, enum forge_seen first, enum forge_seen then, __u32 flags)
{
	struct extfuse_req a = seen(first), b = seen(then);

	CHECK(b.opcode == a.opcode && b.nodeid == a.nodeid, "%s: opcode %u, node %llu", what, b.opcode, b.nodeid);
	CHECK(b.uid == a.uid && b.gid == a.gid && b.pid == a.pid && b.who == a.who, "%s: uid %u, gid %u, pid %u, who %llx", what,
	      b.uid, b.gid, b.pid, b.who);
	CHECK(b.phase == EXTFUSE_PHASE_REPLY && b.flags == flags, "%s: phase %u, flags %x", what, b.phase, b.flags);
	CHECK(b.now >= a.now, "%s: now is %llu", what, b.now);
	CHECK(b.cookie[0] == FORGED_COOKIE, "%s: the cookie is %llx", what, b.cookie[0]);
}

static void getattr(void)
{
	struct extfuse_req req;
	struct stat st;

	raw_reset(rf);
	CHECK(!stat("mnt/a", &st), "stat");
	req = seen(FORGE_GETATTR);
	CHECK(req.opcode == FUSE_GETATTR && !req.uid && req.pid == (__u32)getpid(), "the request is seen");
	CHECK(!(req.flags & EXTFUSE_F_BACKGROUND), "somebody waits for it");
	CHECK(!raw_count_node(rf, FUSE_GETATTR, a->id), "so it is passed through");
	same("GETATTR", FORGE_GETATTR, FORGE_GETATTR_REPLY, req.flags);
}

/* One that nobody waits for is not. */
static void readahead_read(void)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_READ), after;
	int fd = open("mnt/b", O_RDONLY | O_CLOEXEC);
	struct extfuse_req req;
	char buf[16];

	raw_reset(rf);
	CHECK(fd >= 0 && read(fd, buf, sizeof(buf)) == 15, "a read");
	close(fd);
	req = seen(FORGE_READ);
	CHECK(req.opcode == FUSE_READ && req.flags & EXTFUSE_F_BACKGROUND, "a readahead: flags %x", req.flags);
	CHECK(raw_count(rf, FUSE_READ) == 1, "it goes to the daemon");
	after = script_stats(rf, FUSE_READ);
	CHECK(after.upcalls == before.upcalls + 1 && after.passed == before.passed, "and counts as that");
	same("READ", FORGE_READ, FORGE_READ_REPLY, req.flags);
}

static void readdir_entries(void)
{
	struct extfuse_req req;
	unsigned int i;
	DIR *dir = opendir("mnt");

	CHECK(dir && readdir(dir), "a listing");
	closedir(dir);
	req = seen(FORGE_READDIR);
	CHECK(req.opcode == FUSE_READDIR, "READDIR");
	for (i = 0; i < FORGE_ENTRIES; i++)
		same("an entry", FORGE_READDIR, FORGE_ENTRY + i, req.flags | EXTFUSE_F_ENTRY);
}

int main(void)
{
	CHECK(!mkdir("low", 0755), "mkdir");
	put("low/a", "below");
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1", .entry_ns = 100 * RAW_SEC });
	attach();
	a = raw_file(rf, "/a", "below", 5);
	raw_file(rf, "/b", "from the daemon", 15);
	object(rf, a, "low/a");
	getattr();
	readahead_read();
	readdir_entries();
	CHECK(!extfuse_conn__detach(raw_fd(rf), 0), "detach");
	extfuse_ext__free(ext);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
