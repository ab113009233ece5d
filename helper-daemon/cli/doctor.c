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

#include "device.h"
#include "load.h"
#include "packages.h"

/* Each returns true, or false with the sentence in @why. */
typedef bool (*check_fn)(char *why, size_t size);

static bool check_machine(char *why, size_t size)
{
	struct utsname uts;

	if (uname(&uts))
		return false;
	if (!strcmp(uts.machine, "x86_64") || !strcmp(uts.machine, "aarch64"))
		return true;
	snprintf(why, size, "this machine is %s; extfuse serves x86_64 and aarch64", uts.machine);
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
	snprintf(why, size, "the BPF JIT is off, and programs that call extfuse.ko need it: sysctl net.core.bpf_jit_enable=1");
	return false;
}

static bool check_btf(char *why, size_t size)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return true;
	snprintf(why, size, "this kernel shows no BTF (/sys/kernel/btf/vmlinux): it was built without CONFIG_DEBUG_INFO_BTF");
	return false;
}

/* What the kernel said of the module's signature; empty if it takes it. */
static char signature[1024];
static bool module_there;

/* A mount would load it; nothing less tells whether it can be. */
static bool check_module(char *why, size_t size)
{
	int err = module_load(why, size);

	if (err == -EKEYREJECTED) {
		snprintf(signature, sizeof(signature), "%s", why);
		snprintf(why, size, "the kernel refuses extfuse.ko for its signature, see the next line");
	}
	module_there = !err;
	return !err && module_fits(why, size);
}

static bool check_signature(char *why, size_t size)
{
	if (module_there)
		return true;
	snprintf(why, size, "%s", *signature ? signature : "there is no module to look at, see the line before");
	return false;
}

static bool check_device(char *why, size_t size)
{
	int fd = device_open();

	if (fd >= 0) {
		close(fd);
		/* Root gets at the device all the same, nobody else does. */
		if (device_is_covered())
			module_no_device(-EBUSY, why, size);
		return !*why;
	}
	if (fd == -EACCES)
		snprintf(why, size, EXTFUSE_DEVICE " cannot be opened by this user: sudo extfuse doctor");
	else if (!module_loaded())
		snprintf(why, size, EXTFUSE_DEVICE " is not there: the module makes it when it is loaded");
	else
		module_no_device(fd, why, size);
	return false;
}

static bool check_switch(char *why, size_t size)
{
	FILE *f = fopen("/sys/module/extfuse/parameters/programs", "re");
	int on;

	if (!f) {
		snprintf(why, size, "the module is not loaded, and it has the switch");
		return false;
	}
	on = fgetc(f) != 'N';
	fclose(f);
	if (on)
		return true;
	snprintf(why, size, "%s", extfuse_state__explain(EXTFUSE_STATE_PROGRAMS_OFF));
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
	snprintf(why, size, "mounting and attaching need root (CAP_SYS_ADMIN and CAP_BPF): use sudo");
	return false;
}

static bool extension_opens(const char *name, char *why, size_t size)
{
	struct extfuse_ext *ext = NULL;
	int err = extfuse_ext__open(&ext, name, NULL, why, size);

	extension_mend(err, why, size);
	/* Whether the kernel takes its programs, too, whom it lets try. */
	if (!err && !geteuid())
		err = extfuse_ext__load(ext, why, size);
	extfuse_ext__free(ext);
	return !err;
}

static bool check_passthrough(char *why, size_t size)
{
	return extension_opens("passthrough", why, size);
}

static bool check_metacache(char *why, size_t size)
{
	return extension_opens("metacache", why, size);
}

/* @optional: a mount is accelerated without it, as long as there is a module: what only the next build needs, and an upgrade that waits. */
static const struct {
	const char *what;
	check_fn check;
	bool optional;
} checks[] = {
	{ "this machine's architecture", check_machine, false },
	{ "BPF JIT", check_jit, false },
	{ "BTF of the kernel", check_btf, false },
	{ "headers of the kernel", module_headers, true },
	{ "DKMS", module_dkms, true },
	{ "module extfuse", check_module, false },
	{ "module is the installed one", module_is_current, true },
	{ "signature of the module", check_signature, false },
	{ "device " EXTFUSE_DEVICE, check_device, false },
	{ "programs are switched on", check_switch, false },
	{ "kfuncs of the module", check_kfuncs, false },
	{ "privileges of this user", check_privileges, false },
	{ "libfuse3", daemon_starts, false },
	{ "extension passthrough", check_passthrough, false },
	{ "extension metacache", check_metacache, false },
};

/* No check: what the module has beyond the kernel's source that it was made from. */
static void print_fixes(void)
{
	char fixes[512];

	module_info("fixes", fixes, sizeof(fixes));
	if (*fixes)
		printf("%-28s %s\n", "fixes of later kernels", fixes);
}

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
			continue;
		}
		missing += !checks[i].optional;
		printf("%-28s no: %s\n", checks[i].what, *why ? why : strerror(errno));
	}
	print_fixes();
	return missing ? 1 : 0;
}
