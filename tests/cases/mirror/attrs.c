// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: attributes in a mirror behave as on ext4: modes, owners, times, xattrs, ACLs, set-id bits, for root and for users
 * needs: extfuse ext4 root jq
 * timeout: 240
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "acl.h"
#include "compare.h"

static void step_mode(void)
{
	int fd = OPEN(open("f", O_CREAT | O_RDWR | O_EXCL, 0666));

	LOOK("f");
	CALL(chmod("f", 06755));
	LOOK("f");
	CALL(fchmod(fd, 0444));
	LOOK("f");
	CALL(chown("f", 12, 34));
	LOOK("f");
	CALL(chown("f", -1, 35));
	CALL(fchown(fd, 13, -1));
	LOOK("f");
	CALL(chmod("f", 06755));
	CALL(chown("f", 14, 35));
	LOOK("f");
	CALL(symlink("f", "l"));
	CALL(lchown("l", 7, 8));
	LOOK("l");
	LOOK("f");
	CALL(fchmodat(AT_FDCWD, "l", 0600, AT_SYMLINK_NOFOLLOW));
	CALL(truncate("f", 12345));
	LOOK("f");
	CALL(truncate("f", -1));
	CALL(truncate(".", 1));
	CALL(ftruncate(fd, 3));
	LOOK("f");
	close(fd);
	CALL(mkdir("sticky", 01777));
	CALL(chmod("sticky", 01777));
	LOOK("sticky");
}

static void step_times(void)
{
	struct timespec ts[2] = { { 1000000001, 123456789 }, { 1234567890, 987654321 } };
	struct timespec later[2] = { { 4102444800, 1 }, { -5, 0 } };
	struct timespec now[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };
	struct stat st, before;

	CALL(utimensat(AT_FDCWD, "f", ts, 0));
	stat("f", &st);
	SAY("atime %ld.%09ld mtime %ld.%09ld", st.st_atime, st.st_atim.tv_nsec, st.st_mtime,
	    st.st_mtim.tv_nsec);
	CALL(utimensat(AT_FDCWD, "f", now, 0));
	before = st;
	stat("f", &st);
	SAY("atime moved %d, mtime kept %d, ctime moved %d", st.st_atime != before.st_atime,
	    st.st_mtim.tv_nsec == before.st_mtim.tv_nsec, st.st_ctime >= before.st_ctime);
	CALL(utimensat(AT_FDCWD, "f", later, 0));
	stat("f", &st);
	SAY("atime %ld mtime %ld", st.st_atime, st.st_mtime);
	CALL(utimensat(AT_FDCWD, "l", ts, AT_SYMLINK_NOFOLLOW));
	lstat("l", &st);
	SAY("link: atime %ld mtime %ld", st.st_atime, st.st_mtime);
}

static void step_xattr(void)
{
	char buf[70000];
	int i;

	CALL(setxattr("f", "user.one", "value", 5, 0));
	CALL(setxattr("f", "user.one", "value", 5, XATTR_CREATE));
	CALL(setxattr("f", "user.two", "value", 5, XATTR_REPLACE));
	CALL(setxattr("f", "user.empty", "", 0, 0));
	CALL(getxattr("f", "user.one", NULL, 0));
	CALL(getxattr("f", "user.one", buf, 3));
	CALL(getxattr("f", "user.one", buf, sizeof(buf)));
	CALL(getxattr("f", "user.empty", buf, sizeof(buf)));
	CALL(getxattr("f", "user.none", buf, sizeof(buf)));
	CALL(getxattr("f", "weird.none", buf, sizeof(buf)));
	CALL(setxattr("f", "weird.none", "x", 1, 0));
	CALL(setxattr("f", "trusted.t", "x", 1, 0));
	CALL(setxattr("f", "security.s", "x", 1, 0));
	CALL(listxattr("f", NULL, 0));
	CALL(listxattr("f", buf, 5));
	CALL(listxattr("f", buf, sizeof(buf)));
	memset(buf, 'v', sizeof(buf));
	CALL(setxattr("f", "user.big", buf, 3000, 0));
	CALL(setxattr("f", "user.toobig", buf, 65536, 0));
	CALL(setxattr("f", "user.toobig", buf, 65537, 0));
	CALL(removexattr("f", "user.one"));
	CALL(removexattr("f", "user.one"));
	CALL(lsetxattr("l", "trusted.l", "x", 1, 0));
	CALL(lsetxattr("l", "user.l", "x", 1, 0));
	CALL(lgetxattr("l", "trusted.l", buf, 10));
	CALL(llistxattr("l", buf, sizeof(buf)));
	CALL(lremovexattr("l", "trusted.l"));
	CALL(mknod("fifo", S_IFIFO | 0666, 0));
	CALL(setxattr("fifo", "user.x", "x", 1, 0));
	CALL(setxattr("fifo", "trusted.x", "x", 1, 0));
	CALL(getxattr("fifo", "trusted.x", buf, 10));
	for (i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "user.n%d", i);
		setxattr("sticky", name, name, strlen(name), 0);
	}
	CALL(listxattr("sticky", buf, sizeof(buf)));
}

DECLARE_ACL(5);

static void step_acl(void)
{
	struct acl acl = { 2, { { 1, 6, -1 }, { 2, 4, ALICE }, { 4, 4, -1 }, { 0x10, 6, -1 }, { 0x20, 0, -1 } } };
	struct acl bad = acl;
	char buf[200];

	close(OPEN(open("acl", O_CREAT | O_RDWR, 0600)));
	CALL(getxattr("acl", "system.posix_acl_access", buf, sizeof(buf)));
	CALL(setxattr("acl", "system.posix_acl_access", &acl, sizeof(acl), 0));
	LOOK("acl");
	CALL(getxattr("acl", "system.posix_acl_access", buf, sizeof(buf)));
	CALL(chmod("acl", 0640));
	CALL(getxattr("acl", "system.posix_acl_access", buf, sizeof(buf)));
	SAY("mask after chmod %d", ((struct acl *)buf)->e[3].perm);
	bad.e[0].tag = 2;
	CALL(setxattr("acl", "system.posix_acl_access", &bad, sizeof(bad), 0));
	CALL(setxattr("acl", "system.posix_acl_default", &acl, sizeof(acl), 0));
	CALL(mkdir("acld", 0755));
	CALL(setxattr("acld", "system.posix_acl_default", &acl, sizeof(acl), 0));
	CALL(chmod("acld", 0777));
	umask(077);
	close(OPEN(open("acld/f", O_CREAT | O_RDWR, 0666)));
	CALL(mkdir("acld/d", 0777));
	CALL(mknod("acld/n", S_IFREG | 0666, 0));
	umask(022);
	LOOK("acld/f");
	LOOK("acld/d");
	LOOK("acld/n");
	CALL(getxattr("acld/f", "system.posix_acl_access", buf, sizeof(buf)));
	CALL(getxattr("acld/d", "system.posix_acl_default", buf, sizeof(buf)));
	CALL(listxattr("acld/d", buf, sizeof(buf)));
	CALL(removexattr("acl", "system.posix_acl_access"));
	LOOK("acl");
	CALL(getxattr("acl", "system.posix_acl_access", buf, sizeof(buf)));
	CALL(lsetxattr("l", "system.posix_acl_access", &acl, sizeof(acl), 0));
}

static void user_acl(void)
{
	OPEN(open("acld/f", O_RDONLY));
	OPEN(open("acld/f", O_RDWR));
	CALL(access("acl", R_OK));
	OPEN(open("acld/f2", O_CREAT | O_RDWR, 0666));
	LOOK("acld/f2");
}

static void user_attr(void)
{
	struct timespec ts[2] = { { 1, 0 }, { 2, 0 } };
	struct acl acl = { 2, { { 1, 7, -1 }, { 2, 4, 33 }, { 4, 4, -1 }, { 0x10, 7, -1 }, { 0x20, 0, -1 } } };
	char buf[500];

	CALL(chmod("f", 0600));
	CALL(chown("f", ALICE, ALICE));
	CALL(utimensat(AT_FDCWD, "f", ts, 0));
	CALL(setxattr("f", "user.mine", "x", 1, 0));
	CALL(getxattr("f", "trusted.t", buf, 10));
	CALL(listxattr("f", buf, sizeof(buf)));
	CALL(listxattr("f", NULL, 0));
	CALL(setxattr("f", "trusted.u", "x", 1, 0));
	close(OPEN(open("sticky/mine", O_CREAT | O_RDWR, 0666)));
	LOOK("sticky/mine");
	CALL(chown("sticky/mine", ALICE, TEAM));
	LOOK("sticky/mine");
	CALL(chown("sticky/mine", ALICE, 5));
	CALL(chown("sticky/mine", 5, -1));
	CALL(chmod("sticky/mine", 06777));
	LOOK("sticky/mine");
	CALL(chown("sticky/mine", ALICE, ALICE));
	LOOK("sticky/mine");
	CALL(utimensat(AT_FDCWD, "sticky/mine", ts, 0));
	CALL(utimensat(AT_FDCWD, "sticky/mine", NULL, 0));
	CALL(setxattr("sticky/mine", "user.mine", "x", 1, 0));
	CALL(unlink("sticky/roots"));
	CALL(rename("sticky/roots", "sticky/x"));
	CALL(unlink("f"));
	CALL(mkdir("x", 0755));
	CALL(mkdir("sticky/d", 0755));
	LOOK("sticky/d");
	CALL(symlink("x", "sticky/l"));
	LOOK("sticky/l");
	CALL(mknod("sticky/p", S_IFIFO | 0644, 0));
	LOOK("sticky/p");
	CALL(mknod("sticky/c", S_IFCHR | 0644, makedev(1, 3)));
	CALL(chmod("sticky/mine", 02777));
	CALL(setxattr("sticky/mine", "system.posix_acl_access", &acl, sizeof(acl), 0));
	LOOK("sticky/mine");
	CALL(chmod("sgid-team/file", 02775));
	LOOK("sgid-team/file");
	CALL(setxattr("sgid-team/file", "system.posix_acl_access", &acl, sizeof(acl), 0));
	LOOK("sgid-team/file");
	CALL(chmod("sgid-other/file", 02775));
	LOOK("sgid-other/file");
}

/* Set-id bits go when somebody without the right writes, truncates or chowns. */
static void user_write_setid(void)
{
	int fd = OPEN(open("setid", O_WRONLY));

	CALL(write(fd, "x", 1));
	LOOK("setid");
	close(fd);
	OPEN(open("setid2", O_WRONLY | O_TRUNC));
	LOOK("setid2");
	CALL(truncate("setid3", 0));
	LOOK("setid3");
}

static void user_sgid(void)
{
	/* A daemon that serves a mount with mapped ids does not know the caller's groups (README.md). */
	if (!getenv("NO_GROUPS")) {
		close(OPEN(open("sgid-team/new", O_CREAT | O_RDWR, 02775)));
		LOOK("sgid-team/new");
		close(OPEN(open("group-only/new", O_CREAT | O_RDWR, 0644)));
		LOOK("group-only/new");
	}
	CALL(mkdir("sgid-team/newdir", 0775));
	LOOK("sgid-team/newdir");
	close(OPEN(open("sgid-other/new", O_CREAT | O_RDWR, 02775)));
	LOOK("sgid-other/new");
	CALL(mknod("sgid-other/node", S_IFREG | 02775, 0));
	LOOK("sgid-other/node");
}

static void dir_for(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	CALL(mkdir(name, 0700));
	CALL(chown(name, uid, gid));
	CALL(chmod(name, mode));
}

static void file_for(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	int fd = OPEN(open(name, O_CREAT | O_RDWR, 0600));

	CALL(write(fd, "content", 7));
	close(fd);
	CALL(chown(name, uid, gid));
	CALL(chmod(name, mode));
}

static void step_users(void)
{
	struct stat st;
	int fd;

	file_for("sticky/roots", 0, 0, 0666);
	dir_for("sgid-team", 0, TEAM, 02777);
	dir_for("sgid-other", 0, 3000, 02777);
	dir_for("group-only", 0, TEAM, 0770);
	file_for("sgid-team/file", ALICE, TEAM, 0664);
	file_for("sgid-other/file", ALICE, 3000, 0664);
	file_for("setid", 0, 0, 06777);
	file_for("setid2", 0, 0, 06777);
	file_for("setid3", 0, 0, 06777);
	as_user(ALICE, ALICE, 0, user_acl);
	as_user(ALICE, ALICE, TEAM, user_attr);
	as_user(ALICE, ALICE, 0, user_attr);
	as_user(ALICE, ALICE, TEAM, user_write_setid);
	as_user(ALICE, ALICE, TEAM, user_sgid);
	LOOK("group-only/new");
	/* root keeps them */
	file_for("setid4", 0, 0, 06777);
	fd = OPEN(open("setid4", O_WRONLY | O_TRUNC));
	CALL(write(fd, "x", 1));
	LOOK("setid4");
	close(fd);
	/* the capability of a file goes with its content */
	CALL(setxattr("setid4", "security.capability", "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0));
	CALL(getxattr("setid4", "security.capability", NULL, 0));
	fd = OPEN(open("setid4", O_WRONLY));
	CALL(write(fd, "x", 1));
	close(fd);
	CALL(getxattr("setid4", "security.capability", NULL, 0));
	CALL(stat("setid4", &st));
}

static void step_flags(void)
{
	int fd = OPEN(open("flags", O_CREAT | O_RDWR, 0600)), flags = 0;
	struct statvfs vfs;

	CALL(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	SAY("flags %x", flags & ~FS_EXTENT_FL);
	flags |= FS_APPEND_FL;
	CALL(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	OPEN(open("flags", O_WRONLY));
	CALL(unlink("flags"));
	flags &= ~FS_APPEND_FL;
	CALL(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	CALL(unlink("flags"));
	CALL(ioctl(fd, 0x12345678, &flags));
	close(fd);
	CALL(statvfs(".", &vfs));
	SAY("block size %lu, longest name %lu", vfs.f_bsize, vfs.f_namemax);
}

static void steps(void)
{
	step_mode();
	step_times();
	step_xattr();
	step_acl();
	step_users();
	step_flags();
}

COMPARE_MAIN(steps)
