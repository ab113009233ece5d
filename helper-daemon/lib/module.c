// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Is extfuse.ko there, and can a program call it?  Asked by trying: the
 * smallest program with a call of a kfunc is loaded and thrown away.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define KFUNC "bpf_extfuse_fresh"

/* dkms install alone would take what is already built. */
#define REBUILD "rebuild it: 'dkms build --force extfuse/" EXTFUSE_VERSION " && dkms install --force extfuse/" EXTFUSE_VERSION "'"

/* A descriptor of the module's BTF, which libbpf does not hand out; -errno. */
static int btf_fd(const char *name)
{
	struct bpf_btf_info info;
	char found[64];
	__u32 id = 0, len;
	int fd;

	while (!bpf_btf_get_next_id(id, &id)) {
		fd = bpf_btf_get_fd_by_id(id);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return -errno;
		memset(&info, 0, sizeof(info));
		info.name = (__u64)(unsigned long)found;
		info.name_len = sizeof(found);
		len = sizeof(info);
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf &&
		    !strcmp(found, name))
			return fd;
		close(fd);
	}
	return errno == ENOENT ? -ENOENT : -errno;
}

static int try_load(int fd, int id)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4 },
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .off = 1, .imm = id },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const int fds[2] = { -1, fd };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE, .fd_array = fds);
	int prog;

	prog = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "extfuse_probe", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
	if (prog < 0)
		return -errno;
	close(prog);
	return 0;
}

/* The kfunc's id in the module's BTF, or -errno. */
static int kfunc_id(void)
{
	struct btf *vmlinux = btf__load_vmlinux_btf(), *module;
	int id = vmlinux ? 0 : -errno;

	if (id)
		return id;
	module = btf__load_module_btf("extfuse", vmlinux);
	id = module ? btf__find_by_name_kind(module, KFUNC, BTF_KIND_FUNC) : -errno;
	btf__free(module);
	btf__free(vmlinux);
	return id;
}

static bool jit_off(void)
{
	FILE *file = fopen("/proc/sys/net/core/bpf_jit_enable", "re");
	bool off = file && fgetc(file) == '0';

	if (file)
		fclose(file);
	return off;
}

static int probe(const struct errline *err)
{
	int id, fd, ret;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return errline__set(err, -ENXIO,
			"this kernel shows no BTF (/sys/kernel/btf/vmlinux): it was built without CONFIG_DEBUG_INFO_BTF");
	if (access("/sys/module/extfuse", F_OK))
		return errline__set(err, -ENODEV,
			"extfuse.ko is not loaded: modprobe extfuse; if there is no such module, 'dkms status extfuse' says why");
	if (access("/sys/kernel/btf/extfuse", F_OK))
		return errline__set(err, -ENXIO,
			"extfuse.ko was built without BTF, so no program can call it: " REBUILD);
	fd = btf_fd("extfuse");
	if (fd == -EPERM && !geteuid())
		return errline__set(err, fd, "extfuse.ko is loaded, but this root may not use BPF (CAP_SYS_ADMIN and CAP_BPF), as in a container: run it as root of the host");
	if (fd == -EPERM)
		return errline__set(err, fd, "extfuse.ko is loaded, but only root can find out whether programs can call it: use sudo");
	id = fd < 0 ? fd : kfunc_id();
	if (id < 0) {
		if (fd >= 0)
			close(fd);
		return errline__set(err, -ENXIO,
			"the BTF of extfuse.ko cannot be read or has no " KFUNC ": " REBUILD);
	}
	ret = try_load(fd, id);
	close(fd);
	if (ret && jit_off())
		return errline__set(err, -ENXIO,
			"the BPF JIT is off, and programs that call extfuse.ko need it: sysctl net.core.bpf_jit_enable=1");
	if (ret)
		return errline__set(err, -ENXIO,
			"extfuse.ko offers " KFUNC " but the kernel lets no program call it (%s): " REBUILD,
			strerror(-ret));
	return 0;
}

int extfuse_module__probe(char *errbuf, size_t errlen)
{
	const struct errline err = { errbuf, errlen };
	struct capture cap;
	int ret;

	/* Only to keep libbpf quiet. */
	capture__begin(&cap);
	ret = probe(&err);
	capture__end();
	return ret;
}
