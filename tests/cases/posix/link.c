// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: link and linkat are as on ext4: all types, flags, descriptors, unlinked and unnamed files, who may link what where
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

static const char *const types[] = { "S_IFREG", "S_IFDIR", "S_IFLNK", "S_IFIFO", "S_IFSOCK", "S_IFCHR", "S_IFBLK" };
static const char *const who[] = { "root", "alice", "bob", "carol", "root-DAC", "root-FOWNER", "bob+FOWNER", "bob+DAC_OVERRIDE",
				   "bob+DAC_READ_SEARCH", "root-ALL" };
static const char *const modes[] = { "0644", "0600", "0666", "04755", "02755", "02777", "0660" };
static const char *const calls[] = {
	"link o n", "link o d/n", "linkat AT_FDCWD o AT_FDCWD n AT_SYMLINK_FOLLOW", "linkat 1 '' AT_FDCWD n AT_EMPTY_PATH",
	"linkat 1 '' AT_FDCWD d/n AT_EMPTY_PATH", "linkat AT_FDCWD FD1 AT_FDCWD n AT_SYMLINK_FOLLOW",
	"linkat AT_FDCWD FD1 AT_FDCWD n 0", "linkat 1 '' AT_FDCWD n 0", "linkat AT_FDCWD o AT_FDCWD n AT_REMOVEDIR",
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void of_type(const char *type, const char *mode)
{
	unsigned int i, j;

	step("make %s o %s alice alice", type, mode);
	step("1=open o O_PATH|O_NOFOLLOW 0");
	for (i = 0; i < COUNT(who); i++) {
		for (j = 0; j < COUNT(calls); j++) {
			step("%s: %s", who[i], calls[j]);
			unlink("n");
			unlink("d/n");
		}
	}
	step("close 1");
	step("%s o", strcmp(type, "S_IFDIR") ? "unlink" : "rmdir");
}

static const char *const names[] = {
	"file f 1 0644", "mkdir e 0755", "symlink f l", "symlink none dangling", "symlink e le",
	"link f f", "link f e", "link f l", "link f dangling", "link f e/f", "link f e/f", "link e/f f", "link f/ g", "link f g/", "link f e/",
	"link l g", "link l/ h", "linkat AT_FDCWD l AT_FDCWD h AT_SYMLINK_FOLLOW", "linkat AT_FDCWD dangling AT_FDCWD i AT_SYMLINK_FOLLOW",
	"link dangling i", "readlink i", "link f le/g", "link le/g e/h", "link e e2", "link e/. e2", "link . e2", "link .. e2", "link f .",
	"link f ..", "link none x", "link none f", "link f none/x", "link f f/x", "link f/x x", "link f %255", "link f %256", "link %255 %256",
	"link '' x", "link f ''", "linkat AT_FDCWD '' AT_FDCWD x AT_EMPTY_PATH", "unlink f", "link g f", "link h f", "cat f", "unlink h",
	"unlink e/f", "link e/g f", "link e/h e/f", "chmod e/f 0600", "chown e/f alice team", "truncate e/f 7", "write 1 x", "unlink %255", "unlink g",
	"unlink i", "unlink e/g", "unlink e/h", "unlink e/f", "rmdir e", "unlink f", "unlink l", "unlink dangling", "unlink le",
};

/* By descriptor, of what has no name, or none any more. */
static const char *const nameless[] = {
	"file f 1 0644", "1=open f O_RDWR 0", "unlink f", "linkat 1 '' AT_FDCWD g AT_EMPTY_PATH", "write 1 more", "fchmod 1 0600", "close 1",
	"1=open . O_TMPFILE|O_RDWR 0644", "write 1 unnamed", "linkat 1 '' AT_FDCWD g AT_EMPTY_PATH", "cat g", "linkat 1 '' AT_FDCWD h AT_EMPTY_PATH",
	"unlink g", "linkat 1 '' AT_FDCWD g AT_EMPTY_PATH", "unlink g", "unlink h", "linkat 1 '' AT_FDCWD g AT_EMPTY_PATH", "close 1",
	"1=open . O_TMPFILE|O_RDWR|O_EXCL 0644", "linkat 1 '' AT_FDCWD g AT_EMPTY_PATH", "fchmod 1 0", "close 1",
	"alice: 1=open . O_TMPFILE|O_RDWR 0640", "bob: linkat 1 '' AT_FDCWD g AT_EMPTY_PATH", "alice: linkat 1 '' AT_FDCWD g AT_EMPTY_PATH",
	"alice: cat g", "carol: cat g", "unlink g", "close 1",
	"file f 1 0644", "1=open f O_PATH 0", "linkat 1 '' AT_FDCWD g AT_EMPTY_PATH", "unlink f", "linkat 1 '' AT_FDCWD f AT_EMPTY_PATH",
	"unlink f", "unlink g", "linkat 1 '' AT_FDCWD f AT_EMPTY_PATH", "close 1",
	"mkdir e 0755", "1=open e O_RDONLY 0", "linkat 1 '' AT_FDCWD g AT_EMPTY_PATH", "linkat 1 . AT_FDCWD g 0", "file e/f 1 0644",
	"linkat 1 f 1 g 0", "linkat 1 f AT_FDCWD g 0", "linkat AT_FDCWD g 1 h 0", "unlinkat 1 g 0", "unlinkat 1 h 0", "unlinkat 1 f 0",
	"rmdir e", "linkat AT_FDCWD g 1 h 0", "close 1", "linkat 7 g AT_FDCWD h 0", "linkat AT_FDCWD g 7 h 0", "unlink g",
};

static void protected_hardlinks(const char *value)
{
	int fd = open("/proc/sys/fs/protected_hardlinks", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1, "protected_hardlinks");
	close(fd);
}

static void steps(void)
{
	unsigned int i;

	CHECK(!mkdir("d", 0755) && !chown("d", ALICE, ALICE), "a directory");
	protected_hardlinks("1");
	for (i = 0; i < COUNT(types); i++)
		of_type(types[i], "0644");
	for (i = 1; i < COUNT(modes); i++)
		of_type("S_IFREG", modes[i]);
	protected_hardlinks("0");
	of_type("S_IFREG", "0600");
	of_type("S_IFLNK", "0777");
	protected_hardlinks("1");
	STEPS(names);
	STEPS(nameless);
}

STEPS_MAIN(steps)
