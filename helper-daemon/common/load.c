// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads extfuse.ko and says why it cannot be, see load.h.
 */
#include "load.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <libkmod.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device.h"
#include "elsewhere.h"
#include "packages.h"
#include "sha256.h"

#define SOURCE		"/usr/src/extfuse-" EXTFUSE_VERSION
#define STATE		"/var/lib/dkms/extfuse/" EXTFUSE_VERSION
#define BUILD		"'dkms install extfuse/" EXTFUSE_VERSION "'"
/* install alone would take what is already built. */
#define REBUILD		"'dkms build --force extfuse/" EXTFUSE_VERSION " && dkms install --force extfuse/" EXTFUSE_VERSION "'"

/* Exit status of the gate if what is missing can be installed. */
#define GATE_LACKS	2

bool module_loaded(void)
{
	return !access("/sys/module/extfuse", F_OK);
}

static const struct utsname *machine(void)
{
	static struct utsname uts;

	if (!*uts.release)
		uname(&uts);
	return &uts;
}

static const char *release(void)
{
	return machine()->release;
}

/* openSUSE's packages have the flavour in their name, which ends a release: 6.12.0-160000.5-default. */
static void rpm_headers(char *name, size_t size)
{
	const char *flavour = strrchr(release(), '-');

	if (flavour && !access("/usr/bin/zypper", X_OK))
		snprintf(name, size, "kernel%s-devel", flavour);
	else
		snprintf(name, size, "kernel-devel-%s", release());
}

/*
 * Debian's packages of headers: that of the running kernel, and that which brings
 * those of each new kernel of its flavour (6.1.0-56-cloud-amd64: cloud-amd64), where
 * that is a flavour of Debian's.
 */
static void deb_headers(char *names, size_t size)
{
	static const char *const flavours[] = {
		"amd64", "cloud-amd64", "rt-amd64", "arm64", "cloud-arm64", "rt-arm64",
	};
	const char *flavour = release();
	size_t i, len;

	do {
		flavour = strchr(flavour, '-');
	} while (flavour && !isalpha((unsigned char)*++flavour));
	snprintf(names, size, "linux-headers-%s", release());
	len = strlen(names);
	for (i = 0; flavour && i < sizeof(flavours) / sizeof(*flavours); i++) {
		if (!strcmp(flavour, flavours[i]))
			snprintf(names + len, size - len, " linux-headers-%s", flavour);
	}
}

bool module_headers(char *why, size_t size)
{
	char path[512], deb[384], rpm[320];
	struct command_line mend;

	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", release());
	if (!access(path, F_OK))
		return true;
	deb_headers(deb, sizeof(deb));
	rpm_headers(rpm, sizeof(rpm));
	snprintf(why, size, "the headers of kernel %s are missing, and the module is built with them: %s",
		 release(), install_command(&mend, deb, rpm));
	return false;
}

/* Asks the gate, as dkms.conf does; in @why is its sentence if it refuses this kernel. */
static bool gate_refuses(char *why, size_t size)
{
	char command[512], line[512] = "";
	int status;
	FILE *f;

	snprintf(command, sizeof(command), "EXTFUSE_PROBE=1 " SOURCE "/dkms/gate '%s' 2>/dev/null", release());
	f = popen(command, "re");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		*line = '\0';
	status = pclose(f);
	if (!status || !*line)
		return false;
	line[strcspn(line, "\n")] = '\0';
	snprintf(why, size, "%s%s", strncmp(line, "extfuse: ", 9) ? line : line + 9,
		 WIFEXITED(status) && WEXITSTATUS(status) == GATE_LACKS ? ", then " BUILD : "");
	return true;
}

/* dkms keeps what it has built for a kernel in a folder with that kernel's name. */
static bool dkms_built(void)
{
	char path[512];

	snprintf(path, sizeof(path), STATE "/%s/%s/module", release(), machine()->machine);
	return !access(path, F_OK);
}

static void source_missing(char *why, size_t size)
{
	static const char before[] = "/usr/src/extfuse-";
	struct command_line mend;
	glob_t found = { 0 };

	if (!glob("/usr/src/extfuse-*/dkms.conf", 0, NULL, &found)) {
		const char *version = found.gl_pathv[0] + strlen(before);

		snprintf(why, size, "the module's source has version %.*s, and this program has " EXTFUSE_VERSION ": %s",
			 (int)strcspn(version, "/"), version,
			 install_command(&mend, "extfuse extfuse-dkms", "extfuse extfuse-dkms"));
		globfree(&found);
		return;
	}
	snprintf(why, size, "the module's source is not installed: %s", install_command(&mend, "extfuse-dkms", "extfuse-dkms"));
}

bool module_dkms(char *why, size_t size)
{
	if (dkms_built())
		return true;
	if (access(SOURCE "/dkms.conf", F_OK)) {
		source_missing(why, size);
		return false;
	}
	if (gate_refuses(why, size))
		return false;
	if (access(STATE, F_OK))
		snprintf(why, size, "DKMS does not know the module: 'dkms add extfuse/" EXTFUSE_VERSION "', then " BUILD);
	else if (!access(STATE "/build/make.log", F_OK))
		snprintf(why, size, "DKMS could not build the module, " STATE "/build/make.log says why: " BUILD " tries again");
	else
		snprintf(why, size, "DKMS has not built the module for kernel %s: " BUILD, release());
	return false;
}

static int absent(char *why, size_t size)
{
	char reason[768], other[128];

	/* A kernel that was upgraded has the module, and the one that runs may have lost its headers. */
	if (in_container())
		snprintf(why, size, "extfuse.ko is not loaded, and a container cannot load it: 'modprobe extfuse' on the host");
	else if (module_other_kernel(release(), other, sizeof(other)))
		snprintf(why, size, "there is no extfuse.ko for kernel %s, which runs, but one for kernel %s: reboot into that",
			 release(), other);
	else if (module_dkms(reason, sizeof(reason)))
		snprintf(why, size, "DKMS has built extfuse.ko for kernel %s, but modprobe does not find it: " REBUILD,
			 release());
	else
		snprintf(why, size, "there is no extfuse.ko for kernel %s: %s", release(), reason);
	return -ENOENT;
}

__attribute__((format(printf, 6, 0)))
static void say_nothing(void *data, int priority, const char *file, int line, const char *fn,
			const char *format, va_list args)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)fn;
	(void)format;
	(void)args;
}

/* A field of modinfo(8); empty if the module has none. */
static void info_value(struct kmod_module *mod, const char *key, char *value, size_t size)
{
	struct kmod_list *list = NULL, *at;

	*value = '\0';
	if (kmod_module_get_info(mod, &list) < 0)
		return;
	kmod_list_foreach(at, list) {
		if (!strcmp(kmod_module_info_get_key(at), key))
			snprintf(value, size, "%s", kmod_module_info_get_value(at));
	}
	kmod_module_info_free_list(list);
}

void module_info(const char *key, char *value, size_t size)
{
	struct kmod_list *found = NULL;
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_module *mod;

	*value = '\0';
	if (!ctx)
		return;
	kmod_set_log_fn(ctx, say_nothing, NULL);
	if (kmod_module_new_from_lookup(ctx, "extfuse", &found) >= 0 && found) {
		mod = kmod_module_get_module(found);
		info_value(mod, key, value, size);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(found);
	kmod_unref(ctx);
}

/* The certificate of the key that dkms signs with. */
static const char *dkms_certificate(void)
{
	if (access("/var/lib/dkms/mok.pub", F_OK) && !access("/var/lib/shim-signed/mok/MOK.der", F_OK))
		return "/var/lib/shim-signed/mok/MOK.der";
	return "/var/lib/dkms/mok.pub";
}

bool module_fits(char *why, size_t size)
{
	char made_on[SHA256_TEXT], base[SHA256_TEXT];

	module_info("btf_base", made_on, sizeof(made_on));
	if (!*made_on || sha256_file("/sys/kernel/btf/vmlinux", base) || !strcmp(made_on, base))
		return true;
	snprintf(why, size, "extfuse.ko was made for another build of kernel %s, with other BTF: " REBUILD, release());
	return false;
}

/* A field of the module that is loaded; empty if the kernel does not show it. */
static void loaded_value(const char *key, char *value, size_t size)
{
	char path[64];
	FILE *f;

	*value = '\0';
	snprintf(path, sizeof(path), "/sys/module/extfuse/%s", key);
	f = fopen(path, "re");
	if (!f)
		return;
	if (!fgets(value, size, f))
		*value = '\0';
	value[strcspn(value, "\n")] = '\0';
	fclose(f);
}

bool module_is_current(char *why, size_t size)
{
	char loaded[64], installed[64];

	/* A hash of the sources: a fix in the fork keeps the version. */
	loaded_value("srcversion", loaded, sizeof(loaded));
	module_info("srcversion", installed, sizeof(installed));
	if (!*loaded || !*installed || !strcmp(loaded, installed))
		return true;
	loaded_value("version", loaded, sizeof(loaded));
	module_info("version", installed, sizeof(installed));
	snprintf(why, size, "extfuse.ko has been upgraded (%s is loaded, %s installed), and the old one stays until it is unloaded: unmount all extfuse mounts, then 'modprobe -r extfuse'; or reboot",
		 loaded, installed);
	return false;
}

/* Keys are enrolled with the firmware, and only EFI can. */
static bool has_efi(void)
{
	return !access("/sys/firmware/efi", F_OK);
}

static int rejected(struct kmod_module *mod, char *why, size_t size)
{
	struct command_line mend;
	char signer[128];

	if (!has_efi()) {
		snprintf(why, size, "the kernel takes only modules that are signed with a key it was built with, and this machine has no EFI to enroll another: start it without module.sig_enforce=1 and lockdown= on its command line");
		return -EKEYREJECTED;
	}

	info_value(mod, "signer", signer, sizeof(signer));
	if (*signer)
		snprintf(why, size, "Secure Boot: the kernel does not know the key that extfuse.ko is signed with (%s): 'mokutil --import %s', reboot, and enroll it in the blue menu",
			 signer, dkms_certificate());
	else
		snprintf(why, size, "Secure Boot: the kernel takes signed modules only, and extfuse.ko is not: %s, then " REBUILD ", then 'mokutil --import %s', reboot, and enroll the key in the blue menu",
			 install_command(&mend, "openssl mokutil", "openssl mokutil"), dkms_certificate());
	return -EKEYREJECTED;
}

/* The sentence for what the kernel said to the module. */
static int refused(struct kmod_module *mod, int err, char *why, size_t size)
{
	if (geteuid()) {
		snprintf(why, size, "extfuse.ko is not loaded, and only root can load it: use sudo");
		return -EPERM;
	}
	/* With an install command the error is only that command's exit status. */
	if (kmod_module_get_install_commands(mod)) {
		snprintf(why, size, "the command that modprobe.d(5) has for extfuse failed: 'modprobe -v extfuse' shows it");
		return -EIO;
	}
	switch (err) {
	case -ENOENT:
		return absent(why, size);
	case -EPERM:	/* in lockdown */
	case -EKEYREJECTED:
	case -ENOKEY:
	case -EBADMSG:
		return rejected(mod, why, size);
	case -ENOEXEC:
	case -EINVAL:
		snprintf(why, size, "extfuse.ko does not fit the running build of kernel %s: " REBUILD " ('dmesg' shows what the kernel says)",
			 release());
		return err;
	default:
		snprintf(why, size, "kernel %s refuses extfuse.ko: %s; 'dmesg' says more", release(), strerror(-err));
		return err;
	}
}

void module_no_device(int err, char *why, size_t size)
{
	if (err == -EBUSY) {
		snprintf(why, size, "something is mounted on " EXTFUSE_DEVICE " and hides the device: umount " EXTFUSE_DEVICE);
		return;
	}
	if (in_container()) {
		snprintf(why, size, EXTFUSE_DEVICE " cannot be opened in this container: %s: give it the device (--device=" EXTFUSE_DEVICE "), or mount on the host",
			 strerror(-err));
		return;
	}
	snprintf(why, size, EXTFUSE_DEVICE " cannot be opened, although the module is loaded: %s; /dev should be a devtmpfs: 'modprobe -r extfuse' and 'modprobe extfuse' make the device again",
		 strerror(-err));
}

int module_load(char *why, size_t size)
{
	struct kmod_list *found = NULL;
	struct kmod_module *mod;
	struct kmod_ctx *ctx;
	int err;

	if (module_loaded())
		return 0;
	if (!module_fits(why, size))
		return -ENOEXEC;
	ctx = kmod_new(NULL, NULL);
	if (!ctx) {
		err = -errno;
		snprintf(why, size, "extfuse.ko cannot be looked for: %s", strerror(-err));
		return err;
	}
	kmod_set_log_fn(ctx, say_nothing, NULL);
	err = kmod_module_new_from_lookup(ctx, "extfuse", &found);
	if (err < 0 || !found) {
		err = absent(why, size);
		goto out;
	}
	mod = kmod_module_get_module(found);
	err = kmod_module_probe_insert_module(mod, 0, NULL, NULL, NULL, NULL);
	if (err && module_loaded())
		err = 0;	/* another process was quicker */
	if (err)
		err = refused(mod, err, why, size);
	kmod_module_unref(mod);
out:
	kmod_module_unref_list(found);
	kmod_unref(ctx);
	return err;
}
