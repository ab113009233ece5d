// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a case does to the daemon for tests while it runs: handlers, counters, holding requests back, notifications,
 * and the check that lookup counts are balanced.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "rawfuse_i.h"
#include "rawnew.h"

static const char * const names[RAW_OPCODES] = {
	[FUSE_LOOKUP] = "LOOKUP", [FUSE_FORGET] = "FORGET", [FUSE_GETATTR] = "GETATTR",
	[FUSE_SETATTR] = "SETATTR", [FUSE_READLINK] = "READLINK", [FUSE_SYMLINK] = "SYMLINK",
	[FUSE_MKNOD] = "MKNOD", [FUSE_MKDIR] = "MKDIR", [FUSE_UNLINK] = "UNLINK", [FUSE_RMDIR] = "RMDIR",
	[FUSE_RENAME] = "RENAME", [FUSE_LINK] = "LINK", [FUSE_OPEN] = "OPEN", [FUSE_READ] = "READ",
	[FUSE_WRITE] = "WRITE", [FUSE_STATFS] = "STATFS", [FUSE_RELEASE] = "RELEASE", [FUSE_FSYNC] = "FSYNC",
	[FUSE_SETXATTR] = "SETXATTR", [FUSE_GETXATTR] = "GETXATTR", [FUSE_LISTXATTR] = "LISTXATTR",
	[FUSE_REMOVEXATTR] = "REMOVEXATTR", [FUSE_FLUSH] = "FLUSH", [FUSE_INIT] = "INIT",
	[FUSE_OPENDIR] = "OPENDIR", [FUSE_READDIR] = "READDIR", [FUSE_RELEASEDIR] = "RELEASEDIR",
	[FUSE_FSYNCDIR] = "FSYNCDIR", [FUSE_GETLK] = "GETLK", [FUSE_SETLK] = "SETLK", [FUSE_SETLKW] = "SETLKW",
	[FUSE_ACCESS] = "ACCESS", [FUSE_CREATE] = "CREATE", [FUSE_INTERRUPT] = "INTERRUPT", [FUSE_BMAP] = "BMAP",
	[FUSE_DESTROY] = "DESTROY", [FUSE_IOCTL] = "IOCTL", [FUSE_POLL] = "POLL",
	[FUSE_NOTIFY_REPLY] = "NOTIFY_REPLY", [FUSE_BATCH_FORGET] = "BATCH_FORGET",
	[FUSE_FALLOCATE] = "FALLOCATE", [FUSE_READDIRPLUS] = "READDIRPLUS", [FUSE_RENAME2] = "RENAME2",
	[FUSE_LSEEK] = "LSEEK", [FUSE_COPY_FILE_RANGE] = "COPY_FILE_RANGE", [FUSE_SYNCFS] = "SYNCFS",
	[FUSE_TMPFILE] = "TMPFILE", [RAW_STATX] = "STATX",
};

const char *raw_opname(uint32_t opcode)
{
	return opcode < RAW_OPCODES && names[opcode] ? names[opcode] : "(unknown opcode)";
}

void raw_sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

time_t raw_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int raw_fd(struct rawfuse *rf)
{
	return rf->fd;
}

unsigned int raw_conn(struct rawfuse *rf)
{
	return rf->conn;
}

/* The control file system, at no path: a case may have it mounted, or must not. */
static int control_open(void)
{
	int fs = fsopen("extfusectl", FSOPEN_CLOEXEC), mnt;

	CHECK(fs >= 0 && !fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "extfusectl");
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	CHECK(mnt >= 0, "fsmount of extfusectl");
	close(fs);
	return mnt;
}

unsigned int raw_in_flight(struct rawfuse *rf)
{
	int mnt = control_open(), fd;
	char path[32], text[16] = "";

	snprintf(path, sizeof(path), "%u/waiting", raw_conn(rf));
	fd = openat(mnt, path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "extfusectl: %s", path);
	close(fd);
	close(mnt);
	return strtoul(text, NULL, 10);
}

const char *raw_dir(struct rawfuse *rf)
{
	return rf->dir;
}

uint64_t raw_init_flags(struct rawfuse *rf)
{
	return rf->init_flags;
}

void raw_on(struct rawfuse *rf, uint32_t opcode, raw_handler handler, void *data)
{
	raw_lock(rf);
	rf->op[opcode].handler = handler;
	rf->op[opcode].handler_data = data;
	raw_unlock(rf);
}

void raw_edit(struct rawfuse *rf, uint32_t opcode, raw_editor editor, void *data)
{
	raw_lock(rf);
	rf->op[opcode].editor = editor;
	rf->op[opcode].editor_data = data;
	raw_unlock(rf);
}

uint64_t raw_count(struct rawfuse *rf, uint32_t opcode)
{
	uint64_t n;

	raw_lock(rf);
	n = rf->op[opcode].count;
	raw_unlock(rf);
	return n;
}

uint64_t raw_count_node(struct rawfuse *rf, uint32_t opcode, uint64_t nodeid)
{
	uint64_t i, n = 0;

	raw_lock(rf);
	for (i = rf->nlog > RAW_LOG ? rf->nlog - RAW_LOG : 0; i < rf->nlog; i++)
		n += rf->log[i % RAW_LOG].opcode == opcode && rf->log[i % RAW_LOG].nodeid == nodeid;
	raw_unlock(rf);
	return n;
}

uint64_t raw_count_all(struct rawfuse *rf)
{
	uint64_t n = 0;
	uint32_t op;

	raw_lock(rf);
	for (op = 0; op < RAW_OPCODES; op++) {
		if (op != FUSE_INIT && op != FUSE_FORGET && op != FUSE_BATCH_FORGET && op != FUSE_INTERRUPT)
			n += rf->op[op].count;
	}
	raw_unlock(rf);
	return n;
}

const char *raw_asked(struct rawfuse *rf)
{
	static __thread char text[512];
	size_t len = 0;
	uint32_t op;

	text[0] = '\0';
	raw_lock(rf);
	for (op = 0; op < RAW_OPCODES && len < sizeof(text); op++) {
		if (rf->op[op].count)
			len += snprintf(text + len, sizeof(text) - len, "%s%s %llu", len ? ", " : "", raw_opname(op),
					(unsigned long long)rf->op[op].count);
	}
	raw_unlock(rf);
	return text;
}

void raw_reset(struct rawfuse *rf)
{
	uint32_t op;

	raw_lock(rf);
	for (op = 0; op < RAW_OPCODES; op++)
		rf->op[op].count = 0;
	rf->nlog = 0;
	raw_unlock(rf);
}

uint64_t raw_forgets(struct rawfuse *rf, uint64_t nodeid)
{
	struct raw_node *node;
	uint64_t n;

	raw_lock(rf);
	node = tree_node(rf, nodeid);
	n = node ? node->forgets : 0;
	raw_unlock(rf);
	return n;
}

uint64_t raw_complaints(struct rawfuse *rf)
{
	return __atomic_load_n(&rf->complaints, __ATOMIC_SEQ_CST);
}

void raw_pardon(struct rawfuse *rf)
{
	__atomic_store_n(&rf->complaints, 0, __ATOMIC_SEQ_CST);
}

void raw_hold(struct rawfuse *rf, uint32_t opcode)
{
	raw_lock(rf);
	rf->op[opcode].hold = true;
	raw_unlock(rf);
}

unsigned int raw_held(struct rawfuse *rf, uint32_t opcode)
{
	unsigned int n;

	raw_lock(rf);
	n = rf->op[opcode].held;
	raw_unlock(rf);
	return n;
}

void raw_wait_held(struct rawfuse *rf, uint32_t opcode, unsigned int n, unsigned int seconds)
{
	CHECK(raw_until(seconds, raw_held(rf, opcode) >= n), "%u %s must come to be held, %u have", n,
	      raw_opname(opcode), raw_held(rf, opcode));
}

void raw_let_go(struct rawfuse *rf, uint32_t opcode)
{
	struct raw_waiting **p, *w, *list = NULL, **end = &list;

	raw_lock(rf);
	rf->op[opcode].hold = false;
	rf->op[opcode].held = 0;
	for (p = &rf->waiting; (w = *p);) {
		if (w->req->in->opcode != opcode) {
			p = &w->next;
			continue;
		}
		*p = w->next;
		w->next = NULL;
		*end = w;
		end = &w->next;
	}
	raw_unlock(rf);
	while ((w = list)) {
		list = w->next;
		raw_serve(w->req);
		free(w->req);
		free(w);
	}
}

void raw_delay(struct rawfuse *rf, uint32_t opcode, unsigned int ms)
{
	raw_lock(rf);
	rf->op[opcode].delay_ms = ms;
	raw_unlock(rf);
}

static int notify(struct rawfuse *rf, int code, struct iovec *iov, int n)
{
	struct fuse_out_header header = { .error = code };
	int i;

	iov[0] = (struct iovec){ &header, sizeof(header) };
	for (i = 0; i < n; i++)
		header.len += iov[i].iov_len;
	return writev(rf->fd, iov, n) < 0 ? -errno : 0;
}

int raw_notify(struct rawfuse *rf, int code, const void *data, size_t len)
{
	struct iovec iov[2] = { [1] = { (void *)data, len } };

	return notify(rf, code, iov, 2);
}

int raw_inval_inode(struct rawfuse *rf, uint64_t nodeid, int64_t off, int64_t len)
{
	struct fuse_notify_inval_inode_out out = { .ino = nodeid, .off = off, .len = len };

	return raw_notify(rf, FUSE_NOTIFY_INVAL_INODE, &out, sizeof(out));
}

int raw_inval_entry(struct rawfuse *rf, uint64_t parent, const char *name)
{
	struct fuse_notify_inval_entry_out out = { .parent = parent, .namelen = strlen(name) };
	struct iovec iov[3] = { [1] = { &out, sizeof(out) }, [2] = { (void *)name, strlen(name) + 1 } };

	return notify(rf, FUSE_NOTIFY_INVAL_ENTRY, iov, 3);
}

int raw_notify_delete(struct rawfuse *rf, uint64_t parent, uint64_t child, const char *name)
{
	struct fuse_notify_delete_out out = { .parent = parent, .child = child, .namelen = strlen(name) };
	struct iovec iov[3] = { [1] = { &out, sizeof(out) }, [2] = { (void *)name, strlen(name) + 1 } };

	return notify(rf, FUSE_NOTIFY_DELETE, iov, 3);
}

int raw_store(struct rawfuse *rf, uint64_t nodeid, uint64_t off, const void *data, uint32_t size)
{
	struct fuse_notify_store_out out = { .nodeid = nodeid, .offset = off, .size = size };
	struct iovec iov[3] = { [1] = { &out, sizeof(out) }, [2] = { (void *)data, size } };

	return notify(rf, FUSE_NOTIFY_STORE, iov, 3);
}

static bool is_in(uint64_t id, const uint64_t *list)
{
	for (; list && *list; list++) {
		if (*list == id)
			return true;
	}
	return false;
}

/* Nodes that the kernel still has, without the root and @held. */
static unsigned int unbalanced(struct rawfuse *rf, const uint64_t *held, bool tell)
{
	unsigned int n = 0;
	uint64_t i;

	raw_lock(rf);
	for (i = FUSE_ROOT_ID + 1; i < rf->nnodes; i++) {
		if (!rf->nodes[i]->nlookup || is_in(i, held))
			continue;
		n++;
		if (tell)
			fprintf(stderr, "rawfuse: node %llu was not forgotten: the kernel has %lld of it\n", (long long)i,
				(long long)rf->nodes[i]->nlookup);
	}
	raw_unlock(rf);
	return n;
}

/* Dentries that nobody uses, and with them their inodes, go. */
static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, "2", 1) == 1, "caches must be dropped");
	close(fd);
}

void raw_balance_but(struct rawfuse *rf, const uint64_t *held)
{
	unsigned int tries;

	for (tries = 0; tries < 5; tries++) {
		drop_caches();
		if (raw_until(2, !unbalanced(rf, held, false)))
			break;
	}
	CHECK(!unbalanced(rf, held, true), "each count must have come back as FORGET");
	CHECK(!raw_complaints(rf), "the daemon has %llu complaints, see above", (long long)raw_complaints(rf));
}
