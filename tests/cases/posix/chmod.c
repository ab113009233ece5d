// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: chmod in all its forms is as on ext4: by type, caller, capability, through links and descriptors, set-id and sticky bits
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

static const char *const types[] = { "S_IFREG", "S_IFDIR", "S_IFLNK", "S_IFIFO", "S_IFSOCK", "S_IFCHR", "S_IFBLK" };
static const char *const who[] = { "root", "alice", "bob", "carol", "root-FOWNER", "root-FSETID", "root-ALL", "alice+FSETID",
				   "bob+FOWNER" };
static const char *const groups[] = { "alice", "team", "carol" };
static const char *const calls[] = {
	"chmod o 0", "chmod o 0640", "chmod o 04755", "chmod o 02755", "chmod o 01777", "chmod o 07777", "chmod o 0100755",
	"fchmodat AT_FDCWD o 0701", "fchmodat2 AT_FDCWD o 0702 0", "fchmodat2 AT_FDCWD o 0703 AT_SYMLINK_NOFOLLOW",
	"fchmodat2 AT_FDCWD o 0704 AT_REMOVEDIR", "fchmod 1 0705", "fchmod 2 0706", "fchmodat2 2 '' 02707 AT_EMPTY_PATH",
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void of_type(const char *type, const char *group)
{
	unsigned int i, j;

	step("make %s o 0644 alice %s", type, group);
	if (strcmp(type, "S_IFSOCK"))
		step("1=open o O_RDONLY|O_NONBLOCK 0");
	step("2=open o O_PATH|O_NOFOLLOW 0");
	for (i = 0; i < COUNT(who); i++)
		for (j = 0; j < COUNT(calls); j++)
			step("%s: %s", who[i], calls[j]);
	step("close 1");
	step("close 2");
	step("%s o", strcmp(type, "S_IFDIR") ? "unlink" : "rmdir");
}

static const char *const links[] = {
	"make S_IFREG f 0600 alice alice", "symlink f l", "symlink none dangling",
	"alice: chmod l 0640", "bob: chmod l 0666", "chmod dangling 0600", "fchmodat2 AT_FDCWD l 0606 0",
	"fchmodat2 AT_FDCWD l 0606 AT_SYMLINK_NOFOLLOW", "alice: fchmodat2 AT_FDCWD dangling 0606 AT_SYMLINK_NOFOLLOW",
	"1=open l O_RDONLY 0", "2=open l O_PATH 0", "3=open l O_PATH|O_NOFOLLOW 0", "fchmod 1 0604", "fchmod 2 0604",
	"fchmodat2 2 '' 0611 AT_EMPTY_PATH", "fchmodat2 3 '' 0612 AT_EMPTY_PATH", "fchmodat2 AT_FDCWD '' 0755 AT_EMPTY_PATH",
	"link f g", "alice: chmod g 0751", "unlink f", "alice: fchmod 1 0755", "unlink g", "alice: fchmod 1 0644",
	"bob: fchmod 1 0600", "fchmod 7 0600", "fchmod 99 0600", "close 1", "close 2", "close 3",
};

/* What a mode takes away from one who has the file open, and what it does not. */
static const char *const open_ones[] = {
	"make S_IFREG f 0666 alice alice", "carol: 1=open f O_RDWR 0", "alice: chmod f 0600", "carol: open f O_RDWR 0",
	"carol: write 1 still", "carol: pwrite 1 x 0", "carol: ftruncate 1 2", "carol: fchmod 1 0666", "alice: chmod f 0",
	"alice: cat f", "alice: open f O_WRONLY 0", "root: cat f", "root-DAC: cat f", "alice: chmod f 0400", "alice: cat f",
	"alice: open f O_RDWR 0", "alice: chmod f 0555", "carol: exec f", "carol: access f X_OK", "close 1",
	"alice: file s #!/bin/true 0755", "alice: exec s", "carol: exec s", "alice: chmod s 0700", "carol: exec s",
	"alice: chmod s 0111", "carol: exec s", "alice: chmod s 0644", "root: exec s", "alice: exec s", "alice: chmod s 0755",
	"alice: 1=open s O_WRONLY 0", "alice: exec s", "close 1", "alice: exec s", "unlink s", "unlink f",
	"make S_IFDIR d 0777 alice alice", "file d/f x 0666", "carol: cat d/f", "alice: chmod d 0700", "carol: cat d/f",
	"carol: access d/f F_OK", "alice: chmod d 0711", "carol: cat d/f", "carol: list d", "alice: chmod d 0744", "carol: list d",
	"carol: cat d/f", "alice: chmod d 0", "alice: cat d/f", "alice: list d", "root: list d", "root-DAC: list d",
	"root-DAC_OVERRIDE: list d", "root-DAC_READ_SEARCH: list d", "root-DAC_OVERRIDE: mkdir d/x 0755", "alice+DAC_OVERRIDE: mkdir d/x 0755",
	"root: rmdir d/x", "unlink d/f", "rmdir d",
};

static void steps(void)
{
	unsigned int i, j;

	for (i = 0; i < COUNT(types); i++)
		of_type(types[i], "team");
	for (i = 0; i < COUNT(types); i++)
		for (j = 0; j < COUNT(groups) && i < 2; j++)
			of_type(types[i], groups[j]);
	STEPS(links);
	STEPS(open_ones);
}

STEPS_MAIN(steps)
