// SPDX-License-Identifier: GPL-2.0-only
/* ioctls of /dev/extfuse with arguments of any kind. */
#include <fcntl.h>
#include <linux/extfuse.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

/* A page, and behind it none. */
static char *edge(void)
{
	static char *page;

	if (page)
		return page;
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(page + 4096, 4096, PROT_NONE);
	return page;
}

static uint64_t draw_pointer(struct rng *r)
{
	static const uint64_t some[] = { 0, 1, 0xffff888000000000, 0xffffffff81000000, 0x7ffffffff000, 0x800000000000, ~0ULL };

	return rng_one_in(r, 2) ? (uintptr_t)edge() + rng_below(r, 4097) : RNG_PICK(r, some);
}

static uint32_t draw_conn(struct rng *r)
{
	return rng_one_in(r, 4) ? rng_odd(r) : rng_one_in(r, 3) ? 0 : fuzz->conn;
}

static void draw_progs(struct rng *r, struct extfuse_ioc_attach *a)
{
	static struct extfuse_ioc_prog progs[EXTFUSE_PROGS_MAX + 2];
	unsigned int i;

	memset(progs, 0, sizeof(progs));
	for (i = 0; i < EXTFUSE_PROGS_MAX; i++) {
		progs[i] = (struct extfuse_ioc_prog){ .prog_fd = programs_fd(r), .opcode = rng_one_in(r, 4) ? rng_odd(r) : i / 2, .phase = i % 2 };
		if (rng_one_in(r, 40))
			progs[i].phase = rng_odd(r);
	}
	a->progs = rng_one_in(r, 6) ? draw_pointer(r) : (uintptr_t)progs;
}

static void attach(struct rng *r, int fd)
{
	static char log[4096];
	struct extfuse_ioc_attach a = {
		.conn = draw_conn(r), .flags = rng_one_in(r, 6) ? rng_odd(r) : rng_below(r, 512),
		.nprogs = rng_one_in(r, 6) ? rng_odd(r) : 1 + rng_below(r, 8), .log_size = rng_one_in(r, 3) ? rng_odd(r) : sizeof(log),
		.log = rng_one_in(r, 3) ? draw_pointer(r) : (uintptr_t)log,
		.max_attr_valid = rng_odd(r), .max_entry_valid = rng_odd(r), .name = "fuzz",
		.close_valid = rng_one_in(r, 4) ? rng_odd(r) : rng_below(r, 4) * 1000000000ULL,
		.max_kept = rng_one_in(r, 4) ? rng_odd(r) : rng_below(r, 8),
	};

	/* More than there is room for is not written there. */
	if (a.log == (uintptr_t)log && a.log_size > sizeof(log))
		a.log_size = sizeof(log);
	draw_progs(r, &a);
	if (rng_one_in(r, 8))
		rng_fill(r, a.name, sizeof(a.name));
	ioctl(fd, rng_one_in(r, 2) ? EXTFUSE_IOC_ATTACH : EXTFUSE_IOC_REPLACE, &a);
}

static void stats(struct rng *r, int fd)
{
	static char room[65536];
	struct extfuse_ioc_stats s = { .conn = draw_conn(r), .count = rng_odd(r), .op_size = rng_odd(r), .ops = draw_pointer(r) };

	if (rng_one_in(r, 2)) {
		s.count = rng_below(r, 100);
		s.op_size = rng_below(r, 600);
		s.ops = (uintptr_t)room;
	}
	ioctl(fd, EXTFUSE_IOC_STATS, &s);
}

static void list(struct rng *r, int fd)
{
	struct extfuse_ioc_backing_list l = { .conn = draw_conn(r), .count = rng_odd(r), .infos = draw_pointer(r) };

	ioctl(fd, EXTFUSE_IOC_BACKING_LIST, &l);
}

static void object(struct rng *r, int fd)
{
	static const unsigned int cmds[] = { EXTFUSE_IOC_BACKING_ADD, EXTFUSE_IOC_BACKING_DROP, EXTFUSE_IOC_BACKING_OPEN };
	unsigned int cmd = RNG_PICK(r, cmds);
	struct extfuse_ioc_backing b = { .conn = draw_conn(r), .nodeid = rng_odd(r), .generation = rng_below(r, 2),
					 .flags = rng_one_in(r, 4) ? rng_odd(r) : 0 };

	b.fd = objects_fd(r);
	if (rng_one_in(r, 3))
		b.nodeid = EXTFUSE_NODE_KERNEL | rng_below(r, 64);
	if (b.fd >= 0 && cmd != EXTFUSE_IOC_BACKING_ADD) {
		close(b.fd);
		b.fd = 0;
	}
	if (!ioctl(fd, cmd, &b) || cmd == EXTFUSE_IOC_BACKING_ADD)
		close(b.fd);
}

/* Any size, number and direction; those of fuse are among them. */
static void anything(struct rng *r, int fd)
{
	static const unsigned char magics[] = { EXTFUSE_IOC_MAGIC, EXTFUSE_IOC_MAGIC, 229, 0 };
	static const unsigned short sizes[] = { 0, 1, 4, 8, 16, 24, 32, 40, 48, 64, 96, 128, 136, 144, 256, 4096, 16383 };
	unsigned int cmd = _IOC(rng_below(r, 4), RNG_PICK(r, magics), rng_below(r, 13), RNG_PICK(r, sizes));

	rng_fill(r, edge(), 4096);
	if (rng_one_in(r, 2))
		*(uint32_t *)edge() = draw_conn(r);
	ioctl(fd, cmd, draw_pointer(r));
}

void ioctl_step(struct rng *r, int fd)
{
	fuzz_count(ioctls);
	switch (rng_below(r, 6)) {
	case 0:
		attach(r, fd);
		break;
	case 1:
		stats(r, fd);
		break;
	case 2:
		list(r, fd);
		break;
	case 3:
		object(r, fd);
		break;
	default:
		anything(r, fd);
	}
}
