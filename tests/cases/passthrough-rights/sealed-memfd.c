// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a memfd that is sealed against writing is neither written nor mapped for that by way of a mount
 * needs: root extfuse
 * timeout: 60
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../backing/backing.h"

#define PAGE	4096

static struct rawfuse *rf;
static struct script *s;

static int memfd_of(const char *text)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	CHECK(fd >= 0 && !ftruncate(fd, PAGE) && pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text), "memfd");
	return fd;
}

static void stored(int fd, int prot)
{
	char *map = mmap(NULL, PAGE, prot, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return;
	if (prot & PROT_WRITE || !mprotect(map, PAGE, PROT_READ | PROT_WRITE))
		*map = 'x';
	munmap(map, PAGE);
}

int main(void)
{
	int memfd = memfd_of("sealed"), fd;
	struct raw_node *node;
	char text[7] = "";
	struct stat st;

	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1" });
	s = script_attach(rf, "script", NULL);
	passes(s, FUSE_OPEN);
	passes(s, FUSE_GETATTR);
	node = raw_file(rf, "/a", "daemon's", 8);
	CHECK(!fstat(memfd, &st), "memfd");
	raw_lock(rf);
	node->attr.ino = st.st_ino;
	node->attr.mode = st.st_mode;
	raw_unlock(rf);
	CHECK(!extfuse_backing__add(raw_fd(rf), node->id, node->generation, memfd), "an object");

	fd = open("mnt/a", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 && pread(fd, text, 6, 0) == 6 && !strcmp(text, "sealed"), "what is below: '%s'", text);
	CHECK(!fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE), "a seal");
	CHECK(pwrite(fd, "x", 1, 0) < 0, "a write");
	stored(fd, PROT_READ | PROT_WRITE);
	stored(fd, PROT_READ);
	CHECK(pread(memfd, text, 6, 0) == 6 && !strcmp(text, "sealed"), "'%s' is left", text);

	close(fd);
	close(memfd);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
