// SPDX-License-Identifier: GPL-2.0-only
/*
 * holder MNT DIR...: what any user can do: holds the locks of directories, which it may list,
 * for as long as it lives.
 *
 * It lists them into memory that never comes: pages of a file of a FUSE that the user mounts
 * on MNT, in namespaces of its own, and that answers everything but READ.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_ID		2
#define PAGE		4096
#define FILE_SIZE	(PAGE * 1024)
#define FOR_LONG	1000

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void put(const char *path, const char *fmt, int id)
{
	char line[64];
	int fd = open(path, O_WRONLY), len = snprintf(line, sizeof(line), fmt, id);

	must(fd >= 0 && write(fd, line, len) == len, path);
	close(fd);
}

static int fuse_mount(const char *mnt)
{
	int uid = geteuid(), gid = getegid(), fd;
	char options[128];

	must(!unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare");
	put("/proc/self/setgroups", "deny", 0);
	put("/proc/self/uid_map", "0 %d 1", uid);
	put("/proc/self/gid_map", "0 %d 1", gid);
	fd = open("/dev/fuse", O_RDWR);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	must(!mount("holder", mnt, "fuse", MS_NOSUID | MS_NODEV, options), mnt);
	return fd;
}

static struct fuse_attr attr(__u64 id)
{
	return (struct fuse_attr){
		.ino = id,
		.size = id == FILE_ID ? FILE_SIZE : 0,
		.mode = id == FILE_ID ? S_IFREG | 0666 : S_IFDIR | 0777,
		.nlink = 1,
		.blksize = PAGE,
	};
}

static void reply(int fd, __u64 unique, int error, const void *out, size_t size)
{
	struct {
		struct fuse_out_header head;
		char out[256];
	} r = { .head = { .len = sizeof(r.head) + size, .error = error, .unique = unique } };

	memcpy(r.out, out, size);
	if (write(fd, &r, r.head.len) < 0 && errno != ENOENT)
		perror("reply");
}

static void answer(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 65536 };
	struct fuse_entry_out entry = {
		.nodeid = FILE_ID, .attr_valid = FOR_LONG, .entry_valid = FOR_LONG, .attr = attr(FILE_ID),
	};
	struct fuse_attr_out out = { .attr_valid = FOR_LONG, .attr = attr(in->nodeid) };
	struct fuse_open_out open = { 0 };

	switch (in->opcode) {
	case FUSE_INIT:
		reply(fd, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		reply(fd, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		reply(fd, in->unique, 0, &out, sizeof(out));
		break;
	case FUSE_OPEN:
		reply(fd, in->unique, 0, &open, sizeof(open));
		break;
	case FUSE_READ:
	case FUSE_INTERRUPT:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		break;
	default:
		reply(fd, in->unique, -ENOSYS, "", 0);
	}
}

static void serve(int fd)
{
	static char request[1 << 17];

	while (read(fd, request, sizeof(request)) > 0 || errno == EINTR)
		answer(fd, (const void *)request);
	exit(0);
}

static void hold(const char *name, void *never)
{
	int dir = open(name, O_RDONLY | O_DIRECTORY);

	must(dir >= 0, name);
	if (!fork())
		exit(syscall(SYS_getdents64, dir, never, PAGE) < 0);
	close(dir);
}

int main(int argc, char **argv)
{
	char path[256], *never;
	int fuse, fd, i;

	must(argc > 2, "holder MNT DIR...");
	fuse = fuse_mount(argv[1]);
	if (!fork())
		serve(fuse);
	close(fuse);
	snprintf(path, sizeof(path), "%s/file", argv[1]);
	fd = open(path, O_RDWR);
	must(fd >= 0, path);
	never = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(never != MAP_FAILED, "mmap");
	for (i = 2; i < argc; i++)
		hold(argv[i], never + (i - 2) * PAGE);
	pause();
	return 0;
}
