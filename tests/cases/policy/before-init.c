// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a policy that is attached before INIT is answered is asked about what waits for that answer
 * needs: root extfuse build:bpf/hide.bpf.o
 * timeout: 60
 */
#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rawfuse.h"

static pid_t opener(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(open("mnt/secret", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0);
	return pid;
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .no_init = true });
	struct extfuse_options opts = { .pattern = "secret*" };
	char path[512], err[512] = "";
	struct extfuse_ext *ext;
	int before, after;
	pid_t first, second;

	raw_file(rf, "/secret", "text", 4);
	snprintf(path, sizeof(path), "%s/bpf/hide.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	/* One before anything is attached, one after. */
	first = opener();
	raw_sleep_ms(300);
	CHECK(!extfuse_ext__open(&ext, path, &opts, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	second = opener();
	raw_sleep_ms(300);
	raw_init(rf);
	CHECK(waitpid(first, &before, 0) == first && waitpid(second, &after, 0) == second, "both end");
	CHECK(WIFEXITED(before) && WEXITSTATUS(before) == ENOENT, "begun before the attach: %x", before);
	CHECK(WIFEXITED(after) && WEXITSTATUS(after) == ENOENT, "begun after it: %x", after);
	raw_stop(rf);
	extfuse_ext__free(ext);
	return 0;
}
