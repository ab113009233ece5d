// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: the module cannot be unloaded while it is mounted, open, or called by a loaded program, and can be after
 * needs: root
 * timeout: 60
 */
#include "dying.h"
#include "module.h"

int main(void)
{
	struct raw_opts opts = { 0 };
	struct extfuse_ext *ext;
	struct daemon d;
	int fd, ms;

	CHECK(module_unload_soon() >= 0, "unload what an earlier case left");
	module_load();

	fd = open("/dev/extfuse", O_RDWR);
	CHECK(fd >= 0, "/dev/extfuse");
	CHECK(module_is_busy(), "open");
	close(fd);
	CHECK(!module_unload(), "closed: it can go at once");
	module_load();

	/* The slot program calls bpf_extfuse_fresh(), a kfunc. */
	ext = ext_load("tests/bpf/slot_probe");
	CHECK(module_is_busy(), "a program is loaded");
	extfuse_ext__free(ext);
	ms = module_unload_soon();
	CHECK(ms >= 0, "the program is gone");
	printf("%d ms after the last program\n", ms);
	module_load();

	daemon_start(&d, &opts, NULL);
	close(d.ctl);
	CHECK(module_is_busy(), "mounted");
	daemon_kill(&d);
	CHECK(module_is_busy(), "mounted, without a daemon");
	CHECK(!umount2(d.dir, 0), "umount");
	CHECK(module_unload_soon() >= 0, "unmounted");
	module_load();

	/* A mount that somebody is still in, after umount -l. */
	daemon_start(&d, &opts, NULL);
	ext_attach(&d, "tests/bpf/slot_probe");
	fd = open(d.dir, O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && !umount2(d.dir, MNT_DETACH), "umount -l");
	close(d.ctl);
	daemon_kill(&d);
	CHECK(module_is_busy(), "detached, but open");
	close(fd);
	CHECK(module_unload_soon() >= 0, "closed");
	nothing_loaded("the end");
	return 0;
}
