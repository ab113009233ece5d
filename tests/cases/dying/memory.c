// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a mount with programs gives its memory back when it goes: slots, sets, statistics, inodes and requests
 * needs: extfuse root
 * timeout: 240
 */
#include "dying.h"

#define CYCLES	300

static long available_kb(void)
{
	char line[256];
	long kb = 0;
	FILE *f;
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	CHECK(fd >= 0 && write(fd, "3", 1) == 1, "drop_caches");
	close(fd);
	case_slabs_shrink("*");
	f = fopen("/proc/meminfo", "re");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "MemFree: %ld", &kb);
	fclose(f);
	return kb;
}

/* Objects in use in a slab cache, exactly: what processors keep for later is given back before. */
static long slab_objects(const char *cache)
{
	char path[256];
	long n = -1;
	FILE *f;

	case_slabs_shrink(cache);
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/objects", cache);
	f = fopen(path, "re");
	CHECK(f && fscanf(f, "%ld", &n) == 1, "%s", path);
	fclose(f);
	return n;
}

static void cycle(struct extfuse_ext *ext)
{
	struct raw_opts opts = { .threads = 1 };
	struct rawfuse *rf = raw_start(&opts);
	char path[4200], err[256];
	struct stat st;
	int i;

	raw_file(rf, "/a", "text", 4);
	CHECK(!extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "attach: %s", err);
	snprintf(path, sizeof(path), "%s/a", raw_dir(rf));
	for (i = 0; i < 3; i++)
		CHECK(!stat(path, &st) && !chmod(path, 0600 + i), "use it");
	raw_stop(rf);
}

int main(void)
{
	struct extfuse_ext *ext = ext_load("bpf/metacache");
	unsigned int programs = programs_loaded();
	long before = 0, after, inodes = 0, requests = 0;
	int n;

	for (n = 0; n < CYCLES; n++) {
		/* The first ones fill caches that stay. */
		if (n == 40) {
			before = available_kb();
			inodes = slab_objects("extfuse_inode");
			requests = slab_objects("extfuse_request");
		}
		cycle(ext);
	}
	after = available_kb();
	printf("free memory: %ld kB before, %ld kB after %d mounts; inodes %ld, %ld; requests %ld, %ld\n", before,
	       after, CYCLES - 40, inodes, slab_objects("extfuse_inode"), requests,
	       slab_objects("extfuse_request"));
	/* The last mount's inodes are freed after a grace period. */
	CHECK(raw_until(10, !slab_objects("extfuse_inode") && !slab_objects("extfuse_request")),
	      "objects are left");
	/* A connection has 128 KiB of slots: 260 of them are 33 MB. */
	CHECK(before - after < 16384, "%ld kB are gone", before - after);
	CHECK(programs_loaded() == programs, "programs: %u, before %u", programs_loaded(), programs);
	extfuse_ext__free(ext);
	nothing_loaded("the end");
	return 0;
}
