// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: query tells what is attached, on the daemon's descriptor and by number, through attach, replace, programs=0, detach and abort
 * needs: extfuse root
 */
#include "conn.h"

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

/* Of all programs the set is one: opcodes of each phase. */
static uint64_t asked_ops(void)
{
	static const uint32_t never[] = {
		0, FUSE_FORGET, 7, 19, FUSE_INIT, FUSE_INTERRUPT, FUSE_DESTROY, FUSE_NOTIFY_REPLY,
		FUSE_BATCH_FORGET, FUSE_SETUPMAPPING, FUSE_REMOVEMAPPING,
	};
	/* The last is COPY_FILE_RANGE_64, which this machine's <linux/fuse.h> may not know. */
	uint64_t ops = (2ULL << 53) - 1;
	unsigned int i;

	for (i = 0; i < sizeof(never) / sizeof(*never); i++)
		ops &= ~(1ULL << never[i]);
	return ops;
}

int main(void)
{
	struct extfuse_ext *ext = ext_load("tests/bpf/pass");
	struct extfuse_ioc_prog progs[3] = {
		{ ext_prog_fd(ext, "request_any"), FUSE_GETATTR, EXTFUSE_PHASE_REQUEST, 0 },
		{ ext_prog_fd(ext, "reply_any"), FUSE_LOOKUP, EXTFUSE_PHASE_REPLY, 0 },
		{ ext_prog_fd(ext, "request_any"), EXTFUSE_OPCODE_ANY, 0, 0 },
	};
	struct extfuse_ioc_attach a = {
		.flags = EXTFUSE_ATTACH_WHO | EXTFUSE_ATTACH_SHADOW, .nprogs = 2,
		.progs = (uintptr_t)progs, .max_attr_valid = 5000000000, .max_entry_valid = 7,
		.name = "one",
	};
	struct extfuse_ioc_query q, n;
	struct conn conn, second;
	uint64_t id, clock;
	char path[128];
	int bare = open("/dev/extfuse", O_RDWR);

	conn_mount(&conn, "m");
	conn_mount(&second, "n");
	q = conn_query(&conn);
	EXPECT(EXTFUSE_STATE_NONE, (int)q.state);
	EXPECT(1, q.conn == conn.number && !q.id && !q.request_ops && !q.reply_ops && !q.clock);

	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_ATTACH, &a));
	id = a.id;
	q = conn_query(&conn);
	EXPECT(EXTFUSE_STATE_ATTACHED, (int)q.state);
	EXPECT(1, q.id == id && !strcmp(q.name, "one"));
	EXPECT(1, q.attach_flags == a.flags);
	EXPECT(1, q.request_ops == 1ULL << FUSE_GETATTR && q.reply_ops == 1ULL << FUSE_LOOKUP);
	EXPECT(1, q.max_attr_valid == 5000000000 && q.max_entry_valid == 7);
	EXPECT(1, q.clock > 1);
	clock = q.clock;

	/* By number the same, from a descriptor that is not mounted; the other one has nothing. */
	n = (struct extfuse_ioc_query){ .conn = conn.number };
	EXPECT(0, conn_ioctl(bare, EXTFUSE_IOC_QUERY, &n));
	EXPECT(0, memcmp(&q, &n, sizeof(q)));
	n = (struct extfuse_ioc_query){ .conn = conn.number };
	EXPECT(0, conn_ioctl(second.fd, EXTFUSE_IOC_QUERY, &n));
	EXPECT(0, memcmp(&q, &n, sizeof(q)));
	EXPECT(EXTFUSE_STATE_NONE, (int)conn_query(&second).state);

	/* A set by number, on the other one. */
	a = (struct extfuse_ioc_attach) {
		.conn = second.number, .nprogs = 1, .progs = (uintptr_t)&progs[2], .name = "all",
	};
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_ATTACH, &a));
	EXPECT(1, a.id > id);
	q = conn_query(&second);
	CHECK(q.request_ops == asked_ops(), "asked: %llx, must be %llx", q.request_ops,
	      (unsigned long long)asked_ops());
	EXPECT(1, !q.reply_ops);

	/* Replace keeps the epoch (the clock), and takes what is new. */
	a = (struct extfuse_ioc_attach) {
		.nprogs = 1, .progs = (uintptr_t)&progs[1], .name = "two",
	};
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_REPLACE, &a));
	q = conn_query(&conn);
	EXPECT(1, q.id == a.id && !strcmp(q.name, "two") && !q.request_ops && !q.attach_flags);
	EXPECT(1, q.clock == clock);
	/* ... unless names are kept otherwise from now on. */
	a.flags = EXTFUSE_ATTACH_NAMES_DIR;
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_REPLACE, &a));
	EXPECT(1, conn_query(&conn).clock > clock);
	EXPECT(EXTFUSE_ATTACH_NAMES_DIR, (int)conn_query(&conn).attach_flags);

	write_to("/sys/module/extfuse/parameters/programs", "0");
	EXPECT(EXTFUSE_STATE_PROGRAMS_OFF, (int)conn_query(&conn).state);
	write_to("/sys/module/extfuse/parameters/programs", "1");
	EXPECT(EXTFUSE_STATE_ATTACHED, (int)conn_query(&conn).state);

	clock = conn_query(&conn).clock;
	conn_detach(&conn);
	q = conn_query(&conn);
	EXPECT(EXTFUSE_STATE_DETACHED, (int)q.state);
	EXPECT(1, !q.id && !q.reply_ops && !strcmp(q.name, "two") && q.clock > clock);
	EXPECT(EXTFUSE_STATE_ATTACHED, (int)conn_query(&second).state);

	/* An aborted connection takes no more, and keeps nothing. */
	snprintf(path, sizeof(path), "/sys/fs/extfuse/connections/%u/abort", second.number);
	CHECK(mount("none", "/sys/fs/extfuse/connections", "extfusectl", 0, "") == 0 ||
	      errno == EBUSY, "extfusectl");
	write_to(path, "1");
	q = conn_query(&second);
	EXPECT(EXTFUSE_STATE_ABORTED, (int)q.state);
	EXPECT(1, !q.id && !q.request_ops && !strcmp(q.name, "all"));
	EXPECT(-ENOTCONN, conn_ioctl(second.fd, EXTFUSE_IOC_ATTACH, &a));
	EXPECT(EXTFUSE_STATE_ABORTED, (int)conn_query(&second).state);
	umount("/sys/fs/extfuse/connections");

	close(bare);
	conn_umount(&conn);
	conn_umount(&second);
	extfuse_ext__free(ext);
	return 0;
}
