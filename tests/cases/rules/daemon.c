// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the daemon for tests serves all that a file system does, and its lookup counts are balanced, without programs
 * needs: root extfuse fuse
 *
 * The other cases of this folder build on this: if it fails, look here first.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "rawfuse.h"

static void use(void)
{
	char buf[64], big[300000];
	struct statfs sfs;
	struct stat st;
	ssize_t n;
	int fd;

	CHECK(!stat("mnt/a", &st) && st.st_size == 4 && S_ISREG(st.st_mode), "stat");
	CHECK(stat("mnt/none", &st) && errno == ENOENT, "a name that is not there");
	CHECK(readlink("mnt/l", buf, sizeof(buf)) == 1 && buf[0] == 'a', "readlink");
	CHECK(case_list("mnt", NULL, 0) == 5, "entries of the root");
	fd = open("mnt/d/new", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0, "create");
	memset(big, 'x', sizeof(big));
	CHECK(write(fd, big, sizeof(big)) == sizeof(big), "write");
	CHECK(pread(fd, buf, 10, sizeof(big) - 5) == 5 && buf[4] == 'x', "read the end");
	CHECK(!ftruncate(fd, 10), "truncate");
	CHECK(!close(fd), "close");
	CHECK(!rename("mnt/d/new", "mnt/n2") && !link("mnt/n2", "mnt/n3") && !unlink("mnt/n2"), "names");
	CHECK(!stat("mnt/n3", &st) && st.st_size == 10 && st.st_nlink == 1, "the last name");
	CHECK(!mkdir("mnt/dir", 0755) && !rmdir("mnt/dir"), "directories");
	CHECK(!setxattr("mnt/a", "user.x", "value", 5, 0), "setxattr");
	n = getxattr("mnt/a", "user.x", buf, sizeof(buf));
	CHECK(n == 5 && !memcmp(buf, "value", 5), "getxattr gave %zd", n);
	CHECK(listxattr("mnt/a", buf, sizeof(buf)) == 7, "listxattr");
	CHECK(!statfs("mnt", &sfs) && sfs.f_bfree == 500000, "statfs");
}

static void check(const char *type, uint64_t flags)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .type = type, .flags = flags });

	raw_file(rf, "/a", "text", 4);
	raw_mkdir(rf, "/d");
	raw_symlink(rf, "/l", "a");
	use();
	CHECK(raw_count(rf, FUSE_LOOKUP) && raw_count(rf, FUSE_GETATTR), "requests must have come");
	if (flags & FUSE_DO_READDIRPLUS)
		CHECK(raw_count(rf, FUSE_READDIRPLUS), "READDIRPLUS must have come");
	CHECK(raw_node(rf, 2)->nlookup, "the kernel must have the file");
	raw_balance(rf);
	CHECK(!raw_node(rf, 2)->nlookup && raw_forgets(rf, 2), "the kernel must have forgotten the file");
	raw_stop(rf);
}

static void hold(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){});
	struct stat st;
	int status;
	pid_t pid;

	raw_hold(rf, FUSE_GETATTR);
	pid = fork();
	if (!pid)
		_exit(stat("mnt", &st) ? 1 : 0);
	raw_wait_held(rf, FUSE_GETATTR, 1, 20);
	raw_let_go(rf, FUSE_GETATTR);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "the caller must get its answer");
	raw_drop(rf);
	errno = 0;
	status = stat("mnt", &st);
	CHECK(status == -1 && errno == ENOTCONN, "a dead daemon means ENOTCONN");
	raw_stop(rf);
}

int main(void)
{
	check("extfuse", 0);
	check("extfuse", FUSE_DO_READDIRPLUS | FUSE_WRITEBACK_CACHE);
	check("fuse", 0);
	hold();
	return 0;
}
