// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the test VM. Static, so that it runs in an initramfs of its own: loads the modules that the list names,
 * mounts the root image and what a system needs, moves there, then does what the plan says (one command, a shell or
 * the test cases) and powers off. The host puts the plan into a second cpio archive behind the initramfs.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define P9	"trans=virtio,version=9p2000.L,msize=262144,cache=loose"

/* In a shell's boot the channel is a file: there nobody answers. */
static bool unanswered;

static void __attribute__((noreturn)) power_off(void)
{
	if (!unanswered)
		channel_close();
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void __attribute__((noreturn)) give_up(const char *what, const char *object)
{
	char text[512];

	/* The channel may not exist yet: the console is the second way out. */
	snprintf(text, sizeof(text), "init: cannot %s %s: %s", what, object, strerror(errno));
	printf("%s\n", text);
	fflush(stdout);
	channel_send('D', "%s", text);
	power_off();
}

int module_load(const char *path, const char *args)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, args, 0) ? -errno : 0;
	close(fd);
	return err == -EEXIST ? 0 : err;
}

static void load_modules(void)
{
	char line[512], path[600];
	FILE *list = fopen("/modules.list", "re");
	int err;

	if (!list)
		give_up("open", "/modules.list");
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = 0;
		snprintf(path, sizeof(path), "/modules/%s", line);
		err = module_load(path, "");
		/* A module for hardware that this machine does not emulate (crc32c-intel) has another to replace it. */
		if (err && err != -ENODEV) {
			errno = -err;
			give_up("load module", path);
		}
	}
	fclose(list);
}

static void do_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
	mkdir(target, 0755);
	if (mount(source, target, type, flags, data))
		give_up("mount", target);
}

/* Devices are probed asynchronously: wait for the node, at most as long as a slow host may need. */
static void wait_for(const char *path)
{
	int i;

	for (i = 0; i < 6000; i++) {
		if (!access(path, F_OK))
			return;
		usleep(10000);
	}
	errno = ETIMEDOUT;
	give_up("find", path);
}

static void mount_root(void)
{
	wait_for("/dev/vda");
	do_mount("/dev/vda", "/new", "ext4", MS_NOATIME, "");
	if (mount("/dev", "/new/dev", NULL, MS_MOVE, NULL))
		give_up("move", "/dev");
	do_mount("tmpfs", "/new/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
	do_mount("/plan", "/new/run/harness", NULL, MS_BIND, NULL);
	if (chdir("/new") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		give_up("move to", "/new");
}

static void mount_system(void)
{
	do_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	do_mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	do_mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666");
	do_mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, NULL);
	do_mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	do_mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=700");
	do_mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	do_mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	do_mount("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	do_mount("tree", GUEST_TREE, "9p", MS_RDONLY, P9);
	do_mount("modules", "/lib/modules", "9p", MS_RDONLY, P9);
	wait_for("/dev/vdb");
	do_mount("/dev/vdb", GUEST_SCRATCH, "ext4", 0, "");
	if (symlink("/proc/self/fd", "/dev/fd") || symlink("fd/0", "/dev/stdin") || symlink("fd/1", "/dev/stdout") ||
	    symlink("fd/2", "/dev/stderr"))
		give_up("make links in", "/dev");
}

static void write_setting(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* A kernel without that setting has nothing to be set. */
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		channel_send('M', "cannot set %s to %s: %s", path, value, strerror(errno));
	close(fd);
}

static void settings(void)
{
	struct rlimit core = { 0, 0 };

	/* A slow host must not raise a report that names the code under test. */
	write_setting("/proc/sys/kernel/hung_task_timeout_secs", "600");
	write_setting("/proc/sys/kernel/hung_task_warnings", "-1");
	/* Each case's messages must be seen, however many the one before wrote. */
	write_setting("/proc/sys/kernel/printk_ratelimit", "0");
	write_setting("/proc/sys/kernel/printk_devkmsg", "on\n");
	write_setting("/proc/sys/kernel/core_pattern", "|/bin/false");
	write_setting("/proc/sys/vm/panic_on_oom", "0");
	sethostname("guest", 5);
	setrlimit(RLIMIT_CORE, &core);
	umask(022);
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		channel_send('M', "no loopback network: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void environment(void)
{
	static char ko[512];
	struct utsname u;

	uname(&u);
	snprintf(ko, sizeof(ko), GUEST_TREE "/build/module/%s/extfuse.ko", u.release);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("EXTFUSE_TREE", GUEST_TREE, 1);
	setenv("EXTFUSE_BUILD", GUEST_TREE "/build", 1);
	setenv("EXTFUSE_SCRATCH", GUEST_SCRATCH, 1);
	setenv("KVER", u.release, 1);
	if (!access(ko, R_OK))
		setenv("EXTFUSE_KO", ko, 1);
}

static int run_script(const char *script, const char *dir, bool split)
{
	char *argv[] = { "/bin/bash", (char *)script, NULL };
	struct child child = { .argv = argv, .dir = dir, .split = split };

	return child_run(&child);
}

/* The serial console is the terminal; nothing goes through the channel but the kernel log. */
static void run_shell(void)
{
	pid_t pid = fork();
	int fd;

	if (!pid) {
		setsid();
		fd = open("/dev/ttyS0", O_RDWR);
		ioctl(fd, TIOCSCTTY, 1);
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		setenv("TERM", "vt220", 1);
		setenv("PS1", "guest:\\w# ", 1);
		execl("/bin/bash", "bash", "--norc", NULL);
		_exit(127);
	}
	while (waitpid(-1, NULL, 0) != pid)
		;
}

static void do_plan(void)
{
	struct plan plan = {};
	int status;

	if (plan_read("/run/harness/plan", &plan))
		give_up("read", "the plan");
	/* The tree says what must be in place before anything runs (mount helpers in /sbin and so on). */
	status = run_script(GUEST_TREE "/tests/vm/guest-setup.sh", "/", true);
	if (status)
		channel_send('M', "tests/vm/guest-setup.sh failed with status %d", status);
	channel_send('M', "ready after %.1f s", now_seconds());
	if (!strcmp(plan.mode, "cases")) {
		cases_run(&plan);
	} else if (!strcmp(plan.mode, "shell")) {
		run_shell();
		unanswered = true;
	} else {
		status = run_script("/run/harness/command", GUEST_SCRATCH, true);
		kmsg_drain();
		channel_send('X', "%d", status);
	}
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	do_mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
	load_modules();
	mount_root();
	mount_system();
	if (channel_open())
		give_up("open", "the channel to the host");
	if (kmsg_open())
		give_up("open", "/dev/kmsg");
	settings();
	loopback_up();
	environment();
	do_plan();
	kmsg_drain();
	channel_send('Z', "end");
	power_off();
}
