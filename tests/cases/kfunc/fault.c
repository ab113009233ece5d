// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: an input that cannot be read is EFAULT and zeroes all of dst; the request itself goes on unharmed
 * needs: root extfuse plant build:tests/bpf/kfunc-fault.bpf.o
 *
 * A planted probe (tests/vm/plant) bends what read_args() copies from, for tasks of one name and copies of one size,
 * so that the copy faults after its first eight bytes.
 */
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "kfunc.h"

#define COMM	"kfunc-fault"
#define NAME	"user.fault-planted"

static struct rawfuse *rf;
static struct bpf_object *o;
static unsigned char dst[KFUNC_FAULT_BYTES];

static void plant(void)
{
	char path[256], args[128];
	int fd;

	snprintf(path, sizeof(path), "/extfuse/build/tests/plant/%s/plant.ko", getenv("KVER"));
	snprintf(args, sizeof(args), "what=nofault comm=" COMM " size=%zu", sizeof(NAME));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "open %s", path);
	CHECK(!syscall(SYS_finit_module, fd, args, 0), "load %s with %s", path, args);
	close(fd);
}

static int unplant(void)
{
	return syscall(SYS_delete_module, "plant", O_NONBLOCK);
}

/* A failure must not leave it to the cases that follow. */
static void unplant_at_exit(void)
{
	unplant();
}

/* How many reads the probe has bent. */
static unsigned int bent(void)
{
	FILE *f = fopen("/sys/module/plant/parameters/bent", "re");
	unsigned int n;

	CHECK(f && fscanf(f, "%u", &n) == 1, "the probe's count");
	fclose(f);
	return n;
}

/* One request as @comm: the daemon must get it and its answer must come back, whatever the program reads. */
static void request(const char *comm)
{
	uint32_t zero = 0;
	char buf[64];

	kfunc_clear(o);
	raw_reset(rf);
	CHECK(!prctl(PR_SET_NAME, comm), "be called %s", comm);
	CHECK(getxattr("mnt/a", NAME, buf, sizeof(buf)) == 5 && !memcmp(buf, "value", 5),
	      "the daemon's answer as %s", comm);
	CHECK(raw_count(rf, FUSE_GETXATTR) == 1, "GETXATTR must reach the daemon as %s", comm);
	CHECK(!bpf_map_lookup_elem(kfunc_map(o, "buffer"), &zero, dst), "the program's buffer");
}

static void good(const char *comm)
{
	size_t i;

	request(comm);
	EXPECT(o, KFUNC_FAULT_READ, 0);
	CHECK(!memcmp(dst, NAME, sizeof(NAME)), "the name must have been read as %s", comm);
	/* So the buffer was full: a failure that leaves it alone would be seen. */
	for (i = sizeof(NAME); i < sizeof(dst); i++)
		CHECK(dst[i] == 0xff, "byte %zu behind the name is 0x%x as %s", i, dst[i], comm);
}

static void faulty(void)
{
	size_t i;

	request(COMM);
	EXPECT(o, KFUNC_FAULT_READ, -EFAULT);
	for (i = 0; i < sizeof(dst); i++)
		CHECK(!dst[i], "byte %zu must be zero, not 0x%x", i, dst[i]);
}

int main(void)
{
	struct raw_node *file;
	struct extfuse_ext *ext;
	unsigned int n;

	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	file = raw_file(rf, "/a", "text", 4);
	raw_setxattr(rf, file, NAME, "value", 5);
	CHECK(!kfunc_attach(rf, &ext, "kfunc-fault"), "it must load");
	o = extfuse_ext__object(ext);
	good(COMM);
	plant();
	atexit(unplant_at_exit);
	good("another");
	CHECK(!bent(), "only tasks of the name given may be hit");
	faulty();
	n = bent();
	CHECK(n == 1, "one read was to be bent, not %u", n);
	faulty();
	good("another");
	CHECK(!unplant(), "unload the probe");
	good(COMM);
	extfuse_ext__free(ext);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
