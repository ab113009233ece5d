// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: rights go with the writer, not with the opener: handles passed on, set-id and capabilities in exec, busy programs are as on ext4
 * needs: extfuse ext4 root jq
 * timeout: 120
 * ring: slow
 */
#include <linux/falloc.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include "compare.h"
#include "matrix.h"

#define BIN	33	/* whom the programs of this case belong to */

static int handle;	/* of the file that a child works on */
static int source;

static void say_state(const char *what, const char *path)
{
	char state[1024];

	matrix_state(state, sizeof(state), path);
	SAY("%s: %s", what, state);
}

static void by_write(void)
{
	CALL(write(handle, "x", 1));
}

static void by_pwritev2(void)
{
	CALL(pwritev2(handle, &(struct iovec){ "x", 1 }, 1, 0, RWF_DSYNC));
}

static void by_write_none(void)
{
	CALL(write(handle, "x", 0));
}

static void by_ftruncate(void)
{
	CALL(ftruncate(handle, 3));
}

static void by_fallocate(void)
{
	CALL(fallocate(handle, 0, 0, 4096));
}

static void by_punch(void)
{
	CALL(fallocate(handle, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 2));
}

static void by_splice(void)
{
	int pipes[2];

	CALL(pipe(pipes));
	CALL(write(pipes[1], "spliced", 7));
	CALL(splice(pipes[0], NULL, handle, NULL, 7, 0));
}

static void by_copy(void)
{
	CALL(copy_file_range(source, &(off_t){ 0 }, handle, NULL, 4, 0));
}

static void by_store(void)
{
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);

	SAY("mmap: %d", map != MAP_FAILED);
	if (map == MAP_FAILED)
		return;
	*map = 'M';
	CALL(munmap(map, 4096));
}

static void by_fchmod(void)
{
	CALL(fchmod(handle, 0777));
	CALL(fchown(handle, getuid(), -1));
	CALL(futimens(handle, NULL));
	CALL(fsetxattr(handle, "user.x", "x", 1, 0));
	CALL(fsetxattr(handle, "trusted.x", "x", 1, 0));
}

/* Names that root's handle would show. */
static void by_list(void)
{
	char list[256];

	CALL(fgetxattr(handle, "trusted.t", list, sizeof(list)));
	CALL(flistxattr(handle, NULL, 0));
	CALL(flistxattr(handle, list, sizeof(list)));
}

static const struct {
	const char *name;
	void (*run)(void);
} writers[] = {
	{ "write", by_write }, { "pwritev2", by_pwritev2 }, { "write-none", by_write_none }, { "ftruncate", by_ftruncate },
	{ "fallocate", by_fallocate }, { "punch", by_punch }, { "splice", by_splice }, { "copy", by_copy },
	{ "fchmod", by_fchmod }, { "list", by_list },
};
#define NWRITERS	(sizeof(writers) / sizeof(*writers))

static void give_caps(const char *path)
{
	CHECK(!setxattr(path, "security.capability", matrix_caps, sizeof(matrix_caps), 0), "%s", path);
	CHECK(!setxattr(path, "trusted.t", "trust", 5, 0), "%s", path);
}

static void give_trusted(const char *path)
{
	CHECK(!setxattr(path, "trusted.t", "trust", 5, 0), "%s", path);
}

#define CAPS	2	/* of the targets */

static const struct object targets[] = {
	{ "setid", S_IFREG | 06777, 0, 0, give_trusted },
	{ "setgid", S_IFREG | 02755, BIN, TEAM, NULL },
	{ "caps", S_IFREG | 0755, 0, 0, give_caps },
	/* Without x of the group its bit stays for whom the group's are: that a daemon which writes does not know. */
	{ "setid-0700", S_IFREG | 06700, BIN, BIN, NULL },
};

static void steps_writer(const struct object *target, unsigned int w)
{
	char path[64], what[128];

	snprintf(path, sizeof(path), "%s-%s", target->name, writers[w].name);
	object_make(target, path);
	handle = open(path, O_RDWR | O_CLOEXEC);
	CHECK(handle >= 0, "%s", path);
	snprintf(what, sizeof(what), "%s, root's handle, by alice", path);
	as_user(ALICE, ALICE, TEAM, writers[w].run);
	say_state(what, path);
	close(handle);
}

/* The other way round: whoever opened it, root keeps the bits. */
static void steps_roots(unsigned int w)
{
	static const struct object target = { "alices", S_IFREG | 06777, ALICE, ALICE, NULL };
	char path[64], what[128];

	snprintf(path, sizeof(path), "%s-%s", target.name, writers[w].name);
	object_make(&target, path);
	CHECK(!setegid(ALICE) && !seteuid(ALICE), "alice");
	handle = open(path, O_RDWR | O_CLOEXEC);
	CHECK(handle >= 0, "%s", path);
	CHECK(!seteuid(0) && !setegid(0), "root");
	snprintf(what, sizeof(what), "%s, alice's handle, by root", path);
	writers[w].run();
	say_state(what, path);
	close(handle);
}

static void copy_program(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "cp %s %s && chown %d:%d %s", from, to, BIN, BIN, to);
	CHECK(!system(command), "%s", command);
}

/* What a program of the mount says in its only line. */
static void say_line(const char *command)
{
	FILE *p;
	char line[256], quiet[256];

	snprintf(quiet, sizeof(quiet), "%s 2>/dev/null", command);
	p = popen(quiet, "r");
	CHECK(p, "%s", command);
	if (!fgets(line, sizeof(line), p))
		strcpy(line, "nothing");
	pclose(p);
	line[strcspn(line, "\n")] = '\0';
	SAY("%s: %s", command, line);
}

static void user_programs(void)
{
	say_line("./id -u");
	say_line("./id -g");
	say_line("./grep CapEff /proc/self/status");
	say_line("./id-0711 -u");
}

static void steps_exec(void)
{
	struct { __u32 magic, data[4]; } caps = { 0x02000001, { 1 << 10 } };

	copy_program("/usr/bin/id", "id");
	copy_program("/bin/grep", "grep");
	copy_program("/usr/bin/id", "id-0711");
	CHECK(!chmod("id-0711", 0711), "a program that can be run, not read");
	CALL(chmod("id", 06755));
	CALL(setxattr("grep", "security.capability", &caps, sizeof(caps), 0));
	as_user(ALICE, ALICE, 0, user_programs);
	CALL(chown("id", 7, 8));
	as_user(ALICE, ALICE, 0, user_programs);
	CALL(chmod("id", 0644));
	as_user(ALICE, ALICE, 0, user_programs);
}

/* What runs cannot be written, what is being written cannot run. */
static void steps_busy(void)
{
	int pipes[2], fd;
	pid_t pid;

	copy_program("/bin/cat", "cat");
	CHECK(!pipe(pipes), "a pipe");
	pid = fork();
	if (!pid) {
		dup2(pipes[0], 0);
		close(pipes[1]);
		execl("./cat", "cat", NULL);
		_exit(1);
	}
	CHECK(write(pipes[1], "x", 1) == 1, "it waits for more");
	/* It runs once it has taken its input. */
	for (fd = 1; fd > 0;)
		CHECK(!ioctl(pipes[0], FIONREAD, &fd), "what it has not read");
	OPEN(open("cat", O_WRONLY | O_CLOEXEC));
	CALL(truncate("cat", 0));
	close(pipes[1]);
	close(pipes[0]);
	CHECK(waitpid(pid, NULL, 0) == pid, "it ends");
	fd = OPEN(open("cat", O_WRONLY | O_CLOEXEC));
	SAY("run while open for writing: %d", WEXITSTATUS(system("./cat </dev/null 2>/dev/null")));
	close(fd);
	SAY("run when closed: %d", WEXITSTATUS(system("./cat </dev/null")));
}

static void steps(void)
{
	unsigned int t, w;

	CHECK(!chmod(".", 0755), "the directory");
	source = open("source", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	CHECK(source >= 0 && write(source, "source", 6) == 6, "a source");
	for (t = 0; t < sizeof(targets) / sizeof(*targets); t++) {
		for (w = 0; w < NWRITERS; w++) {
			if (compare_passthrough || targets[t].mode & 010)
				steps_writer(&targets[t], w);
		}
	}
	for (w = 0; w < NWRITERS; w++)
		steps_roots(w);
	/* A store leaves set-id bits and capabilities as they are, whoever stores. */
	if (compare_passthrough) {
		object_make(&targets[CAPS], "stored");
		handle = open("stored", O_RDWR | O_CLOEXEC);
		as_user(ALICE, ALICE, 0, by_store);
		say_state("stored", "stored");
		close(handle);
	}
	steps_exec();
	steps_busy();
}

COMPARE_MAIN(steps)
