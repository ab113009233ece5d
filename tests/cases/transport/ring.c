// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: requests that go over io_uring pass the hook, and the reply phase sees the daemon's reply as over the device; an argument that the ring has no room for is an error
 * needs: root extfuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

/* Of protocol 7.42; this machine's <linux/fuse.h> may be older. */
#define OVER_IO_URING		(1ULL << 41)
#define CMD_REGISTER		1
#define CMD_COMMIT_AND_FETCH	2

struct ring_head {
	char in_out[128];	/* fuse_in_header, fuse_out_header */
	char op_in[128];	/* the first input */
	struct {
		uint64_t flags, commit_id;
		uint32_t payload, padding;
		uint64_t reserved;
	} ent;
};

struct ring_cmd {
	uint64_t flags, commit_id;
	uint16_t qid;
	uint8_t padding[6];
};

#define QUEUES		64
#define PAYLOAD		(2U << 20)

/* One entry for each queue; there is a queue for each possible CPU. */
static struct entry {
	struct ring_head head;
	char *payload;
	struct iovec iov[2];
} entries[QUEUES];

static struct rawfuse *rf;
static struct script *s;
static unsigned int counts[RAW_OPCODES];

static struct {
	int fd;
	unsigned int *tail, *mask, *array, *cq_head, *cq_tail, *cq_mask;
	char *sqes;
	struct io_uring_cqe *cqes;
} ring;

static void *ring_map(size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);

	CHECK(p != MAP_FAILED, "map the ring");
	return p;
}

static void ring_open(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQE128 };
	char *sq, *cq;

	ring.fd = syscall(SYS_io_uring_setup, 2 * QUEUES, &p);
	if (ring.fd < 0)
		SKIP("this kernel lets nobody use io_uring: %s", strerror(errno));
	sq = ring_map(p.sq_off.array + p.sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	cq = ring_map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring.sqes = ring_map(p.sq_entries * 128, IORING_OFF_SQES);
	ring.tail = (void *)(sq + p.sq_off.tail);
	ring.mask = (void *)(sq + p.sq_off.ring_mask);
	ring.array = (void *)(sq + p.sq_off.array);
	ring.cq_head = (void *)(cq + p.cq_off.head);
	ring.cq_tail = (void *)(cq + p.cq_off.tail);
	ring.cq_mask = (void *)(cq + p.cq_off.ring_mask);
	ring.cqes = (void *)(cq + p.cq_off.cqes);
}

static void ring_put(unsigned int qid, uint32_t op, uint64_t commit_id)
{
	struct entry *e = &entries[qid];
	unsigned int i = *ring.tail & *ring.mask;
	struct io_uring_sqe *sqe = (void *)(ring.sqes + i * 128);
	struct ring_cmd *cmd = (void *)sqe->cmd;

	memset(sqe, 0, 128);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = raw_fd(rf);
	sqe->cmd_op = op;
	sqe->user_data = qid;
	sqe->addr = (uintptr_t)e->iov;
	sqe->len = 2;
	cmd->qid = qid;
	cmd->commit_id = commit_id;
	ring.array[i] = i;
	__atomic_store_n(ring.tail, *ring.tail + 1, __ATOMIC_RELEASE);
	CHECK(syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) == 1, "submit");
}

/* The answer to a request: its length, or an error. */
static int answer(const struct fuse_in_header *in, struct entry *e)
{
	struct raw_node *node = raw_node(rf, in->nodeid);
	char path[64];

	switch (in->opcode) {
	case FUSE_LOOKUP:
		snprintf(path, sizeof(path), "/%s", e->payload);
		node = raw_get(rf, path);
		if (!node)
			return -ENOENT;
		raw_lock(rf);
		node->nlookup++;
		raw_unlock(rf);
		raw_fill_entry(rf, node, (void *)e->payload);
		return sizeof(struct fuse_entry_out);
	case FUSE_GETATTR:
		raw_fill_attr(rf, node, (void *)e->payload);
		return sizeof(struct fuse_attr_out);
	case FUSE_OPEN:
		memset(e->payload, 0, sizeof(struct fuse_open_out));
		return sizeof(struct fuse_open_out);
	case FUSE_READ:
		memcpy(e->payload, node->data, node->attr.size);
		return node->attr.size;
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		return 0;
	default:
		return -ENOSYS;
	}
}

static void serve(unsigned int qid)
{
	struct entry *e = &entries[qid];
	struct fuse_in_header in;
	struct fuse_out_header out;
	int ret;

	memcpy(&in, e->head.in_out, sizeof(in));
	if (in.opcode < RAW_OPCODES)
		__atomic_add_fetch(&counts[in.opcode], 1, __ATOMIC_RELAXED);
	ret = answer(&in, e);
	out = (struct fuse_out_header) { .unique = in.unique, .error = ret < 0 ? ret : 0 };
	e->head.ent.payload = ret < 0 ? 0 : ret;
	out.len = sizeof(out) + e->head.ent.payload;
	memcpy(e->head.in_out, &out, sizeof(out));
	ring_put(qid, CMD_COMMIT_AND_FETCH, e->head.ent.commit_id);
}

/* The ring's own task: what it registered is called back in its context. */
static void *ring_thread(void *arg)
{
	unsigned int qid, n = *(unsigned int *)arg, head;
	struct io_uring_cqe *cqe;

	for (qid = 0; qid < n; qid++) {
		entries[qid].payload = calloc(1, PAYLOAD);
		entries[qid].iov[0] = (struct iovec) { &entries[qid].head, sizeof(struct ring_head) };
		entries[qid].iov[1] = (struct iovec) { entries[qid].payload, PAYLOAD };
		ring_put(qid, CMD_REGISTER, 0);
	}
	for (;;) {
		syscall(SYS_io_uring_enter, ring.fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
		head = *ring.cq_head;
		if (head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE))
			continue;
		cqe = &ring.cqes[head & *ring.cq_mask];
		qid = cqe->user_data;
		/* The connection is gone. */
		if (cqe->res < 0) {
			CHECK(cqe->res == -ENOTCONN || cqe->res == -ECANCELED || cqe->res == -ECONNABORTED,
			      "a ring entry ends with %d", cqe->res);
			return NULL;
		}
		__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
		serve(qid);
	}
}

static unsigned int possible_cpus(void)
{
	unsigned int first = 0, last = 0;
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");

	CHECK(f && fscanf(f, "%u-%u", &first, &last) >= 1, "possible CPUs");
	fclose(f);
	CHECK(last < QUEUES, "more CPUs than this test has queues");
	return last + 1;
}

static void parameter_set(const char *value)
{
	int fd = open("/sys/module/extfuse/parameters/enable_uring", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		SKIP("this kernel's fuse does not know io_uring");
	CHECK(write(fd, value, 1) == 1, "enable_uring=%s", value);
	close(fd);
}

static void disable(void)
{
	parameter_set("N");
}

/* The daemon may use it only where the module's parameter says so. */
static void enable(void)
{
	parameter_set("Y");
	atexit(disable);
}

static void requests(void)
{
	const struct script_event *e;
	struct stat st;
	char buf[64];
	int fd;

	script_record(s, true);
	raw_reset(rf);
	CHECK(!stat("mnt/a", &st) && st.st_size == 4, "stat");
	CHECK(access("mnt/none", F_OK) && errno == ENOENT, "a name that is not there");
	fd = open("mnt/a", O_RDONLY);
	CHECK(fd >= 0 && read(fd, buf, sizeof(buf)) == 4 && !memcmp(buf, "text", 4), "read");
	close(fd);
	script_record(s, false);

	CHECK(counts[FUSE_LOOKUP] && counts[FUSE_READ] && counts[FUSE_OPEN], "requests must come by the ring");
	CHECK(!raw_count(rf, FUSE_LOOKUP) && !raw_count(rf, FUSE_READ), "and none by the device");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP);
	CHECK(e->num_in == 1 && !e->in_result[0], "a LOOKUP has one input, its name");
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_OPEN);
	CHECK(!e->out_result[0], "the reply phase sees OPEN's output: %d", e->out_result[0]);
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_READ);
	CHECK(e->req.flags & EXTFUSE_F_BACKGROUND && e->req.pid == (uint32_t)getpid(), "a readahead has a caller");
	CHECK(!e->out_result[0] && !memcmp(e->out[0], "text", 4), "and the daemon's bytes");
}

static void verdicts(void)
{
	unsigned int before = counts[FUSE_LOOKUP];

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	CHECK(access("mnt/other", F_OK) && errno == EPERM, "refused");
	CHECK(counts[FUSE_LOOKUP] == before, "the daemon is not asked");
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &(struct script_rule){ .verdict = EXTFUSE_UPCALL }, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &(struct script_rule){ .verdict = -EXDEV }, NULL, 0);
	CHECK(access("mnt/other", F_OK) && errno == EXDEV, "an error of the daemon's replaced by the reply phase");
	CHECK(counts[FUSE_LOOKUP] == before + 1, "the daemon is asked");
}

/* A queue's payload is as large as a WRITE, at least 8 KiB; a value may be larger. */
static void too_large(void)
{
	static char value[65536];

	CHECK(setxattr("mnt/a", "user.large", value, sizeof(value), 0), "a value of 64 KiB in a payload of 8");
	/* Where it has room the daemon says that it knows no such request. */
	CHECK(errno == EIO || errno == E2BIG || (errno == EOPNOTSUPP && counts[FUSE_SETXATTR]),
	      "the error of a value that has no room: %s, %u came", strerror(errno), counts[FUSE_SETXATTR]);
	CHECK(access("mnt/none", F_OK) && errno == ENOENT, "the ring goes on");
}

int main(void)
{
	unsigned int queues = possible_cpus();
	struct raw_opts opts = { .flags = OVER_IO_URING, .max_write = 4096 };
	pthread_t thread;

	enable();
	ring_open();
	rf = raw_start(&opts);
	CHECK(raw_init_flags(rf) & OVER_IO_URING, "the kernel must agree to io_uring");
	raw_file(rf, "/a", "text", 4);
	CHECK(!pthread_create(&thread, NULL, ring_thread, &queues), "a thread");
	/* Its queues are there when requests no longer come by the device. */
	CHECK(raw_until(10, (access("mnt/ready", F_OK), counts[FUSE_LOOKUP])), "the ring must take over");
	too_large();
	s = script_attach(rf, "script", NULL);
	requests();
	verdicts();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	pthread_join(thread, NULL);
	return 0;
}
