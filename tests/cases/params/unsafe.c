// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: unsafe_helpers=1 lets a program attach whose helpers are refused otherwise, and taints; it lifts nothing else
 * needs: root extfuse build:tests/reject/printk.bpf.o build:tests/reject/context-beyond.bpf.o build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

#define PARAMETER	"/sys/module/extfuse/parameters/unsafe_helpers"
#define TAINT_USER	(1UL << 6)

static struct rawfuse *rf;
static char err[1024];

static void unsafe(const char *value)
{
	int fd = open(PARAMETER, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1, "unsafe_helpers=%s", value);
	close(fd);
}

static void unsafe_off(void)
{
	unsafe("0");
}

static unsigned long taint(void)
{
	unsigned long value = 0;
	FILE *f = fopen("/proc/sys/kernel/tainted", "re");

	CHECK(f && fscanf(f, "%lu", &value) == 1, "tainted");
	fclose(f);
	return value;
}

/* What attaching an object says; detached again. */
static int try(const char *object)
{
	struct extfuse_ext *ext;
	char path[4096];
	struct stat st;
	int ret;

	*err = 0;
	snprintf(path, sizeof(path), "%s/%s.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build", object);
	CHECK(!extfuse_ext__open(&ext, path, NULL, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	ret = extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err));
	CHECK(!stat("mnt", &st), "the mount must work");
	if (!ret)
		CHECK(!extfuse_conn__detach(raw_fd(rf), 0), "detach");
	extfuse_ext__free(ext);
	return ret;
}

int main(void)
{
	const char *refused = "tests/reject/printk", *beyond = "tests/reject/context-beyond";
	unsigned long before = taint();

	atexit(unsafe_off);
	rf = raw_start(&(struct raw_opts){});
	CHECK(!try("tests/bpf/script"), "a program that does nothing forbidden: %s", err);
	CHECK(try(refused) == -EACCES && strstr(err, "bpf_trace_printk"), "it must be refused by name: %s", err);
	CHECK(try(beyond) == -EINVAL, "it must be refused: %s", err);
	CHECK(taint() == before, "nothing of this may taint");
	if (before & TAINT_USER)
		printf("somebody has tainted this kernel before: whether we do cannot be seen\n");

	unsafe("1");
	CHECK(taint() == before, "the parameter alone does not");
	CHECK(!try(refused), "with unsafe_helpers=1 it must attach: %s", err);
	CHECK(taint() == (before | TAINT_USER), "and taint the kernel: %lx", taint());
	CHECK(try(beyond) == -EINVAL, "a context that is not there is no helper: %s", err);

	unsafe("0");
	CHECK(try(refused) == -EACCES, "it must be refused again: %s", err);
	raw_stop(rf);
	return 0;
}
