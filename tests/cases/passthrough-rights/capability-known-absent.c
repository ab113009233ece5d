// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a change by a handle of the daemon's asks again for file capabilities that an inode was once known not to have, also where backing objects may be
 * needs: root extfuse
 *
 * S_NOSEC on an inode would say that it has none, and what a file is given behind the kernel's back would outlive its
 * next change.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../backing/backing.h"

#define LONG_NS	(1000 * RAW_SEC)
#define PAGE	4096

static struct rawfuse *rf;
static struct raw_node *file;
static char page[PAGE];

static ssize_t by_write(int fd)
{
	return pwrite(fd, page, PAGE, 0);
}

static ssize_t by_fallocate(int fd)
{
	return fallocate(fd, 0, 0, PAGE) ? -1 : PAGE;
}

static ssize_t by_copy(int fd)
{
	int from = open("mnt/from", O_RDONLY | O_CLOEXEC);
	loff_t in = 0, out = 0;
	ssize_t ret;

	CHECK(from >= 0, "open");
	ret = copy_file_range(from, &in, fd, &out, PAGE, 0);
	close(from);
	return ret;
}

static ssize_t by_splice(int fd)
{
	loff_t at = 0;
	ssize_t ret;
	int ends[2];

	CHECK(!pipe2(ends, O_CLOEXEC) && write(ends[1], page, PAGE) == PAGE, "a pipe");
	ret = splice(ends[0], NULL, fd, &at, PAGE, 0);
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static ssize_t by_truncation(int fd)
{
	return ftruncate(fd, PAGE) ? -1 : PAGE;
}

static const struct way {
	const char *name;
	ssize_t (*change)(int fd);
} ways[] = {
	{ "a write", by_write },
	{ "fallocate", by_fallocate },
	{ "copy_file_range", by_copy },
	{ "splice", by_splice },
	{ "a truncation", by_truncation },
};

static bool has_capability(void)
{
	bool has = false;
	struct raw_xattr *x;

	raw_lock(rf);
	for (x = file->xattrs; x; x = x->next)
		has |= !strcmp(x->name, "security.capability");
	raw_unlock(rf);
	return has;
}

/* Version 2, nothing but CAP_CHOWN permitted. */
static void give_capability(void)
{
	static const unsigned int capability[] = { 0x02000000, 1, 0, 0, 0 };

	raw_setxattr(rf, file, "security.capability", capability, sizeof(capability));
	CHECK(has_capability(), "the capability");
}

static void pair(const char *what, const struct way *first, const struct way *then)
{
	int fd = open("mnt/a", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0, "open");
	CHECK(first->change(fd) == PAGE, "%s: %s", what, first->name);
	give_capability();
	CHECK(then->change(fd) == PAGE, "%s: %s after %s", what, then->name, first->name);
	CHECK(!has_capability(), "%s: %s after %s left the file its capabilities", what, then->name, first->name);
	close(fd);
}

static void with(const char *what, const char *options, const char *below)
{
	unsigned int i, j;

	rf = raw_start(&(struct raw_opts){ .options = options, .attr_ns = LONG_NS, .entry_ns = LONG_NS });
	file = raw_file(rf, "/a", page, PAGE);
	raw_file(rf, "/from", page, PAGE);
	if (below)
		object(rf, file, below);
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		for (j = 0; j < sizeof(ways) / sizeof(*ways); j++)
			pair(what, &ways[i], &ways[j]);
	}
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	memset(page, 'a', PAGE);
	put("low", "text");
	with("a mount on which nothing lies", "default_permissions", NULL);
	with("a node without an object", "default_permissions,max_stack_depth=1", NULL);
	with("a node with an object", "default_permissions,max_stack_depth=1", "low");
	return 0;
}
