// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse doctor: asks this machine for each thing that extfuse needs; "yes",
 * or the sentence that says what is missing.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device.h"
#include "load.h"
#include "packages.h"
#include "process.h"

/* One run of the checks: what one of them has found, and a later one tells. */
struct doctor {
	char why[1024];		/* of the check at work: the sentence that says what is missing */
	bool has_module;
	char signature[1024];	/* what the kernel said of the module's signature; empty if it takes it */
};

/* Each returns true, or false with a sentence in d->why. */
typedef bool (*check_fn)(struct doctor *d);

__attribute__((format(printf, 2, 3)))
static bool lacks(struct doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	return false;
}

static bool check_machine(struct doctor *d)
{
	struct utsname uts;

	if (uname(&uts))
		return lacks(d, "the kernel does not say what machine this is: %s", strerror(errno));
	if (!strcmp(uts.machine, "x86_64") || !strcmp(uts.machine, "aarch64"))
		return true;
	return lacks(d, "this machine is %s; extfuse serves x86_64 and aarch64", uts.machine);
}

static bool check_jit(struct doctor *d)
{
	FILE *f = fopen("/proc/sys/net/core/bpf_jit_enable", "re");
	int jit = -1, err = f ? 0 : errno;

	/* A kernel that always uses the JIT may not show the switch to everybody. */
	if (!f && (err != ENOENT || !access("/sys/kernel/btf/vmlinux", R_OK)))
		return true;
	if (!f)
		return lacks(d, "this kernel has no BPF JIT (net.core.bpf_jit_enable), and programs that call extfuse.ko need it: use a kernel of your distribution");
	if (fscanf(f, "%d", &jit) != 1)
		jit = -1;
	fclose(f);
	if (jit)
		return true;
	return lacks(d, "the BPF JIT is off, and programs that call extfuse.ko need it: sysctl net.core.bpf_jit_enable=1");
}

static bool check_btf(struct doctor *d)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return true;
	return lacks(d, "this kernel shows no BTF (/sys/kernel/btf/vmlinux): it was built without CONFIG_DEBUG_INFO_BTF");
}

static bool check_headers(struct doctor *d)
{
	return module_headers(d->why, sizeof(d->why));
}

static bool check_dkms(struct doctor *d)
{
	return module_dkms(d->why, sizeof(d->why));
}

/* Loads it, as a mount would: nothing less tells whether it can be loaded. */
static bool check_module(struct doctor *d)
{
	int err = module_load(d->why, sizeof(d->why));

	d->has_module = !err;
	if (err == -EKEYREJECTED) {
		memcpy(d->signature, d->why, sizeof(d->signature));
		return lacks(d, "the kernel refuses extfuse.ko for its signature, see 'signature of the module' below");
	}
	return !err && module_fits(d->why, sizeof(d->why));
}

static bool check_current(struct doctor *d)
{
	return module_is_current(d->why, sizeof(d->why));
}

static bool check_signature(struct doctor *d)
{
	if (d->has_module)
		return true;
	return lacks(d, "%s", *d->signature ? d->signature :
		     "there is no module to look at, see 'module extfuse' above");
}

static bool check_device(struct doctor *d)
{
	int fd = device_open();

	if (fd >= 0) {
		close(fd);
		if (!device_is_covered())
			return true;
		/* Root reaches the device nevertheless, but other users do not. */
		fd = -EBUSY;
	} else if (fd == -EACCES) {
		return lacks(d, EXTFUSE_DEVICE " cannot be opened by this user: sudo extfuse doctor");
	} else if (!module_loaded()) {
		return lacks(d, EXTFUSE_DEVICE " is not there, because the module is not loaded: modprobe extfuse");
	}
	module_no_device(fd, d->why, sizeof(d->why));
	return false;
}

static bool check_switch(struct doctor *d)
{
	FILE *f = fopen("/sys/module/extfuse/parameters/programs", "re");
	int on;

	if (!f)
		return lacks(d, "the module, which has the switch, is not loaded: modprobe extfuse");
	on = fgetc(f) != 'N';
	fclose(f);
	return on || lacks(d, "%s", extfuse_state__explain(EXTFUSE_STATE_PROGRAMS_OFF));
}

static bool check_kfuncs(struct doctor *d)
{
	return !extfuse_module__probe(d->why, sizeof(d->why));
}

static bool check_privileges(struct doctor *d)
{
	int may = process_may_attach();

	if (may < 0)
		return lacks(d, "the kernel does not say what this user may do: %s", strerror(-may));
	if (may)
		return true;
	if (geteuid())
		return lacks(d, "mounting and attaching need root (CAP_SYS_ADMIN and CAP_BPF): use sudo");
	return lacks(d, "mounting and attaching need CAP_SYS_ADMIN and CAP_BPF, which this root lacks, as in a container: mount on the host");
}

static bool check_daemon(struct doctor *d)
{
	return daemon_starts(d->why, sizeof(d->why));
}

static bool extension_opens(struct doctor *d, const char *name)
{
	struct extfuse_ext *ext = NULL;
	int err = extfuse_ext__open(&ext, name, NULL, d->why, sizeof(d->why));

	extension_mend(err, d->why, sizeof(d->why));
	/* Root can also try whether the kernel takes its programs. */
	if (!err && !geteuid())
		err = extfuse_ext__load(ext, d->why, sizeof(d->why));
	extfuse_ext__free(ext);
	return !err;
}

static bool check_passthrough(struct doctor *d)
{
	return extension_opens(d, "passthrough");
}

static bool check_metacache(struct doctor *d)
{
	return extension_opens(d, "metacache");
}

/*
 * In the order in which one thing needs another; check_signature() tells what check_module() has
 * found.  @optional: a mount is accelerated without it as long as there is a module.  Such a thing
 * is needed by the next build only, or is an upgrade that waits.
 */
static const struct {
	const char *what;
	check_fn check;
	bool optional;
} checks[] = {
	{ "this machine's architecture", check_machine, false },
	{ "BPF JIT", check_jit, false },
	{ "BTF of the kernel", check_btf, false },
	{ "headers of the kernel", check_headers, true },
	{ "DKMS", check_dkms, true },
	{ "module extfuse", check_module, false },
	{ "module is the installed one", check_current, true },
	{ "signature of the module", check_signature, false },
	{ "device " EXTFUSE_DEVICE, check_device, false },
	{ "programs are switched on", check_switch, false },
	{ "kfuncs of the module", check_kfuncs, false },
	{ "privileges of this user", check_privileges, false },
	{ "libfuse3", check_daemon, false },
	{ "extension passthrough", check_passthrough, false },
	{ "extension metacache", check_metacache, false },
};

/* Not a check: the fixes that the module has beyond the kernel source it was made from. */
static void print_fixes(void)
{
	char fixes[512];

	module_info("fixes", fixes, sizeof(fixes));
	if (*fixes)
		printf("%-28s %s\n", "fixes of later kernels", fixes);
}

int do_doctor(const struct cli_args *args)
{
	struct doctor d = { 0 };
	int missing = 0;
	size_t i;

	(void)args;
	for (i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		*d.why = '\0';
		if (checks[i].check(&d)) {
			printf("%-28s yes\n", checks[i].what);
			continue;
		}
		missing += !checks[i].optional;
		printf("%-28s no: %s\n", checks[i].what, d.why);
	}
	print_fixes();
	return missing ? 1 : 0;
}
