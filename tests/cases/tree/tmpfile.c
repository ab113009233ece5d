// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a file without a name is made, used and named in a tree as below: by whom, with which rights, and no daemon is asked
 * needs: extfuse root ext4
 * timeout: 60
 */
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tree.h"

static int tmpfile_in(const char *dir, int flags, mode_t mode)
{
	return open(dir, O_TMPFILE | O_CLOEXEC | flags, mode);
}

static int named(int fd, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static void content(int fd)
{
	char buf[8] = "", *map;

	CHECK(write(fd, "text", 4) == 4 && pread(fd, buf, 4, 0) == 4 && !memcmp(buf, "text", 4), "content");
	CHECK(!ftruncate(fd, 4096) && !fsync(fd), "size");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "mmap");
	map[0] = 'T';
	CHECK(!munmap(map, 4096) && !ftruncate(fd, 4), "munmap");
}

static void is_as_below(int fd, const char *below, nlink_t links)
{
	struct stat st, low;

	CHECK(!fstat(fd, &st) && !stat(below, &low), "%s", below);
	CHECK(st.st_ino == low.st_ino && st.st_mode == low.st_mode && st.st_uid == low.st_uid && st.st_gid == low.st_gid &&
	      st.st_nlink == links && low.st_nlink == links, "%s: %o %u %u %lu", below, st.st_mode, st.st_uid, st.st_gid,
	      (unsigned long)st.st_nlink);
}

static void gets_a_name(void)
{
	int fd = tmpfile_in("mnt/dir", O_RDWR, 0640);
	struct stat st;
	char buf[8] = "";
	int low;

	CHECK(fd >= 0 && !fstat(fd, &st) && !st.st_nlink && st.st_uid == 0 && (st.st_mode & 07777) == 0640, "a file: %d", errno);
	content(fd);
	CHECK(!named(fd, "mnt/dir/named"), "a name");
	is_as_below(fd, "src/dir/named", 1);
	CHECK(!named(fd, "mnt/second"), "another");
	is_as_below(fd, "src/second", 2);
	low = open("src/second", O_RDONLY | O_CLOEXEC);
	CHECK(low >= 0 && read(low, buf, 4) == 4 && !memcmp(buf, "Text", 4), "below: %s", buf);
	CHECK(!close(low) && !unlink("mnt/second") && !unlink("mnt/dir/named"), "unlink");
	CHECK(pread(fd, buf, 4, 0) == 4 && !close(fd), "what is open stays");
}

static void gets_none(void)
{
	int fd = tmpfile_in("mnt/dir", O_RDWR | O_EXCL, 0600);

	CHECK(fd >= 0, "O_EXCL");
	content(fd);
	CHECK(named(fd, "mnt/dir/never") && errno == ENOENT, "one that was never to be named: %d", errno);
	CHECK(!close(fd) && access("src/dir/never", F_OK), "close");
	/* The mode does not matter to who has made it. */
	fd = tmpfile_in("mnt/dir", O_RDWR, 0);
	CHECK(fd >= 0, "mode 0");
	content(fd);
	close(fd);
	fd = tmpfile_in("mnt/dir", O_WRONLY | O_APPEND, 0600);
	CHECK(fd >= 0 && write(fd, "a", 1) == 1 && pwrite(fd, "b", 1, 0) == 1 && lseek(fd, 0, SEEK_END) == 2, "O_APPEND");
	close(fd);
	CHECK(tmpfile_in("mnt/dir", O_RDONLY, 0600) < 0 && errno == EINVAL, "it must be writable");
	CHECK(tmpfile_in("mnt/file", O_RDWR, 0600) < 0 && errno == ENOTDIR, "only in directories");
}

/* Alice, in a directory of hers, of root's, and of a group whose files are the group's. */
static void as_alice(void)
{
	int status, fd;
	pid_t pid = fork();

	if (!pid) {
		CHECK(!setgid(1000) && !setuid(1000), "alice");
		umask(027);
		CHECK(tmpfile_in("mnt/dir", O_RDWR, 0666) < 0 && errno == EACCES, "root's directory: %d", errno);
		fd = tmpfile_in("mnt/alices", O_RDWR, 0666);
		CHECK(fd >= 0 && !named(fd, "mnt/alices/hers"), "her own: %d", errno);
		is_as_below(fd, "src/alices/hers", 1);
		close(fd);
		fd = tmpfile_in("mnt/groups", O_RDWR, 02777);
		CHECK(fd >= 0 && !named(fd, "mnt/groups/hers"), "the group's: %d", errno);
		is_as_below(fd, "src/groups/hers", 1);
		close(fd);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "alice");
}

static void made_by_alice(void)
{
	struct stat hers, groups;

	CHECK(!stat("src/alices/hers", &hers) && hers.st_uid == 1000 && (hers.st_mode & 07777) == 0640, "%o", hers.st_mode);
	CHECK(!stat("src/groups/hers", &groups) && groups.st_uid == 1000 && groups.st_gid == 1001 &&
	      !(groups.st_mode & S_ISGID), "a group that is not hers: %u %o", groups.st_gid, groups.st_mode);
}

static int landlock(const char *dir)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE,
	};
	int rules = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = attr.handled_access_fs, .parent_fd = open(dir, O_PATH | O_CLOEXEC),
	};

	if (rules < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0))
		return -1;
	return syscall(SYS_landlock_restrict_self, rules, 0);
}

/* Who may open files in one directory only: what is refused above leaves nothing behind, what is not is not refused below. */
static void restricted(const char *dir, int expected)
{
	int status, i;
	pid_t pid = fork();

	if (!pid) {
		CHECK(!setgid(1000) && !setuid(1000), "alice");
		if (landlock(dir))
			_exit(expected);
		for (i = 0; i < 10; i++) {
			if ((tmpfile_in("mnt/alices", O_RDWR, 0600) < 0 ? errno : 0) != expected)
				_exit(errno);
		}
		_exit(expected);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == expected, "only in %s: %x", dir, status);
}

int main(void)
{
	unsigned long long before;
	int fd;

	umask(0);
	tree_mount();
	CHECK(!mkdir("src/dir", 0755) && !mkdir("src/alices", 0755) && !chown("src/alices", 1000, 1000) &&
	      !mkdir("src/groups", 0777) && !chown("src/groups", 0, 1001) && !chmod("src/groups", 02777), "directories");
	close(open("src/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	before = sent_up();
	gets_a_name();
	gets_none();
	as_alice();
	made_by_alice();
	restricted("src", EACCES);
	restricted("mnt", 0);
	CHECK(sent_up() == before, "nobody is asked");
	CHECK(passed(FUSE_TMPFILE) >= 5, "TMPFILE is passed through: %llu", passed(FUSE_TMPFILE));
	/* Without its programs the daemon makes it. */
	CHECK(!run("extfuse detach $PWD/mnt"), "detach");
	fd = tmpfile_in("mnt/dir", O_RDWR, 0600);
	CHECK(fd >= 0 && write(fd, "x", 1) == 1 && !named(fd, "mnt/dir/daemons"), "the daemon's: %d", errno);
	close(fd);
	CHECK(!access("src/dir/daemons", F_OK), "it is below");
	tree_umount();
	return 0;
}
