// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a listing that the daemon lets the kernel keep (FOPEN_CACHE_DIR) is kept as in stock fuse, and right under metacache
 * needs: root extfuse fuse build:bpf/metacache.bpf.o build:tests/bpf/pass.bpf.o
 *
 * Once a set had a reply program that may hide entries no listing is kept any more.  metacache says that it hides none.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "rawfuse.h"
#include <extfuse/extfuse.h>

#define FILES	40

static struct rawfuse *rf;
static char pass[512];

static unsigned int asked(void)
{
	return raw_count(rf, FUSE_READDIR) + raw_count(rf, FUSE_READDIRPLUS);
}

/* The directory must have @n entries, with or without @name; returns how often the daemon was asked. */
static unsigned int list(const char *what, unsigned int n, const char *name, bool there)
{
	char names[4096], word[64];
	unsigned int found;

	raw_reset(rf);
	/* Without "." and "..". */
	found = case_list("mnt/d", names, sizeof(names)) - 2;
	CHECK(found == n, "%s: %u entries, not %u: %s", what, found, n, names);
	snprintf(word, sizeof(word), "%s ", name);
	CHECK(!!strstr(names, word) == there, "%s: %s %s be there: %s", what, name, there ? "must" : "must not", names);
	return asked();
}

static void kept(const char *what, bool keeps, unsigned int n)
{
	unsigned int again;

	list(what, n, "f00", true);
	again = list(what, n, "f00", true);
	CHECK(!again == keeps, "%s: the daemon is asked %u times for a listing that is %s", what, again,
	      keeps ? "kept" : "not kept");
}

static void changes(const char *what, bool keeps)
{
	struct raw_node *dir = raw_get(rf, "/d");
	int fd;

	kept(what, keeps, FILES);
	fd = open("mnt/d/new", O_CREAT | O_EXCL | O_WRONLY, 0600);
	CHECK(fd >= 0, "create");
	close(fd);
	list("after create", FILES + 1, "new", true);
	kept("after create", keeps, FILES + 1);
	CHECK(!rename("mnt/d/new", "mnt/d/newer"), "rename");
	list("after rename", FILES + 1, "new", false);
	list("after rename", FILES + 1, "newer", true);
	CHECK(!unlink("mnt/d/newer"), "unlink");
	list("after unlink", FILES, "newer", false);
	kept("after unlink", keeps, FILES);
	/* Behind the kernel's back, which is told. */
	raw_file(rf, "/d/told", "text", 4);
	CHECK(!raw_inval_inode(rf, dir->id, 0, 0), "a notification");
	list("after a notification", FILES + 1, "told", true);
	raw_remove(rf, "/d/told");
	CHECK(!raw_inval_inode(rf, dir->id, 0, 0), "a notification");
	list("after a notification", FILES, "told", false);
	kept("after a notification", keeps, FILES);
}

static void attach(const char *name, const struct extfuse_options *opts)
{
	struct extfuse_ext *ext;
	char err[512] = "";

	CHECK(!extfuse_ext__open(&ext, name, opts, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	extfuse_ext__free(ext);
}

static void start(const char *type, uint64_t flags)
{
	char name[16];
	int i;

	printf("%s %s\n", type, flags ? "READDIRPLUS" : "READDIR");
	rf = raw_start(&(struct raw_opts){ .type = type, .flags = flags });
	raw_mkdir(rf, "/d")->open_flags = FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE;
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "/d/f%02d", i);
		raw_file(rf, name, "text", 4);
	}
}

static void both(uint64_t flags)
{
	start("fuse", flags);
	changes("stock fuse", true);
	raw_balance(rf);
	raw_stop(rf);

	start("extfuse", flags);
	changes("nothing attached", true);
	attach("metacache", &(struct extfuse_options){ .actimeo_ns = 60 * RAW_SEC });
	changes("metacache", true);
	CHECK(!extfuse_conn__detach(raw_fd(rf), 0), "detach");
	changes("detached", true);
	attach(pass, NULL);
	changes("may hide", false);
	CHECK(!extfuse_conn__detach(raw_fd(rf), 0), "detach");
	changes("detached again", false);
	raw_balance(rf);
	raw_stop(rf);
}

int main(void)
{
	const char *build = getenv("EXTFUSE_BUILD");

	snprintf(pass, sizeof(pass), "%s/tests/bpf/pass.bpf.o", build ? build : "/extfuse/build");
	both(0);
	both(FUSE_DO_READDIRPLUS);
	return 0;
}
