/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is acted upon in changed-after-look.c, by which callers, and what root does to it below meanwhile.
 */
#ifndef CHANGED_OBJECTS_H
#define CHANGED_OBJECTS_H

#include <grp.h>
#include <stdbool.h>

#include "changed-acts.h"

#define STRANGER	1005
#define OTHER_GROUP	3333

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

#endif
