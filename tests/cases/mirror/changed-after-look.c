// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what a caller may do through the mirror's daemon is decided by what is below at that moment, not by what was so when the caller looked
 * needs: extfuse ext4 root
 * timeout: 300
 *
 * Each cell is done on a bind mount and on a mirror: the caller looks, keeps what he has opened, then the administrator
 * changes things below, then the caller acts.  Lifetimes are long, so that the kernel goes by what it knew; that the
 * daemon serves is due to the mount's options.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "acl.h"
#include "callers.h"

static const char *const sides[] = { "bind", "mnt" };
static const char *const below[] = { "low/bind", "low/mnt" };
static unsigned int wrong, cells;
static char room[256];
static int fd;		/* of "f", kept by the caller */
static char place[16];
static unsigned int places;

/* What is there: one of each, alice's. */
static void make(const char *name, mode_t mode, uid_t owner)
{
	int new;

	if (S_ISDIR(mode)) {
		CHECK(!mkdir(name, 0700), "%s", name);
	} else {
		new = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		CHECK(new >= 0 && write(new, "content", 7) == 7 && !close(new), "%s", name);
	}
	CHECK(!chown(name, owner, owner) && !chmod(name, mode & ALLPERMS), "%s", name);
}

static void prepare(void)
{
	make("f", S_IFREG | 0644, ALICE);
	CHECK(!setxattr("f", "user.u", "x", 1, 0), "an attribute");
	make("mine", S_IFREG | 0644, ALICE);
	make("d", S_IFDIR | 0755, ALICE);
	make("d/in", S_IFREG | 0644, ALICE);
	make("sticky", S_IFDIR | 0777, 0);
	CHECK(!chmod("sticky", 01777), "sticky");
	make("sticky/f", S_IFREG | 0644, ALICE);
	make("sticky/mine", S_IFREG | 0644, ALICE);
	make("sticky/d", S_IFDIR | 0755, ALICE);
}

/* What the administrator does. */
static void file_is_roots(void)
{
	CHECK(!chown("f", 0, 0) && !chmod("f", 0600), "f");
}

static void file_is_roots_and_setuid(void)
{
	CHECK(!chown("f", 0, 0) && !chmod("f", 04755), "f");
}

static void dir_is_roots(void)
{
	CHECK(!chown("d", 0, 0) && !chmod("d", 0755), "d");
}

static void names_are_bobs(void)
{
	CHECK(!unlink("sticky/f") && !rmdir("sticky/d"), "names");
	make("sticky/f", S_IFREG | 0644, BOB);
	make("sticky/d", S_IFDIR | 0755, BOB);
}

static void nothing_new(void)
{
}

/* What is then done. */
DECLARE_ACL(3);

static long set_acl(const char *name)
{
	struct acl acl = { 2, { { 1, 7, -1 }, { 4, 7, -1 }, { 0x20, 7, -1 } } };

	return setxattr(name, "system.posix_acl_access", &acl, sizeof(acl), 0);
}

/* fuse opens the file for it once more: who may not read it gets that error. */
static long set_flags(void)
{
	int flags = 0;
	long ret = ioctl(fd, FS_IOC_GETFLAGS, &flags);

	flags |= FS_NODUMP_FL;
	if (!ret)
		ret = ioctl(fd, FS_IOC_SETFLAGS, &flags);
	if (ret && errno == EACCES)
		errno = EPERM;
	return ret;
}

static long try_open(const char *name, int flags)
{
	int got = open(name, flags | O_CLOEXEC, 0644);

	return got < 0 ? -1 : close(got);
}

static const struct timespec long_ago[2] = { { 5, 0 }, { 6, 0 } };

#define ACT(name, expr)	static long name(void) { return expr; }
ACT(fchmod_setuid, fchmod(fd, 04755))
ACT(fchmod_plain, fchmod(fd, 0755))
ACT(chmod_path, chmod("f", 0666))
ACT(fchown_group, fchown(fd, -1, TEAM))
ACT(fchown_away, fchown(fd, 5, -1))
ACT(futimens_now, futimens(fd, NULL))
ACT(futimens_set, futimens(fd, long_ago))
ACT(fset_user, fsetxattr(fd, "user.new", "x", 1, 0))
ACT(fset_trusted, fsetxattr(fd, "trusted.new", "x", 1, 0))
ACT(fremove_user, fremovexattr(fd, "user.u"))
ACT(fget_user, fgetxattr(fd, "user.u", room, sizeof(room)))
ACT(flist, flistxattr(fd, room, sizeof(room)))
ACT(fset_acl, set_acl("f"))
ACT(fset_flags, set_flags())
ACT(fwrite_it, write(fd, "x", 1))
ACT(ftruncate_it, ftruncate(fd, 3))
ACT(fallocate_it, fallocate(fd, 0, 0, 100))
ACT(truncate_path, truncate("f", 3))
ACT(open_read, try_open("f", O_RDONLY))
ACT(open_write, try_open("f", O_WRONLY))
ACT(open_append, try_open("f", O_WRONLY | O_APPEND))
ACT(open_truncate, try_open("f", O_WRONLY | O_TRUNC))
ACT(link_it, link("f", "sticky/new"))
ACT(create_in, try_open("d/new", O_WRONLY | O_CREAT | O_EXCL))
ACT(mkdir_in, mkdir("d/new", 0755))
ACT(symlink_in, symlink("to", "d/new"))
ACT(fifo_in, mknod("d/new", S_IFIFO | 0600, 0))
ACT(link_in, link("mine", "d/new"))
ACT(rename_in, rename("mine", "d/new"))
ACT(unlink_in, unlink("d/in"))
ACT(rename_out, rename("d/in", "new"))
ACT(tmpfile_in, try_open("d", O_WRONLY | O_TMPFILE))
ACT(unlink_bobs, unlink("sticky/f"))
ACT(rmdir_bobs, rmdir("sticky/d"))
ACT(rename_bobs, rename("sticky/f", "sticky/new"))
ACT(rename_over_bobs, rename("sticky/mine", "sticky/f"))
ACT(exchange_bobs, renameat2(AT_FDCWD, "sticky/mine", AT_FDCWD, "sticky/f", RENAME_EXCHANGE))
/* Made, not opened: nothing of that is left to open it with. */
static void made_is_roots(void)
{
	CHECK(!chown("sticky/made", 0, 0) && !chmod("sticky/made", 0600), "sticky/made");
}

ACT(open_made, try_open("sticky/made", O_RDWR))
ACT(create_0400, try_open("sticky/created", O_WRONLY | O_CREAT | O_EXCL))
ACT(mknod_null, mknod("sticky/null", S_IFCHR | 0666, 0x103))

#define CELL(change, act)	{ #change ", " #act, change, act, false }
/* With each caller, and each way to be served by the daemon. */
#define EACH(change, act)	{ #change ", " #act, change, act, true }

static const struct cell {
	const char *name;
	void (*change)(void);
	long (*act)(void);
	bool each;
} table[] = {
	EACH(file_is_roots, fchmod_setuid), CELL(file_is_roots, fchmod_plain), CELL(file_is_roots, chmod_path),
	CELL(file_is_roots, fchown_group), CELL(file_is_roots, fchown_away), CELL(file_is_roots, futimens_now),
	CELL(file_is_roots, futimens_set), EACH(file_is_roots, fset_user), CELL(file_is_roots, fset_trusted),
	CELL(file_is_roots, fremove_user), CELL(file_is_roots, fget_user), CELL(file_is_roots, flist),
	EACH(file_is_roots, fset_acl), CELL(file_is_roots, fset_flags), CELL(file_is_roots, fwrite_it),
	CELL(file_is_roots, ftruncate_it), CELL(file_is_roots, fallocate_it), CELL(file_is_roots, truncate_path),
	CELL(file_is_roots, open_read), EACH(file_is_roots, open_write), CELL(file_is_roots, open_append),
	CELL(file_is_roots, open_truncate), CELL(file_is_roots, link_it),
	CELL(file_is_roots_and_setuid, fchmod_plain), CELL(file_is_roots_and_setuid, fwrite_it),
	CELL(file_is_roots_and_setuid, ftruncate_it), CELL(file_is_roots_and_setuid, open_truncate),
	EACH(dir_is_roots, create_in), CELL(dir_is_roots, mkdir_in), CELL(dir_is_roots, symlink_in), CELL(dir_is_roots, fifo_in),
	CELL(dir_is_roots, link_in), CELL(dir_is_roots, rename_in), EACH(dir_is_roots, unlink_in), CELL(dir_is_roots, rename_out),
	CELL(dir_is_roots, tmpfile_in),
	EACH(names_are_bobs, unlink_bobs), CELL(names_are_bobs, rmdir_bobs), EACH(names_are_bobs, rename_bobs),
	CELL(names_are_bobs, rename_over_bobs), CELL(names_are_bobs, exchange_bobs),
	EACH(made_is_roots, open_made),
	CELL(nothing_new, fchmod_setuid), CELL(nothing_new, fchown_group), EACH(nothing_new, fchown_away),
	EACH(nothing_new, fset_acl), CELL(nothing_new, fset_flags), CELL(nothing_new, link_it), CELL(nothing_new, unlink_in),
	EACH(nothing_new, create_0400), EACH(nothing_new, mknod_null), EACH(nothing_new, flist),
};
#define NCELLS	(sizeof(table) / sizeof(*table))

/* The caller: looks, waits, acts, tells the result. */
static void caller(const char *side, unsigned int who, const struct cell *cell, int go, int result)
{
	char name[32], byte, text[64];
	struct stat st;
	long ret;

	CHECK(!chdir(side) && !chdir(place), "%s/%s", side, place);
	callers[who].be();
	fd = open("f", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fd = open("f", O_RDONLY | O_CLOEXEC);
	mknod("sticky/made", S_IFREG | 0600, 0);
	stat("mine", &st);
	stat("d/in", &st);
	stat("sticky/f", &st);
	stat("sticky/mine", &st);
	stat("sticky/d", &st);
	CHECK(write(result, "", 1) == 1 && read(go, &byte, 1) == 1, "a pipe");
	errno = 0;
	ret = cell->act();
	snprintf(name, sizeof(name), "%ld", ret);
	snprintf(text, sizeof(text), "%s", ret < 0 ? strerrorname_np(errno) : name);
	CHECK(write(result, text, strlen(text)) > 0, "a pipe");
	_exit(0);
}

__attribute__((format(printf, 2, 3)))
static void add(char *account, const char *fmt, ...)
{
	size_t len = strlen(account);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(account + len, 1024 - len, fmt, ap);
	va_end(ap);
}

/* What has become of all that is below. */
static void look(char *account)
{
	static const char *const names[] = {
		"f", "mine", "new", "d/in", "d/new", "sticky/f", "sticky/mine", "sticky/d", "sticky/new", "sticky/created",
		"sticky/made",
	};
	struct stat st;
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (lstat(names[i], &st))
			continue;
		add(account, " | %s %o %u:%u %ld x%ld", names[i], st.st_mode, st.st_uid, st.st_gid,
		    S_ISREG(st.st_mode) ? (long)st.st_size : 0L, (long)listxattr(names[i], NULL, 0));
	}
}

static void one(unsigned int side, unsigned int who, const struct cell *cell, char *account)
{
	int home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), go[2], result[2], status;
	char text[64] = "";
	pid_t pid;

	/* A place of its own: of the one before the kernel knows too much. */
	snprintf(place, sizeof(place), "%u", ++places);
	CHECK(!chdir(below[side]) && !mkdir(place, 0777) && !chmod(place, 0777) && !chdir(place), "%s/%s", below[side], place);
	prepare();
	CHECK(!fchdir(home) && !pipe(go) && !pipe(result), "pipes");
	fflush(stdout);
	pid = fork();
	if (!pid)
		caller(sides[side], who, cell, go[0], result[1]);
	CHECK(pid > 0 && read(result[0], text, 1) == 1, "%s", cell->name);
	CHECK(!chdir(below[side]) && !chdir(place), "%s", below[side]);
	cell->change();
	CHECK(write(go[1], "", 1) == 1, "a pipe");
	memset(text, 0, sizeof(text));
	CHECK(read(result[0], text, sizeof(text) - 1) > 0 && waitpid(pid, &status, 0) == pid && !status, "%s", cell->name);
	snprintf(account, 1024, "%s", text);
	look(account);
	CHECK(!fchdir(home), "home");
	close(home);
	close(go[0]);
	close(go[1]);
	close(result[0]);
	close(result[1]);
}

/* Where the kernel goes by what it knew and refuses more than is refused below. */
static bool differs_by_nature(unsigned int who, const struct cell *cell)
{
	if (cell->act == fset_flags)
		return callers[who].be == be_alice_with_caps && cell->change == file_is_roots;
	return false;
}

/* What would be his, below. */
static bool is_his(unsigned int who, const struct cell *cell)
{
	return callers[who].be == be_root_without_caps && cell->change != names_are_bobs && cell->change != nothing_new &&
	       cell->change != made_is_roots;
}

static void compare(const char *options, unsigned int who, const struct cell *cell)
{
	char native[1024], mirror[1024], *native_state = native, *mirror_state = mirror;

	if (is_his(who, cell))
		return;
	one(0, who, cell, native);
	one(1, who, cell, mirror);
	cells++;
	if (differs_by_nature(who, cell)) {
		native_state = strchr(native, '|');
		mirror_state = strchr(mirror, '|');
	}
	if (!strcmp(native_state, mirror_state))
		return;
	printf("%s: %s: %s\n  bind  %s\n  mirror %s\n", options, callers[who].name, cell->name, native, mirror);
	wrong++;
}

/* Whether the kernel takes these options. */
static bool mirror_mount(const char *options)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "mount -t extfuse -o log=$PWD/log,attr_timeout=600,entry_timeout=600,%s $PWD/low/mnt $PWD/mnt 2>said", options);
	if (!system(command))
		return true;
	CHECK(!system("grep -q 'knows no idmapped mounts' said"), "mount with %s", options);
	return false;
}

int main(void)
{
	static const char *const options[] = { "ext=none", "ext=metacache", "max_backing=1", "ext=none,allow_idmap" };
	unsigned int i, who, c;

	umask(022);
	CHECK(!chmod(".", 0755) && !mkdir("low", 0755) && !mkdir("low/bind", 0777) && !mkdir("low/mnt", 0777) &&
	      !mkdir("bind", 0755) && !mkdir("mnt", 0755), "directories");
	CHECK(!chmod("low/bind", 0777) && !chmod("low/mnt", 0777), "directories");
	CHECK(!system("mount --bind low/bind bind"), "the bind mount");
	for (i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (!mirror_mount(options[i]))
			continue;
		for (who = 0; who < (i ? 1 : NCALLERS); who++) {
			for (c = 0; c < NCELLS; c++) {
				if ((!i && !who) || table[c].each)
					compare(options[i], who, &table[c]);
			}
		}
		CHECK(!system("umount $PWD/mnt"), "umount");
	}
	CHECK(!umount("bind"), "umount");
	printf("%u cells\n", cells);
	CHECK(!wrong, "%u of %u cells differ", wrong, cells);
	return 0;
}
