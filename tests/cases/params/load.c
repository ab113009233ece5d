// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: parameters given at load time count, a bad value is refused at load and at run time, and only root changes them
 * needs: root build:tests/bpf/script.bpf.o
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../dying/module.h"
#include "script.h"

static const char *const names[] = { "programs", "userns_mounts", "unsafe_helpers" };

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/module/extfuse/parameters/%s", name);
	return path;
}

static char value(const char *name)
{
	char c = 0;
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && read(fd, &c, 1) == 1, "%s", name);
	close(fd);
	return c;
}

static int put(const char *name, const char *text)
{
	int fd = open(path_of(name), O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* Who is not root finds them readable and no more. */
static void not_root(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(setuid(1000) || put("programs", "0") != -EACCES || value("programs") != 'Y');
	CHECK(waitpid(pid, &status, 0) == pid && !status, "a user must not change them: %x", status);
}

/* Attached and asked nothing, from the first moment. */
static void programs_off_at_load(void)
{
	struct rawfuse *rf;
	struct script *s;
	struct stat st;

	CHECK(!module_load_with("programs=0"), "load with programs=0");
	CHECK(value("programs") == 'N', "programs=0 must be seen");
	rf = raw_start(&(struct raw_opts){});
	s = script_attach(rf, "script", NULL);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &(struct script_rule){ .verdict = -EPERM }, NULL, 0);
	CHECK(script_state(rf) == EXTFUSE_STATE_PROGRAMS_OFF, "the state");
	CHECK(!stat("mnt", &st), "no program may be asked");
	CHECK(!put("programs", "1") && stat("mnt", &st) && errno == EPERM, "until programs=1");
	script_free(s);
	raw_stop(rf);
	CHECK(module_unload_soon() >= 0, "unload");
}

int main(void)
{
	unsigned int i;

	CHECK(module_unload_soon() >= 0, "unload what an earlier case left");
	CHECK(module_load_with("programs=perhaps") == -EINVAL, "a bad value must be refused");
	CHECK(access("/sys/module/extfuse", F_OK), "nothing of it may be left");
	programs_off_at_load();

	CHECK(!module_load_with("userns_mounts=1 unsafe_helpers=1"), "load");
	CHECK(value("userns_mounts") == 'Y' && value("unsafe_helpers") == 'Y' && value("programs") == 'Y', "as given");
	CHECK(module_unload_soon() >= 0, "unload");
	CHECK(!module_load_with(""), "load");
	CHECK(value("userns_mounts") == 'N' && value("unsafe_helpers") == 'N', "as they are by default");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		CHECK(put(names[i], "perhaps") == -EINVAL, "%s=perhaps", names[i]);
		CHECK(value(names[i]) == (i ? 'N' : 'Y'), "a refused value changes nothing");
	}
	not_root();
	return 0;
}
