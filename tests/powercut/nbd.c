// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of the NBD protocol that QEMU's client needs: the fixed newstyle handshake with the options GO and
 * EXPORT_NAME, then reads, writes and flushes with simple replies. No trim, no FUA: QEMU makes a flush of it.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"

#define MAGIC_SERVER	0x4e42444d41474943ULL	/* NBDMAGIC */
#define MAGIC_OPTION	0x49484156454f5054ULL	/* IHAVEOPT */
#define MAGIC_REPLY	0x0003e889045565a9ULL
#define MAGIC_REQUEST	0x25609513U
#define MAGIC_ANSWER	0x67446698U

#define SERVER_FLAGS	3	/* fixed newstyle; no zeroes */
#define EXPORT_FLAGS	5	/* there are flags; flush is known */

enum { OPT_EXPORT_NAME = 1, OPT_ABORT = 2, OPT_GO = 7 };
enum { REP_ACK = 1, REP_INFO = 3 };
#define REP_UNKNOWN	0x80000001U
enum { CMD_READ, CMD_WRITE, CMD_DISCONNECT, CMD_FLUSH };

struct option {
	uint64_t magic;
	uint32_t option, len;
} __attribute__((packed));

struct option_reply {
	uint64_t magic;
	uint32_t option, type, len;
} __attribute__((packed));

struct export_info {
	uint64_t size;
	uint16_t flags;
} __attribute__((packed));

struct request {
	uint32_t magic;
	uint16_t flags, type;
	uint64_t handle, at;
	uint32_t len;
} __attribute__((packed));

struct answer {
	uint32_t magic, error;
	uint64_t handle;
} __attribute__((packed));

static bool get(int fd, void *buf, size_t len)
{
	ssize_t n;

	for (; len; len -= n, buf = (char *)buf + n) {
		n = read(fd, buf, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

static bool put(int fd, const void *buf, size_t len)
{
	ssize_t n;

	for (; len; len -= n, buf = (const char *)buf + n) {
		n = write(fd, buf, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

static bool option_reply(int fd, uint32_t option, uint32_t type, const void *data, uint32_t len)
{
	struct option_reply r = { htobe64(MAGIC_REPLY), htobe32(option), htobe32(type), htobe32(len) };

	return put(fd, &r, sizeof(r)) && put(fd, data, len);
}

static struct disk *find(struct disk *disks, int num, const char *name, size_t len)
{
	int i;

	for (i = 0; i < num; i++)
		if (strlen(disks[i].name) == len && !memcmp(disks[i].name, name, len))
			return &disks[i];
	return NULL;
}

static bool tell_export(int fd, const struct disk *d)
{
	struct {
		uint16_t type;
		struct export_info export;
	} __attribute__((packed)) info = { 0, { htobe64(d->size), htobe16(EXPORT_FLAGS) } };

	return option_reply(fd, OPT_GO, REP_INFO, &info, sizeof(info)) && option_reply(fd, OPT_GO, REP_ACK, "", 0);
}

/* The data of GO begins with the length of the name. */
static struct disk *chosen(int fd, uint32_t option, const char *data, uint32_t len, struct disk *disks, int num)
{
	struct export_info export;
	struct disk *d;
	uint32_t n;

	if (option == OPT_EXPORT_NAME) {
		d = find(disks, num, data, len);
		if (!d)
			return NULL;
		export = (struct export_info){ htobe64(d->size), htobe16(EXPORT_FLAGS) };
		return put(fd, &export, sizeof(export)) ? d : NULL;
	}
	if (len < sizeof(n))
		return NULL;
	memcpy(&n, data, sizeof(n));
	n = be32toh(n);
	d = n <= len - sizeof(n) ? find(disks, num, data + sizeof(n), n) : NULL;
	return d && tell_export(fd, d) ? d : NULL;
}

struct disk *nbd_greet(int fd, struct disk *disks, int num)
{
	struct {
		uint64_t magic, option;
		uint16_t flags;
	} __attribute__((packed)) hello = { htobe64(MAGIC_SERVER), htobe64(MAGIC_OPTION), htobe16(SERVER_FLAGS) };
	struct option o;
	char data[4096];
	uint32_t flags, len, option;

	if (!put(fd, &hello, sizeof(hello)) || !get(fd, &flags, sizeof(flags)))
		return NULL;
	while (get(fd, &o, sizeof(o)) && be64toh(o.magic) == MAGIC_OPTION) {
		option = be32toh(o.option);
		len = be32toh(o.len);
		if (len > sizeof(data) || !get(fd, data, len))
			break;
		if (option == OPT_EXPORT_NAME || option == OPT_GO)
			return chosen(fd, option, data, len, disks, num);
		if (!option_reply(fd, option, option == OPT_ABORT ? REP_ACK : REP_UNKNOWN, "", 0) || option == OPT_ABORT)
			break;
	}
	return NULL;
}

enum nbd_did nbd_serve(int fd, struct disk *d)
{
	struct request r;
	struct answer a = { .magic = htobe32(MAGIC_ANSWER) };
	uint32_t len, type;
	uint64_t at;
	int err = 0;

	if (!get(fd, &r, sizeof(r)) || be32toh(r.magic) != MAGIC_REQUEST)
		return NBD_END;
	len = be32toh(r.len);
	at = be64toh(r.at);
	type = be16toh(r.type);
	if (type == CMD_DISCONNECT || type > CMD_FLUSH || (type != CMD_FLUSH && (at > d->size || len > d->size - at)))
		return NBD_END;
	if (type == CMD_WRITE) {
		if (!get(fd, d->now + at, len))
			return NBD_END;
		err = disk_write(d, at, len);
	} else if (type == CMD_FLUSH) {
		err = disk_flush(d);
	}
	a.handle = r.handle;
	a.error = htobe32(-err);
	if (!put(fd, &a, sizeof(a)) || (type == CMD_READ && !put(fd, d->now + at, len)))
		return NBD_END;
	return type == CMD_READ ? NBD_OTHER : NBD_WROTE;
}
