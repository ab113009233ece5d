// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each request moves exactly the slots that the table says, and what only looks moves none
 * needs: extfuse root
 * timeout: 120
 *
 * The rows are those of the table in module/opcode.c; slots/rows compares.
 */
#include <linux/fs.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <dirent.h>

#include "slots.h"

/* What a row has open: made before the stamp is taken. */
static int fd = -1, fd2 = -1;

static int open_in(enum node dir, const char *name, int flags)
{
	int got = openat(t.dirfd[dir], name, flags, 0644);

	CHECK(got >= 0, "open %s/%s", node_path[dir], name);
	return got;
}

static void read_f(void) { fd = open_in(ND, "f", O_RDONLY); }
static void write_f(void) { fd = open_in(ND, "f", O_RDWR); }
static void path_f(void) { fd = open_in(ND, "f", O_PATH); }
static void path_f_g(void) { path_f(); fd2 = open_in(NE, "g", O_PATH); }
static void path_s(void) { fd = open_in(ND, "s", O_PATH); }
static void write_both(void) { read_f(); fd2 = open_in(NE, "g", O_RDWR); }
static void xattr_f(void)
{
	write_f();
	CHECK(!fsetxattr(fd, "user.old", "v", 1, 0), "an xattr");
}
static void link_s(void)
{
	raw_remove(t.rf, "/d/h");
	raw_symlink(t.rf, "/d/h", "f");
	t.id[NH] = raw_get(t.rf, "/d/h")->id;
	fd = open_in(ND, "h", O_PATH | O_NOFOLLOW);
}

/* Changes. */
static void times(void)
{
	struct timespec ts[2] = { { 1000, 0 }, { 2000, 0 } };

	CHECK(!futimens(fd, ts), "utimens");
}
static void mode(void) { CHECK(!fchmod(fd, 0640), "chmod"); }
static void owner(void) { CHECK(!fchown(fd, 12, 34), "chown"); }
static void size(void) { CHECK(!ftruncate(fd, 5), "truncate"); }
static void refused(void)
{
	struct slot_probe p = { .refuse = 1 };

	probe_set(&p);
	CHECK(fchmod(fd, 0604) && errno == EACCES, "the program must refuse chmod");
}
static int eio(struct raw_req *req)
{
	(void)req;
	return -EIO;
}
static void fails(void)
{
	raw_on(t.rf, FUSE_SETATTR, eio, NULL);
	CHECK(fchmod(fd, 0604) && errno == EIO, "chmod must fail");
	raw_on(t.rf, FUSE_SETATTR, NULL, NULL);
}
static void do_pwrite(void) { CHECK(pwrite(fd, "abc", 3, 4) == 3, "write"); }
static void do_fallocate(void) { CHECK(!fallocate(fd, 0, 0, 100), "fallocate"); }
static void do_copy(void)
{
	CHECK(copy_file_range(fd, NULL, fd2, NULL, 5, 0) == 5, "copy_file_range");
}
static void do_truncating(void) { fd2 = open_in(ND, "f", O_WRONLY | O_TRUNC); }
static void do_setxattr(void) { CHECK(!fsetxattr(fd, "user.a", "v", 1, 0), "setxattr"); }
static void do_removexattr(void) { CHECK(!fremovexattr(fd, "user.old"), "removexattr"); }
static void do_ioctl(void) { ioctl(fd, _IO('x', 1)); }
static void do_create(void) { fd = open_in(ND, "n", O_CREAT | O_EXCL | O_WRONLY); }
static void do_mknod(void) { CHECK(!mknodat(t.dirfd[ND], "n", S_IFIFO | 0644, 0), "mknod"); }
static void do_mkdir(void) { CHECK(!mkdirat(t.dirfd[ND], "n", 0755), "mkdir"); }
static void do_symlink(void) { CHECK(!symlinkat("x", t.dirfd[ND], "n"), "symlink"); }
static void do_tmpfile(void) { fd = open_in(ND, ".", O_TMPFILE | O_RDWR); }
static void do_link(void)
{
	CHECK(!linkat(t.dirfd[ND], "f", t.dirfd[NE], "n", 0), "link");
}
static void do_unlink(void) { CHECK(!unlinkat(t.dirfd[ND], "f", 0), "unlink"); }
static void do_rmdir(void) { CHECK(!unlinkat(t.dirfd[ND], "s", AT_REMOVEDIR), "rmdir"); }
static void do_rename(void)
{
	CHECK(!renameat(t.dirfd[ND], "f", t.dirfd[NE], "n"), "rename");
}
static void do_rename_same(void)
{
	CHECK(!renameat(t.dirfd[ND], "f", t.dirfd[ND], "n"), "rename");
}
static void do_rename_over(void)
{
	CHECK(!renameat(t.dirfd[ND], "f", t.dirfd[NE], "g"), "rename");
}
static void do_rename_new(void)
{
	CHECK(!renameat2(t.dirfd[ND], "f", t.dirfd[NE], "n", RENAME_NOREPLACE), "rename2");
}
static void do_exchange(void)
{
	CHECK(!renameat2(t.dirfd[ND], "f", t.dirfd[NE], "g", RENAME_EXCHANGE), "exchange");
}
static void do_fsync(void) { CHECK(!fsync(fd), "fsync"); }
/* close() of a second descriptor sends FLUSH, and no RELEASE. */
static void do_flush(void) { close(dup(fd)); }

/* What looks. */
static void do_stat(void)
{
	struct stat st;

	CHECK(!fstat(fd, &st), "fstat");
}
static void do_read(void)
{
	char buf[8];

	CHECK(pread(fd, buf, 8, 0) == 8, "read");
}
static void do_lookups(void) { close(open_in(ND, "h", O_PATH)); }
static void do_readlink(void)
{
	char buf[64];

	CHECK(readlinkat(fd, "", buf, sizeof(buf)) == 1, "readlink");
}
static void do_getxattr(void)
{
	char buf[64];

	CHECK(fgetxattr(fd, "user.old", buf, sizeof(buf)) == 1, "getxattr");
}
static void do_listxattr(void)
{
	char buf[64];

	CHECK(flistxattr(fd, buf, sizeof(buf)) > 0, "listxattr");
}
static void do_access(void) { CHECK(!faccessat(t.dirfd[ND], "f", R_OK, 0), "access"); }
static void do_open(void) { fd2 = open_in(ND, "f", O_RDONLY); }
static void do_list(void)
{
	DIR *dir = fdopendir(open_in(ND, ".", O_RDONLY | O_DIRECTORY));
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	CHECK(n == 5, "a listing of five, not %d", n);
}
static void do_fsyncdir(void) { CHECK(!fsync(t.dirfd[ND]), "fsync of a directory"); }
static void do_seek(void) { CHECK(lseek(fd, 0, SEEK_HOLE) >= 0, "lseek"); }
static void do_lock(void)
{
	struct flock lk = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 3 };

	CHECK(!fcntl(fd, F_SETLK, &lk), "lock");
	lk.l_type = F_UNLCK;
	CHECK(!fcntl(fd, F_SETLK, &lk), "unlock");
}
static void do_lockw(void)
{
	struct flock lk = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 3 };

	CHECK(!fcntl(fd, F_SETLKW, &lk), "lock");
}
static void do_getlk(void)
{
	struct flock lk = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 3 };

	CHECK(!fcntl(fd, F_GETLK, &lk), "getlk");
}
static void do_poll(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK(poll(&p, 1, 0) >= 0, "poll");
}
static const struct row {
	const char *what;
	uint32_t opcode;	/* must have been sent */
	void (*prepare)(void);
	void (*change)(void);
	struct moved moved;
} rows[] = {
	{ "SETATTR of times", FUSE_SETATTR, write_f, times, { .node[NF] = A } },
	{ "SETATTR of the mode", FUSE_SETATTR, write_f, mode, { .node[NF] = A | X } },
	{ "SETATTR of the owner", FUSE_SETATTR, write_f, owner, { .node[NF] = A | X } },
	{ "SETATTR of the size", FUSE_SETATTR, write_f, size, { .node[NF] = A | D } },
	{ "SETATTR that the program refuses", 0, write_f, refused, { .node[NF] = A | X } },
	{ "SETATTR that fails", FUSE_SETATTR, write_f, fails, { .node[NF] = A | X } },
	{ "WRITE", FUSE_WRITE, write_f, do_pwrite, { .node[NF] = A | D } },
	{ "FALLOCATE", FUSE_FALLOCATE, write_f, do_fallocate, { .node[NF] = A | D } },
	{ "COPY_FILE_RANGE", FUSE_COPY_FILE_RANGE, write_both, do_copy, { .node[NG] = A | D } },
	{ "OPEN with O_TRUNC", FUSE_OPEN, path_f, do_truncating, { .node[NF] = A | D } },
	{ "SETXATTR", FUSE_SETXATTR, write_f, do_setxattr, { .node[NF] = A | X } },
	{ "REMOVEXATTR", FUSE_REMOVEXATTR, xattr_f, do_removexattr, { .node[NF] = A | X } },
	{ "IOCTL", FUSE_IOCTL, read_f, do_ioctl, { .node[NF] = ALL } },
	{ "FSYNC after writing", FUSE_FSYNC, write_f, do_fsync, { .node[NF] = ALL } },
	{ "FSYNC after reading", FUSE_FSYNC, read_f, do_fsync, { { 0 }, { 0 } } },
	{ "FLUSH after writing", FUSE_FLUSH, write_f, do_flush, { .node[NF] = ALL } },
	{ "FLUSH after reading", FUSE_FLUSH, read_f, do_flush, { { 0 }, { 0 } } },
	{ "CREATE", FUSE_CREATE, NULL, do_create, { .node[ND] = A | D, .name[DN] = true } },
	{ "MKNOD", FUSE_MKNOD, NULL, do_mknod, { .node[ND] = A | D, .name[DN] = true } },
	{ "MKDIR", FUSE_MKDIR, NULL, do_mkdir, { .node[ND] = A | D, .name[DN] = true } },
	{ "SYMLINK", FUSE_SYMLINK, NULL, do_symlink, { .node[ND] = A | D, .name[DN] = true } },
	{ "TMPFILE", FUSE_TMPFILE, NULL, do_tmpfile, { .node[ND] = A | D } },
	/* All of it: a daemon may give the new name a node of its own. */
	{ "LINK", FUSE_LINK, path_f, do_link,
	  { .node = { [NE] = A | D, [NF] = ALL }, .name[EN] = true } },
	{ "UNLINK", FUSE_UNLINK, path_f, do_unlink,
	  { .node = { [ND] = A | D, [NF] = A }, .name[DF] = true } },
	{ "RMDIR", FUSE_RMDIR, path_s, do_rmdir,
	  { .node = { [ND] = A | D, [NS] = A }, .name[DS] = true } },
	{ "RENAME", FUSE_RENAME, path_f, do_rename,
	  { .node = { [ND] = A | D, [NE] = A | D, [NF] = A }, .name = { [DF] = true, [EN] = true } } },
	{ "RENAME in one directory", FUSE_RENAME, path_f, do_rename_same,
	  { .node = { [ND] = A | D, [NF] = A }, .name = { [DF] = true, [DN] = true } } },
	{ "RENAME over another", FUSE_RENAME, path_f_g, do_rename_over,
	  { .node = { [ND] = A | D, [NE] = A | D, [NF] = A, [NG] = A },
	    .name = { [DF] = true, [EG] = true } } },
	{ "RENAME2 to a new name", FUSE_RENAME2, path_f, do_rename_new,
	  { .node = { [ND] = A | D, [NE] = A | D, [NF] = A }, .name = { [DF] = true, [EN] = true } } },
	{ "RENAME2 as exchange", FUSE_RENAME2, path_f_g, do_exchange,
	  { .node = { [ND] = A | D, [NE] = A | D, [NF] = A, [NG] = A },
	    .name = { [DF] = true, [EG] = true } } },

	{ "GETATTR", FUSE_GETATTR, path_f, do_stat, { { 0 }, { 0 } } },
	{ "LOOKUP", FUSE_LOOKUP, NULL, do_lookups, { { 0 }, { 0 } } },
	{ "READ", FUSE_READ, read_f, do_read, { { 0 }, { 0 } } },
	{ "READLINK", FUSE_READLINK, link_s, do_readlink, { { 0 }, { 0 } } },
	{ "GETXATTR", FUSE_GETXATTR, xattr_f, do_getxattr, { { 0 }, { 0 } } },
	{ "LISTXATTR", FUSE_LISTXATTR, xattr_f, do_listxattr, { { 0 }, { 0 } } },
	{ "ACCESS", FUSE_ACCESS, path_f, do_access, { { 0 }, { 0 } } },
	{ "OPEN", FUSE_OPEN, path_f, do_open, { { 0 }, { 0 } } },
	{ "OPENDIR", FUSE_OPENDIR, NULL, do_list, { { 0 }, { 0 } } },
	{ "READDIR", FUSE_READDIR, NULL, do_list, { { 0 }, { 0 } } },
	{ "RELEASEDIR", FUSE_RELEASEDIR, NULL, do_list, { { 0 }, { 0 } } },
	{ "FSYNCDIR", FUSE_FSYNCDIR, NULL, do_fsyncdir, { { 0 }, { 0 } } },
	{ "LSEEK", FUSE_LSEEK, read_f, do_seek, { { 0 }, { 0 } } },
	{ "SETLK", FUSE_SETLK, read_f, do_lock, { { 0 }, { 0 } } },
	{ "SETLKW", FUSE_SETLKW, read_f, do_lockw, { { 0 }, { 0 } } },
	{ "GETLK", FUSE_GETLK, read_f, do_getlk, { { 0 }, { 0 } } },
	{ "POLL", FUSE_POLL, read_f, do_poll, { { 0 }, { 0 } } },
};

static void close_all(void)
{
	if (fd >= 0)
		close(fd);
	if (fd2 >= 0)
		close(fd2);
	fd = fd2 = -1;
}

static int run(const struct row *row)
{
	int wrong;

	grow();
	settle();
	if (row->prepare)
		row->prepare();
	take();
	raw_reset(t.rf);
	row->change();
	CHECK(!row->opcode || raw_until(5, raw_count(t.rf, row->opcode)), "%s: %s must be sent",
	      row->what, raw_opname(row->opcode));
	wrong = compare(row->what, &row->moved);
	close_all();
	return wrong;
}

/* READDIRPLUS needs what the others must not have: a daemon of its own. */
static int run_others(void)
{
	static const struct row plus = {
		"READDIRPLUS", FUSE_READDIRPLUS, NULL, do_list, { { 0 }, { 0 } },
	};
	struct raw_opts opts = { .flags = FUSE_DO_READDIRPLUS };
	int wrong;

	start(&opts);
	wrong = run(&plus);
	stop();
	return wrong;
}

int main(void)
{
	struct raw_opts opts = {
		.flags = FUSE_ATOMIC_O_TRUNC | FUSE_POSIX_LOCKS,
	};
	int wrong = 0;
	unsigned int i;

	start(&opts);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		wrong += run(&rows[i]);
	stop();
	wrong += run_others();
	CHECK(!wrong, "%d differences from the table", wrong);
	return 0;
}
