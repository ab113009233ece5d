// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: who is one number for all that decides what a caller may do, and for nothing else
 * needs: root extfuse build:tests/bpf/script-who.bpf.o
 *
 * Each row is a child with other credentials that asks GETATTR of the mount's root; rows of one letter must be the same
 * who, rows of different letters must not.
 */
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;
static struct script *s;

#define NO_CAP	(-1)

static const struct row {
	char same;
	const char *what;
	uid_t uid, euid, fsuid;
	gid_t gid, fsgid;
	gid_t groups[3];
	int ngroups;
	int drop;		/* an effective capability that the row does without */
	bool keep;		/* capabilities are kept over setuid */
} rows[] = {
	{ 'a', "a user", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, NO_CAP, false },
	{ 'a', "another process of it", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, NO_CAP, false },
	{ 'a', "another real uid: files are judged by fsuid", 1005, 1000, 1000, 1001, 1001, { 5 }, 1, NO_CAP, false },
	{ 'b', "another fsuid", 1002, 1002, 1002, 1001, 1001, { 5 }, 1, NO_CAP, false },
	{ 'c', "another fsgid", 1000, 1000, 1000, 1002, 1002, { 5 }, 1, NO_CAP, false },
	{ 'd', "uid and gid exchanged", 1001, 1001, 1001, 1000, 1000, { 5 }, 1, NO_CAP, false },
	{ 'e', "no other groups", 1000, 1000, 1000, 1001, 1001, { 0 }, 0, NO_CAP, false },
	{ 'f', "another group", 1000, 1000, 1000, 1001, 1001, { 6 }, 1, NO_CAP, false },
	{ 'g', "one group more", 1000, 1000, 1000, 1001, 1001, { 5, 6 }, 2, NO_CAP, false },
	{ 'g', "the same groups in another order: the kernel sorts them", 1000, 1000, 1000, 1001, 1001, { 6, 5 }, 2, NO_CAP, false },
	{ 'h', "two groups more", 1000, 1000, 1000, 1001, 1001, { 5, 6, 7 }, 3, NO_CAP, false },
	{ 'i', "the user with all capabilities", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, NO_CAP, true },
	{ 'i', "without one that is not about files", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, CAP_NET_ADMIN, true },
	{ 'j', "without DAC_OVERRIDE", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, CAP_DAC_OVERRIDE, true },
	{ 'k', "without DAC_READ_SEARCH", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, CAP_DAC_READ_SEARCH, true },
	{ 'l', "without FOWNER", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, CAP_FOWNER, true },
	{ 'm', "without CHOWN", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, CAP_CHOWN, true },
	{ 'n', "without FSETID", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, CAP_FSETID, true },
	{ 'o', "without SYS_ADMIN", 1000, 1000, 1000, 1001, 1001, { 5 }, 1, CAP_SYS_ADMIN, true },
	{ 'p', "root", 0, 0, 0, 0, 0, { 0 }, 0, NO_CAP, true },
	{ 'p', "another root", 0, 0, 0, 0, 0, { 0 }, 0, NO_CAP, true },
	{ 'q', "root without DAC_OVERRIDE", 0, 0, 0, 0, 0, { 0 }, 0, CAP_DAC_OVERRIDE, true },
	{ 'i', "root with the user's fsuid and all capabilities", 0, 0, 1000, 1001, 1001, { 5 }, 1, NO_CAP, true },
	{ 'r', "the same as setfsuid() leaves it, without those of files", 0, 0, 1000, 1001, 1001, { 5 }, 1, NO_CAP, false },
};

#define ROWS	(sizeof(rows) / sizeof(*rows))

static int caps_set(int drop)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps))
		return -1;
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	if (drop != NO_CAP)
		caps[drop / 32].effective &= ~(1U << drop % 32);
	return syscall(SYS_capset, &head, caps);
}

static int become(const struct row *row)
{
	if (setgroups(row->ngroups, row->groups) || setresgid(row->gid, row->gid, row->gid))
		return 1;
	if (row->keep && prctl(PR_SET_KEEPCAPS, 1))
		return 2;
	if (setresuid(row->uid, row->euid, row->euid))
		return 3;
	setfsuid(row->fsuid);
	setfsgid(row->fsgid);
	if (row->keep && caps_set(row->drop))
		return 4;
	return (uid_t)setfsuid(-1) != row->fsuid || (gid_t)setfsgid(-1) != row->fsgid ? 5 : 0;
}

static struct extfuse_req seen_of(const struct row *row)
{
	const struct script_event *e;
	struct extfuse_req req;
	struct stat st;
	int status, err;
	pid_t pid;

	script_flush(s);
	script_record(s, true);
	pid = fork();
	if (!pid) {
		err = become(row);
		_exit(err ?: stat("mnt", &st) ? 9 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "%s: the child ended with %x", row->what, status);
	script_record(s, false);
	req = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR)->req;
	CHECK(req.uid == row->fsuid && req.gid == row->fsgid, "%s: fsuid %u, fsgid %u", row->what, req.uid, req.gid);
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_GETATTR);
	CHECK(e->req.who == req.who, "%s: the reply phase must have the same who", row->what);
	return req;
}

int main(void)
{
	uint64_t who[ROWS];
	unsigned int i, j;

	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script-who", NULL);
	for (i = 0; i < ROWS; i++) {
		who[i] = seen_of(&rows[i]).who;
		CHECK(who[i], "%s: who must be filled", rows[i].what);
		for (j = 0; j < i; j++)
			CHECK((who[i] == who[j]) == (rows[i].same == rows[j].same), "'%s' and '%s' must %sbe the same who",
			      rows[j].what, rows[i].what, rows[i].same == rows[j].same ? "" : "not ");
	}
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
