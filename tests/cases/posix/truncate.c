// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: truncate, ftruncate, write and fallocate are as on ext4: sizes, times, callers, the set-id bits that they take away
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include "steps.h"

static const char *const who[] = { "root", "alice", "bob", "carol", "root-FSETID", "root-DAC", "carol+DAC_OVERRIDE", "bob+FSETID", "root-ALL" };
static const char *const modes[] = { "0666", "06777", "02767", "04755", "06666", "02777", "02070" };
static const char *const calls[] = {
	"truncate o 3", "truncate o 3", "truncate o 9000", "truncate o 0", "truncate o -1", "ftruncate 1 100", "ftruncate 1 100", "ftruncate 1 -1",
	"ftruncate 2 5", "write 1 text", "pwrite 1 text 2", "pwrite 1 '' 2", "write 3 appended", "fallocate 1 0 0 50", "fallocate 1 0 0 5000",
	"fallocate 1 FALLOC_FL_KEEP_SIZE 0 9000", "fallocate 1 FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE 0 4096", "fallocate 1 FALLOC_FL_ZERO_RANGE 0 10",
	"fallocate 1 FALLOC_FL_INSERT_RANGE 0 4096", "fallocate 1 FALLOC_FL_COLLAPSE_RANGE 0 4096", "open o O_WRONLY|O_TRUNC 0", "open o O_RDONLY|O_TRUNC 0",
	"open o O_CREAT|O_WRONLY|O_TRUNC 0644",
};

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))

static void with_mode(const char *mode)
{
	unsigned int i, j;

	step("make S_IFREG o %s alice team", mode);
	step("1=open o O_RDWR 0");
	step("2=open o O_RDONLY 0");
	step("3=open o O_WRONLY|O_APPEND 0");
	for (i = 0; i < COUNT(who); i++) {
		for (j = 0; j < COUNT(calls); j++) {
			CHECK(!chmod("o", strtol(mode, NULL, 0)), "o");
			step("%s: %s", who[i], calls[j]);
		}
	}
	step("close 1");
	step("close 2");
	step("close 3");
	step("unlink o");
}

static const char *const types[] = { "S_IFDIR", "S_IFLNK", "S_IFIFO", "S_IFSOCK", "S_IFCHR" };

static void of_type(const char *type)
{
	step("make %s o 0777 alice alice", type);
	step("truncate o 0");
	step("alice: truncate o 5");
	step("truncate o/ 0");
	step("%s o", strcmp(type, "S_IFDIR") ? "unlink" : "rmdir");
}

static const char *const sizes[] = {
	"file f 0123456789 0644", "1=open f O_RDWR 0", "truncate f 4", "cat f", "truncate f 8", "cat f", "lseek 1 0 SEEK_DATA", "lseek 1 0 SEEK_HOLE",
	"truncate f 1000000", "lseek 1 0 SEEK_DATA", "lseek 1 4096 SEEK_DATA", "lseek 1 0 SEEK_HOLE", "pwrite 1 far 500000", "lseek 1 4096 SEEK_DATA",
	"lseek 1 500000 SEEK_HOLE", "lseek 1 1000000 SEEK_DATA", "lseek 1 1000000 SEEK_HOLE", "lseek 1 999999 SEEK_HOLE", "lseek 1 -1 SEEK_DATA",
	"lseek 1 -1 SEEK_SET", "lseek 1 -5 SEEK_END", "lseek 1 5000000000 SEEK_SET", "write 1 sparse", "lseek 1 0 SEEK_CUR", "lseek 1 0 9", "ftruncate 1 3000000000",
	"truncate f 17592186040321", "truncate f 0x7fffffffffffffff", "truncate f 17592186044416", "lseek 1 0x7fffffffffffffff SEEK_SET", "write 1 x",
	"pwrite 1 x 17592186044416", "pwrite 1 x -1", "fallocate 1 0 0 0", "fallocate 1 0 -1 5", "fallocate 1 0 0x7ffffffffffffff0 4096",
	"fallocate 1 FALLOC_FL_PUNCH_HOLE 0 10", "fallocate 1 0x400 0 10", "ftruncate 1 20000", "fallocate 1 FALLOC_FL_COLLAPSE_RANGE 0 100",
	"fallocate 1 FALLOC_FL_COLLAPSE_RANGE 16384 4096", "fallocate 1 FALLOC_FL_COLLAPSE_RANGE 0 4096", "fallocate 1 FALLOC_FL_INSERT_RANGE 4096 4096",
	"fallocate 1 FALLOC_FL_INSERT_RANGE 40960 4096", "fallocate 1 FALLOC_FL_INSERT_RANGE|FALLOC_FL_KEEP_SIZE 0 4096",
	"fallocate 1 FALLOC_FL_ZERO_RANGE|FALLOC_FL_KEEP_SIZE 19000 9000", "fallocate 1 FALLOC_FL_ZERO_RANGE 19000 9000", "fallocate 1 FALLOC_FL_UNSHARE_RANGE 0 4096",
	"fallocate 1 FALLOC_FL_KEEP_SIZE 100000 4096", "lseek 1 0 SEEK_HOLE", "close 1", "unlink f",
};

static const char *const syncing[] = {
	"1=open f O_CREAT|O_RDWR|O_SYNC 0644", "2=open f O_WRONLY|O_DSYNC|O_APPEND 0", "write 1 one", "write 2 two", "write 1 three", "pwrite 2 x 0", "cat f", "fsync 1",
	"fdatasync 2", "syncfs 1", "ftruncate 2 2", "write 2 end", "write 1 over", "cat f", "setfl 2 0", "write 2 W", "cat f", "close 1", "close 2", "unlink f",
};

static void steps(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(modes); i++)
		with_mode(modes[i]);
	for (i = 0; i < COUNT(types); i++)
		of_type(types[i]);
	STEPS(sizes);
	STEPS(syncing);
}

STEPS_MAIN(steps)
