// SPDX-License-Identifier: GPL-2.0-only
/*
 * The callers of steps.h.  All are this process, which takes ids and effective capabilities on and off, so that a
 * descriptor stays what it is, whoever opened it.
 */
#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "matrix.h"
#include "steps.h"

static const struct who {
	const char *name;
	uid_t uid;
	gid_t gid, group;
} identities[] = {
	{ "root", 0, 0, 0 }, { "alice", ALICE, ALICE, TEAM }, { "bob", MEMBER, MEMBER, TEAM }, { "carol", 1005, 1005, 0 },
};

static const struct {
	const char *name;
	uint64_t bits;
} caps[] = {
	{ "CHOWN", 1 << CAP_CHOWN }, { "DAC", 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH },
	{ "DAC_OVERRIDE", 1 << CAP_DAC_OVERRIDE }, { "DAC_READ_SEARCH", 1 << CAP_DAC_READ_SEARCH },
	{ "FOWNER", 1 << CAP_FOWNER }, { "FSETID", 1 << CAP_FSETID }, { "MKNOD", 1 << CAP_MKNOD },
	{ "LINUX_IMMUTABLE", 1 << CAP_LINUX_IMMUTABLE }, { "SYS_ADMIN", 1 << CAP_SYS_ADMIN },
	{ "SETFCAP", 1ULL << CAP_SETFCAP }, { "ALL", -1ULL },
};

static uint64_t cap_bits(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(caps) / sizeof(*caps); i++)
		if (!strcmp(caps[i].name, name))
			return caps[i].bits;
	CHECK(false, "a step says \"%s\", which is no capability", name);
	return 0;
}

/* Of what is permitted, which is never given up: all but @off with @keep, else only @on. */
static void set_effective(bool keep, uint64_t off, uint64_t on)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	unsigned int i;

	CHECK(!syscall(SYS_capget, &head, data), "capget");
	for (i = 0; i < 2; i++)
		data[i].effective = data[i].permitted & ((keep ? ~(off >> 32 * i) : 0) | on >> 32 * i);
	CHECK(!syscall(SYS_capset, &head, data), "capset");
}

static const struct who *who_find(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < sizeof(identities) / sizeof(*identities); i++)
		if (strlen(identities[i].name) == len && !strncmp(identities[i].name, name, len))
			return &identities[i];
	CHECK(false, "a step says \"%s\", which is nobody", name);
	return NULL;
}

void step_be(const char *name)
{
	size_t len = strcspn(name, "+-");
	const struct who *who = who_find(name, len);
	int err = errno;

	CHECK(!setresuid(0, 0, 0), "root again");
	set_effective(true, 0, 0);
	CHECK(!setgroups(who->group ? 1 : 0, &who->group) && !setresgid(who->gid, who->gid, who->gid) &&
	      !setresuid(who->uid, who->uid, 0), "to become %s", name);
	if (name[len] == '-')
		set_effective(true, cap_bits(name + len + 1), 0);
	if (name[len] == '+')
		set_effective(false, 0, cap_bits(name + len + 1));
	errno = err;
}
