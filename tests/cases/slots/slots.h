/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cases about slots share: a tree with a fixed set of things (nodes
 * of each kind, and names), a stamp that is taken, and the question which of
 * the things are no longer fresh.  tests/bpf/slot_probe.bpf.c asks the kernel.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <extfuse/extfuse.h>

#include "case.h"
#include "rawfuse.h"
#include "../../bpf/slot_probe.h"

enum { A = 1 << EXTFUSE_KIND_ATTR, D = 1 << EXTFUSE_KIND_DATA, X = 1 << EXTFUSE_KIND_XATTR };
#define ALL	(A | D | X)

/* /d and /e are directories, /d/f /d/h /e/g files, /d/s a directory, /u/v is left alone. */
enum node { ND, NE, NF, NG, NH, NS, NU, NV, NODES };
static const char *const node_path[NODES] = {
	"/d", "/e", "/d/f", "/e/g", "/d/h", "/d/s", "/u", "/u/v",
};

/* Names, each in its directory; n does not exist. */
enum name { DF, DH, DN, DS, EG, EN, UV, UN, NAMES };
static const struct {
	enum node dir;
	const char *name;
} names[NAMES] = {
	{ ND, "f" }, { ND, "h" }, { ND, "n" }, { ND, "s" }, { NE, "g" }, { NE, "n" }, { NU, "v" },
	{ NU, "n" },
};

/* What a change moves. */
struct moved {
	unsigned char node[NODES];
	bool name[NAMES];
};

struct tree {
	struct rawfuse *rf;
	struct extfuse_ext *ext;
	int map;
	uint64_t id[NODES];
	int dirfd[NODES];	/* of the directories */
	uint64_t stamp;
};

static struct tree t;

static inline void probe_get(struct slot_probe *p)
{
	uint32_t zero = 0;

	CHECK(!bpf_map_lookup_elem(t.map, &zero, p), "read the map");
}

static inline void probe_set(const struct slot_probe *p)
{
	uint32_t zero = 0;

	CHECK(!bpf_map_update_elem(t.map, &zero, p, 0), "write the map");
}

/* Has the kernel look at what the map asks; the program answers with EPERM. */
static inline void probe_run(struct slot_probe *p)
{
	struct statfs st;
	uint32_t runs = p->runs;

	probe_set(p);
	CHECK(statfs(raw_dir(t.rf), &st) && errno == EPERM, "statfs must reach the program");
	probe_get(p);
	CHECK(p->runs == runs + 1, "the program ran once");
}

static inline uint64_t stamp_now(void)
{
	struct slot_probe p = { 0 };

	probe_run(&p);
	return p.stamp;
}

/* Is one kind of one node fresh? 1, 0, or an error. */
static inline int fresh_node(uint64_t nodeid, uint32_t kind, uint64_t stamp)
{
	struct slot_probe p = { .ask = { { nodeid, stamp, kind, -1 } } };

	probe_run(&p);
	return p.ask[0].result;
}

static inline unsigned char stale_kinds(uint64_t nodeid, uint64_t stamp)
{
	struct slot_probe p = {
		.ask = {
			{ nodeid, stamp, EXTFUSE_KIND_ATTR, -1 },
			{ nodeid, stamp, EXTFUSE_KIND_DATA, -1 },
			{ nodeid, stamp, EXTFUSE_KIND_XATTR, -1 },
		},
	};
	unsigned char stale = 0;
	int i;

	probe_run(&p);
	for (i = 0; i < 3; i++) {
		CHECK(p.ask[i].result == 0 || p.ask[i].result == 1, "node %llu kind %d: %d",
		      (long long)nodeid, i, p.ask[i].result);
		if (!p.ask[i].result)
			stale |= 1 << i;
	}
	return stale;
}

/* A LOOKUP of the name asks; open() with O_PATH sends nothing else. */
static inline bool name_is_stale(int dirfd, uint64_t dir, const char *name, uint64_t stamp)
{
	struct slot_probe p = { .name_parent = dir, .name_stamp = stamp, .name_result = -1 };
	int fd;

	probe_set(&p);
	fd = openat(dirfd, name, O_PATH | O_NOFOLLOW);
	if (fd >= 0)
		close(fd);
	probe_get(&p);
	CHECK(p.name_runs >= 1, "a LOOKUP of %s must be sent", name);
	CHECK(p.name_result == 0 || p.name_result == 1, "the name %s: %d", name, p.name_result);
	return !p.name_result;
}

/* All of the tree as the daemon has it now, so that no reply tells news later. */
static inline void settle(void)
{
	struct stat st;
	int i;

	for (i = 0; i < NAMES; i++)
		fstatat(t.dirfd[names[i].dir], names[i].name, &st, AT_SYMLINK_NOFOLLOW);
	for (i = 0; i < NODES; i++) {
		if (t.dirfd[i] >= 0)
			fstat(t.dirfd[i], &st);
	}
}

static inline void take(void)
{
	settle();
	t.stamp = stamp_now();
}

static inline const char *kinds_text(unsigned int kinds)
{
	static const char *const text[] = {
		"nothing", "attr", "data", "attr data", "xattr", "attr xattr", "data xattr", "all",
	};

	return text[kinds & 7];
}

/* Compares what has moved since take() with what must have; returns the differences. */
static inline int compare(const char *what, const struct moved *must)
{
	int i, wrong = 0;

	for (i = 0; i < NODES; i++) {
		unsigned char stale = stale_kinds(t.id[i], t.stamp);

		if (stale == must->node[i])
			continue;
		printf("%s: %s: %s moved, must be %s\n", what, node_path[i], kinds_text(stale),
		       kinds_text(must->node[i]));
		wrong++;
	}
	for (i = 0; i < NAMES; i++) {
		enum node dir = names[i].dir;
		bool stale = name_is_stale(t.dirfd[dir], t.id[dir], names[i].name, t.stamp);

		if (stale == must->name[i])
			continue;
		printf("%s: the name %s/%s %s\n", what, node_path[dir], names[i].name,
		       stale ? "moved" : "did not move");
		wrong++;
	}
	return wrong;
}

static inline void attach(void)
{
	char err[512] = "";
	uint32_t number = raw_conn(t.rf);

	CHECK(!extfuse_ext__attach(t.ext, raw_fd(t.rf), number, err, sizeof(err)), "attach: %s", err);
}

/* Makes the tree, once more after a change took it apart. */
static inline void grow(void)
{
	static const char *const dirs[] = { "/d", "/e", "/u", "/d/s" };
	static const char *const files[] = { "/d/f", "/d/h", "/e/g", "/u/v" };
	static const char *const strays[] = { "/d/n", "/e/n" };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (!raw_get(t.rf, dirs[i]))
			raw_mkdir(t.rf, dirs[i]);
	}
	for (i = 0; i < 2; i++) {
		if (raw_get(t.rf, strays[i]))
			raw_remove(t.rf, strays[i]);
	}
	for (i = 0; i < 4; i++) {
		if (!raw_get(t.rf, files[i]))
			raw_file(t.rf, files[i], "0123456789", 10);
	}
	for (i = 0; i < NODES; i++)
		t.id[i] = raw_get(t.rf, node_path[i])->id;
}

/* A case that fails with files open must not wait for a daemon in its own process. */
static inline void end_by_force(void)
{
	if (t.rf)
		umount2(raw_dir(t.rf), MNT_FORCE | MNT_DETACH);
}

static inline void start_unattached(const struct raw_opts *opts)
{
	static bool registered;
	char path[4096], err[512] = "";
	int i;

	t.rf = raw_start(opts);
	if (!registered)
		atexit(end_by_force);
	registered = true;
	grow();
	for (i = 0; i < NODES; i++) {
		t.dirfd[i] = -1;
		if (i == ND || i == NE || i == NU) {
			snprintf(path, sizeof(path), "%s%s", raw_dir(t.rf), node_path[i]);
			t.dirfd[i] = open(path, O_RDONLY | O_DIRECTORY);
			CHECK(t.dirfd[i] >= 0, "%s", path);
		}
	}
	snprintf(path, sizeof(path), "%s/tests/bpf/slot_probe.bpf.o",
		 getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	CHECK(!extfuse_ext__open(&t.ext, path, NULL, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(t.ext, err, sizeof(err)), "%s", err);
	t.map = bpf_object__find_map_fd_by_name(extfuse_ext__object(t.ext), "probe");
}

static inline void start(const struct raw_opts *opts)
{
	start_unattached(opts);
	attach();
}

static inline void stop(void)
{
	int i;

	for (i = 0; i < NODES; i++) {
		if (t.dirfd[i] >= 0)
			close(t.dirfd[i]);
	}
	raw_stop(t.rf);
	t.rf = NULL;
	extfuse_ext__free(t.ext);
}

#endif
