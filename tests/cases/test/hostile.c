// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: EXTFUSE_IOC_TEST refuses what is no request, with the right error; whatever bytes it gets and programs do, it writes no more than its outputs, and no mount's counters, clock or answers move
 * needs: extfuse root build:tests/bpf/script.bpf.o build:tests/reject/printk.bpf.o
 * timeout: 120
 * long-timeout: 900
 */
#include <sys/mman.h>

#include "../attach/conn.h"
#include "script_abi.h"

#define TEST_BYTES	512

static int device;
static struct extfuse_ioc_prog progs[2];
static struct extfuse_ioc_attach attach;
static char text[4096];

/* A request, as it is given. */
static struct {
	struct fuse_in_header head;
	unsigned char body[TEST_BYTES];
} in;
static unsigned char out[EXTFUSE_TEST_MAX + 64];
static struct fuse_attr attr = { .ino = 1, .mode = S_IFREG | 0644, .nlink = 1 };

/* A LOOKUP of "a". */
static struct extfuse_ioc_test lookup(void)
{
	memset(&in, 0, sizeof(in));
	in.head = (struct fuse_in_header){ .len = sizeof(in.head) + 2, .opcode = FUSE_LOOKUP, .nodeid = 1 };
	memcpy(in.body, "a", 2);
	return (struct extfuse_ioc_test){
		.attach = (uintptr_t)&attach, .attach_size = sizeof(attach), .in = (uintptr_t)&in, .in_size = in.head.len,
		.out = (uintptr_t)out, .out_size = sizeof(struct fuse_entry_out), .stamp = 1, .attr = (uintptr_t)&attr,
	};
}

static int run(struct extfuse_ioc_test *t)
{
	return conn_ioctl(device, EXTFUSE_IOC_TEST, t);
}

/* The line that says how it is wrong, and the error. */
#define WRONG(error, ...)						\
	do {								\
		struct extfuse_ioc_test t = lookup();			\
									\
		__VA_ARGS__;						\
		EXPECT(-(error), run(&t));				\
	} while (0)

static void fields(void)
{
	struct extfuse_ioc_test good = lookup();

	EXPECT(0, run(&good));
	EXPECT(EXTFUSE_TEST_UPCALL, (int)good.result);
	WRONG(EINVAL, t.conn = 1);
	WRONG(EINVAL, t.flags = 1);
	WRONG(EINVAL, t.phase = 2);
	WRONG(EINVAL, t.reserved[3] = 1);
	WRONG(EINVAL, t.req_flags = EXTFUSE_F_ENTRY);
	WRONG(EINVAL, t.req_flags = EXTFUSE_F_CHANGES);
	WRONG(EINVAL, t.req_flags = 1U << 31);
	WRONG(EINVAL, t.error = -2);
	WRONG(EINVAL, t.phase = EXTFUSE_PHASE_REPLY; t.error = 1);
	WRONG(EINVAL, t.phase = EXTFUSE_PHASE_REPLY; t.error = -512);
	WRONG(EINVAL, t.stamp = EXTFUSE_TEST_STAMPS);
	WRONG(EINVAL, t.req_flags = EXTFUSE_F_REVAL);
	WRONG(EINVAL, t.in_size = 39);
	WRONG(EINVAL, t.in_size = 0);
	WRONG(E2BIG, t.in_size = EXTFUSE_TEST_MAX + 1);
	WRONG(E2BIG, t.in_size = ~0U);
	WRONG(E2BIG, t.out_size = EXTFUSE_TEST_MAX + 1);
	WRONG(E2BIG, t.out_size = ~0U);
	WRONG(EINVAL, t.out_size--);
	WRONG(EINVAL, t.attach_size = 111);
	WRONG(EINVAL, t.attach_size = 0);
	WRONG(EINVAL, t.attach_size = ~0U);
	WRONG(EINVAL, in.head.len++);
	WRONG(EINVAL, ((unsigned char *)&in.head)[39] = 1);
	WRONG(EINVAL, in.body[1] = 'b');
	WRONG(EINVAL, in.head.len = t.in_size = sizeof(in.head));
	WRONG(EINVAL, in.head.len = t.in_size = sizeof(in.head) + 3);
	WRONG(EOPNOTSUPP, in.head.opcode = FUSE_INIT);
	WRONG(EOPNOTSUPP, in.head.opcode = FUSE_FORGET);
	WRONG(EOPNOTSUPP, in.head.opcode = 63);
	WRONG(EOPNOTSUPP, in.head.opcode = 64);
	WRONG(EOPNOTSUPP, in.head.opcode = ~0U);
	WRONG(EINVAL, t.phase = EXTFUSE_PHASE_REPLY; t.out_size++);
}

static void pointers(void)
{
	static const uint64_t bad[] = { 1, 0xffff888000000000, 0xffffffff81000000, 0x7ffffffff000, 0x800000000000, ~0ULL };
	unsigned char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	CHECK(edge != MAP_FAILED && !mprotect(edge + 4096, 4096, PROT_NONE), "a page, and behind it none");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		WRONG(EFAULT, t.attach = bad[i]);
		WRONG(EFAULT, t.in = bad[i]);
		WRONG(EFAULT, t.attr = bad[i]);
		WRONG(EFAULT, t.child_attr = bad[i]);
		WRONG(EFAULT, t.phase = EXTFUSE_PHASE_REPLY; t.out = bad[i]);
	}
	memset(&attr, 0xff, sizeof(attr));
	WRONG(0, (void)0);
	WRONG(EFAULT, t.in = (uintptr_t)edge + 4096 - 8);
	WRONG(EFAULT, t.in = 0);
	WRONG(EFAULT, t.attr = (uintptr_t)edge + 4096 - sizeof(attr) + 1);
	WRONG(0, t.attr = (uintptr_t)edge + 4096 - sizeof(attr));
	/* Of the structure itself. */
	EXPECT(-EFAULT, conn_ioctl(device, EXTFUSE_IOC_TEST, edge + 4096 - 16));
}

static void sets(void)
{
	struct extfuse_ext *refused = ext_load("tests/reject/printk");
	struct extfuse_ioc_attach kept = attach;

	attach.conn = 1;
	WRONG(EINVAL, (void)0);
	attach = kept;
	attach.nprogs = 0;
	WRONG(EINVAL, (void)0);
	attach.nprogs = ~0U;
	WRONG(EINVAL, (void)0);
	attach = kept;
	attach.flags = 1U << 31;
	WRONG(EINVAL, (void)0);
	attach = kept;
	attach.progs = 8;
	WRONG(EFAULT, (void)0);
	attach = kept;
	progs[0].prog_fd = device;
	WRONG(EINVAL, (void)0);
	progs[0].prog_fd = ext_prog_fd(refused, "request_getattr");
	WRONG(EACCES, (void)0);
	CHECK(strstr(text, "bpf_trace_printk"), "the log names the helper: '%s'", text);
	attach.log = 8;
	WRONG(EACCES, (void)0);
	attach = kept;
	extfuse_ext__free(refused);
}

static uint64_t next(void)
{
	static uint64_t state = 23;
	uint64_t x = state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static void noise(void *to, size_t size, bool no_nul)
{
	unsigned char *p = to;

	while (size--) {
		*p = next();
		*p += no_nul && !*p;
		p++;
	}
}

/* What the program of this opcode does: all that one can. */
static void rule_draw(int rules, int outs, uint32_t phase, uint32_t opcode)
{
	static const int32_t verdicts[] = { 0, 0, 0, 1, 2, -38, -2, -5, -61, -511, -512, -513, 3, 0x7fffffff };
	static const uint32_t sizes[] = { 0, 1, 8, 16, 24, 80, 88, 104, 128, 288, 4096 };
	struct script_rule rule = { .on = 1, .cookie = next() };
	static unsigned char bytes[SCRIPT_OUT];
	uint32_t i, index = SCRIPT_INDEX(phase, opcode & (EXTFUSE_OPCODES - 1));

	rule.verdict = verdicts[next() % (sizeof(verdicts) / sizeof(*verdicts))];
	rule.write = next() % 3;
	rule.out_size = next() % 3 ? sizes[next() % (sizeof(sizes) / sizeof(*sizes))] : next() % SCRIPT_OUT;
	rule.nfresh = next() % (SCRIPT_FRESH + 1);
	for (i = 0; i < rule.nfresh; i++)
		rule.fresh[i] = (struct script_fresh){ .kind = next() % 6, .nodeid = next() % 2 ? next() % 4 : 0, .stamp = next() % 3 };
	noise(bytes, sizeof(bytes), next() % 2);
	CHECK(!bpf_map_update_elem(rules, &index, &rule, 0) && !bpf_map_update_elem(outs, &index, bytes, 0), "a rule");
}

/* Sizes of structures, and of names behind them; bytes without NUL, but where a name ends. */
static struct extfuse_ioc_test request_draw(uint32_t phase, uint32_t opcode)
{
	static const uint32_t rooms[] = { 0, 8, 16, 24, 48, 80, 104, 128, 144, 288, 4096, EXTFUSE_TEST_MAX };
	struct extfuse_ioc_test t = lookup();
	uint32_t size = next() % 2 ? next() % 8 * 8 : next() % 200, i;

	noise(in.body, sizeof(in.body), next() % 4);
	if (size && next() % 4)
		in.body[size - 1] = '\0';
	if (size && next() % 2)
		in.body[next() % size] = '\0';
	/* Or all fields zero, as of the size that GETXATTR asks for. */
	if (!(next() % 4))
		memset(in.body, 0, 8);
	in.head = (struct fuse_in_header){ .len = sizeof(in.head) + size, .opcode = opcode, .nodeid = next() % 4 };
	t.in_size = in.head.len;
	t.phase = phase;
	t.out_size = next() % 3 ? rooms[next() % (sizeof(rooms) / sizeof(*rooms))] : 0;
	t.error = phase == EXTFUSE_PHASE_REPLY && !(next() % 4) ? -(int)(next() % 200) : 0;
	t.req_flags = next() % 2 ? next() & 0x61f & ~EXTFUSE_F_ENTRY : 0;
	t.req_flags &= EXTFUSE_F_BACKGROUND | EXTFUSE_F_NOCREDS | EXTFUSE_F_FRESH | EXTFUSE_F_REVAL | EXTFUSE_F_AGAIN;
	t.stamp = next() % 3;
	for (i = 0; i < __EXTFUSE_KIND_MAX; i++)
		t.fresh[i] = next() % 3 ? 0 : next() % 3;
	noise(&attr, sizeof(attr), next() % 2);
	if (next() % 2)
		t.attr = 0;
	t.attr_valid = next();
	t.child = next() % 4;
	t.child_attr = next() % 2 ? (uintptr_t)&attr : 0;
	attach.flags = next() & (EXTFUSE_ATTACH_FLAGS & ~EXTFUSE_ATTACH_HIDES_NONE);
	return t;
}

/* True: it was a request. */
static bool draw(int rules, int outs, uint32_t phase, uint32_t opcode)
{
	struct extfuse_ioc_test t;
	uint32_t room;
	int err;

	rule_draw(rules, outs, phase, opcode);
	t = request_draw(phase, opcode);
	room = t.out_size;
	noise(out, room < 512 ? room : 512, false);
	memset(out + room, 0xa5, 64);
	err = run(&t);
	CHECK(!err || err == -EINVAL || err == -EOPNOTSUPP, "opcode %u, phase %u: %d", opcode, phase, err);
	for (unsigned int i = 0; i < 64; i++)
		CHECK(out[room + i] == 0xa5, "opcode %u, phase %u: written beyond %u", opcode, phase, room);
	if (err)
		return false;
	CHECK(t.out_size <= room && t.result < __EXTFUSE_TEST_RESULT_MAX && t.why < __EXTFUSE_WHY_MAX && t.error <= 0,
	      "opcode %u, phase %u: result %u, why %u, error %d, size %u of %u", opcode, phase, t.result, t.why, t.error, t.out_size,
	      room);
	CHECK((t.why != 0) == (t.result == EXTFUSE_TEST_STALE || t.result == EXTFUSE_TEST_BAD) || t.result == EXTFUSE_TEST_REFUSED,
	      "opcode %u: result %u, why %u", opcode, t.result, t.why);
	return true;
}

static void everything(struct extfuse_ext *ext)
{
	int rules = ext_map_fd(ext, "rules"), outs = ext_map_fd(ext, "outs"), n = getenv("LONG") ? 3000 : 150, i, taken;
	uint32_t opcode, phase;

	for (opcode = 0; opcode < EXTFUSE_OPCODES + 2; opcode++) {
		for (phase = 0; phase < 2; phase++) {
			for (i = taken = 0; i < n; i++)
				taken += draw(rules, outs, phase, opcode);
			/* Easy to hit. */
			CHECK(taken || (opcode != FUSE_READLINK && opcode != FUSE_ACCESS && opcode != FUSE_UNLINK),
			      "of opcode %u, phase %u, nothing was a request", opcode, phase);
		}
	}
}

int main(void)
{
	struct extfuse_ext *ext = ext_load("tests/bpf/script");
	struct extfuse_ioc_query before, after;
	struct extfuse_ioc_attach other;
	struct conn conn;

	device = open("/dev/extfuse", O_RDWR);
	CHECK(device >= 0, "/dev/extfuse");
	progs[0] = (struct extfuse_ioc_prog){ ext_prog_fd(ext, "request_any"), EXTFUSE_OPCODE_ANY, EXTFUSE_PHASE_REQUEST, 0 };
	progs[1] = (struct extfuse_ioc_prog){ ext_prog_fd(ext, "reply_any"), EXTFUSE_OPCODE_ANY, EXTFUSE_PHASE_REPLY, 0 };
	attach = (struct extfuse_ioc_attach){
		.nprogs = 2, .progs = (uintptr_t)progs, .log = (uintptr_t)text, .log_size = sizeof(text), .name = "hostile",
		.max_attr_valid = 1000000000,
	};
	/* A mount with the very same programs. */
	conn_mount(&conn, "m");
	other = attach;
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_ATTACH, &other));
	before = conn_query(&conn);

	fields();
	pointers();
	progs[0].prog_fd = ext_prog_fd(ext, "request_any");
	sets();
	progs[0].prog_fd = ext_prog_fd(ext, "request_any");
	everything(ext);

	after = conn_query(&conn);
	CHECK(!memcmp(&before, &after, sizeof(before)), "the mount is as it was");
	conn_umount(&conn);
	/* The next connection has a clock beyond all stamps of tests. */
	conn_mount(&conn, "m");
	attach.flags = 0;
	EXPECT(0, conn_ioctl(conn.fd, EXTFUSE_IOC_ATTACH, &attach));
	CHECK(conn_query(&conn).clock >= before.clock && conn_query(&conn).clock >= EXTFUSE_TEST_STAMPS, "the clock");
	conn_umount(&conn);
	extfuse_ext__free(ext);
	return 0;
}
