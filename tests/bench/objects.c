// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a backing object costs in kernel memory beyond the dentry and the inode
 * that it lies on: a daemon gives 100,000 of them, and drops them again.  The
 * files are there all the time (their names hold them: tmpfs), so what the
 * kernel has less afterwards were the objects and their table.  What it has
 * more then is somebody else's and is not set against that: the total is
 * rather too high than too low.
 *
 * Run where there is room for a tmpfs and a mount point, and slab caches are
 * not merged.  Prints lines of
 *	object<TAB>WHAT<TAB>BYTES		of one object; WHAT is a slab cache, or what lies outside of them, "total", or
 *						"sizeof": what an object takes in its cache
 */
#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rawfuse.h"

#define OBJECTS		100000
#define CACHES		512
/* Of the objects, see module/passthrough/backing.c. */
#define OBJECT_CACHE	"extfuse_backing"
/* What is not of a slab cache; named as in /proc/meminfo. */
static const char *const fields[] = { "Slab", "VmallocUsed", "Percpu", "KernelStack", "PageTables" };
#define FIELDS		(sizeof(fields) / sizeof(*fields))

struct memory {
	unsigned int ncaches;
	struct cache {
		char name[64];
		unsigned int size;	/* of one object */
		long long bytes;
	} caches[CACHES];
	long long fields[FIELDS];
};

static struct rawfuse *rf;

static FILE *proc_open(const char *path)
{
	FILE *f = fopen(path, "re");

	CHECK(f, "%s", path);
	return f;
}

/* Whole slabs: what is left over in one belongs to the objects in it. */
static void slabs_read(struct memory *m)
{
	unsigned long long per_slab, slabs;
	FILE *f = proc_open("/proc/slabinfo");
	char line[512], name[64];
	unsigned int size;

	m->ncaches = 0;
	while (fgets(line, sizeof(line), f)) {
		struct cache *c = &m->caches[m->ncaches];

		if (sscanf(line, "%63s %*u %*u %u %*u %llu : tunables %*u %*u %*u : slabdata %*u %llu", name, &size,
			   &per_slab, &slabs) != 4)
			continue;
		CHECK(m->ncaches++ < CACHES, "room for all slab caches");
		strcpy(c->name, name);
		c->size = size;
		c->bytes = per_slab * slabs * sysconf(_SC_PAGESIZE);
	}
	fclose(f);
	CHECK(m->ncaches, "/proc/slabinfo names slab caches");
}

static void fields_read(struct memory *m)
{
	FILE *f = proc_open("/proc/meminfo");
	char line[256], name[64];
	long long kb;
	size_t i;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63[^:]: %lld", name, &kb) != 2)
			continue;
		for (i = 0; i < FIELDS; i++) {
			if (!strcmp(name, fields[i]))
				m->fields[i] = kb * 1024;
		}
	}
	fclose(f);
}

/* What ended waits for grace periods, the table's shrinking for a worker; then caches keep what is free. */
static void memory_read(struct memory *m)
{
	sleep(3);
	case_slabs_shrink("*");
	sleep(1);
	slabs_read(m);
	fields_read(m);
}

static void path_of(unsigned int n, char *path, size_t size)
{
	snprintf(path, size, "low/%u/%u", n / 1000, n);
}

static void files_make(void)
{
	unsigned int i;
	char path[64];

	CHECK(!mkdir("low", 0755) && !mount("low", "low", "tmpfs", 0, "nr_inodes=0"), "a file system below");
	for (i = 0; i < OBJECTS; i++) {
		snprintf(path, sizeof(path), "low/%u", i / 1000);
		CHECK(i % 1000 || !mkdir(path, 0755), "%s", path);
		path_of(i, path, sizeof(path));
		CHECK(!mknod(path, S_IFREG | 0644, 0), "%s", path);
	}
}

static void objects_add(void)
{
	unsigned int i;
	char path[64];
	int fd, err;

	for (i = 0; i < OBJECTS; i++) {
		path_of(i, path, sizeof(path));
		fd = open(path, O_PATH | O_CLOEXEC);
		CHECK(fd >= 0, "%s", path);
		err = extfuse_backing__add(raw_fd(rf), 100 + i, 1, fd);
		CHECK(!err, "%s: %d", path, err);
		close(fd);
	}
}

static void objects_drop(void)
{
	unsigned int i;

	for (i = 0; i < OBJECTS; i++)
		CHECK(!extfuse_backing__drop(raw_fd(rf), 100 + i, 1), "drop %u", i);
}

static long long cache_bytes(const struct memory *m, const char *name)
{
	unsigned int i;

	for (i = 0; i < m->ncaches; i++) {
		if (!strcmp(m->caches[i].name, name))
			return m->caches[i].bytes;
	}
	return 0;
}

/* Returns what of it counts. */
static long long cost_print(const char *what, long long bytes)
{
	double each = (double)bytes / OBJECTS;

	/* Less is what somebody else did meanwhile. */
	if (each >= 0.5 || each <= -0.5)
		printf("object\t%s\t%.1f\n", what, each);
	return bytes > 0 ? bytes : 0;
}

/*
 * The sum of the caches is less than the field "Slab" by what kmalloc() has
 * taken from the page allocator at once: the table.
 */
static void compare(const struct memory *with, const struct memory *without)
{
	long long caches = 0, total = 0;
	unsigned int i;

	for (i = 0; i < with->ncaches; i++) {
		const struct cache *c = &with->caches[i];
		long long bytes = c->bytes - cache_bytes(without, c->name);

		caches += bytes;
		total += cost_print(c->name, bytes);
		if (!strcmp(c->name, OBJECT_CACHE))
			printf("object\tsizeof\t%u\n", c->size);
	}
	for (i = 0; i < FIELDS; i++) {
		long long bytes = with->fields[i] - without->fields[i];

		if (i)
			total += cost_print(fields[i], bytes);
		else
			total += cost_print("kmalloc-large", bytes - caches);
	}
	printf("object\ttotal\t%.1f\n", (double)total / OBJECTS);
}

int main(void)
{
	static struct memory with, without;

	files_make();
	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1" });
	objects_add();
	memory_read(&with);
	objects_drop();
	memory_read(&without);
	compare(&with, &without);
	raw_stop(rf);
	CHECK(!umount("low"), "nothing holds what lay below");
	return 0;
}
