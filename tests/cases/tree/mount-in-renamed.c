// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what is mounted in a directory of a tree stays mounted while the directory is renamed and exchanged through the mount and others walk there
 * needs: extfuse root ext4
 * timeout: 90
 * libs: -lpthread
 *
 * Between the rename below and that of the kernel's own dentries a walker finds the directory elsewhere.  If it takes
 * the name for gone, all that is mounted there is unmounted.  Without the note in the directory it was so after some
 * thousand renames.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "tree.h"

#define WALKERS	2

static atomic_bool over;
static atomic_ulong looks, found;

static void *walk(void *arg)
{
	static const char *const paths[] = { "mnt/x/a/m/file", "mnt/x/b/m/file", "mnt/x/a/m", "mnt/x/b" };
	struct stat st;
	unsigned int i;

	(void)arg;
	while (!atomic_load(&over)) {
		for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
			atomic_fetch_add(&looks, 1);
			if (!stat(paths[i], &st))
				atomic_fetch_add(&found, 1);
			else
				CHECK(errno == ENOENT, "%s", paths[i]);
		}
	}
	return NULL;
}

static bool is_mounted(void)
{
	char line[512];
	bool is = false;
	FILE *f = fopen("/proc/self/mounts", "re");

	CHECK(f, "mounts");
	while (fgets(line, sizeof(line), f))
		is |= !strncmp(line, "in-renamed ", 11);
	fclose(f);
	return is;
}

static unsigned long rename_for(unsigned int seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned long n = 0;

	do {
		CHECK(!rename("mnt/x/a", "mnt/x/b") && !rename("mnt/x/b", "mnt/x/a"), "renames");
		CHECK(!renameat2(AT_FDCWD, "mnt/x/a", AT_FDCWD, "mnt/x/c", RENAME_EXCHANGE), "exchange");
		CHECK(!renameat2(AT_FDCWD, "mnt/x/c", AT_FDCWD, "mnt/x/a", RENAME_EXCHANGE), "and back");
		n += 4;
	} while (time(NULL) < end && is_mounted());
	return n;
}

int main(void)
{
	pthread_t walkers[WALKERS];
	unsigned long n;
	unsigned int i;

	tree_mount();
	CHECK(!mkdir("mnt/x", 0755) && !mkdir("mnt/x/a", 0755) && !mkdir("mnt/x/c", 0755) && !mkdir("mnt/x/a/m", 0755), "directories");
	CHECK(!mount("in-renamed", "mnt/x/a/m", "tmpfs", 0, NULL), "a mount");
	CHECK(mknod("mnt/x/a/m/file", S_IFREG | 0600, 0) == 0, "a file there");
	for (i = 0; i < WALKERS; i++)
		CHECK(!pthread_create(&walkers[i], NULL, walk, NULL), "a walker");
	n = rename_for(getenv("LONG") ? 40 : getenv("SHORT") ? 5 : 12);
	atomic_store(&over, true);
	for (i = 0; i < WALKERS; i++)
		pthread_join(walkers[i], NULL);
	printf("%lu renames, %lu looks, %lu found\n", n, atomic_load(&looks), atomic_load(&found));
	CHECK(n > 8 && atomic_load(&found) > 8 && atomic_load(&found) < atomic_load(&looks), "walkers met renames");
	CHECK(is_mounted(), "it is still mounted");
	CHECK(!access("mnt/x/a/m/file", F_OK), "where it was");
	CHECK(!umount("mnt/x/a/m"), "umount");
	tree_umount();
	return 0;
}
