// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: attaching, test runs, traces and backing objects need CAP_SYS_ADMIN and CAP_BPF in the initial user namespace; a daemon may ask about its own connection only
 * needs: extfuse root
 */
#include "conn.h"
#include <linux/capability.h>
#include <sys/syscall.h>

static struct conn conn;
static struct extfuse_ioc_prog prog;
static struct extfuse_ioc_attach attach;
static int other;	/* a descriptor that is not mounted */
static int file;	/* what could be a backing object */

static void caps_keep(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)caps, .permitted = (uint32_t)caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};

	if (syscall(SYS_capset, &head, data))
		_exit(90);
}

/* What each says to who may: nothing can lie below this mount, so there are none. */
static const struct {
	unsigned long cmd;
	int allowed;
} backing[] = {
	{ EXTFUSE_IOC_BACKING_LIMIT, 0 }, { EXTFUSE_IOC_BACKING_LIST, 0 }, { EXTFUSE_IOC_BACKING_ADD, -ELOOP },
	{ EXTFUSE_IOC_BACKING_OPEN, -ENOENT }, { EXTFUSE_IOC_BACKING_DROP, -ENOENT },
};
#define BACKING	(sizeof(backing) / sizeof(*backing))

static int backing_ioctl(int fd, uint32_t number, unsigned int i)
{
	union {
		struct extfuse_ioc_backing one;
		struct extfuse_ioc_backing_list list;
		struct extfuse_ioc_backing_limit limit;
	} arg = { .one.conn = number };

	if (backing[i].cmd == EXTFUSE_IOC_BACKING_LIMIT)
		arg.limit.max = EXTFUSE_MAX_BACKING;
	else if (backing[i].cmd != EXTFUSE_IOC_BACKING_LIST)
		arg.one.nodeid = arg.one.generation = 1;
	if (backing[i].cmd == EXTFUSE_IOC_BACKING_ADD)
		arg.one.fd = file;
	return conn_ioctl(fd, backing[i].cmd, &arg);
}

/* Not on the daemon's own connection either, where asking is free. */
static bool backing_is_refused(void)
{
	unsigned int i;

	for (i = 0; i < BACKING; i++) {
		if (backing_ioctl(conn.fd, 0, i) != -EPERM || backing_ioctl(conn.fd, conn.number, i) != -EPERM ||
		    backing_ioctl(other, conn.number, i) != -EPERM)
			return false;
	}
	return true;
}

static bool backing_is_allowed(void)
{
	unsigned int i;

	for (i = 0; i < BACKING; i++) {
		if (backing_ioctl(conn.fd, 0, i) != backing[i].allowed ||
		    backing_ioctl(other, conn.number, i) != backing[i].allowed)
			return false;
	}
	return true;
}

/* Each step that must be refused; 0: all were, and asking was not. */
static int may_not(void *arg)
{
	struct extfuse_ioc_query query = { 0 }, by_number = { .conn = conn.number };
	struct extfuse_op_stats ops[2];
	struct extfuse_ioc_stats stats = {
		.count = 2, .op_size = sizeof(*ops), .ops = (uintptr_t)ops,
	};
	struct extfuse_ioc_detach detach = { 0 };
	struct extfuse_ioc_test test = { 0 };
	struct extfuse_ioc_progs progs = { .conn = conn.number };
	struct extfuse_ioc_trace trace = { 0 };

	if (arg)
		caps_keep(*(uint64_t *)arg);
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_ATTACH, &attach) != -EPERM)
		return 1;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_REPLACE, &attach) != -EPERM)
		return 2;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_DETACH, &detach) != -EPERM)
		return 3;
	detach.conn = conn.number;
	if (conn_ioctl(other, EXTFUSE_IOC_DETACH, &detach) != -EPERM)
		return 4;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_QUERY, &by_number) != -EPERM)
		return 5;
	if (conn_ioctl(other, EXTFUSE_IOC_QUERY, &by_number) != -EPERM)
		return 6;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_QUERY, &query) || query.conn != conn.number)
		return 7;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_STATS, &stats))
		return 8;
	stats.conn = conn.number;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_STATS, &stats) != -EPERM)
		return 9;
	if (!backing_is_refused())
		return 10;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_TEST, &test) != -EPERM || conn_ioctl(other, EXTFUSE_IOC_TEST, &test) != -EPERM)
		return 11;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_PROGS, &progs) != -EPERM || conn_ioctl(other, EXTFUSE_IOC_PROGS, &progs) != -EPERM)
		return 12;
	if (conn_ioctl(conn.fd, EXTFUSE_IOC_TRACE, &trace) != -EPERM || conn_ioctl(other, EXTFUSE_IOC_TRACE, &trace) != -EPERM)
		return 13;
	return 0;
}

static int as_alice(void *arg)
{
	(void)arg;
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return 90;
	return may_not(NULL);
}

/* All capabilities, but in a namespace of its own. */
static int in_userns(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWUSER))
		return 91;
	return may_not(NULL);
}

static int with_both(void *arg)
{
	struct extfuse_ioc_detach detach = { .conn = conn.number };
	struct extfuse_ioc_query query = { .conn = conn.number };
	struct extfuse_ioc_test test = { 0 };
	struct extfuse_ioc_progs progs = { .conn = conn.number };
	struct extfuse_ioc_trace trace = { .conn = conn.number };

	caps_keep(*(uint64_t *)arg);
	if (conn_ioctl(other, EXTFUSE_IOC_QUERY, &query))
		return 1;
	if (conn_ioctl(other, EXTFUSE_IOC_DETACH, &detach))
		return 2;
	attach.conn = conn.number;
	if (conn_ioctl(other, EXTFUSE_IOC_ATTACH, &attach))
		return 3;
	if (conn_ioctl(other, EXTFUSE_IOC_REPLACE, &attach))
		return 4;
	if (!backing_is_allowed())
		return 5;
	if (conn_ioctl(other, EXTFUSE_IOC_TEST, &test) != -EINVAL)
		return 6;
	if (conn_ioctl(other, EXTFUSE_IOC_PROGS, &progs) || !progs.total)
		return 7;
	if (conn_ioctl(other, EXTFUSE_IOC_TRACE, &trace) != -EINVAL)
		return 8;
	return 0;
}

int main(void)
{
	uint64_t admin = 1ULL << CAP_SYS_ADMIN, bpf = 1ULL << CAP_BPF, both = admin | bpf;
	uint64_t all_but_bpf = 0xffffffff & ~0ULL, none = 0;
	struct extfuse_ext *ext = ext_load("tests/bpf/pass");
	uint64_t id;

	prog.prog_fd = ext_prog_fd(ext, "request_any");
	prog.opcode = FUSE_GETATTR;
	attach = (struct extfuse_ioc_attach) { .nprogs = 1, .progs = (uintptr_t)&prog };
	conn_mount(&conn, "m");
	other = open("/dev/extfuse", O_RDWR);
	file = open("file", O_RDWR | O_CREAT, 0644);
	CHECK(file >= 0, "a file");
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_ATTACH, &attach));
	id = attach.id;
	attach.id = 0;

	EXPECT(0, in_child(may_not, &none));
	EXPECT(0, in_child(may_not, &bpf));
	EXPECT(0, in_child(may_not, &admin));
	EXPECT(0, in_child(may_not, &all_but_bpf));
	EXPECT(0, in_child(as_alice, NULL));
	EXPECT(0, in_child(in_userns, NULL));
	/* Nothing of that did anything. */
	EXPECT(1, conn_query(&conn).id == id);

	EXPECT(0, in_child(with_both, &both));
	EXPECT(1, conn_query(&conn).id > id);
	EXPECT(1, conn_query(&conn).state == EXTFUSE_STATE_ATTACHED);
	conn_umount(&conn);
	extfuse_ext__free(ext);
	return 0;
}
