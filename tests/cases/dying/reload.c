// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: many times loaded, mounted, attached, used, unmounted and unloaded, the module leaves no program, map, descriptor or name behind
 * needs: root
 * timeout: 240
 */
#include "dying.h"
#include "module.h"

#define CYCLES		40
#define LONG_CYCLES	100

static void cycle(int n)
{
	static const char *const exts[] = { "tests/bpf/slot_probe", "bpf/metacache", "tests/bpf/pass" };
	struct raw_opts opts = { .attr_ns = n % 2 ? RAW_SEC : 0 };
	struct extfuse_ext *ext;
	struct rawfuse *rf;
	char path[4200], err[256];
	struct stat st;
	int i;

	module_load();
	ext = ext_load(exts[n % 3]);
	rf = raw_start(&opts);
	raw_file(rf, "/a", "text", 4);
	CHECK(!extfuse_ext__attach(ext, raw_fd(rf), raw_conn(rf), err, sizeof(err)), "attach: %s", err);
	snprintf(path, sizeof(path), "%s/a", raw_dir(rf));
	for (i = 0; i < 5; i++)
		CHECK(!stat(path, &st) && !chmod(path, 0600 + i), "use it");
	if (n % 4 == 1)
		CHECK(!extfuse_conn__detach(raw_fd(rf), 0), "detach");
	if (n % 4 == 2)
		CHECK(!extfuse_ext__replace(ext, raw_fd(rf), 0, err, sizeof(err)), "replace");
	extfuse_ext__free(ext);
	raw_stop(rf);
}

static int open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(void)
{
	int cycles = getenv("LONG") ? LONG_CYCLES : getenv("SHORT") ? 10 : CYCLES;
	int n, ms, longest = 0, fds = 0;

	CHECK(module_unload_soon() >= 0, "unload what an earlier case left");
	for (n = 0; n < cycles; n++) {
		if (n == 1)
			fds = open_fds();
		cycle(n);
		/* Objects left in our slab caches would be a BUG in the log now. */
		ms = module_unload_soon();
		CHECK(ms >= 0, "cycle %d: the module must go within two seconds", n);
		longest = ms > longest ? ms : longest;
	}
	printf("unloaded within %d ms each time\n", longest);
	CHECK(open_fds() == fds, "descriptors: %d, before %d", open_fds(), fds);
	nothing_loaded("the end");
	CHECK(access("/dev/extfuse", F_OK) && access("/sys/fs/extfuse", F_OK), "no device, no folder");
	return 0;
}
