// SPDX-License-Identifier: GPL-2.0-only
/* The calls that steps of steps.h can make. */
#include <dirent.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "matrix.h"
#include "steps.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif

static long setacl(const char *path, const char *which, unsigned int named, unsigned int mask, unsigned int other)
{
	struct acl acl = acl_make(named, mask, other);
	char name[64];

	snprintf(name, sizeof(name), "system.posix_acl_%s", which);
	return setxattr(path, name, &acl, sizeof(acl), 0);
}

/* The flags become these, and others stay. */
static long chattr(const char *path, int flags)
{
	const int shown = FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL | FS_DIRSYNC_FL | FS_TOPDIR_FL;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), now, err;

	if (fd < 0)
		return -1;
	err = ioctl(fd, FS_IOC_GETFLAGS, &now);
	now = (now & ~shown) | flags;
	if (!err)
		err = ioctl(fd, FS_IOC_SETFLAGS, &now);
	close(fd);
	return err;
}

/* What is read, as text. */
static long said(long n, const char *buf)
{
	long i;

	for (i = 0; i < n && i < 60; i++)
		sprintf(step_said + strlen(step_said), buf[i] >= ' ' && buf[i] <= '~' ? "%c" : "\\%o", (unsigned char)buf[i]);
	return n;
}

static long read_said(int fd, size_t n)
{
	char buf[4096];

	return said(read(fd, buf, n < sizeof(buf) ? n : sizeof(buf)), buf);
}

static long readlink_said(int dir, const char *path)
{
	char buf[4096];

	return said(readlinkat(dir, path, buf, sizeof(buf)), buf);
}

static long cat(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	long n;

	if (fd < 0)
		return -1;
	n = read_said(fd, 4096);
	close(fd);
	return n;
}

#define VALUE(get)	({ char room_[256]; said(get, room_); })

/* A child's execve(): the errno comes as its status, which no script of ours has. */
static long exec(const char *path)
{
	char *argv[] = { "step", NULL }, *environment[] = { NULL };
	pid_t pid = fork();
	int status;

	if (!pid) {
		execve(path, argv, environment);
		_exit(errno);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status), "a child that executes %s", path);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static long open2(int dir, const char *path, long flags, long mode, long resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve };

	return syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static long utimens(int fd, const char *path, const struct step_arg *times, int flags)
{
	struct timespec both[2] = { times[0].time, times[1].time };

	return syscall(SYS_utimensat, fd, path, both, flags);
}

static long ofd_lock(int fd, int type, long start, long len)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* The entries of a directory. */
static long list(const char *path)
{
	DIR *dir = opendir(path);
	long n = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static long file(const char *path, const char *content, mode_t mode)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(content);
	long err = -1;

	if (fd < 0)
		return -1;
	if (write(fd, content, len) == (ssize_t)len)
		err = fchmod(fd, mode);
	close(fd);
	return err;
}

/* One of those that the steps are about; it ends the case if it cannot be. */
static long make(mode_t type, const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	struct object object = { path, type | mode, uid, gid, NULL };

	object_make(&object, path);
	return 0;
}

static long statfs_flags(const char *path)
{
	struct statvfs st;

	return statvfs(path, &st) ? -1 : (long)(st.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC));
}

#define P(i)	(a[i].path)
#define N(i)	(a[i].num)
#define S(i)	(a[i].text)
#define D(i)	(a[i].fd)

/* Raw system calls where libc would do part of it. */
#define CALLS(C, OPENS)										\
	OPENS(open, "pnn", open(P(0), N(1) | O_CLOEXEC, N(2)))					\
	OPENS(openat, "dpnn", openat(D(0), P(1), N(2) | O_CLOEXEC, N(3)))			\
	OPENS(openat2, "dpnnn", open2(D(0), P(1), N(2), N(3), N(4)))				\
	C(file, "psn", file(P(0), S(1), N(2)))							\
	C(make, "npnnn", make(N(0), P(1), N(2), N(3), N(4)))					\
	C(cat, "p", cat(P(0)))									\
	C(exec, "p", exec(P(0)))								\
	C(list, "p", list(P(0)))								\
	C(statfs, "p", statfs_flags(P(0)))							\
	C(close, "n", (step_close(N(0)), 0))							\
	C(umask, "n", umask(N(0)))								\
	C(chmod, "pn", chmod(P(0), N(1)))							\
	C(fchmod, "dn", fchmod(D(0), N(1)))							\
	C(fchmodat, "dpn", syscall(SYS_fchmodat, D(0), P(1), N(2)))				\
	C(fchmodat2, "dpnn", syscall(SYS_fchmodat2, D(0), P(1), N(2), N(3)))			\
	C(chown, "pnn", chown(P(0), N(1), N(2)))						\
	C(lchown, "pnn", lchown(P(0), N(1), N(2)))						\
	C(fchown, "dnn", fchown(D(0), N(1), N(2)))						\
	C(fchownat, "dpnnn", fchownat(D(0), P(1), N(2), N(3), N(4)))				\
	C(mkdir, "pn", mkdir(P(0), N(1)))							\
	C(mkdirat, "dpn", mkdirat(D(0), P(1), N(2)))						\
	C(mkfifo, "pn", mkfifo(P(0), N(1)))							\
	C(mknod, "pnn", mknod(P(0), N(1), N(2)))						\
	C(mknodat, "dpnn", mknodat(D(0), P(1), N(2), N(3)))					\
	C(link, "pp", link(P(0), P(1)))								\
	C(linkat, "dpdpn", linkat(D(0), P(1), D(2), P(3), N(4)))				\
	C(symlink, "sp", symlink(S(0), P(1)))							\
	C(symlinkat, "sdp", symlinkat(S(0), D(1), P(2)))					\
	C(readlink, "p", readlink_said(AT_FDCWD, P(0)))						\
	C(readlinkat, "dp", readlink_said(D(0), P(1)))						\
	C(unlink, "p", unlink(P(0)))								\
	C(unlinkat, "dpn", unlinkat(D(0), P(1), N(2)))						\
	C(rmdir, "p", rmdir(P(0)))								\
	C(rename, "pp", rename(P(0), P(1)))							\
	C(rename2, "ppn", syscall(SYS_renameat2, AT_FDCWD, P(0), AT_FDCWD, P(1), N(2)))	\
	C(renameat2, "dpdpn", syscall(SYS_renameat2, D(0), P(1), D(2), P(3), N(4)))		\
	C(truncate, "pn", truncate(P(0), N(1)))							\
	C(ftruncate, "dn", ftruncate(D(0), N(1)))						\
	C(fallocate, "dnnn", fallocate(D(0), N(1), N(2), N(3)))					\
	C(lseek, "dnn", lseek(D(0), N(1), N(2)))						\
	C(read, "dn", read_said(D(0), N(1)))							\
	C(write, "ds", write(D(0), S(1), strlen(S(1))))						\
	C(pwrite, "dsn", pwrite(D(0), S(1), strlen(S(1)), N(2)))				\
	C(fsync, "d", fsync(D(0)))								\
	C(fdatasync, "d", fdatasync(D(0)))							\
	C(syncfs, "d", syncfs(D(0)))								\
	C(setfl, "dn", fcntl(D(0), F_SETFL, N(1)))						\
	C(flock, "dn", flock(D(0), N(1)))							\
	C(ofd, "dnnn", ofd_lock(D(0), N(1), N(2), N(3)))					\
	C(access, "pn", access(P(0), N(1)))							\
	C(faccessat, "dpn", syscall(SYS_faccessat, D(0), P(1), N(2)))				\
	C(faccessat2, "dpnn", syscall(SYS_faccessat2, D(0), P(1), N(2), N(3)))			\
	C(utimes, "p", utimensat(AT_FDCWD, P(0), NULL, 0))					\
	C(utimensat, "dpttn", utimens(D(0), P(1), a + 2, N(4)))					\
	C(futimens, "dtt", utimens(D(0), NULL, a + 1, 0))					\
	C(setxattr, "pssn", setxattr(P(0), S(1), S(2), strlen(S(2)), N(3)))			\
	C(lsetxattr, "pssn", lsetxattr(P(0), S(1), S(2), strlen(S(2)), N(3)))			\
	C(fsetxattr, "dssn", fsetxattr(D(0), S(1), S(2), strlen(S(2)), N(3)))			\
	C(getxattr, "ps", VALUE(getxattr(P(0), S(1), room_, sizeof(room_))))			\
	C(lgetxattr, "ps", VALUE(lgetxattr(P(0), S(1), room_, sizeof(room_))))			\
	C(fgetxattr, "ds", VALUE(fgetxattr(D(0), S(1), room_, sizeof(room_))))			\
	C(getxattr_room, "psn", getxattr(P(0), S(1), N(2) ? step_said : NULL, N(2)))		\
	C(listxattr, "p", listxattr(P(0), NULL, 0))						\
	C(llistxattr, "p", llistxattr(P(0), NULL, 0))						\
	C(flistxattr, "d", flistxattr(D(0), NULL, 0))						\
	C(removexattr, "ps", removexattr(P(0), S(1)))						\
	C(lremovexattr, "ps", lremovexattr(P(0), S(1)))						\
	C(fremovexattr, "ds", fremovexattr(D(0), S(1)))						\
	C(setacl, "psnnn", setacl(P(0), S(1), N(2), N(3), N(4)))				\
	C(chattr, "pn", chattr(P(0), N(1)))

#define FUNCTION(name, args, expr)				\
	static long call_##name(const struct step_arg *a)	\
	{							\
		return expr;					\
	}
CALLS(FUNCTION, FUNCTION)

#define ROW(name, args, expr)	{ #name, args, false, call_##name },
#define OPEN_ROW(name, args, expr)	{ #name, args, true, call_##name },
const struct step_call step_calls[] = {
	CALLS(ROW, OPEN_ROW)
};
const unsigned int nstep_calls = sizeof(step_calls) / sizeof(*step_calls);
