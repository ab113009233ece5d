// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: in a mirror of an idmapped mount groups count as that mount maps them: set-group-ID bits and ACLs are as on a bind mount of it
 * needs: extfuse ext4 root
 * timeout: 60
 *
 * The files are not for their group to execute: then the set-group-ID bit stays for those of the group.
 */
#include <fcntl.h>
#include <grp.h>
#include <sys/xattr.h>

#include "map.h"
#include "matrix.h"

#define MAP		"100000 0 65536\n"
#define BASE		100000
#define ACCESS_ACL	"system.posix_acl_access"

static struct acl acl, found;

static const struct caller actors[] = { { "in the group", OWNER, OWNER, TEAM }, { "not in it", OWNER, OWNER, 0 } };

OP(truncate_it, truncate(p, 3))
FD_OP(ftruncate_it, O_WRONLY, ftruncate(fd, 3))
FD_OP(write_it, O_WRONLY, write(fd, "x", 1))
FD_OP(fallocate_it, O_WRONLY, fallocate(fd, 0, 0, 100))
FD_OP(open_trunc, O_WRONLY | O_TRUNC, 0)
OP(chgrp_own, chown(p, -1, OWNER))
OP(chgrp_same, chown(p, -1, TEAM))
OP(chmod_sgid, chmod(p, 02660))
OP(set_acl, setxattr(p, ACCESS_ACL, &acl, sizeof(acl), 0))
/* With room as an ACL has: 6.1 maps no ids where the room ends otherwise, on ext4. */
OP(get_acl, getxattr(p, ACCESS_ACL, &found, sizeof(found)) < 0 ? -1 : (long)found.e[1].id)

static const struct op ops[] = {
	{ "truncate", truncate_it }, { "ftruncate", ftruncate_it }, { "write", write_it }, { "fallocate", fallocate_it },
	{ "O_TRUNC", open_trunc }, { "chgrp to another group", chgrp_own }, { "chgrp to the same", chgrp_same },
	{ "chmod 02660", chmod_sgid }, { "set an ACL", set_acl }, { "read an ACL", get_acl },
};

/* Below, as ids are there: with an ACL where one is read. */
static void make(const char *path, const struct op *op)
{
	struct object file = { "", S_IFREG | 02660, BASE + OWNER, BASE + TEAM, NULL };
	struct acl old = acl_make(6, 7, 0);

	object_make(&file, path);
	if (op->run != get_acl)
		return;
	old.e[1].id += BASE;
	old.e[3].id += BASE;
	CHECK(!setxattr(path, ACCESS_ACL, &old, sizeof(old), 0), "%s", path);
}

static long act(const char *path, const struct op *op, const struct caller *who)
{
	long ret;

	CHECK(!setgroups(who->group ? 1 : 0, &who->group) && !setegid(who->gid) && !seteuid(who->uid), "%s", who->name);
	ret = op->run(path);
	CHECK(!seteuid(0) && !setegid(0), "root again");
	return ret;
}

/* On the idmapped mount itself, and through the mirror. */
static unsigned int compare(const struct op *op, const struct caller *who)
{
	static unsigned int n;
	char path[64], state[2][512], result[2][32];
	static const char *const sides[2] = { "native", "low" }, *const through[2] = { "native.map", "mnt" };
	int i;

	n++;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%u", sides[i], n);
		make(path, op);
		snprintf(path, sizeof(path), "%s/%u", through[i], n);
		matrix_result(result[i], sizeof(result[i]), act(path, op, who));
		snprintf(path, sizeof(path), "%s/%u", sides[i], n);
		matrix_state(state[i], sizeof(state[i]), path);
	}
	if (!strcmp(result[0], result[1]) && !strcmp(state[0], state[1]))
		return 0;
	printf("%s, %s:\n  native %s: %s\n  mirror %s: %s\n", op->name, who->name, result[0], state[0], result[1], state[1]);
	return 1;
}

int main(void)
{
	unsigned int wrong = 0, i;

	umask(0);
	CHECK(!chmod(".", 0755) && !mkdir("native", 0777) && !mkdir("low", 0777) && !mkdir("mnt", 0755), "directories");
	umask(022);
	acl = acl_make(6, 7, 0);
	CHECK(!map_mount(MAP, "native", "native.map") && !map_mount(MAP, "low", "low.map"), "ext4 with an idmap");
	CHECK(!system("mount -t extfuse -o log=$PWD/log $PWD/low.map $PWD/mnt"), "the mount");
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		wrong += compare(&ops[i], &actors[0]) + compare(&ops[i], &actors[1]);
	CHECK(!system("umount $PWD/mnt") && !umount("low.map") && !umount("native.map"), "the unmounts");
	CHECK(!wrong, "%u differ", wrong);
	return 0;
}
