// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse doctor: asks this machine for each thing that extfuse needs; "yes",
 * or the sentence that says what is missing.
 */
#include "cli.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Each returns true, or false with the sentence in @why. */
typedef bool (*check_fn)(char *why, size_t size);

static bool check_machine(char *why, size_t size)
{
	struct utsname uts;

	if (uname(&uts))
		return false;
	if (!strcmp(uts.machine, "x86_64") || !strcmp(uts.machine, "aarch64"))
		return true;
	snprintf(why, size, "this machine is %s; extfuse supports x86_64 and aarch64", uts.machine);
	return false;
}

static bool check_jit(char *why, size_t size)
{
	FILE *f = fopen("/proc/sys/net/core/bpf_jit_enable", "re");
	int jit = -1;

	/* Kernels with the JIT built in for good may not show the switch to all. */
	if (!f)
		return errno != ENOENT || !access("/sys/kernel/btf/vmlinux", R_OK);
	if (fscanf(f, "%d", &jit) != 1)
		jit = -1;
	fclose(f);
	if (jit)
		return true;
	snprintf(why, size, "the BPF JIT is off, and programs cannot call the module without it: sysctl net.core.bpf_jit_enable=1");
	return false;
}

static bool check_btf(char *why, size_t size)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return true;
	snprintf(why, size, "this kernel shows no BTF (/sys/kernel/btf/vmlinux): it was built without CONFIG_DEBUG_INFO_BTF");
	return false;
}

static bool check_module(char *why, size_t size)
{
	if (!access("/sys/module/extfuse", F_OK))
		return true;
	if (!system("modprobe -n -q extfuse 2>/dev/null")) {
		snprintf(why, size, "the module is installed but not loaded: the first mount loads it, or 'modprobe extfuse'");
		return false;
	}
	snprintf(why, size, "the module is not there for this kernel: install extfuse-dkms and the kernel's headers; 'dkms status' shows what was built");
	return false;
}

static bool check_device(char *why, size_t size)
{
	int fd = cli_device();

	if (fd >= 0) {
		close(fd);
		return true;
	}
	snprintf(why, size, EXTFUSE_DEVICE " cannot be opened: %s", strerror(-fd));
	return false;
}

static bool check_kfuncs(char *why, size_t size)
{
	return !extfuse_module__probe(why, size);
}

static bool check_privileges(char *why, size_t size)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	__u64 caps, need = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_BPF;

	if (syscall(SYS_capget, &head, data))
		return false;
	caps = data[0].effective | (__u64)data[1].effective << 32;
	if ((caps & need) == need)
		return true;
	snprintf(why, size, "mounting and attaching need root (CAP_SYS_ADMIN and CAP_BPF)");
	return false;
}

static bool check_extension(char *why, size_t size)
{
	struct extfuse_ext *ext = NULL;
	int err = extfuse_ext__open(&ext, DEFAULT_EXTENSION, NULL, why, size);

	extfuse_ext__free(ext);
	return !err;
}

static const struct {
	const char *what;
	check_fn check;
} checks[] = {
	{ "this machine's architecture", check_machine },
	{ "BPF JIT", check_jit },
	{ "BTF of the kernel", check_btf },
	{ "module extfuse", check_module },
	{ "device " EXTFUSE_DEVICE, check_device },
	{ "kfuncs of the module", check_kfuncs },
	{ "privileges of this user", check_privileges },
	{ "extension " DEFAULT_EXTENSION, check_extension },
};

int do_doctor(const struct cli_args *args)
{
	char why[1024];
	int missing = 0;
	size_t i;

	(void)args;
	for (i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		*why = '\0';
		if (checks[i].check(why, sizeof(why))) {
			printf("%-28s yes\n", checks[i].what);
		} else {
			missing++;
			printf("%-28s no: %s\n", checks[i].what, *why ? why : strerror(errno));
		}
	}
	return missing ? 1 : 0;
}
