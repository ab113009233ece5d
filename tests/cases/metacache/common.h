/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the cases of metacache: a tinyfs with the extension attached, and what
 * to count: requests at the daemon, answers of programs.
 */
#ifndef METACACHE_COMMON_H
#define METACACHE_COMMON_H

#include <extfuse/extfuse.h>

#include "../../bpf/tinyfs.h"
#include "case.h"

#define SECOND 1000000000ULL

static struct tinyfs fs;
static char err[512];

static void attach(const char *object, const struct extfuse_options *opts)
{
	struct extfuse_ext *ext;

	CHECK(!extfuse_ext__open(&ext, object, opts, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__attach(ext, fs.fd, 0, err, sizeof(err)), "%s", err);
	extfuse_ext__free(ext);
}

static void add(unsigned int id, const char *name, __u32 mode, __u32 nlink)
{
	fs.node[id] = (struct tiny_node){ .mode = mode, .nlink = nlink, .size = 100 };
	snprintf(fs.node[id].name, sizeof(fs.node[id].name), "%s", name);
}

static unsigned int asked(unsigned int opcode)
{
	return atomic_load(&fs.count[opcode]);
}

static struct extfuse_op_stats stats(unsigned int opcode)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];

	CHECK(!extfuse_conn__stats(fs.fd, 0, ops), "counters");
	return ops[opcode];
}

static unsigned int answered(unsigned int opcode)
{
	return stats(opcode).answered;
}

static const char *path(const char *name)
{
	static char buf[512];

	snprintf(buf, sizeof(buf), "%s/%s", fs.mnt, name);
	return buf;
}

static int stat_of(const char *name, struct stat *st)
{
	return stat(path(name), st) ? -errno : 0;
}

/* No program may have said anything that the module had to take back. */
static void check_clean(void)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];

	CHECK(!extfuse_conn__stats(fs.fd, 0, ops), "counters");
	for (unsigned int i = 0; i < EXTFUSE_OPCODES; i++)
		CHECK(!ops[i].bad && !ops[i].stale, "%s: %llu bad verdicts, %llu stale answers",
		      extfuse_opcode__name(i), ops[i].bad, ops[i].stale);
}

#endif
