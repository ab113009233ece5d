// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a name that is moved through the mount, and back below before the mount's dentries have moved, is found nowhere else afterwards
 * needs: extfuse root
 * timeout: 60
 *
 * On a memory file system below, whose renames are short: the moment between the two is.
 */
#include <pthread.h>
#include <time.h>

#include "tree.h"

static volatile bool moves, end;

static void *back(void *unused)
{
	while (!end) {
		if (moves && !rename("src/b", "src/a"))
			moves = false;
	}
	return unused;
}

static void *walks(void *unused)
{
	struct stat st;

	while (!end)
		stat("mnt/a", &st);
	return unused;
}

/* Neither side is changed by now. */
static bool is_same(const char *name)
{
	char here[16], below[16];
	struct stat st;
	int i, found = 0;

	snprintf(here, sizeof(here), "mnt/%s", name);
	snprintf(below, sizeof(below), "src/%s", name);
	/* By what the walk before has remembered, too. */
	for (i = 0; i < 3; i++)
		found += !stat(here, &st);
	return found == (stat(below, &st) ? 0 : 3);
}

int main(void)
{
	pthread_t threads[3];
	time_t start = time(NULL);
	unsigned int i, rounds = 0;

	CHECK(!mkdir("src", 0755) && !mount("none", "src", "tmpfs", 0, NULL), "a memory file system");
	tree_mount_of("src");
	close(open("src/a", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	CHECK(!pthread_create(&threads[0], NULL, back, NULL), "thread");
	for (i = 1; i < 3; i++)
		CHECK(!pthread_create(&threads[i], NULL, walks, NULL), "thread");
	for (; time(NULL) < start + (getenv("SHORT") ? 5 : 20); rounds++) {
		moves = true;
		CHECK(!rename("mnt/a", "mnt/b"), "rename");
		while (moves)
			;
		CHECK(is_same("b") && is_same("a"), "round %u: the mount shows other names than there are below", rounds);
	}
	end = true;
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("%u rounds\n", rounds);
	tree_umount();
	CHECK(!umount("src"), "nothing is in use below");
	return 0;
}
