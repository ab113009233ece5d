// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the structures of a caller may be those of version 1 of the ABI, or larger than the module's, where what it does not know is zero
 * needs: extfuse root
 */
#include "conn.h"
#include "version1.h"

/* A later version's structure: this one's, and what it has grown by. */
#define MORE	32

struct grown {
	union {
		struct v1_attach attach;
		struct v1_detach detach;
		struct v1_query query;
		struct v1_stats stats;
		struct v1_backing backing;
		struct v1_backing_list list;
		struct v1_backing_limit limit;
		char bytes[256];
	};
};

static const unsigned long all[] = {
	V1_ATTACH, V1_REPLACE, V1_DETACH, V1_QUERY, V1_STATS, V1_BACKING_ADD, V1_BACKING_DROP, V1_BACKING_OPEN,
	V1_BACKING_LIST, V1_BACKING_LIMIT,
};

static unsigned long sized(unsigned long cmd, int by)
{
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), _IOC_SIZE(cmd) + by);
}

static struct v1_attach set_of(const struct extfuse_ioc_prog *prog)
{
	return (struct v1_attach){ .nprogs = 1, .progs = (uintptr_t)prog, .name = "one" };
}

/* By @by bytes larger than version 1 knew it; what follows is zero, and comes back so. */
static void works(const struct conn *conn, const struct extfuse_ioc_prog *prog, int by)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];
	struct grown g = { .attach = set_of(prog) };
	unsigned int i;

	EXPECT(0, conn_ioctl(conn->fd, sized(V1_ATTACH, by), &g));
	CHECK(g.attach.id, "the set has a number");
	g = (struct grown){ .attach = set_of(prog) };
	EXPECT(0, conn_ioctl(conn->fd, sized(V1_REPLACE, by), &g));
	g = (struct grown){ 0 };
	EXPECT(0, conn_ioctl(conn->fd, sized(V1_QUERY, by), &g));
	CHECK(g.query.state == EXTFUSE_STATE_ATTACHED && g.query.conn == conn->number && !strcmp(g.query.name, "one"),
	      "what is attached");
	for (i = sizeof(g.query); i < sizeof(g); i++)
		CHECK(!g.bytes[i], "byte %u after the query", i);
	g = (struct grown){ .stats = { .count = EXTFUSE_OPCODES, .op_size = sizeof(*ops), .ops = (uintptr_t)ops } };
	EXPECT(0, conn_ioctl(conn->fd, sized(V1_STATS, by), &g));
	EXPECT(EXTFUSE_OPCODES, (int)g.stats.count);
	g = (struct grown){ .limit = { .max = 7 } };
	EXPECT(0, conn_ioctl(conn->fd, sized(V1_BACKING_LIMIT, by), &g));
	g = (struct grown){ 0 };
	EXPECT(0, conn_ioctl(conn->fd, sized(V1_BACKING_LIST, by), &g));
	CHECK(g.list.max == 7 && !g.list.total, "the limit");
	g = (struct grown){ .backing = { .nodeid = 1 } };
	EXPECT(-ENOENT, conn_ioctl(conn->fd, sized(V1_BACKING_DROP, by), &g));
	EXPECT(-ENOENT, conn_ioctl(conn->fd, sized(V1_BACKING_OPEN, by), &g));
	g.backing.fd = -1;
	EXPECT(-EBADF, conn_ioctl(conn->fd, sized(V1_BACKING_ADD, by), &g));
	g = (struct grown){ 0 };
	EXPECT(0, conn_ioctl(conn->fd, sized(V1_DETACH, by), &g));
}

int main(void)
{
	struct extfuse_ext *ext = ext_load("tests/bpf/pass");
	struct extfuse_ioc_prog prog = { ext_prog_fd(ext, "request_any"), FUSE_GETATTR, EXTFUSE_PHASE_REQUEST, 0 };
	struct grown g;
	struct conn conn;
	unsigned int i;

	conn_mount(&conn, "m");
	works(&conn, &prog, 0);
	works(&conn, &prog, MORE);
	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		memset(&g, 0, sizeof(g));
		EXPECT(-EINVAL, conn_ioctl(conn.fd, sized(all[i], -8), &g));
		EXPECT(-ENOTTY, conn_ioctl(conn.fd, _IOC(_IOC_READ, _IOC_TYPE(all[i]), _IOC_NR(all[i]), _IOC_SIZE(all[i])), &g));
		if (all[i] == V1_ATTACH)
			g.attach = set_of(&prog);
		/* Asked for by who knows more than this module. */
		g.bytes[_IOC_SIZE(all[i]) + MORE - 1] = 1;
		EXPECT(-E2BIG, conn_ioctl(conn.fd, sized(all[i], MORE), &g));
	}
	EXPECT(EXTFUSE_STATE_DETACHED, (int)conn_query(&conn).state);
	conn_umount(&conn);
	extfuse_ext__free(ext);
	return 0;
}
