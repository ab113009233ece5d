// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each allocation of a system call on names and attributes of a mirror fails once: the caller is told, nothing is half done, and the next call is as ever
 * needs: root extfuse ext4 loop mkfs.ext4 faults
 * timeout: 120
 * long-timeout: 900
 * log: EXT4-fs
 * ring: slow
 *
 * LONG=1: also with metacache, and with no extension.
 */
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "acts.h"

static void a_file(void)
{
	int fd = open("a", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && write(fd, "text", 4) == 4, "a");
	close(fd);
}

static void two_files(void)
{
	a_file();
	CHECK(!link("a", "b") && !unlink("a"), "b");
	a_file();
}

static void many(void)
{
	char name[32];
	int i;

	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "a-name-of-some-length-%d", i);
		CHECK(!symlink("a", name), "%s", name);
	}
}

static void a_dir(void)
{
	CHECK(!mkdir("d", 0755), "d");
}

static void a_file_and_dir(void)
{
	a_file();
	a_dir();
}

static void an_xattr(void)
{
	a_file();
	CHECK(!setxattr("a", "user.one", "value", 5, 0), "user.one");
}

static long closed(int fd)
{
	TRY(fd);
	return TRY(close(fd));
}

static long do_stat(void)
{
	struct stat st;

	TRY(stat("a", &st));
	return st.st_size;
}

static long do_access(void) { return TRY(access("a", R_OK)); }
static long do_absent(void) { return TRY(access("absent", R_OK)); }
static long do_create(void) { return closed(open("n", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0640)); }
static long do_open(void) { return closed(open("a", O_RDWR | O_CLOEXEC)); }
static long do_open_trunc(void) { return closed(open("a", O_RDWR | O_TRUNC | O_CLOEXEC)); }
static long do_mknod(void) { return TRY(mknod("n", S_IFIFO | 0600, 0)); }
static long do_mkdir(void) { return TRY(mkdir("n", 0750)); }
static long do_symlink(void) { return TRY(symlink("a", "n")); }
static long do_link(void) { return TRY(link("a", "n")); }
static long do_unlink(void) { return TRY(unlink("a")); }
static long do_rmdir(void) { return TRY(rmdir("d")); }
static long do_rename(void) { return TRY(rename("a", "n")); }
static long do_replace(void) { return TRY(rename("a", "b")); }
static long do_exchange(void) { return TRY(renameat2(AT_FDCWD, "a", AT_FDCWD, "d", RENAME_EXCHANGE)); }
static long do_chmod(void) { return TRY(chmod("a", 0600)); }
static long do_chown(void) { return TRY(chown("a", 1, 2)); }
static long do_truncate(void) { return TRY(truncate("a", 100)); }
static long do_setxattr(void) { return TRY(setxattr("a", "user.two", "text", 4, 0)); }
static long do_removexattr(void) { return TRY(removexattr("a", "user.one")); }

static long do_utimens(void)
{
	struct timespec times[2] = { { .tv_sec = ACTS_TIME }, { .tv_sec = ACTS_TIME } };

	return TRY(utimensat(AT_FDCWD, "a", times, 0));
}

static long do_readlink(void)
{
	char target[64];

	return TRY(readlink("a-name-of-some-length-3", target, sizeof(target)));
}

static long do_getxattr(void)
{
	char value[64];

	return TRY(getxattr("a", "user.one", value, sizeof(value)));
}

static long do_listxattr(void)
{
	char names[256];

	return TRY(listxattr("a", names, sizeof(names)));
}

static long do_statfs(void)
{
	struct statvfs vfs;

	TRY(statvfs(".", &vfs));
	return vfs.f_namemax;
}

static long do_statx(void)
{
	struct statx stx;

	TRY(statx(AT_FDCWD, "a", AT_STATX_FORCE_SYNC, STATX_BASIC_STATS | STATX_BTIME, &stx));
	return stx.stx_mask & STATX_BTIME;
}

static long do_tmpfile(void)
{
	char path[64];
	long ret;
	int fd = TRY(open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = linkat(AT_FDCWD, path, AT_FDCWD, "n", AT_SYMLINK_FOLLOW) ? -errno : 0;
	close(fd);
	return ret;
}

/* The number of entries; the listing goes on from where it failed. */
static long do_list(void)
{
	char room[512];
	long n, at, entries = 0;
	int fd = TRY(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	while ((n = syscall(SYS_getdents64, fd, room, sizeof(room))) > 0) {
		for (at = 0; at < n; at += ((struct dirent64 *)(room + at))->d_reclen)
			entries++;
	}
	n = n ? -errno : entries;
	close(fd);
	return n;
}

static long do_handle(void)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} at = { .handle.handle_bytes = MAX_HANDLE_SZ };
	int id, dir;
	long fd;

	TRY(name_to_handle_at(AT_FDCWD, "a", &at.handle, &id, 0));
	dir = TRY(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	fd = open_by_handle_at(dir, &at.handle, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	else
		close(fd);
	close(dir);
	return fd < 0 ? fd : 0;
}

static long do_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	long ret;
	int fd = TRY(open("a", O_RDWR | O_CLOEXEC));

	ret = fcntl(fd, F_SETLK, &lock) ? -errno : 0;
	close(fd);
	return ret;
}

static const struct act acts[] = {
	{ "stat", a_file, do_stat },
	{ "access", a_file, do_access },
	{ "absent", NULL, do_absent },
	{ "create", NULL, do_create },
	{ "open", a_file, do_open },
	{ "open-trunc", a_file, do_open_trunc },
	{ "mknod", NULL, do_mknod },
	{ "mkdir", NULL, do_mkdir },
	{ "symlink", NULL, do_symlink },
	{ "link", a_file, do_link },
	{ "unlink", a_file, do_unlink },
	{ "rmdir", a_dir, do_rmdir },
	{ "rename", a_file, do_rename },
	{ "replace", two_files, do_replace },
	{ "exchange", a_file_and_dir, do_exchange },
	{ "chmod", a_file, do_chmod },
	{ "chown", a_file, do_chown },
	{ "utimens", a_file, do_utimens },
	{ "truncate", a_file, do_truncate },
	{ "setxattr", an_xattr, do_setxattr },
	{ "getxattr", an_xattr, do_getxattr },
	{ "listxattr", an_xattr, do_listxattr },
	{ "removexattr", an_xattr, do_removexattr },
	{ "readlink", many, do_readlink },
	{ "statfs", NULL, do_statfs },
	{ "statx", a_file, do_statx },
	{ "tmpfile", NULL, do_tmpfile },
	{ "list", many, do_list },
	{ "handle", a_file, do_handle },
	{ "lock", a_file, do_lock },
};

int main(void)
{
	acts_all(acts, sizeof(acts) / sizeof(acts[0]), 2);
	return 0;
}
