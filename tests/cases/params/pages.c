// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the sysctl max_pages_limit of extfuse bounds its own mounts, whether they have programs or not, and no mount of fuse
 * needs: root extfuse fuse build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <unistd.h>

#include "case.h"
#include "rawfuse.h"
#include "script.h"

#define SIZE	(256 * 1024)
#define FEW	16

static char path[] = "/proc/sys/fs/extfuse/max_pages_limit";
static char data[SIZE] __attribute__((aligned(4096)));
static unsigned int before;

static unsigned int limit(void)
{
	FILE *f = fopen(path, "re");
	unsigned int n;

	if (!f)
		SKIP("this kernel's fuse has no sysctl max_pages_limit");
	CHECK(fscanf(f, "%u", &n) == 1, "%s", path);
	fclose(f);
	return n;
}

static void limit_set(unsigned int n)
{
	FILE *f = fopen(path, "we");

	CHECK(f && fprintf(f, "%u", n) > 0 && !fclose(f), "%s", path);
}

static void limit_back(void)
{
	limit_set(before);
}

/* Into how many requests one write() falls; read() must fall into as many. */
static unsigned int requests(const char *type, bool attach)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .type = type, .max_write = SIZE });
	struct raw_node *file = raw_file(rf, "/a", "", 0);
	struct script *s = attach ? script_attach(rf, "script", NULL) : NULL;
	unsigned int n;
	int fd;

	file->open_flags = FOPEN_DIRECT_IO;
	fd = open("mnt/a", O_RDWR);
	CHECK(fd >= 0 && write(fd, data, SIZE) == SIZE, "write");
	n = raw_count(rf, FUSE_WRITE);
	CHECK(pread(fd, data, SIZE, 0) == SIZE && raw_count(rf, FUSE_READ) == n, "read: %llu requests, not %u",
	      (long long)raw_count(rf, FUSE_READ), n);
	close(fd);
	if (s)
		script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return n;
}

int main(void)
{
	unsigned int n;

	before = limit();
	atexit(limit_back);
	CHECK(requests("extfuse", false) == 1, "as it is, one request carries all");
	limit_set(FEW);
	n = requests("extfuse", false);
	CHECK(n == SIZE / 4096 / FEW, "with %u pages at most it must be %u requests, not %u", FEW, SIZE / 4096 / FEW, n);
	CHECK(requests("extfuse", true) == n, "with programs as many");
	CHECK(requests("fuse", false) == 1, "stock fuse must not care");
	return 0;
}
