/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The callers of changed-after-look.c: what a process does to become each of them.
 */
#ifndef CALLERS_H
#define CALLERS_H

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "case.h"

#define ALICE	1000
#define BOB	1001
#define TEAM	2000

static void caps_only(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps }, { .effective = caps >> 32, .permitted = caps >> 32 },
	};

	CHECK(!syscall(SYS_capset, &head, data), "capset");
}

static void be_alice(void)
{
	CHECK(!setgroups(1, (gid_t[]){ TEAM }) && !setgid(ALICE) && !setuid(ALICE), "alice");
}

static void be_alice_with_caps(void)
{
	prctl(PR_SET_KEEPCAPS, 1);
	be_alice();
	caps_only(1ULL << CAP_CHOWN | 1ULL << CAP_FOWNER);
}

/* All capabilities there, none here. */
static void be_alice_in_namespace(void)
{
	be_alice();
	CHECK(!unshare(CLONE_NEWUSER), "a user namespace");
}

static void be_root_without_caps(void)
{
	CHECK(!setgroups(0, NULL), "groups");
	caps_only(0);
}

static void be_root(void)
{
}

static const struct {
	const char *name;
	void (*be)(void);
} callers[] = {
	{ "alice", be_alice }, { "alice with CAP_CHOWN and CAP_FOWNER", be_alice_with_caps },
	{ "alice in a user namespace", be_alice_in_namespace }, { "root without capabilities", be_root_without_caps },
	{ "root", be_root },
};
#define NCALLERS	(sizeof(callers) / sizeof(*callers))

#endif
