// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts a file system of an unmodified libfuse3 daemon as the benchmark wants
 * it: the same daemon by the same way on stock fuse and on extfuse, with or
 * without an extension, and nothing between that could cost or cache anything.
 *
 *   serve [-e EXTENSION] [-t ACTIMEO] [-x XATTRTIMEO] [-k] [-o OPTIONS] TYPE DIR DAEMON ARGUMENT...
 *	mounts TYPE (fuse, extfuse) on DIR, attaches EXTENSION (a .bpf.o file),
 *	with -k so that what was open stays (closetimeo, keepcache, noflush),
 *	starts "DAEMON /dev/fd/N ARGUMENT...", returns when DIR answers; where
 *	an argument has {fd}, that becomes N and /dev/fd/N is not given
 *   serve stats DIR
 *	one line per opcode: name, answered, failed, sent up, bad, stale, replies, passed through
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <extfuse/extfuse.h>

static void __attribute__((noreturn)) die(const char *what, const char *object)
{
	fprintf(stderr, "serve: cannot %s %s: %s\n", what, object, strerror(errno));
	exit(1);
}

static int conn_open(const char *type)
{
	char dev[64];
	int fd;

	snprintf(dev, sizeof(dev), "/dev/%s", type);
	fd = open(dev, O_RDWR);
	if (fd < 0)
		die("open", dev);
	return fd;
}

static void conn_mount(int fd, const char *type, const char *dir, const char *options)
{
	char data[256];

	snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=0,group_id=0,%s", fd, options);
	if (mount("bench", dir, type, MS_NOSUID | MS_NODEV, data))
		die("mount on", dir);
}

/* The set stays attached when its descriptors close. */
static __u64 seconds(const char *text)
{
	return atof(text) * 1e9;
}

static void keep_all(struct extfuse_options *opts)
{
	opts->closetimeo_ns = seconds("60");
	opts->keepcache = true;
	opts->noflush = true;
}

static void conn_attach(int fd, const char *path, const struct extfuse_options *opts)
{
	struct extfuse_ext *ext;
	char err[512] = "";

	if (extfuse_ext__open(&ext, path, opts, err, sizeof(err)) || extfuse_ext__load(ext, err, sizeof(err)) ||
	    extfuse_ext__attach(ext, fd, 0, err, sizeof(err))) {
		fprintf(stderr, "serve: %s\n", err);
		exit(1);
	}
	extfuse_ext__free(ext);
}

/* passthrough_ll keeps a descriptor for each node. */
static void limit_raise(void)
{
	struct rlimit lim;

	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
}

/* The argument with {fd} replaced, or NULL where it has none. */
static char *fd_insert(const char *arg, int fd)
{
	const char *at = strstr(arg, "{fd}");
	char *out;

	if (!at || asprintf(&out, "%.*s%d%s", (int)(at - arg), arg, fd, at + strlen("{fd}")) < 0)
		return NULL;
	return out;
}

static void __attribute__((noreturn)) daemon_exec(int fd, char **argv, int argc)
{
	char mountpoint[32];
	char *args[32] = { argv[0] };
	int i, n = 1, given = 0;
	char *arg;

	for (i = 1; i < argc && n < 30; i++) {
		arg = fd_insert(argv[i], fd);
		given |= !!arg;
		args[n++] = arg ? arg : argv[i];
	}
	if (!given) {
		snprintf(mountpoint, sizeof(mountpoint), "/dev/fd/%d", fd);
		args[n] = mountpoint;
	}
	setsid();
	limit_raise();
	execvp(args[0], args);
	die("start", args[0]);
}

static int do_stats(const char *dir)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES];
	unsigned int i;
	struct stat st;
	int fd, err;

	if (stat(dir, &st))
		die("stat", dir);
	fd = conn_open("extfuse");
	err = extfuse_conn__stats(fd, minor(st.st_dev), ops);
	if (err) {
		errno = -err;
		die("read counters of", dir);
	}
	for (i = 0; i < EXTFUSE_OPCODES; i++) {
		const struct extfuse_op_stats *op = &ops[i];

		if (op->answered + op->failed + op->upcalls + op->passed == 0)
			continue;
		printf("%s %llu %llu %llu %llu %llu %llu %llu\n", extfuse_opcode__name(i) ?: "?", op->answered,
		       op->failed, op->upcalls, op->bad, op->stale, op->replies, op->passed);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *ext = NULL, *options = "allow_other";
	struct extfuse_options opts = { 0 };
	struct statfs sfs;
	pid_t pid;
	int fd, c;

	if (argc == 3 && !strcmp(argv[1], "stats"))
		return do_stats(argv[2]);
	while ((c = getopt(argc, argv, "+e:t:x:ko:")) != -1) {
		if (c == 'e')
			ext = optarg;
		else if (c == 't')
			opts.actimeo_ns = seconds(optarg);
		else if (c == 'x')
			opts.xattrtimeo_ns = seconds(optarg);
		else if (c == 'k')
			keep_all(&opts);
		else if (c == 'o')
			options = optarg;
		else
			return 2;
	}
	if (argc - optind < 3) {
		fprintf(stderr, "usage: serve [-e EXTENSION] [-t ACTIMEO] [-x XATTRTIMEO] [-k] [-o OPTIONS] TYPE DIR DAEMON ARGUMENT...\n");
		return 2;
	}
	argv += optind;
	argc -= optind;
	fd = conn_open(argv[0]);
	conn_mount(fd, argv[0], argv[1], options);
	if (ext)
		conn_attach(fd, ext, &opts);
	pid = fork();
	if (!pid)
		daemon_exec(fd, argv + 2, argc - 2);
	/* With our copy open nobody would notice the daemon's death. */
	close(fd);
	if (statfs(argv[1], &sfs)) {
		umount2(argv[1], MNT_DETACH);
		die("use", argv[1]);
	}
	return 0;
}
