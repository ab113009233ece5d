// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: what is mapped has its path of the mount and keeps that from being read-only; what a file gets below is seen by the next truncation; swapon says what it says on ext4
 * needs: extfuse ext4 root jq
 * timeout: 120
 */
#include <limits.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/xattr.h>

#include "compare.h"

#define PAGE	4096

static int file_of(const char *name, int flags)
{
	char page[PAGE];
	int fd = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);

	memset(page, 'a', PAGE);
	CHECK(fd >= 0 && write(fd, page, PAGE) == PAGE && !close(fd), "%s", name);
	fd = open(name, flags | O_CLOEXEC);
	CHECK(fd >= 0, "%s", name);
	return fd;
}

/* The path from the working directory, where it leads there. */
static const char *from_here(const char *path)
{
	char here[PATH_MAX];
	size_t len;

	CHECK(getcwd(here, sizeof(here)), "getcwd");
	len = strlen(here);
	return strncmp(path, here, len) ? path : path + len;
}

/* What /proc/self/maps and map_files call the mapping at @p. */
static void say_path(const char *what, const void *p)
{
	char line[PATH_MAX + 200], link[100], path[PATH_MAX];
	unsigned long start = 0, end = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	ssize_t len;

	CHECK(maps, "maps");
	while (fgets(line, sizeof(line), maps) && sscanf(line, "%lx-%lx", &start, &end) == 2 && start != (uintptr_t)p)
		;
	fclose(maps);
	CHECK(start == (uintptr_t)p, "the mapping");
	*strchrnul(line, '\n') = '\0';
	CHECK(strchr(line, '/'), "a path: %s", line);
	SAY("%s: maps say %s, which is %s", what, from_here(strchr(line, '/')),
	    access(strchr(line, '/'), F_OK) ? "not there" : "there");
	snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx", start, end);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	SAY("%s: map_files say %s", what, from_here(path));
}

static void map_one(const char *what, int flags, int prot, int how)
{
	int fd = file_of("mapped", flags);
	char *p = mmap(NULL, PAGE, prot, how, fd, 0);

	CHECK(p != MAP_FAILED, "%s", what);
	say_path(what, p);
	close(fd);
	say_path(what, p);
	SAY("%s: the first byte is %c", what, *p);
	if (prot & PROT_WRITE) {
		*p = 'b';
		SAY("%s: msync: %d", what, msync(p, PAGE, MS_SYNC));
	}
	CALL(rename("mapped", "renamed"));
	say_path(what, p);
	CALL(unlink("renamed"));
	munmap(p, PAGE);
}

static void steps_path(void)
{
	map_one("shared", O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);
	map_one("read", O_RDONLY, PROT_READ, MAP_SHARED);
	map_one("private", O_RDONLY, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	map_one("executed", O_RDONLY, PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

static int make_readonly(void)
{
	char here[PATH_MAX];

	return getcwd(here, sizeof(here)) ? mount(NULL, here, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) : -1;
}

static int make_writable(void)
{
	char here[PATH_MAX];

	return getcwd(here, sizeof(here)) ? mount(NULL, here, NULL, MS_REMOUNT | MS_BIND, NULL) : -1;
}

static void steps_readonly(void)
{
	int fd = file_of("writer", O_RDWR);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED, "map");
	CALL(make_readonly());
	close(fd);
	CALL(make_readonly());
	*p = 'b';
	munmap(p, PAGE);
	CALL(make_readonly());
	OPEN(open("writer", O_RDWR | O_CLOEXEC));
	CALL(make_writable());
	fd = OPEN(open("writer", O_RDWR | O_CLOEXEC));
	close(fd);
	/* A reader's is no obstacle. */
	fd = open("writer", O_RDONLY | O_CLOEXEC);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	CALL(make_readonly());
	CALL(make_writable());
	munmap(p, PAGE);
}

/* cap_net_raw=ep, as setcap(8) writes it, given to the file below. */
static void capable(const char *name)
{
	static const unsigned char cap[20] = { 1, 0, 0, 2, 0, 0x20 };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", compare_below, name);
	CALL(setxattr(path, "security.capability", cap, sizeof(cap), 0));
}

static void look_capable(const char *name)
{
	char path[PATH_MAX], cap[64];

	snprintf(path, sizeof(path), "%s/%s", compare_below, name);
	CALL(getxattr(path, "security.capability", cap, sizeof(cap)));
}

static void steps_capable(void)
{
	int fd = file_of("capable", O_RDWR), from = file_of("from", O_RDWR);
	loff_t in, out;

	CALL(fallocate(fd, 0, 0, 3 * PAGE));
	capable("capable");
	CALL(ftruncate(fd, 2 * PAGE));
	look_capable("capable");

	in = out = 0;
	CALL(copy_file_range(from, &in, fd, &out, PAGE, 0));
	capable("capable");
	CALL(ftruncate(fd, PAGE));
	look_capable("capable");

	CALL(pwrite(fd, "x", 1, 0));
	capable("capable");
	CALL(ftruncate(fd, 10));
	look_capable("capable");

	capable("capable");
	CALL(fallocate(fd, 0, 0, PAGE));
	look_capable("capable");
	close(fd);
	close(from);
}

static void steps_swap(void)
{
	close(file_of("swap", O_RDWR));
	/* There is no header in it. */
	CALL(swapon("swap", 0));
	CALL(unlink("swap"));
}

static void steps(void)
{
	steps_path();
	steps_readonly();
	steps_capable();
	steps_swap();
}

COMPARE_MAIN(steps)
