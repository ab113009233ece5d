// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: rename and renameat2 are as on ext4: all flags, all pairs of types, into itself, hard links, slashes, odd names
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

/* What "b" and "a" may be before they are renamed; "full" is a directory with something in it. */
static const char *const types[] = { "none", "S_IFREG", "S_IFDIR", "full", "S_IFLNK", "S_IFIFO", "S_IFCHR" };
#define NTYPES	(sizeof(types) / sizeof(*types))

static const char *const flags[] = { "0", "RENAME_NOREPLACE", "RENAME_EXCHANGE", "RENAME_WHITEOUT" };

static void make(const char *type, const char *path)
{
	if (!strcmp(type, "none"))
		return;
	if (strcmp(type, "full")) {
		step_must("make %s %s 0755 alice team", type, path);
		return;
	}
	step_must("mkdir %s 0755", path);
	step_must("mkdir %s/in 0755", path);
}

static void removed(const char *path)
{
	char in[32];
	struct stat st;

	snprintf(in, sizeof(in), "%s/in", path);
	rmdir(in);
	if (!lstat(path, &st))
		step_must("%s %s", S_ISDIR(st.st_mode) ? "rmdir" : "unlink", path);
}

/* In one directory, and from one to another. */
static void pairs(const char *to, const char *flag)
{
	unsigned int i, j;

	for (i = 0; i < NTYPES; i++) {
		for (j = 0; j < NTYPES; j++) {
			make(types[i], "d/a");
			make(types[j], to);
			step("rename2 d/a %s %s", to, flag);
			removed("d/a");
			removed(to);
		}
	}
}

static const char *const wrong_flags[] = {
	"file a x 0644",
	"rename2 a b RENAME_NOREPLACE|RENAME_EXCHANGE", "rename2 a b RENAME_WHITEOUT|RENAME_EXCHANGE",
	"rename2 a b RENAME_WHITEOUT|RENAME_NOREPLACE", "rename2 b c RENAME_NOREPLACE", "rename2 a b 8",
	"alice: rename2 a b RENAME_WHITEOUT", "root-MKNOD: rename2 a c RENAME_WHITEOUT",
	"unlink a", "unlink b", "unlink c",
};

static const char *const into_itself[] = {
	"mkdir p 0755", "mkdir p/q 0755", "mkdir p/q/r 0755", "file f 1 0644",
	"rename p p", "rename p p/x", "rename p p/q", "rename p p/q/x", "rename p p/q/r", "rename p/q p", "rename p/q/r p",
	"rename p/q/r p/q", "rename2 p p/q RENAME_EXCHANGE", "rename2 p/q p RENAME_EXCHANGE", "rename2 p p RENAME_EXCHANGE",
	"rename2 p p RENAME_NOREPLACE", "rename f f", "rename2 f f RENAME_NOREPLACE", "rename2 f f RENAME_EXCHANGE",
	"rename2 f f RENAME_WHITEOUT", "rename none none", "rename f f/x", "rename f/x f", "rename p/q f/x",
	"rename2 p p/x RENAME_NOREPLACE", "rename p/q/../../p p/x", "rename p ./p", "rename p p/../p",
	"rename p/q/r p/r", "rename p/r p/q/r", "rename p/q/r p/q/../r2", "rename p/r2 q2", "rename q2 p/q/r",
	"rmdir p/q/r", "rmdir p/q", "rmdir p", "unlink f",
};

static const char *const hard_links[] = {
	"mkdir e 0755", "file f 1 0644", "link f g", "link f e/g", "file h 2 0644",
	"rename f g", "rename f e/g", "rename e/g g", "rename2 f g RENAME_EXCHANGE", "rename2 f e/g RENAME_EXCHANGE",
	"rename2 f g RENAME_NOREPLACE", "rename2 f g RENAME_WHITEOUT", "rename h g", "cat g", "rename g f", "cat f",
	"rename e/g f", "cat f", "symlink f s", "rename s f", "readlink f", "unlink f", "make S_IFREG f 0600 alice team",
	"symlink f s", "link s t", "rename s t", "rename2 s t RENAME_EXCHANGE", "readlink t", "unlink s", "unlink t",
	"unlink f", "rmdir e",
};

static const char *const open_ones[] = {
	"file a one 0644", "file b two 0644", "1=open a O_RDWR 0", "2=open b O_RDWR 0", "rename a b", "read 1 9", "read 2 9",
	"write 2 more", "pwrite 1 ONE 0", "cat b", "fchmod 2 0600", "fchmod 1 0400", "ftruncate 2 1", "close 2", "close 1",
	"mkdir d2 0755", "mkdir d3 0755", "1=open d2 O_RDONLY|O_DIRECTORY 0", "2=open d3 O_RDONLY|O_DIRECTORY 0", "rename d2 d3",
	"openat 2 x O_CREAT|O_RDWR 0600", "mkdirat 2 x 0700", "unlinkat 2 x 0", "openat 1 x O_CREAT|O_RDWR 0600", "list d3",
	"cat d3/x", "fchmod 2 0700", "close 2", "close 1", "unlink d3/x", "rmdir d3", "unlink b",
};

static const char *const slashes[] = {
	"mkdir p 0755", "mkdir q 0755", "file f 1 0644", "symlink p l", "symlink f lf", "symlink none ln", "symlink . dot",
	"rename f/ g", "rename f g/", "rename f/ g/", "rename f p/", "rename p/ g", "rename g p/", "rename p/ g/", "rename g/ p/",
	"rename p q/", "rename q/ p", "mkdir q 0755", "rename l/ g", "rename p l/", "rename q l/", "rename l l2/", "rename l l2",
	"rename l2/ l", "rename l2 l", "rename lf/ g", "rename f lf/", "rename ln/ g", "rename p ln/", "rename none/ g",
	"rename p none/", "rename none/ p", "rename p/. g", "rename p/.. g", "rename . g", "rename .. g", "rename p .",
	"rename p ..", "rename p q/.", "rename p q/..", "rename f q/.", "rename f .", "rename / g", "rename p /",
	"rename2 p q/. RENAME_NOREPLACE", "rename2 p q/. RENAME_EXCHANGE", "rename2 p/ q/ RENAME_EXCHANGE",
	"rename2 p/ f RENAME_EXCHANGE", "rename2 f p/ RENAME_EXCHANGE", "rename2 f/ p RENAME_EXCHANGE", "rename '' g",
	"rename p ''", "rename p dot/g", "rename dot/g p", "rename dot g", "rename g dot", "rmdir q", "rmdir none", "rmdir p",
	"unlink l", "unlink lf", "unlink ln", "unlink g", "unlink f",
};

static const char *const long_names[] = {
	"file f 1 0644", "rename f %255", "rename %255 %256", "rename %256 f", "rename %255 f", "rename f ./f~4095",
	"rename f f~4096", "rename f~4095 g~4095", "rename g~4096 f", "rename g f", "mkdir %255 0755", "rename f %255/%255",
	"rename %255/%255 %255/%256", "rename2 %255/%255 %255 RENAME_EXCHANGE", "rename %255/%255 f", "rmdir %255", "unlink f",
};

static void nlinks(void)
{
	STEPS(((const char *const[]){
		"mkdir p 0755", "mkdir q 0755", "mkdir p/a 0755", "mkdir q/b 0755", "file p/f 1 0644",
		"rename p/a q/a", "rename q/a q/b", "rename q/b p/b", "rename2 p/b p/f RENAME_EXCHANGE", "rename2 p/b q RENAME_EXCHANGE",
		"rename2 p/f q RENAME_EXCHANGE", "rename2 p/f q RENAME_WHITEOUT", "unlink p/f", "rmdir p/b", "unlink p/b", "rmdir p",
		"unlink q", "rmdir q",
	}));
}

static void steps(void)
{
	unsigned int i;

	CHECK(!mkdir("d", 0755) && !mkdir("e", 0755), "two directories");
	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		pairs("d/b", flags[i]);
		pairs("e/b", flags[i]);
	}
	STEPS(wrong_flags);
	STEPS(into_itself);
	STEPS(hard_links);
	STEPS(open_ones);
	STEPS(slashes);
	STEPS(long_names);
	nlinks();
}

STEPS_MAIN(steps)
