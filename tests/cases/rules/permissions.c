// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what a caller may do is the same with a program that answers as without it
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Rule 5.4, under default_permissions: the fork checks the caller by the inode, which no answer of a program can change.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rules.h"

static struct rawfuse *rf;
static struct script *s;

/* What the user 1000 may do, as bits. */
static int may(void)
{
	int status, may = 0, fd;
	pid_t pid = fork();
	struct stat st;

	if (!pid) {
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(99);
		may |= !stat("mnt/secret", &st);
		may |= !stat("mnt/open/inside", &st) << 1;
		may |= !stat("mnt/closed/inside", &st) << 2;
		fd = open("mnt/secret", O_RDONLY);
		may |= (fd >= 0) << 3;
		fd = open("mnt/open/inside", O_RDONLY);
		may |= (fd >= 0) << 4;
		may |= !access("mnt/secret", R_OK) << 5;
		_exit(may);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "a child");
	return WEXITSTATUS(status);
}

int main(void)
{
	struct raw_node *secret, *closed;
	struct fuse_entry_out entry;
	struct fuse_attr_out attr;
	struct script_rule rule;
	struct stat st;
	int without;

	rf = raw_start(&(struct raw_opts){ .options = "default_permissions" });
	secret = raw_file(rf, "/secret", "text", 4);
	closed = raw_mkdir(rf, "/closed");
	raw_mkdir(rf, "/open");
	raw_file(rf, "/closed/inside", "text", 4);
	raw_file(rf, "/open/inside", "text", 4);
	secret->attr.mode = S_IFREG | 0600;
	closed->attr.mode = S_IFDIR | 0700;
	without = may();
	CHECK(without == 023, "the daemon alone: stat of the file, of what is in the open directory, and open of that: %o", without);

	s = script_attach(rf, "script", NULL);
	CHECK(!stat("mnt/secret", &st) && !stat("mnt/closed/inside", &st), "the names must be known");
	rule = rule_lookup(rf, secret, "secret", &entry);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &entry, sizeof(entry));
	rule = rule_getattr(rf, secret, &attr);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &attr, sizeof(attr));
	CHECK(may() == without, "with true answers it must be the same: %o", may());
	CHECK(script_stats(rf, FUSE_LOOKUP).answered && script_stats(rf, FUSE_GETATTR).answered, "they must have been given");

	/* Answers that would open what is closed. */
	entry.attr.mode = S_IFREG | 0666;
	attr.attr.mode = S_IFREG | 0666;
	rule = rule_name("secret");
	rule.nfresh = 2;
	rule.fresh[0].kind = EXTFUSE_KIND_NAME;
	rule.fresh[1].nodeid = secret->id;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &entry, sizeof(entry));
	rule = (struct script_rule){ .nodeid = secret->id, .nfresh = 1 };
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &attr, sizeof(attr));
	CHECK(may() == without, "with false answers it must be the same: %o", may());
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).done || script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP).done,
	      "they must have been given");
	rule = rule_lookup(rf, closed, "closed", &entry);
	entry.attr.mode = S_IFDIR | 0777;
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &rule, &entry, sizeof(entry));
	CHECK(may() == without, "with a false directory it must be the same: %o", may());
	script_clear(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
