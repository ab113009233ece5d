// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each ioctl refuses what it must, with the error that its documentation names, and an error changes nothing
 * needs: extfuse root
 */
#include <sys/mman.h>

#include "conn.h"

static struct extfuse_ext *ext;
static struct extfuse_ioc_prog progs[130];
static char text[256];

static struct extfuse_ioc_attach good(void)
{
	return (struct extfuse_ioc_attach) {
		.nprogs = 1, .progs = (uintptr_t)progs, .log = (uintptr_t)text,
		.log_size = sizeof(text), .name = "test",
	};
}

/* One field wrong, everything else good. */
#define WRONG(want, conn, change)						\
	do {									\
		struct extfuse_ioc_attach a = good();				\
										\
		text[0] = 0;							\
		change;								\
		EXPECT(want, conn_ioctl((conn)->fd, EXTFUSE_IOC_ATTACH, &a));	\
		EXPECT(EXTFUSE_STATE_NONE, conn_query(conn).state);		\
	} while (0)

static void fields(struct conn *conn)
{
	unsigned int i;

	WRONG(-EINVAL, conn, a.flags = EXTFUSE_ATTACH_FLAGS + 1);
	WRONG(-EINVAL, conn, a.flags = 1U << 31);
	for (i = 0; i < sizeof(good().reserved) / sizeof(*good().reserved); i++)
		WRONG(-EINVAL, conn, a.reserved[i] = 1);
	WRONG(-EINVAL, conn, a.reserved0 = 1);
	WRONG(-EINVAL, conn, a.close_valid = EXTFUSE_MAX_CLOSE_VALID + 1);
	WRONG(-EINVAL, conn, a.flags = EXTFUSE_ATTACH_FAIL_CLOSED | EXTFUSE_ATTACH_HIDES_NONE);
	WRONG(-EINVAL, conn, a.nprogs = 0);
	WRONG(-EINVAL, conn, a.nprogs = EXTFUSE_PROGS_MAX + 1);
	WRONG(-EINVAL, conn, memset(a.name, 'x', sizeof(a.name)));
	WRONG(-EFAULT, conn, a.progs = 8);
	WRONG(-ENODEV, conn, a.conn = 0xffffff);
	EXPECT(-EFAULT, conn_ioctl(conn->fd, EXTFUSE_IOC_ATTACH, (void *)8));
	EXPECT(-EFAULT, conn_ioctl(conn->fd, EXTFUSE_IOC_QUERY, (void *)8));
	EXPECT(-ENOTTY, conn_ioctl(conn->fd, _IO(EXTFUSE_IOC_MAGIC, 0), NULL));
	EXPECT(-ENOTTY, conn_ioctl(conn->fd, _IO(EXTFUSE_IOC_MAGIC, 77), NULL));
}

/* What cannot be answered is not done: the caller would believe that nothing is attached. */
static void unwritable(struct conn *conn)
{
	struct extfuse_ioc_attach *a = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(a != MAP_FAILED, "mmap");
	*a = good();
	CHECK(!mprotect(a, 4096, PROT_READ), "mprotect");
	EXPECT(-EFAULT, conn_ioctl(conn->fd, EXTFUSE_IOC_ATTACH, a));
	EXPECT(EXTFUSE_STATE_NONE, conn_query(conn).state);
	munmap(a, 4096);
	WRONG(-EFAULT, conn, a.log = 8);
}

static void programs(struct conn *conn)
{
	int request = progs[0].prog_fd, null = open("/dev/null", O_RDONLY);
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 4, 1, NULL);
	int filter = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "filter", "GPL", insns, 2, NULL);

	CHECK(filter >= 0 && map >= 0, "a socket filter, a map");
	WRONG(-EBADF, conn, progs[0].prog_fd = -1);
	WRONG(-EBADF, conn, progs[0].prog_fd = 999);
	WRONG(-EINVAL, conn, progs[0].prog_fd = null);
	WRONG(-EINVAL, conn, progs[0].prog_fd = filter);
	CHECK(strstr(text, "syscall"), "the log says which type is wanted: %s", text);
	WRONG(-EINVAL, conn, progs[0].prog_fd = map);
	progs[0].prog_fd = request;

	WRONG(-EINVAL, conn, progs[0].reserved = 1);
	progs[0].reserved = 0;
	WRONG(-EINVAL, conn, progs[0].phase = __EXTFUSE_PHASE_MAX);
	progs[0].phase = EXTFUSE_PHASE_REQUEST;
	WRONG(-EINVAL, conn, progs[0].opcode = EXTFUSE_OPCODES);
	WRONG(-EINVAL, conn, progs[0].opcode = EXTFUSE_OPCODE_ANY - 1);
	close(null);
	close(filter);
	close(map);
}

/* Opcodes that are never given to a program, and numbers that are none. */
static void opcodes(struct conn *conn)
{
	static const uint32_t never[] = {
		0, FUSE_FORGET, 7, 19, FUSE_INIT, FUSE_INTERRUPT, FUSE_DESTROY, FUSE_NOTIFY_REPLY,
		FUSE_BATCH_FORGET, FUSE_SETUPMAPPING, FUSE_REMOVEMAPPING, 54, 63,
	};
	unsigned int i;

	for (i = 0; i < sizeof(never) / sizeof(*never); i++) {
		WRONG(-EINVAL, conn, progs[0].opcode = never[i]);
		CHECK(strstr(text, "never"), "opcode %u: %s", never[i], text);
	}
	progs[0].opcode = FUSE_GETATTR;

	progs[1] = progs[0];
	WRONG(-EEXIST, conn, a.nprogs = 2);
	CHECK(strstr(text, "two request programs"), "%s", text);
	progs[1].phase = progs[0].phase = EXTFUSE_PHASE_REPLY;
	WRONG(-EEXIST, conn, a.nprogs = 2);
	CHECK(strstr(text, "two reply programs"), "%s", text);
	progs[1].opcode = progs[0].opcode = EXTFUSE_OPCODE_ANY;
	WRONG(-EEXIST, conn, a.nprogs = 2);
	progs[0].phase = EXTFUSE_PHASE_REQUEST;
	progs[0].opcode = FUSE_GETATTR;

	/* A log that is too small, or not there at all, does not matter. */
	progs[1] = progs[0];
	WRONG(-EEXIST, conn, (memset(text, 'x', sizeof(text)), a.nprogs = 2, a.log_size = 4));
	CHECK(!memcmp(text, "two", 4) && text[4] == 'x', "4 bytes with their NUL: %.5s", text);
	WRONG(-EEXIST, conn, (a.nprogs = 2, a.log_size = 0));
	WRONG(-EEXIST, conn, (a.nprogs = 2, a.log = 8));
}

static void others(struct conn *conn)
{
	struct extfuse_ioc_attach a = good();
	struct extfuse_ioc_detach d = { 0 };
	struct extfuse_ioc_query q = { 0 };
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];
	struct extfuse_ioc_stats s = {
		.count = EXTFUSE_OPCODES, .op_size = sizeof(*ops), .ops = (uintptr_t)ops,
	};

	EXPECT(-ENOENT, conn_ioctl(conn->fd, EXTFUSE_IOC_REPLACE, &a));
	EXPECT(-ENOENT, conn_ioctl(conn->fd, EXTFUSE_IOC_DETACH, &d));
	q.flags = 1;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_QUERY, &q));
	q.flags = 0;
	q.reserved[1] = 1;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_QUERY, &q));

	/* From here on there is a set. */
	a = good();
	EXPECT(0, conn_ioctl(conn->fd, EXTFUSE_IOC_ATTACH, &a));
	CHECK(a.id, "an attachment has a number");
	EXPECT(-EBUSY, conn_ioctl(conn->fd, EXTFUSE_IOC_ATTACH, &(struct extfuse_ioc_attach){
		.nprogs = 1, .progs = (uintptr_t)progs }));
	EXPECT(1, conn_query(conn).id == a.id);
	d.flags = 1;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_DETACH, &d));
	d.flags = 0;
	d.reserved[2] = 1;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_DETACH, &d));
	d.reserved[2] = 0;
	a = good();
	a.reserved[0] = 1;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_REPLACE, &a));

	EXPECT(0, conn_ioctl(conn->fd, EXTFUSE_IOC_STATS, &s));
	EXPECT(EXTFUSE_OPCODES, (int)s.count);
	s.flags = 1;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_STATS, &s));
	s.flags = 0;
	s.reserved[2] = 1;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_STATS, &s));
	s.reserved[2] = 0;
	s.op_size = sizeof(*ops) + 8;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_STATS, &s));
	s.op_size = 12;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_STATS, &s));
	s.op_size = 0;
	EXPECT(-EINVAL, conn_ioctl(conn->fd, EXTFUSE_IOC_STATS, &s));
	s.op_size = sizeof(*ops);
	s.ops = 8;
	EXPECT(-EFAULT, conn_ioctl(conn->fd, EXTFUSE_IOC_STATS, &s));
	/* Who knows a shorter struct gets the part that it knows. */
	memset(ops, 0xee, sizeof(ops));
	s.ops = (uintptr_t)ops;
	s.op_size = 8;
	s.count = 3;
	EXPECT(0, conn_ioctl(conn->fd, EXTFUSE_IOC_STATS, &s));
	EXPECT(3, (int)s.count);
	EXPECT(0xee, ((unsigned char *)ops)[24]);
	EXPECT(EXTFUSE_STATE_ATTACHED, conn_query(conn).state);
	EXPECT(0, conn_ioctl(conn->fd, EXTFUSE_IOC_DETACH, &d));
	EXPECT(EXTFUSE_STATE_DETACHED, conn_query(conn).state);
	EXPECT(-ENOENT, conn_ioctl(conn->fd, EXTFUSE_IOC_DETACH, &d));
}

int main(void)
{
	struct conn conn, bare = { .fd = open("/dev/extfuse", O_RDWR) };
	struct extfuse_op_stats ops[1];
	struct extfuse_ioc_stats s = {
		.count = 1, .op_size = sizeof(*ops), .ops = (uintptr_t)ops,
	};
	struct extfuse_ioc_query q = { 0 };
	struct extfuse_ioc_attach a;

	ext = ext_load("tests/bpf/pass");
	progs[0].prog_fd = ext_prog_fd(ext, "request_any");
	progs[0].opcode = FUSE_GETATTR;
	conn_mount(&conn, "m");

	EXPECT(-ENODATA, conn_ioctl(conn.fd, EXTFUSE_IOC_STATS, &s));
	fields(&conn);
	unwritable(&conn);
	programs(&conn);
	opcodes(&conn);
	others(&conn);

	/* A descriptor that is not mounted. */
	a = good();
	EXPECT(-ENODEV, conn_ioctl(bare.fd, EXTFUSE_IOC_ATTACH, &a));
	EXPECT(-ENODEV, conn_ioctl(bare.fd, EXTFUSE_IOC_QUERY, &q));
	EXPECT(-ENODEV, conn_ioctl(bare.fd, EXTFUSE_IOC_STATS, &s));
	EXPECT(-ENODEV, conn_ioctl(bare.fd, EXTFUSE_IOC_DETACH, &(struct extfuse_ioc_detach){ 0 }));
	close(bare.fd);
	conn_umount(&conn);
	extfuse_ext__free(ext);
	return 0;
}
