// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a change below between a look and an act is as good as on a bind mount: what the act gives, and what becomes of the object
 * needs: extfuse ext4 root
 * timeout: 240
 * ring: slow
 *
 * A cell is one object of its own, in a sticky directory of everybody's: made below, looked at through the mount by a caller
 * (and opened), changed below by root, acted upon by the caller, and looked at below.  First on a bind mount, then on mirrors that
 * keep names and attributes for as long as they may.  What a mirror may do otherwise is in explained(), with the reason;
 * everything else fails.  CONFIG= runs those whose name begins so.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../idmapped/map.h"
#include "matrix.h"

#define STRANGER	1005
#define OTHER_GROUP	3333
#define ACCESS_ACL	"system.posix_acl_access"
#define DEFAULT_ACL	"system.posix_acl_default"
#define MAP		"100000 0 65536\n"
#define IOC_SETVERSION	_IOW('v', 2, long)
#define TEXT		512

/*
 * On what an act is done: types; ON_HANDLE: what the caller has open; ON_NAME: the name, not the node.  BY_VFS: the VFS checks
 * the owner that it has seen before anybody is asked.
 */
enum { FILES = 1, DIRS = 2, LINKS = 4, ON_HANDLE = 8, ON_NAME = 16, BY_VFS = 32 };
/* Callers. */
enum { O = 1, M = 2, S = 4, CORE = 8 };

/* Ids below are so much larger, where callers' ids are mapped. */
static uid_t base;

static const struct caller actors[] = {
	{ "owner", OWNER, OWNER, 0 }, { "member", MEMBER, MEMBER, TEAM }, { "stranger", STRANGER, STRANGER, 0 },
};

static void become(const struct caller *who)
{
	CHECK(!seteuid(0) && !setegid(0), "to be root again");
	if (!who)
		return;
	CHECK(!setgroups(who->group ? 1 : 0, &who->group) && !setegid(who->gid) && !seteuid(who->uid), "%s", who->name);
}

/* Beside an object: PATH.SUFFIX. */
static const char *beside(const char *p, const char *suffix)
{
	static char path[2][256];
	static unsigned int which;

	which = !which;
	snprintf(path[which], sizeof(path[which]), "%s%s", p, suffix);
	return path[which];
}

/* What is done. */

static struct acl some_acl(void)
{
	return acl_make(6, 7, 0);
}

static int opened(const char *p, int flags)
{
	int fd = open(p, flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0644);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

#define ACT(name, expr)							\
	static long name(const char *p, int h)				\
	{								\
		long ret;						\
									\
		(void)p;						\
		(void)h;						\
		ret = (long)(expr);					\
		return ret < 0 ? -errno : ret;				\
	}

static struct acl the_acl;
static char room[512];
static const struct timespec long_ago[2] = { { 5, 0 }, { 6, 0 } };

ACT(chmod_setid, chmod(p, 06755))
ACT(chmod_plain, chmod(p, 0640))
ACT(chown_self, chown(p, geteuid(), -1))
ACT(chgrp_own, chown(p, -1, getegid()))
ACT(chgrp_team, chown(p, -1, TEAM))
ACT(truncate_it, truncate(p, 3))
ACT(utimes_now, utimensat(AT_FDCWD, p, NULL, AT_SYMLINK_NOFOLLOW))
ACT(utimes_set, utimensat(AT_FDCWD, p, long_ago, AT_SYMLINK_NOFOLLOW))
ACT(set_user, setxattr(p, "user.x", "x", 1, 0))
ACT(set_security, setxattr(p, "security.x", "x", 1, 0))
ACT(set_trusted, setxattr(p, "trusted.x", "x", 1, 0))
ACT(set_acl, setxattr(p, ACCESS_ACL, &the_acl, sizeof(the_acl), 0))
ACT(set_default, setxattr(p, DEFAULT_ACL, &the_acl, sizeof(the_acl), 0))
ACT(remove_user, removexattr(p, "user.u"))
ACT(remove_acl, removexattr(p, ACCESS_ACL))
ACT(get_user, getxattr(p, "user.u", room, sizeof(room)))
ACT(get_acl, getxattr(p, ACCESS_ACL, room, sizeof(room)))
ACT(list_names, listxattr(p, room, sizeof(room)))
ACT(open_r, opened(p, O_RDONLY))
ACT(open_w, opened(p, O_WRONLY))
ACT(open_trunc, opened(p, O_WRONLY | O_TRUNC))
ACT(access_r, faccessat(AT_FDCWD, p, R_OK, AT_EACCESS))
ACT(access_w, faccessat(AT_FDCWD, p, W_OK, AT_EACCESS))
ACT(access_x, faccessat(AT_FDCWD, p, X_OK, AT_EACCESS))
ACT(link_it, link(p, beside(p, ".new")))
ACT(unlink_it, unlink(p))
ACT(rmdir_it, rmdir(p))
ACT(rename_away, rename(p, beside(p, ".new")))
ACT(rename_over, rename(beside(p, ".mine"), p))

ACT(fchmod_setid, fchmod(h, 06755))
ACT(fchgrp_own, fchown(h, -1, getegid()))
ACT(futimes_set, futimens(h, long_ago))
ACT(ftruncate_it, ftruncate(h, 3))
ACT(fset_user, fsetxattr(h, "user.x", "x", 1, 0))
ACT(fset_acl, fsetxattr(h, ACCESS_ACL, &the_acl, sizeof(the_acl), 0))
ACT(write_it, write(h, "x", 1))
ACT(fallocate_it, fallocate(h, 0, 0, 100))
ACT(punch_it, fallocate(h, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4))
ACT(set_flags, ioctl(h, FS_IOC_SETFLAGS, &(int){ FS_NODUMP_FL | FS_EXTENT_FL }))
ACT(set_version, ioctl(h, IOC_SETVERSION, &(int){ 7 }))
ACT(set_fsxattr, ioctl(h, FS_IOC_FSSETXATTR, &(struct fsxattr){ .fsx_xflags = FS_XFLAG_NODUMP }))

ACT(list_dir, opened(p, O_RDONLY | O_DIRECTORY))
ACT(create_in, opened(beside(p, "/new"), O_WRONLY | O_CREAT | O_EXCL))
ACT(mkdir_in, mkdir(beside(p, "/new"), 0755))
ACT(mknod_in, mknod(beside(p, "/new"), S_IFIFO | 0644, 0))
ACT(symlink_in, symlink("to", beside(p, "/new")))
ACT(unlink_in, unlink(beside(p, "/child")))
ACT(rename_in, rename(beside(p, "/child"), beside(p, "/new")))
ACT(read_link, readlink(p, room, sizeof(room)))
ACT(lchgrp_own, lchown(p, -1, getegid()))

#define ACT_ROW(name, on)	{ #name, name, on }

static const struct act {
	const char *name;
	long (*run)(const char *p, int h);
	unsigned int on;
} acts[] = {
	ACT_ROW(chmod_setid, FILES | DIRS), ACT_ROW(chmod_plain, FILES | DIRS), ACT_ROW(chown_self, FILES | DIRS),
	ACT_ROW(chgrp_own, FILES | DIRS), ACT_ROW(chgrp_team, FILES), ACT_ROW(truncate_it, FILES),
	ACT_ROW(utimes_now, FILES | DIRS), ACT_ROW(utimes_set, FILES | DIRS | LINKS), ACT_ROW(set_user, FILES | DIRS),
	ACT_ROW(set_security, FILES), ACT_ROW(set_trusted, FILES), ACT_ROW(set_acl, BY_VFS | FILES | DIRS),
	ACT_ROW(set_default, BY_VFS | DIRS), ACT_ROW(remove_user, FILES), ACT_ROW(remove_acl, BY_VFS | FILES | DIRS), ACT_ROW(get_user, FILES),
	ACT_ROW(get_acl, FILES), ACT_ROW(list_names, FILES), ACT_ROW(open_r, FILES), ACT_ROW(open_w, FILES),
	ACT_ROW(open_trunc, FILES), ACT_ROW(access_r, FILES), ACT_ROW(access_w, FILES), ACT_ROW(access_x, DIRS),
	ACT_ROW(link_it, BY_VFS | FILES | LINKS), ACT_ROW(unlink_it, BY_VFS | FILES | LINKS | ON_NAME),
	ACT_ROW(rmdir_it, BY_VFS | DIRS | ON_NAME), ACT_ROW(rename_away, BY_VFS | FILES | DIRS | LINKS | ON_NAME),
	ACT_ROW(rename_over, BY_VFS | FILES | ON_NAME), ACT_ROW(fchmod_setid, FILES | DIRS | ON_HANDLE),
	ACT_ROW(fchgrp_own, FILES | ON_HANDLE), ACT_ROW(futimes_set, FILES | ON_HANDLE), ACT_ROW(ftruncate_it, FILES | ON_HANDLE),
	ACT_ROW(fset_user, FILES | ON_HANDLE), ACT_ROW(fset_acl, BY_VFS | FILES | DIRS | ON_HANDLE), ACT_ROW(write_it, FILES | ON_HANDLE),
	ACT_ROW(fallocate_it, FILES | ON_HANDLE), ACT_ROW(punch_it, FILES | ON_HANDLE), ACT_ROW(set_flags, BY_VFS | FILES | DIRS | ON_HANDLE),
	ACT_ROW(set_version, FILES | ON_HANDLE), ACT_ROW(set_fsxattr, BY_VFS | FILES | ON_HANDLE), ACT_ROW(list_dir, DIRS),
	ACT_ROW(create_in, DIRS), ACT_ROW(mkdir_in, DIRS), ACT_ROW(mknod_in, DIRS), ACT_ROW(symlink_in, DIRS),
	ACT_ROW(unlink_in, DIRS), ACT_ROW(rename_in, DIRS), ACT_ROW(read_link, LINKS), ACT_ROW(lchgrp_own, LINKS),
};
#define NACTS	(sizeof(acts) / sizeof(*acts))

/* What is acted upon. */

static const struct type {
	const char *name;
	unsigned int on;
	mode_t mode;
} types[] = { { "file", FILES, S_IFREG | 0664 }, { "dir", DIRS, S_IFDIR | 0775 }, { "link", LINKS, S_IFLNK | 0777 } };
#define NTYPES	(sizeof(types) / sizeof(*types))

static void make(const char *low, mode_t mode, uid_t uid, gid_t gid)
{
	struct object object = { "", mode, base + uid, base + gid, NULL };

	object_make(&object, low);
	matrix_set_times(low);
}

static void make_cell(const char *low, const struct type *type, const struct caller *who)
{
	make(low, type->mode, OWNER, TEAM);
	make(beside(low, ".mine"), S_IFREG | 0644, who->uid, who->gid);
	if (type->on == FILES)
		CHECK(!setxattr(low, "user.u", "user", 4, 0), "%s", low);
	if (type->on != DIRS)
		return;
	make(beside(low, "/child"), S_IFREG | 0644, OWNER, TEAM);
	matrix_set_times(low);
}

/* What root does below. */

static void taken(const char *low, const struct type *type)
{
	CHECK(!lchown(low, base, base), "%s", low);
	if (type->on != LINKS)
		CHECK(!chmod(low, type->on == DIRS ? 0700 : 0600), "%s", low);
}

static void given(const char *low, const struct type *type)
{
	(void)type;
	CHECK(!lchown(low, base + MEMBER, base + MEMBER), "%s", low);
}

static void closed(const char *low, const struct type *type)
{
	(void)type;
	CHECK(!chmod(low, 0), "%s", low);
}

static void open_to_all(const char *low, const struct type *type)
{
	CHECK(!chmod(low, type->on == DIRS ? 0777 : 0666), "%s", low);
}

static void other_group(const char *low, const struct type *type)
{
	(void)type;
	CHECK(!lchown(low, -1, base + OTHER_GROUP), "%s", low);
}

/* All for one user who had nothing. */
static void acl_for_one(const char *low, const struct type *type)
{
	struct acl acl = acl_make(7, 7, 0);

	(void)type;
	acl.e[1].id = base + STRANGER;
	acl.e[3].id += base;
	CHECK(!setxattr(low, ACCESS_ACL, &acl, sizeof(acl), 0), "%s", low);
}

static void swapped(const char *low, const struct type *type)
{
	CHECK(!rename(low, beside(low, ".old")), "%s", low);
	make(low, (type->mode & S_IFMT) | (type->on == DIRS ? 0700 : 0600), 0, 0);
}

static void other_type(const char *low, const struct type *type)
{
	CHECK(!rename(low, beside(low, ".old")), "%s", low);
	make(low, type->on == FILES ? S_IFDIR | 0700 : S_IFREG | 0600, 0, 0);
}

static const struct change {
	const char *name;
	void (*run)(const char *low, const struct type *type);
	unsigned int on;
	unsigned int who;	/* ... and CORE: those that are told here are compared with every extension */
	bool of_name;
} changes[] = {
	{ "taken", taken, FILES | DIRS | LINKS, O | CORE, false },
	{ "taken", taken, FILES | DIRS, M, false },
	{ "given", given, FILES | DIRS | LINKS, M | CORE, false },
	{ "given", given, FILES | DIRS, O, false },
	{ "closed", closed, FILES | DIRS, O | M, false },
	{ "opened", open_to_all, FILES | DIRS, S, false },
	{ "other-group", other_group, FILES | DIRS, M | CORE, false },
	{ "other-group", other_group, FILES, O, false },
	{ "acl", acl_for_one, FILES | DIRS, S, false },
	{ "swapped", swapped, FILES | DIRS | LINKS, O | CORE, true },
	{ "other-type", other_type, FILES | DIRS | LINKS, O, true },
};
#define NCHANGES	(sizeof(changes) / sizeof(*changes))

/* Accounts. */

struct cell {
	const struct type *type;
	const struct change *change;
	const struct caller *who;
	const struct act *act;
	long result;
	bool untouched;		/* what the name has now is as it was before the act; ON_NAME: and what is beside it */
	char state[TEXT];
};

#define CELLS_MAX	2048
struct account {
	struct cell cells[CELLS_MAX];
	unsigned int n;
};
static struct account native, mirror;

static struct config {
	const char *name, *options;
	bool all;		/* cells, not only those of CORE */
	bool attrs_kept;	/* owner and mode are believed for as long as the daemon says */
	bool mapped;
} const configs[] = {
	{ "passthrough", "ext=passthrough", true, false, false },
	{ "hide", "ext=hide,pattern=nothing-*", false, false, false },
	{ "mapped", "ext=passthrough,allow_idmap", false, false, true },
	{ "beyond", "ext=passthrough,max_backing=1", false, true, false },
	{ "none", "ext=none", false, true, false },
	{ "metacache", "ext=metacache", false, true, false },
};
#define NCONFIGS	(sizeof(configs) / sizeof(*configs))

static void path_of(char *buf, const char *dir, const struct account *a, unsigned int i)
{
	snprintf(buf, 128, "%s/%u", dir, i);
	(void)a;
}

/* Before what is seen beside an object. */
#define BESIDE	" beside"

static bool is_untouched(const struct act *act, const char *before, const char *after)
{
	size_t len = act->on & ON_NAME ? strlen(before) + 1 : (size_t)(strstr(before, BESIDE) - before);

	return !strncmp(before, after, len);
}

static void state_of(char *buf, size_t room, const char *low)
{
	static const char *const others[] = { ".new", "/new", "/child", ".mine" };
	struct stat st;
	unsigned int i;
	size_t len;

	matrix_state(buf, room, low);
	strncat(buf, BESIDE, room - strlen(buf) - 1);
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		len = strlen(buf);
		if (!lstat(beside(low, others[i]), &st) && len < room)
			snprintf(buf + len, room - len, " %s:%o/%u:%u", others[i], st.st_mode, st.st_uid, st.st_gid);
	}
}

/* Cells of one kind of object, one change, and one caller: one for each act. */
static void batch(struct account *a, const char *dir, const char *below, const struct type *type, const struct change *change,
		  const struct caller *who)
{
	unsigned int first = a->n, i;
	char path[128], low[128], before[NACTS][TEXT];
	int handles[NACTS];
	struct stat st;

	for (i = 0; i < NACTS; i++) {
		if (!(acts[i].on & type->on))
			continue;
		CHECK(a->n < CELLS_MAX, "more cells");
		path_of(low, below, a, a->n);
		make_cell(low, type, who);
		a->cells[a->n++] = (struct cell){ type, change, who, &acts[i], 0, false, "" };
	}
	become(who);
	for (i = first; i < a->n; i++) {
		path_of(path, dir, a, i);
		handles[i - first] = -1;
		CHECK(!lstat(path, &st), "%s", path);
		if (!(a->cells[i].act->on & ON_HANDLE))
			continue;
		handles[i - first] = open(path, O_RDWR | O_CLOEXEC);
		if (handles[i - first] < 0)
			handles[i - first] = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(handles[i - first] >= 0, "%s for %s", path, who->name);
	}
	become(NULL);
	for (i = first; i < a->n; i++) {
		path_of(low, below, a, i);
		change->run(low, type);
		state_of(before[i - first], TEXT, low);
	}
	become(who);
	for (i = first; i < a->n; i++) {
		path_of(path, dir, a, i);
		a->cells[i].result = a->cells[i].act->run(path, handles[i - first]);
	}
	become(NULL);
	for (i = first; i < a->n; i++) {
		path_of(low, below, a, i);
		if (handles[i - first] >= 0)
			close(handles[i - first]);
		state_of(a->cells[i].state, TEXT, low);
		a->cells[i].untouched = is_untouched(a->cells[i].act, before[i - first], a->cells[i].state);
	}
}

static void walk(struct account *a, const char *dir, const char *below, bool all)
{
	unsigned int t, c, w;

	a->n = 0;
	the_acl = some_acl();
	for (t = 0; t < NTYPES; t++) {
		for (c = 0; c < NCHANGES; c++) {
			if (!(changes[c].on & types[t].on) || !(all || changes[c].who & CORE))
				continue;
			for (w = 0; w < sizeof(actors) / sizeof(*actors); w++) {
				if (changes[c].who & (1U << w))
					batch(a, dir, below, &types[t], &changes[c], &actors[w]);
			}
		}
	}
}

static bool is_refusal(long result)
{
	return result == -EPERM || result == -EACCES;
}

/*
 * Why a mirror may do it otherwise; NULL: it may not.  Nothing here lets a caller do, below, what the bind mount would refuse.
 */
static const char *explained(const struct config *config, const struct cell *bind, const struct cell *m)
{
	/*
	 * A name is kept for entry_timeout, as with any network file system: what is done to the node is done to what had the
	 * name.  What has it now is not touched.  Names themselves are looked at anew: no excuse there.
	 */
	if (m->change->of_name && !(m->act->on & ON_NAME) && m->untouched)
		return "done on what had the name";
	/*
	 * The VFS checks these on what it has seen, before anybody is asked, so it may refuse for longer than on the bind mount:
	 * until the file is looked at, or as long as attributes are kept.  It never is what allows.
	 */
	if (is_refusal(m->result) && m->untouched && (m->act->on & BY_VFS || config->attrs_kept))
		return "refused on older knowledge";
	/* Both refuse, each by the check that it comes to first. */
	if (is_refusal(m->result) && is_refusal(bind->result) && m->untouched)
		return "refused by another check";
	/* A policy lets no ioctl() through that it does not know. */
	if (!strcmp(config->name, "hide") && m->act->run == set_version && m->result == -ENOTTY && m->untouched)
		return "refused by the policy";
	return NULL;
}

/*
 * What rests on the mirror's daemon, which does not yet work with the caller's rights: names, inode flags, and all that is not
 * passed through.  These cells are told and do not fail.  DAEMON=1: they do.
 */
static bool is_owed(const struct config *config, const struct cell *m)
{
	if (getenv("DAEMON"))
		return false;
	return config->attrs_kept || config->mapped || m->act->on & ON_NAME || m->act->run == set_flags ||
	       m->act->run == set_fsxattr || m->act->run == link_it;
}

static void say(const char *side, const struct cell *c)
{
	char result[32];

	matrix_result(result, sizeof(result), c->result);
	printf("  %-6s %s: %s\n", side, result, c->state);
}

static unsigned int compare_cells(const struct config *config)
{
	unsigned int i, wrong = 0, excused = 0, owed = 0;

	CHECK(native.n == mirror.n, "%u and %u cells", native.n, mirror.n);
	for (i = 0; i < native.n; i++) {
		const struct cell *a = &native.cells[i], *b = &mirror.cells[i];
		const char *why;

		if (a->result == b->result && !strcmp(a->state, b->state))
			continue;
		why = explained(config, a, b);
		if (why)
			excused++;
		else if (is_owed(config, b))
			owed++;
		else
			wrong++;
		if (why && !getenv("VERBOSE"))
			continue;
		printf("%s: %s %s %s %s%s%s\n", config->name, a->type->name, a->change->name, a->who->name, a->act->name,
		       why ? ": " : "", why ?: "");
		say("bind", a);
		say("mirror", b);
	}
	printf("%s: cells compared %u, differing %u, otherwise for a reason %u, owed by the daemon %u\n", config->name, native.n,
	       wrong, excused, owed);
	return wrong;
}

static void sticky(const char *path)
{
	CHECK(!mkdir(path, 0755) && !chown(path, base, base) && !chmod(path, 01777), "%s", path);
}

static bool mount_mirror(const struct config *config, const char *low)
{
	char command[512];

	snprintf(command, sizeof(command), "mount -t extfuse -o %s,entry_timeout=1000,attr_timeout=1000,log=$PWD/log "
		 "$PWD/%s $PWD/mnt 2>said", config->options, low);
	if (!system(command))
		return true;
	CHECK(config->mapped && !system("grep -q 'knows no idmapped mounts' said"), "%s", command);
	return false;
}

static bool unmount_mirror(const char *what)
{
	char command[128];

	snprintf(command, sizeof(command), "umount $PWD/%s", what);
	return !system(command);
}

static unsigned int run_config(const struct config *config)
{
	char low[64], bind[64];

	printf("%s: %s\n", config->name, config->options);
	base = config->mapped ? 100000 : 0;
	snprintf(low, sizeof(low), "low-%s", config->name);
	snprintf(bind, sizeof(bind), "bind-%s", config->name);
	sticky(low);
	sticky(bind);
	if (!mount_mirror(config, low)) {
		printf("%s: this kernel's fuse knows no idmapped mounts\n", config->name);
		return 0;
	}
	if (config->mapped) {
		CHECK(!map_mount(MAP, bind, "bind") && !map_mount(MAP, "mnt", "mapped"), "idmapped mounts");
	} else {
		mkdir("bind", 0755);
		CHECK(!mount(bind, "bind", NULL, MS_BIND, NULL), "the bind mount");
	}
	walk(&native, "bind", bind, config->all);
	walk(&mirror, config->mapped ? "mapped" : "mnt", low, config->all);
	CHECK(!umount("bind") && (!config->mapped || !umount("mapped")) && unmount_mirror("mnt"), "the unmounts");
	return compare_cells(config);
}

int main(void)
{
	const char *only = getenv("CONFIG");
	unsigned int wrong = 0, i;

	umask(022);
	CHECK(!chmod(".", 0755) && !mkdir("mnt", 0755), "directories");
	for (i = 0; i < NCONFIGS; i++) {
		if (!only || !strncmp(configs[i].name, only, strlen(only)))
			wrong += run_config(&configs[i]);
	}
	CHECK(!wrong, "%u cells differ", wrong);
	return 0;
}
