// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: names in a mirror behave as on ext4: create, link, rename with every flag, remove, long and odd names
 * needs: extfuse ext4 root jq
 * timeout: 240
 */
#include <dirent.h>
#include <limits.h>
#include <sys/syscall.h>

#include "compare.h"

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0644);

	if (fd >= 0)
		close(fd);
}

static void step_make(void)
{
	char name[300];
	int fd;

	fd = OPEN(open("f", O_CREAT | O_RDWR | O_EXCL, 0640));
	close(fd);
	LOOK("f");
	OPEN(open("f", O_CREAT | O_RDWR | O_EXCL, 0640));
	OPEN(open("f", O_DIRECTORY | O_RDONLY));
	OPEN(open("missing", O_RDONLY));
	OPEN(open("f/x", O_CREAT | O_RDWR, 0600));
	close(OPEN(open("f0", O_CREAT | O_RDWR, 0000)));
	LOOK("f0");
	CALL(mkdir("d", 0751));
	CALL(mkdir("d", 0751));
	LOOK("d");
	OPEN(open("d", O_WRONLY));
	CALL(mknod("fifo", S_IFIFO | 0600, 0));
	CALL(mknod("chr", S_IFCHR | 0600, makedev(1, 3)));
	CALL(mknod("blk", S_IFBLK | 0600, makedev(7, 200)));
	CALL(mknod("sock", S_IFSOCK | 0600, 0));
	CALL(mknod("reg", S_IFREG | 0604, 0));
	LOOK("fifo");
	LOOK("chr");
	LOOK("blk");
	LOOK("sock");
	LOOK("reg");
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	CALL(mkdir(name, 0700));
	CALL(access(name, F_OK));
	name[255] = 'n';
	name[256] = 0;
	CALL(mkdir(name, 0700));
	CALL(access(name, F_OK));
	CALL(mkdir("odd \n\\,\"'\xff", 0700));
	CALL(rmdir("odd \n\\,\"'\xff"));
}

static void step_symlink(void)
{
	char target[PATH_MAX + 1], buf[PATH_MAX + 1];

	CALL(symlink("f", "ln"));
	CALL(symlink("f", "ln"));
	CALL(symlink("", "empty"));
	LOOK("ln");
	CALL(readlink("ln", buf, sizeof(buf)));
	CALL(readlink("ln", buf, 1));
	CALL(readlink("f", buf, sizeof(buf)));
	memset(target, 't', sizeof(target));
	target[4095] = 0;
	CALL(symlink(target, "long"));
	CALL(readlink("long", buf, sizeof(buf)));
	CALL(symlink("nowhere", "dangling"));
	OPEN(open("dangling", O_RDONLY));
	OPEN(open("ln", O_RDONLY | O_NOFOLLOW));
	close(OPEN(open("dangling", O_CREAT | O_WRONLY, 0600)));
	LOOK("nowhere");
	CALL(symlink("loop", "loop"));
	OPEN(open("loop", O_RDONLY));
}

static void step_link(void)
{
	struct stat a, b;

	CALL(link("f", "f2"));
	CALL(link("f", "f2"));
	CALL(link("d", "d2"));
	CALL(link("ln", "ln2"));
	CALL(linkat(AT_FDCWD, "ln", AT_FDCWD, "f3", AT_SYMLINK_FOLLOW));
	LOOK("f");
	LOOK("f3");
	LOOK("ln2");
	stat("f", &a);
	stat("f2", &b);
	SAY("hard links share the inode: %d", a.st_ino == b.st_ino);
	CALL(link("chr", "chr2"));
	LOOK("chr2");
	CALL(unlink("f"));
	LOOK("f2");
	CALL(link("f2", "f"));
	LOOK("f");
}

static int rename2(const char *from, const char *to, unsigned int flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void step_rename(void)
{
	CALL(mkdir("r", 0755));
	touch("r/a");
	touch("r/b");
	CALL(mkdir("r/e", 0755));
	CALL(mkdir("r/full", 0755));
	touch("r/full/x");
	CALL(rename("r/a", "r/b"));
	LOOK("r/a");
	LOOK("r/b");
	CALL(rename("r/b", "r/e"));
	CALL(rename("r/e", "r/b"));
	CALL(rename("r/e", "r/full"));
	CALL(rename("r/full", "r/e"));
	LOOK("r/e/x");
	LOOK("r/full");
	CALL(rename("r", "r/e/r"));
	CALL(rename("r/none", "r/x"));
	CALL(rename("r/b", "r/b/x"));
	CALL(rename("f", "f2"));
	LOOK("f");
	LOOK("f2");
	CALL(rename2("r/b", "f", 1 /* RENAME_NOREPLACE */));
	CALL(rename2("r/b", "r/new", 1));
	LOOK("r/new");
	CALL(rename2("r/new", "r/e", 2 /* RENAME_EXCHANGE */));
	LOOK("r/new");
	LOOK("r/e");
	LOOK("r/new/x");
	CALL(rename2("r/new", "r/missing", 2));
	CALL(rename2("r/e", "r/white", 4 /* RENAME_WHITEOUT */));
	LOOK("r/e");
	LOOK("r/white");
	CALL(rename2("r/e", "r/white", 3));
	CALL(rename2("r/e", "r/white", 8));
	CALL(mkdir("r2", 0755));
	CALL(rename("r/new", "r2/moved"));
	LOOK("r2/moved/x");
	LOOK("r");
	LOOK("r2");
}

static void step_remove(void)
{
	char buf[8] = "";
	int fd;

	touch("gone");
	fd = OPEN(open("gone", O_RDWR));
	CALL(write(fd, "still", 5));
	CALL(unlink("gone"));
	CALL(unlink("gone"));
	CALL(pread(fd, buf, 8, 0));
	SAY("read after unlink: %s", buf);
	CALL(fchmod(fd, 0600));
	CALL(ftruncate(fd, 2));
	close(fd);
	CALL(unlink("d"));
	CALL(rmdir("f2"));
	CALL(rmdir("r2"));
	CALL(rmdir("d"));
	CALL(rmdir("d"));
	CALL(rmdir("."));
	CALL(unlink("missing/x"));
	CALL(unlink("fifo"));
	LOOK("fifo");
	CALL(mkdir("cwd", 0755));
	CALL(chdir("cwd"));
	CALL(rmdir("../cwd"));
	OPEN(open("x", O_CREAT | O_RDWR, 0600));
	CALL(mkdir("y", 0700));
	CALL(chdir(".."));
	SAY("getcwd works: %d", getcwd(NULL, 0) != NULL);
}

/* A file that has the name of one that was removed is another file. */
static void step_again(void)
{
	struct stat st;
	int i;

	for (i = 0; i < 50; i++) {
		int fd = open("again", O_CREAT | O_EXCL | O_RDWR, 0600);

		if (fd < 0 || write(fd, "0123456789", i % 10) != i % 10 || fstat(fd, &st) ||
		    st.st_size != i % 10 || close(fd) || stat("again", &st) || st.st_size != i % 10 ||
		    unlink("again"))
			SAY("turn %d: %s", i, strerrorname_np(errno));
		if (mkdir("again", 0700) || stat("again", &st) || !S_ISDIR(st.st_mode) || rmdir("again"))
			SAY("turn %d as directory: %s", i, strerrorname_np(errno));
	}
}

static void steps(void)
{
	step_make();
	step_symlink();
	step_link();
	step_rename();
	step_remove();
	step_again();
}

COMPARE_MAIN(steps)
