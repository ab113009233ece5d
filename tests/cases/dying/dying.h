/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cases about dying share: a daemon in a process of its own, threads
 * that use its mount without end, and what must be gone afterwards.
 */
#ifndef DYING_H
#define DYING_H

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <extfuse/extfuse.h>

#include "case.h"
#include "rawfuse.h"

#define FILES	64

struct daemon {
	pid_t pid;
	unsigned int conn;
	int ctl;		/* /dev/extfuse, not mounted: for the ioctls */
	char dir[4096];
};

/* The daemon's process: a tree of some files, until it is killed or the mount goes. */
static inline void daemon_main(const struct raw_opts *opts, const uint32_t *hold, int ready)
{
	struct rawfuse *rf = raw_start(opts);
	unsigned int conn = raw_conn(rf), i;
	char name[64];

	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "/d%u", i);
		raw_mkdir(rf, name);
		snprintf(name, sizeof(name), "/d%u/f", i);
		raw_file(rf, name, "0123456789abcdef", 16);
	}
	for (; hold && *hold; hold++)
		raw_hold(rf, *hold);
	if (write(ready, &conn, sizeof(conn)) != sizeof(conn))
		_exit(1);
	/* Ends with its mount: its threads see ENODEV. */
	for (;;)
		pause();
}

static inline void daemon_start(struct daemon *d, const struct raw_opts *opts, const uint32_t *hold)
{
	int ready[2];

	CHECK(!pipe2(ready, O_CLOEXEC), "pipe");
	fflush(stdout);
	d->pid = fork();
	if (!d->pid)
		daemon_main(opts, hold, ready[1]);
	close(ready[1]);
	CHECK(read(ready[0], &d->conn, sizeof(d->conn)) == sizeof(d->conn), "the daemon must start");
	close(ready[0]);
	CHECK(realpath(opts->dir ?: "mnt", d->dir), "the mount point");
	d->ctl = open("/dev/extfuse", O_RDWR | O_CLOEXEC);
	CHECK(d->ctl >= 0, "/dev/extfuse");
}

static inline void daemon_kill(struct daemon *d)
{
	if (!d->pid)
		return;
	kill(d->pid, SIGKILL);
	CHECK(waitpid(d->pid, NULL, 0) == d->pid, "the daemon must die");
	d->pid = 0;
}

static inline void daemon_end(struct daemon *d)
{
	daemon_kill(d);
	umount2(d->dir, MNT_DETACH);
	close(d->ctl);
}

static inline struct extfuse_ext *ext_load(const char *name)
{
	struct extfuse_ext *ext;
	char path[512], err[512] = "";

	snprintf(path, sizeof(path), "%s/%s.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build",
		 name);
	CHECK(!extfuse_ext__open(&ext, path, NULL, err, sizeof(err)), "%s: %s", path, err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s: %s", path, err);
	return ext;
}

/* Attaches; only the kernel holds the programs afterwards. */
static inline void ext_attach(struct daemon *d, const char *name)
{
	struct extfuse_ext *ext = ext_load(name);
	char err[512] = "";

	CHECK(!extfuse_ext__attach(ext, d->ctl, d->conn, err, sizeof(err)), "attach: %s", err);
	extfuse_ext__free(ext);
}

static inline unsigned int programs_loaded(void)
{
	unsigned int id = 0, n = 0;

	while (!bpf_prog_get_next_id(id, &id))
		n++;
	return n;
}

static inline unsigned int maps_loaded(void)
{
	unsigned int id = 0, n = 0;

	while (!bpf_map_get_next_id(id, &id))
		n++;
	return n;
}

/* Programs and maps go with the connection, within the grace periods. */
static inline void nothing_loaded(const char *when)
{
	CHECK(raw_until(5, !programs_loaded()), "%s: %u programs are left", when, programs_loaded());
	CHECK(raw_until(5, !maps_loaded()), "%s: %u maps are left", when, maps_loaded());
}

static inline void conn_write(struct daemon *d, const char *what)
{
	char path[256];
	int fd;

	mount("none", "/sys/fs/extfuse/connections", "extfusectl", 0, "");
	snprintf(path, sizeof(path), "/sys/fs/extfuse/connections/%u/%s", d->conn, what);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && write(fd, "1", 1) == 1, "%s", path);
	close(fd);
}

static inline unsigned int conn_waiting(struct daemon *d)
{
	unsigned int n = 0;
	char path[256];
	FILE *f;

	mount("none", "/sys/fs/extfuse/connections", "extfusectl", 0, "");
	snprintf(path, sizeof(path), "/sys/fs/extfuse/connections/%u/waiting", d->conn);
	f = fopen(path, "re");
	CHECK(f && fscanf(f, "%u", &n) == 1, "%s", path);
	fclose(f);
	return n;
}

static inline int ctl_umount(void)
{
	return umount("/sys/fs/extfuse/connections");
}

/*
 * Load: each thread does all kinds of things until told to end.  Errors are
 * counted by what they mean: the connection is gone, or anything else.
 */
struct load {
	struct daemon *d;
	pthread_t thread[32];
	unsigned int n;
	bool end;
	bool getattr_refused;	/* a program refuses GETATTR */
	unsigned int begun;	/* threads that are inside */
	uint64_t ops, gone, other, answered;
	int last_error;
};

static inline bool load_result(struct load *l, long ret, const char *what)
{
	int err = errno;

	__atomic_add_fetch(&l->ops, 1, __ATOMIC_RELAXED);
	if (ret >= 0)
		return true;
	/* The page cache has an error of its own for what it cannot read, on some kernels. */
	if (err == ENOTCONN || err == ECONNABORTED || (err == EIO && !strcmp(what, "read"))) {
		__atomic_add_fetch(&l->gone, 1, __ATOMIC_RELAXED);
	} else {
		__atomic_add_fetch(&l->other, 1, __ATOMIC_RELAXED);
		if (!l->last_error)
			fprintf(stderr, "load: %s: %s\n", what, strerror(err));
		l->last_error = err;
	}
	return false;
}

static inline void load_getattr(struct load *l, int fd)
{
	struct stat st;

	if (!l->getattr_refused) {
		load_result(l, fstat(fd, &st), "fstat");
		return;
	}
	__atomic_add_fetch(&l->ops, 1, __ATOMIC_RELAXED);
	if (!fstat(fd, &st))
		__atomic_add_fetch(&l->answered, 1, __ATOMIC_RELAXED);
	else if (errno != EPERM && errno != EACCES)
		load_result(l, -1, "fstat");
}

static inline void *load_main(void *arg)
{
	struct load *l = arg;
	static unsigned int next;
	unsigned int me = __atomic_add_fetch(&next, 1, __ATOMIC_RELAXED) % FILES;
	char dir[4200], buf[16];
	int root, fd;

	snprintf(dir, sizeof(dir), "%s/d%u", l->d->dir, me);
	root = open(dir, O_PATH);
	__atomic_add_fetch(&l->begun, 1, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&l->end, __ATOMIC_RELAXED)) {
		if (root < 0) {
			/* The connection was gone before we began. */
			__atomic_add_fetch(&l->gone, 1, __ATOMIC_RELAXED);
			usleep(1000);
			continue;
		}
		fd = openat(root, "f", O_RDWR);
		if (!load_result(l, fd, "open")) {
			usleep(1000);
			continue;
		}
		load_getattr(l, fd);
		load_result(l, pread(fd, buf, sizeof(buf), 0), "read");
		load_result(l, pwrite(fd, "x", 1, 3), "write");
		close(fd);
		load_result(l, faccessat(root, "f", R_OK, 0), "access");
		if (load_result(l, mkdirat(root, "n", 0755), "mkdir"))
			load_result(l, unlinkat(root, "n", AT_REMOVEDIR), "rmdir");
	}
	if (root >= 0)
		close(root);
	return NULL;
}

static inline void load_start(struct load *l, struct daemon *d, unsigned int n)
{
	bool refused = l->getattr_refused;

	memset(l, 0, sizeof(*l));
	l->getattr_refused = refused;
	l->d = d;
	l->n = n;
	while (n--)
		CHECK(!pthread_create(&l->thread[n], NULL, load_main, l), "a thread");
}

static inline void load_wait(struct load *l, uint64_t more)
{
	uint64_t until = __atomic_load_n(&l->ops, __ATOMIC_RELAXED) + more;

	/* All of them: who comes later finds another directory. */
	CHECK(raw_until(30, __atomic_load_n(&l->begun, __ATOMIC_RELAXED) >= l->n), "all must have begun");
	CHECK(raw_until(30, __atomic_load_n(&l->ops, __ATOMIC_RELAXED) >= until), "the load must go on");
}

static inline void load_end(struct load *l)
{
	unsigned int i;

	__atomic_store_n(&l->end, true, __ATOMIC_RELAXED);
	for (i = 0; i < l->n; i++)
		pthread_join(l->thread[i], NULL);
}

#endif
