// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: inode flags and project numbers in a tree are those below, changed by whom the file belongs to, and no daemon is asked; a policy decides about them
 * needs: extfuse root ext4
 * timeout: 60
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "tree.h"

static int opened(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0, "%s", path);
	return fd;
}

static int flags_of(const char *path)
{
	int fd = opened(path), flags = -1;

	CHECK(!ioctl(fd, FS_IOC_GETFLAGS, &flags), "the flags of %s", path);
	close(fd);
	return flags;
}

static int flag_set(const char *path, int flag, bool on)
{
	int fd = opened(path), flags, err;

	CHECK(!ioctl(fd, FS_IOC_GETFLAGS, &flags), "the flags of %s", path);
	flags = on ? flags | flag : flags & ~flag;
	err = ioctl(fd, FS_IOC_SETFLAGS, &flags) ? errno : 0;
	close(fd);
	return err;
}

static void changed(const char *name)
{
	char here[64], below[64];

	snprintf(here, sizeof(here), "mnt/%s", name);
	snprintf(below, sizeof(below), "src/%s", name);
	CHECK(!flag_set(here, FS_NODUMP_FL, true) && flags_of(below) & FS_NODUMP_FL, "%s: nodump", name);
	CHECK(flags_of(here) == flags_of(below), "%s: %x, below %x", name, flags_of(here), flags_of(below));
	CHECK(!flag_set(below, FS_NODUMP_FL, false) && !(flags_of(here) & FS_NODUMP_FL), "%s: changed below", name);
}

static void project(void)
{
	int fd = opened("mnt/file"), low = opened("src/file");
	struct fsxattr xattr, below;

	CHECK(!ioctl(fd, FS_IOC_FSGETXATTR, &xattr) && !ioctl(low, FS_IOC_FSGETXATTR, &below), "what project quotas keep");
	CHECK(xattr.fsx_xflags == below.fsx_xflags && xattr.fsx_projid == below.fsx_projid &&
	      xattr.fsx_extsize == below.fsx_extsize && xattr.fsx_nextents == below.fsx_nextents,
	      "flags %x, below %x; project %u, below %u", xattr.fsx_xflags, below.fsx_xflags, xattr.fsx_projid, below.fsx_projid);
	xattr.fsx_xflags |= FS_XFLAG_NODUMP;
	CHECK(!ioctl(fd, FS_IOC_FSSETXATTR, &xattr) && flags_of("src/file") & FS_NODUMP_FL, "nodump");
	CHECK(!flag_set("mnt/file", FS_NODUMP_FL, false), "not any more");
	close(fd);
	close(low);
}

/* Bob may read it, and Alice, whose it is, may not: both have it open, and the owner changes its flags. */
static void as(uid_t uid, int fd, int expected)
{
	int status, flags;
	pid_t pid = fork();

	if (!pid) {
		CHECK(!setgid(uid) && !setuid(uid), "%u", uid);
		CHECK(!ioctl(fd, FS_IOC_GETFLAGS, &flags), "%u: the flags: %d", uid, errno);
		flags |= FS_NODUMP_FL;
		_exit(ioctl(fd, FS_IOC_SETFLAGS, &flags) ? errno : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == expected, "%u: %d", uid, status >> 8);
}

static void by_whom(mode_t mode)
{
	int fd = opened("mnt/file");

	CHECK(!fchown(fd, 1000, 1000) && !fchmod(fd, mode), "alice's");
	as(1001, fd, EPERM);
	CHECK(!(flags_of("src/file") & FS_NODUMP_FL), "not by bob");
	as(1000, fd, 0);
	CHECK(flags_of("src/file") & FS_NODUMP_FL, "by alice");
	CHECK(!flag_set("src/file", FS_NODUMP_FL, false) && !fchmod(fd, 0644), "back");
	close(fd);
}

static void immutable(void)
{
	CHECK(!flag_set("mnt/file", FS_IMMUTABLE_FL, true), "immutable");
	CHECK(open("mnt/file", O_WRONLY | O_CLOEXEC) < 0 && errno == EPERM, "it is not written: %d", errno);
	CHECK(unlink("mnt/file") && errno == EPERM, "nor removed: %d", errno);
	CHECK(!flag_set("mnt/file", FS_IMMUTABLE_FL, false) && !chmod("mnt/file", 0644), "not any more");
}

/* Names are the daemon's there, and so is who asks through which mount. */
static void where_it_may_be_idmapped(void)
{
	if (run("mount -t extfuse -o allow_idmap $PWD/src $PWD/mnt 2>said")) {
		CHECK(!run("grep -q 'knows no idmapped mounts' said"), "the mount");
		return;
	}
	/* The daemon opens it anew for who asks. */
	by_whom(0644);
	tree_umount();
}

int main(void)
{
	unsigned long long before;

	umask(0);
	tree_mount();
	CHECK(!mkdir("src/dir", 0755), "a directory");
	close(open("src/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	before = sent_up();
	changed("file");
	changed("dir");
	project();
	by_whom(0);
	immutable();
	CHECK(sent_up() == before, "nobody is asked");
	CHECK(!run("extfuse replace $PWD/mnt readonly"), "readonly");
	CHECK(flag_set("mnt/file", FS_NODUMP_FL, true) == EROFS && !(flags_of("src/file") & FS_NODUMP_FL), "refused by a policy");
	CHECK(flags_of("mnt/file") == flags_of("src/file"), "which lets them be read");
	CHECK(sent_up() == before, "nobody is asked under a policy");
	CHECK(!run("extfuse detach $PWD/mnt") && !flag_set("mnt/file", FS_NODUMP_FL, true), "by the daemon");
	CHECK(flags_of("src/file") & FS_NODUMP_FL, "which does it below");
	CHECK(!flag_set("mnt/file", FS_NODUMP_FL, false), "not any more");
	tree_umount();
	where_it_may_be_idmapped();
	return 0;
}
