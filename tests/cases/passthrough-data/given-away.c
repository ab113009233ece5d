// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a set-user-ID program that loses the bit, or its owner, below, while a user's exec() of it waits for its arguments, is not run with the rights that it had
 * needs: root extfuse ext4
 * timeout: 60
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../backing/backing.h"

#define USER	1000	/* any that is not root */
#define AS_ROOT	10
#define AS_USER	11

static struct rawfuse *rf, *slow;
static struct raw_node *words;
static struct script *s;
static char *page;

static void becomes_user(void)
{
	CHECK(!setgid(USER) && !setuid(USER), "another user");
}

static pid_t executes(char *word)
{
	char *args[] = { "program", word, NULL }, *env[] = { NULL };
	pid_t pid = fork();

	if (!pid) {
		becomes_user();
		execve("mnt/program", args, env);
		_exit(errno);
	}
	CHECK(pid > 0, "a process");
	return pid;
}

static int ends(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "a process");
	return WEXITSTATUS(status);
}

static void is_program_of_root(void)
{
	CHECK(!chown("low", 0, 0) && !chmod("low", 04755), "a set-user-ID program");
	CHECK(ends(executes("word")) == AS_ROOT, "the bit counts");
}

/* Its arguments are in a file of a daemon that takes its time. */
static pid_t waits(void)
{
	pid_t pid;

	raw_inval_inode(slow, words->id, 0, 0);
	raw_hold(slow, FUSE_READ);
	pid = executes(page);
	raw_wait_held(slow, FUSE_READ, 1, 10);
	return pid;
}

static void new_owner_writes(void)
{
	pid_t pid = fork();
	int fd;

	if (!pid) {
		becomes_user();
		fd = open("low", O_WRONLY | O_APPEND);
		_exit(fd < 0 || write(fd, "his own", 7) != 7);
	}
	CHECK(!ends(pid), "the new owner writes");
}

int main(int argc, char **argv)
{
	struct raw_node *node;
	pid_t pid;
	int fd;

	(void)argv;
	/* As the program: says as whom it runs. */
	if (argc > 1)
		return geteuid() ? AS_USER : AS_ROOT;

	CHECK(!system("cp /proc/$PPID/exe low"), "a copy of this program");
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1", .entry_ns = 100 * RAW_SEC });
	s = script_attach(rf, "script", NULL);
	node = raw_file(rf, "/program", "", 0);
	object(rf, node, "low");
	passes(s, FUSE_GETATTR);
	passes(s, FUSE_OPEN);
	CHECK(!chmod(".", 0755), "the way there");
	slow = raw_start(&(struct raw_opts){ .dir = "slow" });
	words = raw_file(slow, "/words", "word", 5);
	fd = open("slow/words", O_RDONLY | O_CLOEXEC);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(fd >= 0 && page != MAP_FAILED, "slow memory");
	close(fd);

	is_program_of_root();
	pid = waits();
	CHECK(!chmod("low", 0755), "the bit goes");
	raw_let_go(slow, FUSE_READ);
	fd = ends(pid);
	CHECK(fd == AS_USER, "a program that has lost the bit ends with %d", fd);
	is_program_of_root();
	pid = waits();
	CHECK(!chown("low", USER, USER), "it is given away");
	new_owner_writes();
	raw_let_go(slow, FUSE_READ);
	fd = ends(pid);
	CHECK(fd == AS_USER, "a program that is the user's own by now ends with %d", fd);

	munmap(page, 4096);
	raw_stop(slow);
	script_detach(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
