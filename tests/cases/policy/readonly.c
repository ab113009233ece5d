// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: under the extension readonly nothing can be changed through the mount, by no way round it and not by root
 * needs: root extfuse ext4 setfattr extfuse
 * timeout: 120
 */
#include "policy.h"

/* An access ACL with an entry for one user, as the system call takes it. */
static const uint32_t acl[] = { 2, 0x60001, ~0U, 0x60002, 1000, 0x60004, ~0U, 0x60010, ~0U, 0x40020, ~0U };

static void tree(void)
{
	CHECK(!mkdir("low", 0777) && !mkdir("mnt", 0755), "directories");
	run("cd low && echo -n data >file && mkdir dir empty && echo -n more >dir/more && ln -s file link &&"
	    " chmod 666 file && chmod 777 dir && setfattr -n user.x -v value file");
}

static void account(const char *to)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "cd low && { find . -printf '%%p %%y %%m %%U:%%G %%n %%s %%T@ %%C@\\n' | sort; getfattr -R -d -m - .;"
		 " lsattr -R 2>/dev/null; cat file dir/more; } >../%s", to);
	run(command);
}

static void reading(void)
{
	char value[16] = "";
	struct stat st;
	int fd, flags;

	holds("mnt/file", "data");
	holds("mnt/dir/more", "more");
	CHECK(!lstat("mnt/link", &st) && S_ISLNK(st.st_mode), "stat");
	CHECK(case_list("mnt", NULL, 0) == 6, "the listing");
	CHECK(readlink("mnt/link", value, sizeof(value)) == 4, "readlink");
	CHECK(getxattr("mnt/file", "user.x", value, sizeof(value)) == 5, "an extended attribute");
	CHECK(!access("mnt/file", R_OK), "access");
	fd = opened("mnt/file", O_RDONLY);
	CHECK(!ioctl(fd, FS_IOC_GETFLAGS, &flags), "flags");
	CHECK(!fsync(fd), "fsync");
	close(fd);
}

static void names(void)
{
	FAILS(EROFS, open("mnt/new", O_CREAT | O_RDONLY, 0644));
	FAILS(EROFS, open("mnt/new", O_CREAT | O_EXCL | O_WRONLY, 0644));
	FAILS(EROFS, open("mnt/dir", O_TMPFILE | O_RDWR, 0644));
	FAILS(EROFS, mknod("mnt/new", S_IFREG | 0644, 0));
	FAILS(EROFS, mknod("mnt/new", S_IFIFO | 0644, 0));
	FAILS(EROFS, mkdir("mnt/new", 0755));
	FAILS(EROFS, symlink("file", "mnt/new"));
	FAILS(EROFS, link("mnt/file", "mnt/new"));
	FAILS(EROFS, unlink("mnt/file"));
	FAILS(EROFS, rmdir("mnt/empty"));
	FAILS(EROFS, rename("mnt/file", "mnt/new"));
	FAILS(EROFS, rename("mnt/dir/more", "mnt/file"));
	FAILS(EROFS, rename("mnt/dir", "mnt/new"));
	FAILS(EROFS, renameat2(AT_FDCWD, "mnt/file", AT_FDCWD, "mnt/dir", RENAME_EXCHANGE));
	FAILS(EROFS, renameat2(AT_FDCWD, "mnt/file", AT_FDCWD, "mnt/new", RENAME_NOREPLACE));
}

static void attributes(void)
{
	int fd = opened("mnt/file", O_RDONLY), flags = 0;

	FAILS(EROFS, chmod("mnt/file", 0600));
	FAILS(EROFS, fchmod(fd, 0600));
	FAILS(EROFS, chown("mnt/file", 1, 1));
	FAILS(EROFS, lchown("mnt/link", 1, 1));
	FAILS(EROFS, truncate("mnt/file", 1));
	FAILS(EROFS, utimensat(AT_FDCWD, "mnt/file", NULL, 0));
	FAILS(EROFS, futimens(fd, NULL));
	FAILS(EROFS, setxattr("mnt/file", "user.y", "1", 1, 0));
	FAILS(EROFS, setxattr("mnt/file", "user.x", "1", 1, XATTR_REPLACE));
	FAILS(EROFS, setxattr("mnt/file", "trusted.y", "1", 1, 0));
	FAILS(EROFS, setxattr("mnt/file", "system.posix_acl_access", acl, sizeof(acl), 0));
	FAILS(EROFS, removexattr("mnt/file", "user.x"));
	CHECK(!ioctl(fd, FS_IOC_GETFLAGS, &flags), "flags can be read");
	flags |= FS_NODUMP_FL;
	FAILS(EROFS, ioctl(fd, FS_IOC_SETFLAGS, &flags));
	close(fd);
}

static void opening(void)
{
	FAILS(EROFS, open("mnt/file", O_WRONLY));
	FAILS(EROFS, open("mnt/file", O_RDWR));
	FAILS(EROFS, open("mnt/file", O_WRONLY | O_APPEND));
	FAILS(EROFS, open("mnt/file", O_RDONLY | O_TRUNC));
	FAILS(EROFS, open("mnt/file", O_RDWR | O_DIRECT));
	FAILS(EROFS, open("mnt/link", O_CREAT | O_WRONLY, 0644));
}

/* Other ways to the same file. */
static void ways_round(void)
{
	struct handle h;
	char path[64];
	char *map;
	int fd, dir;

	fd = opened("mnt/file", O_RDONLY);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FAILS(EROFS, open(path, O_RDWR));
	FAILS(EROFS, truncate(path, 0));
	FAILS(EROFS, linkat(AT_FDCWD, path, AT_FDCWD, "mnt/new", AT_SYMLINK_FOLLOW));
	FAILS(EBADF, write(fd, "x", 1));
	FAILS(EINVAL, ftruncate(fd, 0));
	FAILS(EBADF, fallocate(fd, 0, 0, 100));
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES,
	      "a shared mapping to write to");
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && map[0] == 'd', "one to read");
	FAILS(EACCES, mprotect(map, 4096, PROT_READ | PROT_WRITE));
	munmap(map, 4096);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED, "a private one");
	map[0] = 'X';
	munmap(map, 4096);
	close(fd);

	dir = opened("mnt", O_RDONLY | O_DIRECTORY);
	CHECK(!handle_get("mnt/file", &h), "a handle");
	fd = open_by_handle_at(dir, &h.head, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "a file opens by its handle");
	close(fd);
	FAILS(EROFS, open_by_handle_at(dir, &h.head, O_RDWR));
	close(dir);

	/* A name that came from below, another mount of the same. */
	CHECK(!link("low/file", "low/hard"), "a link below");
	FAILS(EROFS, open("mnt/hard", O_RDWR));
	CHECK(!unlink("low/hard"), "unlink below");
	CHECK(!mkdir("bound", 0755) && !mount("mnt/dir", "bound", NULL, MS_BIND, NULL), "a bind mount");
	FAILS(EROFS, open("bound/more", O_RDWR));
	FAILS(EROFS, unlink("bound/more"));
	CHECK(!umount("bound") && !rmdir("bound"), "umount");
}

static void as_alice(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(1000) || setuid(1000))
			_exit(99);
		fn();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "the same as a user");
}

/* What was opened before is written to still, and nothing else is done with it. */
static void attached_later(void)
{
	char *map;
	int fd;

	mount_with("ext=passthrough");
	fd = opened("mnt/file", O_RDWR);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "a mapping");
	run("extfuse replace $PWD/mnt readonly");
	FAILS(EROFS, open("mnt/file", O_RDWR));
	FAILS(EROFS, ftruncate(fd, 0));
	FAILS(EROFS, fallocate(fd, 0, 0, 100));
	FAILS(EROFS, fchmod(fd, 0600));
	CHECK(pwrite(fd, "D", 1, 0) == 1, "a handle keeps what it may");
	map[1] = 'A';
	CHECK(!msync(map, 4096, MS_SYNC) && !munmap(map, 4096) && !close(fd), "the mapping as well");
	holds("low/file", "DAta");

	/* A policy that is lost lets nothing through, one that is taken away lets all. */
	programs("0");
	FAILS(EIO, open("mnt/file", O_RDWR));
	FAILS(EIO, unlink("mnt/file"));
	FAILS(EIO, setxattr("mnt/file", "user.y", "1", 1, 0));
	programs("1");
	FAILS(EROFS, open("mnt/file", O_RDWR));
	run("extfuse detach $PWD/mnt");
	close(opened("mnt/file", O_RDWR));
	run("umount mnt");
}

int main(void)
{
	umask(0);
	atexit(programs_on);
	tree();
	account("before");
	mount_with("ext=readonly");
	reading();
	opening();
	names();
	attributes();
	as_alice(opening);
	as_alice(names);
	account("after");
	run("cmp before after");
	ways_round();
	holds("low/file", "data");
	run("umount mnt");
	attached_later();
	return 0;
}
