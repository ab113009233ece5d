// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: programs see the arguments of every opcode as the table below says, byte for byte what the daemon gets
 * needs: root extfuse loop build:tests/bpf/script.bpf.o
 * timeout: 90
 *
 * The table is protocol 7.31's: numbers of inputs and outputs, and their sizes. The bytes are compared with the
 * daemon's own, one request after another. BMAP needs a mount of a block device. SYNCFS is not provoked: old kernels send
 * it only where virtiofs asked for it, which the fork leaves out, younger ones to the daemon of a block device as well.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

#define NAME	0xffff		/* a name, with its NUL */
#define DATA	0xfffe		/* as many bytes as the caller said */
#define EMPTY	0xfffd		/* a poll and the like: anything */
#define IN(t)	sizeof(struct fuse_##t##_in)
#define OUT(t)	sizeof(struct fuse_##t##_out)

static const struct row {
	uint32_t num_in, in[3], num_out, out[2];
	bool changes;
} table[RAW_OPCODES] = {
	[FUSE_LOOKUP]		= { 1, { NAME }, 1, { OUT(entry) }, false },
	[FUSE_GETATTR]		= { 1, { IN(getattr) }, 1, { OUT(attr) }, false },
	[FUSE_SETATTR]		= { 1, { IN(setattr) }, 1, { OUT(attr) }, true },
	[FUSE_READLINK]		= { 0, {}, 1, { 4095 }, false },
	[FUSE_SYMLINK]		= { 2, { NAME, NAME }, 1, { OUT(entry) }, true },
	[FUSE_MKNOD]		= { 2, { IN(mknod), NAME }, 1, { OUT(entry) }, true },
	[FUSE_MKDIR]		= { 2, { IN(mkdir), NAME }, 1, { OUT(entry) }, true },
	[FUSE_UNLINK]		= { 1, { NAME }, 0, {}, true },
	[FUSE_RMDIR]		= { 1, { NAME }, 0, {}, true },
	[FUSE_RENAME]		= { 3, { IN(rename), NAME, NAME }, 0, {}, true },
	[FUSE_RENAME2]		= { 3, { IN(rename2), NAME, NAME }, 0, {}, true },
	[FUSE_LINK]		= { 2, { IN(link), NAME }, 1, { OUT(entry) }, true },
	[FUSE_OPEN]		= { 1, { IN(open) }, 1, { OUT(open) }, true },
	[FUSE_READ]		= { 1, { IN(read) }, 1, { DATA }, false },
	[FUSE_WRITE]		= { 2, { IN(write), DATA }, 1, { OUT(write) }, true },
	[FUSE_STATFS]		= { 0, {}, 1, { OUT(statfs) }, false },
	[FUSE_RELEASE]		= { 1, { IN(release) }, 0, {}, true },
	[FUSE_FSYNC]		= { 1, { IN(fsync) }, 0, {}, true },
	[FUSE_SETXATTR]		= { 3, { FUSE_COMPAT_SETXATTR_IN_SIZE, NAME, DATA }, 0, {}, true },
	[FUSE_GETXATTR]		= { 2, { IN(getxattr), NAME }, 1, { DATA }, false },
	[FUSE_LISTXATTR]	= { 1, { IN(getxattr) }, 1, { DATA }, false },
	[FUSE_REMOVEXATTR]	= { 1, { NAME }, 0, {}, true },
	[FUSE_FLUSH]		= { 1, { IN(flush) }, 0, {}, true },
	[FUSE_OPENDIR]		= { 1, { IN(open) }, 1, { OUT(open) }, false },
	[FUSE_READDIR]		= { 1, { IN(read) }, 1, { DATA }, false },
	[FUSE_READDIRPLUS]	= { 1, { IN(read) }, 1, { DATA }, false },
	[FUSE_RELEASEDIR]	= { 1, { IN(release) }, 0, {}, false },
	[FUSE_FSYNCDIR]		= { 1, { IN(fsync) }, 0, {}, false },
	[FUSE_GETLK]		= { 1, { IN(lk) }, 1, { OUT(lk) }, false },
	[FUSE_SETLK]		= { 1, { IN(lk) }, 0, {}, false },
	[FUSE_SETLKW]		= { 1, { IN(lk) }, 0, {}, false },
	[FUSE_ACCESS]		= { 1, { IN(access) }, 0, {}, false },
	[FUSE_CREATE]		= { 2, { IN(create), NAME }, 2, { OUT(entry), OUT(open) }, true },
	[FUSE_TMPFILE]		= { 2, { IN(create), NAME }, 2, { OUT(entry), OUT(open) }, true },
	[FUSE_BMAP]		= { 1, { IN(bmap) }, 1, { OUT(bmap) }, false },
	[FUSE_IOCTL]		= { 2, { IN(ioctl), DATA }, 2, { OUT(ioctl), DATA }, true },
	[FUSE_POLL]		= { 1, { IN(poll) }, 1, { OUT(poll) }, false },
	[FUSE_FALLOCATE]	= { 1, { IN(fallocate) }, 0, {}, true },
	[FUSE_LSEEK]		= { 1, { IN(lseek) }, 1, { OUT(lseek) }, false },
	[FUSE_COPY_FILE_RANGE]	= { 1, { IN(copy_file_range) }, 1, { OUT(write) }, true },
	[FUSE_SYNCFS]		= { 1, { IN(syncfs) }, 0, {}, false },
	/* STATX and COPY_FILE_RANGE_64, younger than this machine's <linux/fuse.h> may be. */
	[52]			= { 1, { 24 }, 1, { 288 }, false },
	[53]			= { 1, { IN(copy_file_range) }, 1, { 8 }, true },
};

/* What the daemon got, in the order of its coming. */
static struct wire {
	struct fuse_in_header head;
	size_t len;
	unsigned char arg[2048];
	bool matched;
} wire[1024];
static unsigned int nwire;

static int keep(struct raw_req *req)
{
	unsigned int i;

	raw_lock(req->rf);
	i = nwire++;
	CHECK(i < sizeof(wire) / sizeof(*wire), "room for what the daemon gets");
	wire[i].head = *req->in;
	wire[i].len = req->arglen;
	memcpy(wire[i].arg, req->arg, req->arglen < sizeof(wire[i].arg) ? req->arglen : sizeof(wire[i].arg));
	raw_unlock(req->rf);
	return RAW_DEFAULT;
}

/* The oldest of that opcode and node that no event has had yet. */
static struct wire *match(const struct extfuse_req *req)
{
	unsigned int i;

	for (i = 0; i < nwire; i++) {
		if (!wire[i].matched && wire[i].head.opcode == req->opcode && wire[i].head.nodeid == req->nodeid) {
			wire[i].matched = true;
			return &wire[i];
		}
	}
	return NULL;
}

static void check_in(const struct script_event *e, const struct row *row, const struct wire *w, const char *op)
{
	size_t at = 0;
	uint32_t i;

	CHECK(e->num_in == row->num_in && e->req.num_in == row->num_in, "%s: %u inputs, not %u", op, row->num_in, e->num_in);
	for (i = 0; i < 3; i++) {
		if (i >= row->num_in) {
			CHECK(e->size_result[i] == -EINVAL && e->in_result[i] == -EINVAL, "%s: there is no input %u", op, i);
			continue;
		}
		CHECK(!e->size_result[i] && e->size[i] == e->req.in_size[i], "%s: size of input %u", op, i);
		CHECK(!e->in_result[i], "%s: input %u gave %d", op, i, e->in_result[i]);
		if (row->in[i] == NAME)
			CHECK(strnlen((char *)e->in[i], e->size[i]) + 1 == e->size[i], "%s: input %u is a name with its NUL", op, i);
		else if (row->in[i] != DATA)
			CHECK(e->size[i] == row->in[i], "%s: input %u has %u bytes, not %u", op, i, row->in[i], e->size[i]);
		CHECK(at + e->size[i] <= w->len, "%s: the daemon gets %zu bytes, too few for input %u", op, w->len, i);
		CHECK(!memcmp(e->in[i], w->arg + at, e->size[i]), "%s: input %u must be what the daemon gets", op, i);
		at += e->size[i];
	}
	CHECK(at == w->len, "%s: inputs must be all that the daemon gets: %zu, not %zu", op, at, w->len);
}

static void check_out(const struct script_event *e, const struct row *row, const char *op)
{
	uint32_t i;

	CHECK(e->num_out == row->num_out && e->req.num_out == row->num_out, "%s: %u outputs, not %u", op, row->num_out,
	      e->num_out);
	for (i = 0; i < 2; i++) {
		if (i >= row->num_out)
			CHECK(e->out_result[i] == -EINVAL && !e->req.out_size[i], "%s: there is no output %u", op, i);
		else if (row->out[i] != DATA)
			CHECK(e->req.out_size[i] == row->out[i], "%s: output %u has %u bytes, not %u", op, i, row->out[i],
			      e->req.out_size[i]);
	}
	/* How much of a directory is asked for at once differs between kernels. */
	if (e->req.opcode == FUSE_READ || e->req.opcode == FUSE_READDIR || e->req.opcode == FUSE_READDIRPLUS) {
		const struct fuse_read_in *in = (const void *)e->in[0];

		CHECK(e->req.out_size[0] == in->size, "%s: room for %u bytes, asked for %u", op, e->req.out_size[0], in->size);
	}
	for (i = 0; i < row->num_out; i++)
		CHECK(e->out_result[i] == -ENODATA, "%s: output %u is not written yet", op, i);
}

static void check_event(const struct script_event *e)
{
	const char *op = raw_opname(e->req.opcode);
	const struct row *row = &table[e->req.opcode];
	struct wire *w;

	CHECK(row->num_in || row->num_out, "%s (%u) must not be given to programs", op, e->req.opcode);
	w = match(&e->req);
	CHECK(w, "%s for node %llu must have come to the daemon", op, (long long)e->req.nodeid);
	CHECK(e->opcode == e->req.opcode && e->nodeid == e->req.nodeid, "%s: OPCODE and NODEID", op);
	CHECK(e->req.version == EXTFUSE_ABI_VERSION && !e->req.error && !e->req.reserved, "%s: the context", op);
	CHECK(!(e->req.flags & EXTFUSE_F_CHANGES) == !row->changes, "%s: CHANGES must be %d", op, row->changes);
	if (!(e->req.flags & EXTFUSE_F_NOCREDS))
		CHECK(e->req.uid == w->head.uid && e->req.gid == w->head.gid && e->req.pid == w->head.pid,
		      "%s: who asks must be as the daemon sees it: %u %u %u", op, e->req.uid, e->req.gid, e->req.pid);
	else
		CHECK(!e->req.uid && !e->req.gid && !e->req.pid && !e->req.who, "%s: without credentials", op);
	check_in(e, row, w, op);
	check_out(e, row, op);
	CHECK(e->ext_result == -EINVAL, "%s: there is no extension", op);
}

static void list(void)
{
	DIR *dir = opendir("mnt");

	CHECK(dir, "the root must open");
	while (readdir(dir))
		;
	CHECK(!fsync(dirfd(dir)), "fsync of a directory");
	closedir(dir);
}

static void files(void)
{
	struct flock lk = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 5 };
	char buf[100] = "hundred bytes";
	struct pollfd p = { .events = POLLIN };
	int fd = open("mnt/new", O_CREAT | O_RDWR, 0640), fd2;

	CHECK(fd >= 0 && pwrite(fd, buf, 100, 7) == 100, "CREATE, WRITE");
	CHECK(!fcntl(fd, F_SETLK, &lk) && !fcntl(fd, F_SETLKW, &lk) && !fcntl(fd, F_GETLK, &lk), "locks");
	CHECK(!fallocate(fd, FALLOC_FL_KEEP_SIZE, 10, 500) && !fsync(fd) && !fdatasync(fd), "FALLOCATE, FSYNC");
	CHECK(lseek(fd, 3, SEEK_DATA) == 3, "LSEEK");
	p.fd = fd;
	CHECK(poll(&p, 1, 0) == 1, "POLL");
	CHECK(!ioctl(fd, _IOWR('x', 2, buf), buf), "IOCTL");
	CHECK(!ftruncate(fd, 50) && !fchmod(fd, 0604) && !fchown(fd, 7, 8), "SETATTR");
	CHECK(!close(fd), "FLUSH");
	fd = open("mnt/new", O_RDONLY);
	fd2 = open("mnt/a", O_WRONLY);
	CHECK(fd >= 0 && fd2 >= 0 && pread(fd, buf, 50, 0) == 50, "OPEN, READ");
	CHECK(copy_file_range(fd, &(loff_t){ 2 }, fd2, &(loff_t){ 1 }, 20, 0) == 20, "COPY_FILE_RANGE");
	close(fd);
	close(fd2);
	fd = open("mnt", O_TMPFILE | O_RDWR, 0600);
	CHECK(fd >= 0 && !close(fd), "TMPFILE");
}

static void names(void)
{
	char buf[100];
	struct statfs sfs;
	struct stat st;

	CHECK(!access("mnt/a", R_OK | W_OK) && !stat("mnt/a", &st) && !statfs("mnt", &sfs), "ACCESS, STATFS");
	CHECK(readlink("mnt/l", buf, sizeof(buf)) == 1, "READLINK");
	CHECK(!mkdir("mnt/dir", 0750) && !rmdir("mnt/dir"), "MKDIR, RMDIR");
	CHECK(!mknod("mnt/node", S_IFCHR | 0600, 0x103) && !symlink("target", "mnt/sym"), "MKNOD, SYMLINK");
	CHECK(!link("mnt/a", "mnt/a2") && !rename("mnt/a2", "mnt/a3") && !unlink("mnt/a3"), "LINK, RENAME, UNLINK");
	CHECK(!renameat2(AT_FDCWD, "mnt/sym", AT_FDCWD, "mnt/node", RENAME_EXCHANGE), "RENAME2");
	CHECK(!setxattr("mnt/a", "user.name", "a value", 7, XATTR_CREATE), "SETXATTR");
	CHECK(!setxattr("mnt/a", "user.empty", NULL, 0, 0) && !removexattr("mnt/a", "user.empty"), "an empty value");
	CHECK(getxattr("mnt/a", "user.name", buf, sizeof(buf)) == 7 && getxattr("mnt/a", "user.name", NULL, 0) == 7, "GETXATTR");
	CHECK(listxattr("mnt/a", buf, sizeof(buf)) == 10 && listxattr("mnt/a", NULL, 0) == 10, "LISTXATTR");
	CHECK(!removexattr("mnt/a", "user.name"), "REMOVEXATTR");
}

/* Of a file on a block device: block 3 of its 512 bytes each; the daemon adds 1000. */
static void block(void)
{
	int fd = open("mnt/a", O_RDONLY), number = 3;

	CHECK(fd >= 0 && !ioctl(fd, FIBMAP, &number) && number == 1003, "FIBMAP gave %d", number);
	close(fd);
}

static bool seen[RAW_OPCODES];

static void check(uint64_t flags, const char *device)
{
	struct raw_opts opts = { .flags = flags | FUSE_POSIX_LOCKS, .source = device, .type = device ? "extfuseblk" : NULL };
	struct rawfuse *rf = raw_start(&opts);
	struct script *s = script_attach(rf, "script", NULL);
	const struct script_event *e;
	unsigned int i, n = 0;

	raw_file(rf, "/a", "text", 4);
	raw_symlink(rf, "/l", "a");
	nwire = 0;
	memset(wire, 0, sizeof(wire));
	for (i = 0; i < RAW_OPCODES; i++) {
		if (table[i].num_in || table[i].num_out)
			raw_on(rf, i, keep, NULL);
	}
	script_record(s, true);
	list();
	files();
	names();
	if (device)
		block();
	/* sync() waits for what is written; the daemon of a block device is asked on some kernels, else nobody. */
	sync();
	CHECK(device || !raw_count(rf, FUSE_SYNCFS), "SYNCFS must not be sent");
	/* The last RELEASE comes when it likes. */
	raw_sleep_ms(300);
	script_record(s, false);
	raw_lock(rf);
	while ((e = script_next(s))) {
		if (e->req.phase != EXTFUSE_PHASE_REQUEST)
			continue;
		check_event(e);
		seen[e->req.opcode] = true;
		n++;
	}
	for (i = 0; i < nwire; i++)
		CHECK(wire[i].matched, "programs must have seen %s of node %llu", raw_opname(wire[i].head.opcode),
		      (long long)wire[i].head.nodeid);
	raw_unlock(rf);
	CHECK(n > 40, "%u requests", n);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

/* A block device with nothing on it that goes away with its last user. */
static int loop_device(char *path, size_t size)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int control, image, loop, number;

	CHECK(!system("modprobe loop"), "the loop driver");
	control = open("/dev/loop-control", O_RDWR);
	CHECK(control >= 0, "/dev/loop-control must open");
	number = ioctl(control, LOOP_CTL_GET_FREE);
	CHECK(number >= 0, "a free loop device");
	close(control);
	snprintf(path, size, "/dev/loop%d", number);
	image = open("image", O_CREAT | O_RDWR, 0600);
	CHECK(image >= 0 && !ftruncate(image, 1 << 20), "an image");
	config.fd = image;
	loop = open(path, O_RDWR);
	CHECK(loop >= 0 && !ioctl(loop, LOOP_CONFIGURE, &config), "%s", path);
	close(image);
	return loop;
}

int main(void)
{
	char device[32];
	uint32_t op;
	int loop;

	check(0, NULL);
	check(FUSE_DO_READDIRPLUS, NULL);
	loop = loop_device(device, sizeof(device));
	check(0, device);
	close(loop);
	for (op = 0; op < RAW_OPCODES; op++)
		CHECK(seen[op] || op > FUSE_TMPFILE || op == FUSE_SYNCFS || !(table[op].num_in || table[op].num_out),
		      "%s must have been provoked", raw_opname(op));
	return 0;
}
