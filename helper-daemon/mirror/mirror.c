// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror's session: what it asks of the kernel, and its end.
 */
#include "mirror.h"

#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "log.h"
#include "process.h"

/* <linux/magic.h> lacks it. */
#define CONFIGFS_MAGIC	0x62656570

struct mirror_options mirror;

void mirror_go_background(void)
{
	process_leave_terminal(mirror.debug);
	/* This may hang, so it comes when nobody waits for this process any more. */
	if (log_target(mirror.log))
		log_target("syslog");
}

static void mirror_init(void *data, struct fuse_conn_info *conn)
{
	(void)data;
	/* The kernel checks ACLs and leaves the umask to us: a default ACL overrides it. */
	conn->want |= conn->capable & (FUSE_CAP_POSIX_ACL | FUSE_CAP_DONT_MASK);
	/* The target of a link never changes (a new link is a new node), except in /proc, where it is made for its reader. */
	if (!mirror.made_when_read)
		conn->want |= conn->capable & FUSE_CAP_CACHE_SYMLINKS;
	/* Long reads use splice.  Requests do not, because each would need one more system call. */
	conn->want |= conn->capable & (FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
	conn->want &= ~FUSE_CAP_SPLICE_READ;
	/*
	 * With this the kernel would not say which mode bits an open with O_TRUNC
	 * clears (it depends on the opener); without it, it sends a SETATTR.
	 */
	conn->want &= ~FUSE_CAP_ATOMIC_O_TRUNC;
	nodes_offer_tree();
}

static const struct fuse_lowlevel_ops mirror_ops = {
	.init = mirror_init,
	.lookup = mirror_lookup,
	.forget = mirror_forget,
	.forget_multi = mirror_forget_multi,
	.getattr = mirror_getattr,
	.setattr = mirror_setattr,
	.readlink = mirror_readlink,
	.mknod = mirror_mknod,
	.mkdir = mirror_mkdir,
	.unlink = mirror_unlink,
	.rmdir = mirror_rmdir,
	.symlink = mirror_symlink,
	.rename = mirror_rename,
	.link = mirror_link,
	.open = mirror_open,
	.create = mirror_create,
	.read = mirror_read,
	.write_buf = mirror_write_buf,
	.flush = mirror_flush,
	.release = mirror_release,
	.fsync = mirror_fsync,
	.fallocate = mirror_fallocate,
	.lseek = mirror_lseek,
	.copy_file_range = mirror_copy_file_range,
	.opendir = mirror_opendir,
	.readdir = mirror_readdir,
	.readdirplus = mirror_readdirplus,
	.releasedir = mirror_releasedir,
	.fsyncdir = mirror_fsyncdir,
	.statfs = mirror_statfs,
	.setxattr = mirror_setxattr,
	.getxattr = mirror_getxattr,
	.listxattr = mirror_listxattr,
	.removexattr = mirror_removexattr,
	.ioctl = mirror_ioctl,
	/* No access: default_permissions decides.  No getlk, setlk, flock: the kernel's own. */
};

/* A node is a descriptor, so there must be room for many. */
static void room_for_nodes(void)
{
	unsigned long max = 1048576;
	FILE *f = fopen("/proc/sys/fs/nr_open", "re");

	if (f) {
		if (fscanf(f, "%lu", &max) != 1)
			max = 1048576;
		fclose(f);
	}
	process_allow_descriptors(max);
}

static void signals_of_mirror(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGRTMIN);
}

void mirror_block_signals(void)
{
	sigset_t set;

	signals_of_mirror(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Until a signal or the unmount ends it. */
static const char *wait_end(void)
{
	sigset_t set;
	int sig;

	signals_of_mirror(&set);
	for (;;) {
		sig = sigwaitinfo(&set, NULL);
		if (sig == SIGUSR1)
			nodes_report("now");
		else if (sig == SIGRTMIN)
			return "ended by unmount";
		else if (sig > 0)
			return "ended by a signal";
	}
}

static struct fuse_session *session_new(int fd)
{
	char *argv[] = { "extfused", "-d", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(mirror.debug ? 2 : 1, argv);
	struct fuse_session *se;
	struct fd_path p;

	se = fuse_session_new(&args, &mirror_ops, sizeof(mirror_ops), NULL);
	snprintf(p.name, sizeof(p.name), "/dev/fd/%d", fd);
	if (se && fuse_session_mount(se, p.name)) {
		fuse_session_destroy(se);
		se = NULL;
	}
	fuse_opt_free_args(&args);
	return se;
}

/* Files of these file systems are made when they are read, and for the task that reads them. */
static bool is_made_when_read(int fd)
{
	static const long types[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, CGROUP_SUPER_MAGIC,
		CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC, EFIVARFS_MAGIC, PSTOREFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC,
		BINFMTFS_MAGIC, RDTGROUP_SUPER_MAGIC, CONFIGFS_MAGIC,
	};
	struct statfs st;
	size_t i;

	if (fstatfs(fd, &st))
		return false;
	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (st.f_type == types[i])
			return true;
	}
	return false;
}

/* What was made for one caller must not be shown to the next. */
static void keep_nothing(void)
{
	mirror.made_when_read = true;
	mirror.attr_timeout = 0;
	mirror.entry_timeout = 0;
	mirror.negative_timeout = 0;
}

int mirror_serve(const struct mirror_options *opts, int fd)
{
	struct fuse_session *se;
	int err;

	mirror = *opts;
	if (is_made_when_read(mirror.source_fd))
		keep_nothing();
	number_init(mirror.source_fd);
	mirror_block_signals();
	room_for_nodes();
	err = creds_init();
	if (err) {
		log_error("mirror of %s: cannot tell its capabilities: %s", mirror.source, strerror(-err));
		return 1;
	}
	err = nodes_init(mirror.source_fd);
	if (err) {
		log_error("mirror of %s: cannot use the directory: %s", mirror.source, strerror(-err));
		return 1;
	}
	se = session_new(fd);
	if (!se) {
		log_error("mirror of %s: libfuse refused descriptor %d", mirror.source, fd);
		return 1;
	}
	backing_init(fd);
	err = workers_start(se, fd);
	if (err) {
		log_error("mirror of %s: no thread: %s", mirror.source, strerror(err));
		return 1;
	}
	nodes_report(wait_end());
	/* Threads may still be at work; the end of the process closes the connection. */
	_exit(0);
}
