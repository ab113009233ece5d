// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts for the daemon for tests: from this process, or from one in a user namespace of its own, which sends the
 * device's descriptor and holds the mount until it is killed.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rawfuse_i.h"

static int open_device(const char *type)
{
	return open(strncmp(type, "extfuse", 7) ? "/dev/fuse" : "/dev/extfuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static int mount_on(struct rawfuse *rf, const char *type, int fd)
{
	char options[1024];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0%s%s%s", fd,
		 rf->opts.no_allow_other ? "" : ",allow_other", rf->opts.options ? "," : "", rf->opts.options ?: "");
	return mount(rf->opts.source ?: "rawfuse", rf->dir, type, rf->opts.mount_flags, options);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

static void send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = "", byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	CHECK(sendmsg(sock, &msg, 0) == 1, "the descriptor must be sent");
}

static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* fuse wants the device opened in the user namespace that mounts. */
static void hold(struct rawfuse *rf, const char *type, int sock)
{
	int fd;

	CHECK(!unshare(CLONE_NEWUSER | CLONE_NEWNS), "a user namespace");
	put("/proc/self/setgroups", "deny");
	put("/proc/self/uid_map", "0 0 1");
	put("/proc/self/gid_map", "0 0 1");
	fd = open_device(type);
	CHECK(fd >= 0 && !mount_on(rf, type, fd), "mount -t %s in a user namespace", type);
	send_fd(sock, fd);
	close(fd);
	for (;;)
		pause();
}

static void mount_apart(struct rawfuse *rf, const char *type)
{
	char dir[sizeof(rf->dir)];
	int sock[2];

	rf->opts.no_allow_other = true;
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock), "a socket");
	fflush(stdout);
	rf->holder = fork();
	CHECK(rf->holder >= 0, "a process");
	if (!rf->holder) {
		close(sock[0]);
		hold(rf, type, sock[1]);
	}
	close(sock[1]);
	rf->fd = receive_fd(sock[0]);
	close(sock[0]);
	CHECK(rf->fd >= 0, "a mount in a user namespace");
	CHECK((size_t)snprintf(dir, sizeof(dir), "/proc/%d/root%s", rf->holder, rf->dir) < sizeof(dir), "a long path");
	strcpy(rf->dir, dir);
}

/* The root's st_dev without a request: from the list of mounts. */
static unsigned int find_conn(pid_t pid, const char *dir)
{
	unsigned int major, minor, found = 0;
	char line[8192], point[4096];
	FILE *f;

	snprintf(point, sizeof(point), "/proc/%d/mountinfo", pid);
	f = fopen(point, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*d %*d %u:%u %*s %4095s", &major, &minor, point) == 3 && !strcmp(point, dir))
			found = major << 20 | minor;
	}
	if (f)
		fclose(f);
	return found;
}

void mount_start(struct rawfuse *rf)
{
	const char *type = rf->opts.type ?: "extfuse";
	char dir[sizeof(rf->dir)];
	struct stat st;

	mkdir(rf->opts.dir ?: "mnt", 0755);
	CHECK(realpath(rf->opts.dir ?: "mnt", rf->dir), "the mount point must be there");
	CHECK(!stat(rf->dir, &st), "the mount point must be there");
	strcpy(dir, rf->dir);
	if (rf->opts.userns) {
		mount_apart(rf, type);
	} else {
		rf->fd = open_device(type);
		CHECK(rf->fd >= 0, "the device of %s must open", type);
		CHECK(!mount_on(rf, type, rf->fd), "mount -t %s", type);
	}
	rf->mounted = true;
	rf->conn = find_conn(rf->holder ?: getpid(), dir);
}

/* With its process the namespace goes, and with that the mount. */
static void end_holder(struct rawfuse *rf)
{
	kill(rf->holder, SIGKILL);
	waitpid(rf->holder, NULL, 0);
	rf->holder = 0;
}

void mount_end(struct rawfuse *rf)
{
	if (rf->holder)
		end_holder(rf);
	else
		CHECK(!umount2(rf->dir, 0), "%s must be free to be unmounted", rf->dir);
	rf->mounted = false;
}

void mount_give_up(struct rawfuse *rf)
{
	if (rf->holder)
		end_holder(rf);
	else
		umount2(rf->dir, MNT_DETACH);
}
