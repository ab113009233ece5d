// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: of a file that overlayfs opened here the name here counts: what overlayfs does with its own changes nothing of ours, and nothing of overlayfs is kept
 * needs: root extfuse overlay build:tests/bpf/script.bpf.o
 *
 * Until 6.7 such a file has the dentry of overlayfs in f_path.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "script.h"

#define LONG_NS	(1000 * RAW_SEC)

static struct rawfuse *rf;
static struct raw_node *dir;

static int open_over(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[8];

	CHECK(fd >= 0 && read(fd, buf, sizeof(buf)) == 4, "%s", path);
	return fd;
}

static void look(const char *path)
{
	struct stat st;

	CHECK(!stat(path, &st), "%s", path);
}

static bool is_asked(void)
{
	look("mnt/d");
	return raw_count_node(rf, FUSE_GETATTR, dir->id);
}

static void removed_above(void)
{
	int fd = open_over("over/d/above");

	CHECK(!unlink("over/d/above"), "unlink on overlayfs");
	look("mnt/d/above");
	look("mnt/d");
	raw_reset(rf);
	close(fd);
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASE) == 1), "the handle must be released");
	raw_sleep_ms(100);
	CHECK(!is_asked(), "no name of this mount is gone: its directory has not changed");
}

static void removed_here(void)
{
	int fd = open_over("over/d/here");

	CHECK(!unlink("mnt/d/here"), "unlink here");
	look("mnt/d");
	raw_reset(rf);
	look("mnt/d");
	CHECK(!raw_count(rf, FUSE_GETATTR), "the directory must be known");
	close(fd);
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASE) == 1), "the handle must be released");
	CHECK(raw_until(5, is_asked()), "a daemon that goes by paths has removed a hidden name");
}

/* Its RELEASE is on its way for longer than overlayfs is there. */
static void outlived(void)
{
	raw_hold(rf, FUSE_RELEASE);
	close(open_over("over/d/late"));
	raw_wait_held(rf, FUSE_RELEASE, 1, 10);
	CHECK(!umount("over"), "umount of overlayfs");
	raw_let_go(rf, FUSE_RELEASE);
}

int main(void)
{
	struct script *s;

	CHECK(!mkdir("up", 0755) && !mkdir("work", 0755) && !mkdir("over", 0755), "directories");
	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS, .entry_ns = LONG_NS });
	dir = raw_mkdir(rf, "/d");
	raw_file(rf, "/d/above", "text", 4);
	raw_file(rf, "/d/here", "text", 4);
	raw_file(rf, "/d/late", "text", 4);
	s = script_attach(rf, "script", NULL);
	CHECK(!mount("overlay", "over", "overlay", 0, "lowerdir=mnt,upperdir=up,workdir=work"), "overlayfs over the mount");
	removed_above();
	removed_here();
	outlived();
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
