// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a policy is asked about each OPEN, OPENDIR and ACCESS, also where the daemon once said that it need not be
 * needs: root extfuse
 * timeout: 60
 *
 * ENOSYS to one of these means "yes, and do not ask again": with readonly a file would be opened for writing, and its mapping
 * is written back without that a program sees it.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "script.h"

static struct rawfuse *rf;
static struct script *s;

static int has_none(struct raw_req *req)
{
	(void)req;
	return -ENOSYS;
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int may_write(const char *path)
{
	return access(path, W_OK) ? errno : 0;
}

#define GIVES(want, expr)							\
	do {									\
		int error = (expr);						\
										\
		CHECK(error == (want), "%s: error %d, must be %d", #expr, error, want);	\
	} while (0)

static void all(int want)
{
	GIVES(want, opened("mnt/a", O_RDWR));
	GIVES(want, opened("mnt/d", O_RDONLY | O_DIRECTORY));
	GIVES(want, may_write("mnt/a"));
}

static void verdicts(struct script *of, int verdict)
{
	script_set(of, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &(struct script_rule){ .verdict = verdict }, NULL, 0);
	script_set(of, EXTFUSE_PHASE_REQUEST, FUSE_OPENDIR, &(struct script_rule){ .verdict = verdict }, NULL, 0);
	script_set(of, EXTFUSE_PHASE_REQUEST, FUSE_ACCESS, &(struct script_rule){ .verdict = verdict }, NULL, 0);
}

int main(void)
{
	struct extfuse_options closed = { .fail_closed = true };

	rf = raw_start(&(struct raw_opts){ 0 });
	raw_file(rf, "/a", "text", 4);
	raw_mkdir(rf, "/d");
	raw_on(rf, FUSE_OPEN, has_none, NULL);
	raw_on(rf, FUSE_OPENDIR, has_none, NULL);
	raw_on(rf, FUSE_ACCESS, has_none, NULL);
	all(0);
	raw_reset(rf);
	all(0);
	CHECK(!raw_count(rf, FUSE_OPEN), "the daemon is not asked again");

	s = script_attach(rf, "script", &closed);
	verdicts(s, -EROFS);
	all(EROFS);
	verdicts(s, EXTFUSE_UPCALL);
	all(0);
	verdicts(s, -EROFS);
	all(EROFS);

	script_detach(s);
	raw_reset(rf);
	all(0);
	CHECK(!raw_count(rf, FUSE_OPEN), "without a policy nobody is asked");
	script_free(s);
	raw_pardon(rf);
	raw_stop(rf);
	return 0;
}
