// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies that are drawn. The generator of one is made of the opcode and of how many of that came before, so that the
 * order in which threads serve changes little.
 */
#include <linux/fuse.h>
#include <signal.h>
#include <unistd.h>

#include "daemon.h"
#include "rawnew.h"

#define ROOM		(256 * 1024)
#define FILE_MAX	(1 << 20)	/* of the daemon's tree, which is in memory */

/* A header that says what is not so, or more or less than it says behind it. */
static void send_raw(struct rng *r, const struct raw_req *req, int error, const void *out, size_t len)
{
	struct fuse_out_header header = { .error = error, .unique = req->in->unique };
	struct iovec iov[2] = { { &header, sizeof(header) }, { (void *)out, len } };

	header.len = sizeof(header) + len;
	switch (rng_below(r, 24)) {
	case 0:
		header.len = rng_odd(r);
		break;
	case 1:
		header.unique = rng_odd(r);
		break;
	case 2:
		header.unique |= 1;	/* as of an INTERRUPT */
		break;
	case 3:
		iov[0].iov_len = rng_below(r, sizeof(header));
		break;
	}
	if (writev(rf->fd, iov, len ? 2 : 1) < 0)
		errno = 0;
}

static size_t draw_open(struct rng *r, struct raw_open_out *out)
{
	out->fh = rng_odd(r);
	out->open_flags = rng_one_in(r, 2) ? rng_below(r, 512) : rng_below(r, 8);
	out->backing_id = rng_one_in(r, 2) ? (int)rng_below(r, 8) : (int)rng_odd(r);
	return sizeof(*out);
}

static size_t draw_attr_out(struct rng *r, const struct raw_req *req, struct fuse_attr_out *out)
{
	struct raw_node *node;

	memset(out, 0, sizeof(*out));
	raw_lock(rf);
	node = tree_node(rf, req->in->nodeid);
	if (node)
		raw_fill_attr(rf, node, out);
	raw_unlock(rf);
	draw_attr(r, &out->attr);
	if (rng_one_in(r, 3))
		out->attr_valid = rng_odd(r);
	return sizeof(*out);
}

static size_t draw_ioctl(struct rng *r, char *out)
{
	struct fuse_ioctl_out head = { .result = rng_odd(r), .flags = rng_below(r, 8), .in_iovs = rng_below(r, 4), .out_iovs = rng_below(r, 4) };
	struct fuse_ioctl_iovec iov;
	size_t len = sizeof(head);
	unsigned int i;

	memcpy(out, &head, sizeof(head));
	for (i = 0; i < head.in_iovs + head.out_iovs; i++, len += sizeof(iov)) {
		iov.base = rng_odd(r);
		iov.len = rng_odd(r);
		memcpy(out + len, &iov, sizeof(iov));
	}
	return len;
}

/* What an answer to this opcode might look like. */
static size_t draw_body(struct rng *r, const struct raw_req *req, char *out)
{
	size_t len;

	switch (req->in->opcode) {
	case FUSE_LOOKUP:
	case FUSE_MKDIR:
	case FUSE_MKNOD:
	case FUSE_SYMLINK:
	case FUSE_LINK:
		draw_entry(r, (void *)out);
		return sizeof(struct fuse_entry_out);
	case FUSE_CREATE:
	case FUSE_TMPFILE:
		draw_entry(r, (void *)out);
		return sizeof(struct fuse_entry_out) + draw_open(r, (void *)(out + sizeof(struct fuse_entry_out)));
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		return draw_attr_out(r, req, (void *)out);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return draw_open(r, (void *)out);
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
		return dirents_draw(r, req->in->opcode == FUSE_READDIRPLUS, out, 8192);
	case FUSE_IOCTL:
		return draw_ioctl(r, out);
	case FUSE_READ:
	case FUSE_READLINK:
	case FUSE_GETXATTR:
	case FUSE_LISTXATTR:
		len = rng_one_in(r, 3) ? rng_below(r, ROOM) : rng_below(r, 5000);
		rng_fill(r, out, len);
		return len;
	case RAW_STATX:
		len = sizeof(struct raw_statx_out);
		break;
	default:
		len = rng_below(r, 128);
	}
	rng_fill(r, out, len);
	return len;
}

static void send_drawn(struct rng *r, const struct raw_req *req)
{
	char *out = malloc(ROOM + 4096);
	unsigned int times = rng_one_in(r, 12) ? 2 : 1;
	size_t len;

	if (rng_one_in(r, 4)) {
		send_raw(r, req, draw_error(r), out, rng_one_in(r, 6) ? rng_below(r, 64) : 0);
		free(out);
		return;
	}
	len = draw_body(r, req, out);
	if (rng_one_in(r, 8))
		len = rng_one_in(r, 2) ? rng_below(r, len + 1) : len + rng_below(r, 4000);
	while (times--)
		send_raw(r, req, 0, out, len);
	free(out);
}

/* A name that is longer than the daemon's tree has room for. */
static bool long_name(const struct raw_req *req)
{
	const char *at = req->arg;
	size_t i, run = 0;

	for (i = 0; i < req->arglen && run < 250; i++)
		run = at[i] ? run + 1 : 0;
	return run >= 250;
}

/* What the daemon for tests has no room for, or takes for the end of the case. */
int reply_too_much(const struct raw_req *req)
{
	const uint64_t *words = req->arg;
	struct raw_node *node;
	unsigned int i;

	raw_lock(rf);
	node = tree_node(rf, req->in->nodeid);
	raw_unlock(rf);
	if (!node || !req->in->nodeid)
		return -ESTALE;
	switch (req->in->opcode) {
	case FUSE_SETATTR:
	case FUSE_WRITE:
	case FUSE_FALLOCATE:
	case FUSE_COPY_FILE_RANGE:
		/* Sizes and offsets are among the words of each; so are handles, which are small here. */
		for (i = 0; i < (req->in->opcode == FUSE_SETATTR ? 3 : 6) && (i + 1) * 8 <= req->arglen; i++) {
			if (req->in->opcode == FUSE_SETATTR && i != 2)
				continue;
			if (req->in->opcode == FUSE_WRITE && i != 1)
				continue;
			if (words[i] > FILE_MAX)
				return -EFBIG;
		}
		return 0;
	case FUSE_LINK:
	case FUSE_RENAME:
	case FUSE_RENAME2:
		/* The other node that they name comes first. */
		if (!words[0] || !raw_node(rf, words[0]))
			return -ESTALE;
		return long_name(req) ? -ENAMETOOLONG : 0;
	case FUSE_MKNOD:
	case FUSE_MKDIR:
	case FUSE_SYMLINK:
	case FUSE_CREATE:
		return long_name(req) ? -ENAMETOOLONG : 0;
	case FUSE_NOTIFY_REPLY:
		return RAW_DONE + 2;
	}
	return 0;
}

int reply_serve(struct raw_req *req)
{
	static uint64_t counts[RAW_OPCODES];
	uint64_t n = __atomic_add_fetch(&counts[req->in->opcode], 1, __ATOMIC_RELAXED);
	struct rng r = rng_of(config.seed, ROLE_REPLY, (uint64_t)req->in->opcode << 32 | n);
	int error;

	fuzz_count(replies);
	if (has_part(PART_NOTIFY) && rng_one_in(&r, 40))
		notify_draw(&r);
	if (has_part(PART_OBJECTS) && rng_one_in(&r, 10))
		objects_step(&r, req->in->nodeid);
	if (config.late && rng_one_in(&r, config.late)) {
		late_keep(req);
		return RAW_DONE;
	}
	if (config.never && rng_one_in(&r, 1000))
		return RAW_DONE;
	if (has_part(PART_DEATH) && rng_one_in(&r, 20000))
		kill(getpid(), SIGKILL);
	if (config.evil && rng_one_in(&r, config.evil)) {
		fuzz_count(evil);
		send_drawn(&r, req);
		return RAW_DONE;
	}
	error = reply_too_much(req);
	if (error < 0)
		return error;
	return error ? RAW_DONE : RAW_DEFAULT;
}
