// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: direct writes inside the size of a file go side by side, what makes it longer waits for them, and set-id bits, capabilities, size and data end as below
 * needs: extfuse ext4 root loop mkfs.ext4
 * timeout: 120
 * libs: -lpthread
 */
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include "../tree/tree.h"

#define BLOCK	4096
#define WRITERS	8
#define BLOCKS	64
#define ALICE	1000

static const unsigned char set_capability[20] = { 0, 0, 0, 2, 0, 0x04 };
static int disk = -1;
static bool is_frozen;

/* A case that fails must not leave anybody who cannot be killed. */
static void thaw_at_exit(void)
{
	if (is_frozen)
		ioctl(disk, FITHAW, 0);
}

static void start(void)
{
	CHECK(!run("modprobe loop && truncate -s 64M image && mkfs.ext4 -q -E lazy_itable_init=0 image && mkdir src && mount -o loop image src"),
	      "a file system");
	CHECK(!chmod(".", 0755) && !run("mkdir src/dir && head -c 262144 /dev/zero >src/dir/file && sync"), "a file");
	tree_mount_of("src/dir");
	disk = open("src", O_RDONLY | O_CLOEXEC);
	CHECK(disk >= 0 && !atexit(thaw_at_exit), "the disk");
}

static int open_direct(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC | flags);

	CHECK(fd >= 0, "%s", path);
	return fd;
}

static char *block_of(char c)
{
	char *block = aligned_alloc(BLOCK, BLOCK);

	CHECK(block, "memory");
	memset(block, c, BLOCK);
	return block;
}

static pid_t writer(unsigned int i, int flags)
{
	pid_t pid = fork();

	if (!pid)
		_exit(pwrite(open_direct("mnt/file", flags), block_of('a' + i), BLOCK, (off_t)i * BLOCK) != BLOCK);
	CHECK(pid > 0, "a process");
	return pid;
}

/* Where in the kernel a process is. */
static bool is_in(pid_t pid, const char *function)
{
	char path[64], stack[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	f = fopen(path, "re");
	CHECK(f, "%s", path);
	n = fread(stack, 1, sizeof(stack) - 1, f);
	fclose(f);
	stack[n] = '\0';
	return strstr(stack, function);
}

static bool waits_in(pid_t pid, const char *function)
{
	unsigned int turns = 100 * case_slow();

	while (turns-- && !is_in(pid, function))
		usleep(50000);
	return is_in(pid, function);
}

/* Below nobody can write, so all that may write at once waits there. */
static void side_by_side(void)
{
	pid_t pids[WRITERS], appender;
	char block[BLOCK];
	unsigned int i;
	int status, fd;

	CHECK(!ioctl(disk, FIFREEZE, 0), "freezing");
	is_frozen = true;
	for (i = 0; i < WRITERS; i++) {
		pids[i] = writer(i, 0);
		CHECK(waits_in(pids[i], "percpu_rwsem_wait"), "writer %u waits below", i);
		CHECK(!is_in(pids[i], "extfuse_write_begin"), "writer %u waits for none of the others", i);
	}
	appender = writer(WRITERS, O_APPEND);
	CHECK(waits_in(appender, "extfuse_write_begin"), "who appends waits for them");
	is_frozen = false;
	CHECK(!ioctl(disk, FITHAW, 0), "thawing");
	for (i = 0; i < WRITERS; i++)
		CHECK(waitpid(pids[i], &status, 0) == pids[i] && !status, "writer %u: status %x", i, status);
	CHECK(waitpid(appender, &status, 0) == appender && !status, "the appender: status %x", status);

	fd = open("src/dir/file", O_RDONLY | O_CLOEXEC);
	for (i = 0; i <= WRITERS; i++) {
		off_t at = (off_t)(i < WRITERS ? i : BLOCKS) * BLOCK;

		CHECK(pread(fd, block, BLOCK, at) == BLOCK && block[0] == (char)('a' + i) && block[BLOCK - 1] == block[0],
		      "block %u: %c", i, block[0]);
	}
	close(fd);
}

/* By one who does not own the file, which everybody may write. */
static void overwrite(const char *path)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setresgid(ALICE, ALICE, ALICE) || setresuid(ALICE, ALICE, ALICE))
			_exit(2);
		_exit(pwrite(open_direct(path, 0), block_of('x'), BLOCK, 0) != BLOCK);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "%s: status %x", path, status);
}

static void privileges(void)
{
	static const char *const path[2] = { "src/dir/below", "mnt/here" };
	struct stat st[2];
	int s;

	for (s = 0; s < 2; s++) {
		int fd = open(path[s], O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

		CHECK(fd >= 0 && write(fd, block_of('o'), BLOCK) == BLOCK && !close(fd), "%s", path[s]);
		CHECK(!chmod(path[s], 06777), "%s: mode", path[s]);
		CHECK(!setxattr(path[s], "security.capability", set_capability, sizeof(set_capability), 0), "%s: capability", path[s]);
		overwrite(path[s]);
		CHECK(!stat(path[s], &st[s]), "%s", path[s]);
		CHECK(getxattr(path[s], "security.capability", NULL, 0) < 0 && errno == ENODATA, "%s keeps its capability", path[s]);
	}
	CHECK(st[0].st_mode == 0100777 && st[1].st_mode == 0100777, "modes %o and %o", st[0].st_mode, st[1].st_mode);
}

static atomic_bool over;

static void *overwriting(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;
	int fd = open_direct("mnt/file", 0);
	char *block = block_of('A' + seed);

	while (!atomic_load(&over)) {
		ssize_t n = pwrite(fd, block, BLOCK, (off_t)(rand_r(&seed) % BLOCKS) * BLOCK);

		CHECK(n == BLOCK, "a write: %zd", n);
	}
	close(fd);
	free(block);
	return NULL;
}

/* Sizes change, and set-id bits come, under the writers. */
static void *changing(void *arg)
{
	unsigned int seed = 77;

	(void)arg;
	while (!atomic_load(&over)) {
		CHECK(!truncate("mnt/file", (off_t)(rand_r(&seed) % (BLOCKS + 2)) * BLOCK), "truncate");
		CHECK(!chmod("mnt/file", 04755), "chmod");
	}
	return NULL;
}

static void under_changes(void)
{
	pthread_t threads[WRITERS], changer;
	unsigned int i;

	for (i = 0; i < WRITERS; i++)
		CHECK(!pthread_create(&threads[i], NULL, overwriting, (void *)(uintptr_t)i), "a writer");
	CHECK(!pthread_create(&changer, NULL, changing, NULL), "the changer");
	sleep(5);
	atomic_store(&over, true);
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(changer, NULL);
	CHECK(!run("cmp src/dir/file mnt/file && test $(stat -c %s mnt/file) = $(stat -c %s src/dir/file)"), "both sides have the same");
}

int main(void)
{
	start();
	side_by_side();
	privileges();
	under_changes();
	CHECK(!sent_up(), "nothing goes up");
	tree_umount();
	close(disk);
	CHECK(!run("umount $PWD/src"), "umount below");
	return 0;
}
