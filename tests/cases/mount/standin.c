// SPDX-License-Identifier: GPL-2.0-only
/*
 * Daemons that cases of mount.extfuse need and no package here has, as "standin MODE /dev/fd/N":
 *
 *	over	has a libfuse of its own, which takes its mount point for a path: mounts a fuse of its own there, as
 *		given and as realpath(3) has it, goes to the background, and waits for requests on that
 *	lurk	a mount helper: goes to the background with all that it has inherited, and never answers
 *	file	serves a regular file, which is its root; it holds "standin"
 *	stuck	does not heed SIGTERM, never answers, and a thread of it hangs in the kernel for a file that it looks up in ./mute
 *	late	serves as "file", and has that thread as well
 * and two that are called otherwise:
 *	take	gets the connection that process PID has open as N (PID/N), ends that process, and serves as "file"
 *	mute	mounts a stock fuse on a directory that answers for its root and for nothing in it: what asks, not even SIGKILL ends
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char text[] = "standin\n";

static void go_background(void)
{
	if (fork())
		_exit(0);
	setsid();
}

static int over_mount(int fd, const char *path)
{
	char options[96];
	struct stat st;

	if (!path || stat(path, &st))
		return -1;
	snprintf(options, sizeof(options), "fd=%d,rootmode=%o,user_id=0,group_id=0", fd, st.st_mode & S_IFMT);
	return mount("standin", path, "fuse.standin", MS_NOSUID | MS_NODEV, options);
}

static int over(const char *path)
{
	int fd = open("/dev/fuse", O_RDWR);
	char buf[FUSE_MIN_READ_BUFFER];

	if (fd < 0 || (over_mount(fd, path) && over_mount(fd, realpath(path, NULL)))) {
		fprintf(stderr, "standin: cannot mount on %s: %s\n", path, strerror(errno));
		return 1;
	}
	go_background();
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	return 0;
}

static mode_t root_mode = S_IFREG | 0644;

static void attr_fill(struct fuse_attr *attr)
{
	attr->ino = FUSE_ROOT_ID;
	attr->mode = root_mode;
	attr->nlink = 1;
	attr->size = sizeof(text) - 1;
	attr->blksize = 4096;
}

static void reply(int fd, __u64 unique, int error, const void *arg, size_t size)
{
	char buf[512];
	struct fuse_out_header *out = (void *)buf;

	out->len = sizeof(*out) + size;
	out->error = error;
	out->unique = unique;
	memcpy(buf + sizeof(*out), arg, size);
	if (write(fd, buf, out->len) < 0)
		_exit(1);
}

static void answer(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096 };
	struct fuse_attr_out attr = { .attr_valid = 1 };
	struct fuse_open_out open_out = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		reply(fd, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_GETATTR:
		attr_fill(&attr.attr);
		reply(fd, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		reply(fd, in->unique, 0, &open_out, sizeof(open_out));
		break;
	case FUSE_READ:
		reply(fd, in->unique, 0, text, sizeof(text) - 1);
		break;
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		reply(fd, in->unique, 0, "", 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		break;
	default:
		if (!S_ISDIR(root_mode))
			reply(fd, in->unique, -ENOSYS, "", 0);
	}
}

/* A caller may wait for the end of our output. */
static void say_no_more(void)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
}

static int mute(const char *dir)
{
	char options[] = "fd=99,rootmode=40000,user_id=0,group_id=0", buf[FUSE_MIN_READ_BUFFER + 4096];

	if (dup2(open("/dev/fuse", O_RDWR), 99) != 99 || mount("mute", dir, "fuse.mute", 0, options)) {
		perror("standin: cannot mount");
		return 1;
	}
	root_mode = S_IFDIR | 0755;
	say_no_more();
	go_background();
	while (read(99, buf, sizeof(buf)) > 0)
		answer(99, (void *)buf);
	return 0;
}

static void *hang(void *unused)
{
	struct stat st;

	(void)unused;
	stat("mute/file", &st);
	return NULL;
}

static void hang_in_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, hang, NULL))
		_exit(2);
}

static int file(int fd)
{
	char buf[FUSE_MIN_READ_BUFFER + 4096];

	say_no_more();
	while (read(fd, buf, sizeof(buf)) > 0)
		answer(fd, (void *)buf);
	return 0;
}

static int take(const char *from)
{
	int pid, number, pidfd, fd;

	if (sscanf(from, "%d/%d", &pid, &number) != 2)
		return 2;
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	fd = syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (fd < 0 || kill(pid, SIGKILL)) {
		perror("standin: cannot take the connection");
		return 1;
	}
	close(pidfd);
	go_background();
	return file(fd);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "", *path = argc > 2 ? argv[2] : "";

	if (!strcmp(mode, "over"))
		return over(path);
	if (!strcmp(mode, "file"))
		return file(atoi(path + strlen("/dev/fd/")));
	if (!strcmp(mode, "lurk")) {
		go_background();
		for (;;)
			pause();
	}
	if (!strcmp(mode, "mute"))
		return mute(path);
	if (!strcmp(mode, "take"))
		return take(path);
	if (!strcmp(mode, "late")) {
		hang_in_thread();
		return file(atoi(path + strlen("/dev/fd/")));
	}
	if (!strcmp(mode, "stuck")) {
		say_no_more();
		signal(SIGTERM, SIG_IGN);
		hang_in_thread();
		for (;;)
			pause();
	}
	fprintf(stderr, "usage: standin over|lurk|file|stuck|late /dev/fd/N, standin take PID/N, standin mute DIRECTORY\n");
	return 2;
}
