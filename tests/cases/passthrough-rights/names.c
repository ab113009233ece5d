// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: who may create, link, rename and remove in which directory, and what new files get from it, is as on ext4, cell by cell
 * needs: extfuse ext4 root jq
 * timeout: 1200
 * ring: slow
 */
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "matrix.h"

/* A name in the directory of a cell; two at once may be used. */
static const char *in(const char *dir, const char *name)
{
	static char path[2][4200];
	static unsigned int which;

	which = !which;
	snprintf(path[which], sizeof(path[which]), "%s/%s", dir, name);
	return path[which];
}
#define NEW	in(p, "new")

static long create(const char *p, mode_t mask, int flags, mode_t mode)
{
	int fd;

	umask(mask);
	fd = open(p, flags | O_CREAT | O_CLOEXEC, mode);
	umask(022);
	if (fd < 0)
		return -errno;
	/* What the file may be has no say in what its creator may do with it. */
	if (write(fd, "new", 3) != 3)
		SAY("write: %m");
	close(fd);
	return 0;
}

static long tmpfile_link(const char *p)
{
	char proc[64];
	long err = 0;
	int fd;

	fd = open(p, O_TMPFILE | O_RDWR | O_CLOEXEC, 02775);
	if (fd < 0)
		return -errno;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, NEW, AT_SYMLINK_FOLLOW))
		err = -errno;
	close(fd);
	return err;
}

/* The call under another umask. */
#define MASKED(name, mask, expr)					\
	static long name(const char *p)					\
	{								\
		long ret;						\
									\
		umask(mask);						\
		ret = (expr) ? -errno : 0;				\
		umask(022);						\
		return ret;						\
	}

/* What has the error in its result. */
#define RESULT(name, expr)						\
	static long name(const char *p)					\
	{								\
		return expr;						\
	}

RESULT(create_0666_022, create(NEW, 022, O_WRONLY, 0666))
RESULT(create_0666_077, create(NEW, 077, O_RDWR, 0666))
RESULT(create_0666_0, create(NEW, 0, O_WRONLY | O_EXCL, 0666))
RESULT(create_0400, create(NEW, 0, O_WRONLY | O_TRUNC, 0400))
RESULT(create_02775, create(NEW, 0, O_WRONLY, 02775))
RESULT(create_06711, create(NEW, 022, O_WRONLY, 06711))
RESULT(open_roots, create(in(p, "of-root"), 022, O_WRONLY, 0666))
RESULT(open_owners, create(in(p, "of-owner"), 022, O_WRONLY, 0666))
MASKED(mkdir_0777_022, 022, mkdir(NEW, 0777))
MASKED(mkdir_0777_077, 077, mkdir(NEW, 0777))
MASKED(mkdir_0777_0, 0, mkdir(NEW, 0777))
MASKED(mkdir_03775, 0, mkdir(NEW, 03775))
MASKED(mknod_fifo, 0, mknod(NEW, S_IFIFO | 0666, 0))
MASKED(mknod_file, 027, mknod(NEW, S_IFREG | 02775, 0))
MASKED(mknod_socket, 022, mknod(NEW, S_IFSOCK | 0666, 0))
MASKED(mknod_null, 0, mknod(NEW, S_IFCHR | 0666, makedev(1, 3)))
MASKED(mknod_whiteout, 0, mknod(NEW, S_IFCHR | 0, makedev(0, 0)))
MASKED(make_symlink, 0, symlink("target", NEW))
RESULT(tmpfile_and_link, tmpfile_link(p))

OP(link_roots, link(in(p, "of-root"), NEW))
OP(link_roots_0600, link(in(p, "of-root-0600"), NEW))
OP(link_owners, link(in(p, "of-owner"), NEW))
OP(link_setuid, link(in(p, "of-root-setuid"), NEW))
OP(unlink_roots, unlink(in(p, "of-root")))
OP(unlink_owners, unlink(in(p, "of-owner")))
OP(unlink_members, unlink(in(p, "of-member")))
OP(rmdir_roots, rmdir(in(p, "dir-of-root")))
OP(rmdir_owners, rmdir(in(p, "dir-of-owner")))
OP(rename_roots, rename(in(p, "of-root"), NEW))
OP(rename_owners, rename(in(p, "of-owner"), NEW))
OP(rename_over_roots, rename(in(p, "of-owner"), in(p, "of-root")))
OP(rename_over_members, rename(in(p, "of-owner"), in(p, "of-member")))
OP(rename_roots_dir, rename(in(p, "dir-of-root"), NEW))
OP(rename_owners_dir, rename(in(p, "dir-of-owner"), NEW))
OP(rename_out, rename(in(p, "of-owner"), in(p, "dir-of-owner/moved")))
OP(exchange, renameat2(AT_FDCWD, in(p, "of-owner"), AT_FDCWD, in(p, "of-root"), RENAME_EXCHANGE))
OP(no_replace, renameat2(AT_FDCWD, in(p, "of-owner"), AT_FDCWD, in(p, "of-root"), RENAME_NOREPLACE))
OP(look_in, access(in(p, "of-root"), F_OK))

static long list_it(const char *p)
{
	int fd = open(p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

#define ROW(name)	{ #name, name }

static const struct op creations[] = {
	ROW(create_0666_022), ROW(create_0666_077), ROW(create_0666_0), ROW(create_0400), ROW(create_02775), ROW(create_06711),
	ROW(open_roots), ROW(open_owners), ROW(mkdir_0777_022), ROW(mkdir_0777_077), ROW(mkdir_0777_0), ROW(mkdir_03775),
	ROW(mknod_fifo), ROW(mknod_file), ROW(mknod_socket), ROW(mknod_null), ROW(mknod_whiteout), ROW(make_symlink),
	ROW(tmpfile_and_link),
};

static const struct op changes[] = {
	ROW(link_roots), ROW(link_roots_0600), ROW(link_owners), ROW(link_setuid), ROW(unlink_roots), ROW(unlink_owners),
	ROW(unlink_members), ROW(rmdir_roots), ROW(rmdir_owners), ROW(rename_roots), ROW(rename_owners),
	ROW(rename_over_roots), ROW(rename_over_members), ROW(rename_roots_dir), ROW(rename_owners_dir), ROW(rename_out),
	ROW(exchange), ROW(no_replace), ROW(list_it), ROW(look_in),
};

static void two_files(const char *path)
{
	static const struct object of_root = { "of-root", S_IFREG | 0666, 0, 0, NULL };
	static const struct object of_owner = { "of-owner", S_IFREG | 0644, OWNER, OWNER, NULL };

	object_make(&of_root, in(path, of_root.name));
	object_make(&of_owner, in(path, of_owner.name));
}

static void filled(const char *path)
{
	static const struct object content[] = {
		{ "of-root", S_IFREG | 0666, 0, 0, NULL },
		{ "of-root-0600", S_IFREG | 0600, 0, 0, NULL },
		{ "of-root-setuid", S_IFREG | 04755, 0, 0, NULL },
		{ "of-owner", S_IFREG | 0644, OWNER, OWNER, NULL },
		{ "of-member", S_IFREG | 0644, MEMBER, TEAM, NULL },
		{ "dir-of-root", S_IFDIR | 0777, 0, 0, NULL },
		{ "dir-of-owner", S_IFDIR | 0755, OWNER, OWNER, NULL },
	};
	unsigned int i;

	for (i = 0; i < sizeof(content) / sizeof(*content); i++)
		object_make(&content[i], in(path, content[i].name));
}

static void give(const char *path, const char *which, struct acl acl)
{
	char name[64];

	snprintf(name, sizeof(name), "system.posix_acl_%s", which);
	CHECK(!setxattr(path, name, &acl, sizeof(acl), 0), "%s", path);
}

static void acl_dir(const char *path)
{
	filled(path);
	give(path, "access", acl_make(7, 7, 5));
}

static void acl_place(const char *path)
{
	two_files(path);
	give(path, "access", acl_make(7, 7, 5));
}

static void default_acl(const char *path)
{
	give(path, "default", acl_make(7, 7, 0));
}

static void default_masked_acl(const char *path)
{
	give(path, "default", acl_make(6, 4, 4));
}

/* What is created depends on these, */
static const struct object usual_places[] = {
	{ "default-acl-masked-02777", S_IFDIR | 02777, OWNER, TEAM, default_masked_acl },
	{ "acl", S_IFDIR | 0755, OWNER, TEAM, acl_place },
};

/* and what may be changed on these. */
static const struct object usual_to_change[] = {
	{ "member-01775", S_IFDIR | 01775, MEMBER, TEAM, filled },
};

/* The others take minutes: for LONG=1. */
#define STICKY	3	/* of the places, root-01777 */
static const struct object places[] = {
	{ "owner-0755", S_IFDIR | 0755, OWNER, TEAM, two_files },
	{ "root-0777", S_IFDIR | 0777, 0, 0, two_files },
	{ "root-02777", S_IFDIR | 02777, 0, TEAM, two_files },
	{ "root-01777", S_IFDIR | 01777, 0, 0, two_files },
	{ "default-acl", S_IFDIR | 0777, 0, TEAM, default_acl },
};

static const struct object places_to_change[] = {
	{ "owner-0755", S_IFDIR | 0755, OWNER, TEAM, filled },
	{ "root-0777", S_IFDIR | 0777, 0, 0, filled },
	{ "root-01777", S_IFDIR | 01777, 0, 0, filled },
	{ "acl", S_IFDIR | 0755, OWNER, TEAM, acl_dir },
	{ "owner-0711", S_IFDIR | 0711, OWNER, TEAM, filled },
};

#define EACH(objects, ops)							\
	for (i = 0; i < sizeof(objects) / sizeof(*(objects)); i++)		\
		matrix_run(&(objects)[i], ops, sizeof(ops) / sizeof(*(ops)))

/* The rule about hard links and sticky directories is the same on both sides, and stricter than none. */
static void protect(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/fs/protected_%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, value, 1) == 1, "%s", path);
	close(fd);
}

static void protect_all(bool on)
{
	protect("hardlinks", on ? "1" : "0");
	protect("regular", on ? "2" : "0");
	protect("fifos", on ? "2" : "0");
}

static void steps(void)
{
	bool all = getenv("LONG");
	unsigned int i;

	protect_all(false);
	EACH(usual_places, creations);
	if (all)
		EACH(places, creations);
	protect_all(true);
	EACH(usual_to_change, changes);
	if (all) {
		EACH(places_to_change, changes);
		matrix_run(&places[STICKY], creations, sizeof(creations) / sizeof(*creations));
	}
}

/* The daemon's own way takes many minutes. */
bool compare_short = true;

COMPARE_MAIN(steps)
