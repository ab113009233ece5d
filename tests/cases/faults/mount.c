// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each allocation of the module fails once while a mirror is mounted, and while it is unmounted: a mount fails whole or is whole, an unmount unmounts, and the next mount works
 * needs: root extfuse ext4 faults
 * timeout: 180
 * long-timeout: 900
 * ring: slow
 *
 * LONG=1: also with each other extension.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "nth.h"
#include "rawfuse.h"

#define EXIT_MOUNT	32

static char src[4096], mnt[4096];
static const char *options;

static int exec_mount(void *unused)
{
	(void)unused;
	execlp("mount.extfuse", "mount.extfuse", src, mnt, "-o", options, NULL);
	return 127;
}

static int mounted(void)
{
	return !system("grep -q ' extfuse ' /proc/self/mounts");
}

static int served(void)
{
	char text[8] = "";
	int fd = open("mnt/a", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, 4) != 4)
		return 0;
	close(fd);
	return !strcmp(text, "text");
}

static int processes(void)
{
	return !system("pidof extfused >/dev/null");
}

static void unmount(void)
{
	CHECK(!umount(mnt), "umount");
	CHECK(raw_until(10, !processes()), "the daemon must end");
}

static unsigned int mounts(void)
{
	unsigned int n, failed = 0;
	bool fired = true;
	int status;

	for (n = 1; fired; n++) {
		status = nth_child(n, exec_mount, NULL, &fired);
		CHECK(!status || (fired && status == EXIT_MOUNT), "%s, fault %u: status %d", options, n, status);
		CHECK(mounted() == !status, "%s, fault %u: status %d, and mounted is %d", options, n, status, mounted());
		CHECK(status || served(), "%s, fault %u: the file", options, n);
		failed += !!status;
		if (!status)
			unmount();
		CHECK(raw_until(10, !processes()), "%s, fault %u: a daemon stays", options, n);
	}
	printf("mount %s: %u faults, %u mounts failed\n", options, n - 2, failed);
	CHECK(failed, "some mount must fail");
	return n - 2;
}

static void unmounts(void)
{
	bool fired = true, none;
	unsigned int n;

	for (n = 1; fired; n++) {
		CHECK(!nth_child(0, exec_mount, NULL, &none) && served(), "%s: mount before fault %u", options, n);
		nth_arm(n);
		CHECK(!umount(mnt), "umount, fault %u", n);
		fired = nth_fired();
		CHECK(!mounted() && raw_until(10, !processes()), "%s: unmount, fault %u", options, n);
	}
	printf("unmount %s: %u faults\n", options, n - 2);
}

int main(void)
{
	static const char *const all[] = { "ext=passthrough", "ext=metacache", "ext=hide", "ext=readonly", "ext=none" };
	unsigned int i, n = getenv("LONG") ? sizeof(all) / sizeof(all[0]) : 1;

	CHECK(!mkdir("src", 0755) && !mkdir("mnt", 0755) && !system("printf text >src/a"), "directories");
	CHECK(realpath("src", src) && realpath("mnt", mnt), "their names");
	nth_start();
	for (i = 0; i < n; i++) {
		options = all[i];
		mounts();
		unmounts();
	}
	return 0;
}
