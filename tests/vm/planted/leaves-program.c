// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a BPF program that stays loaded must fail the case
 * expect: fail left loaded: program [0-9]+ planted
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "case.h"

int main(void)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)code,
		.insn_cnt = 2,
		.license = (uintptr_t)"GPL",
		.prog_name = "planted",
	};
	union bpf_attr pin = { .pathname = (uintptr_t)"/sys/fs/bpf/planted" };
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));

	CHECK(fd >= 0, "a program of two instructions must load");
	pin.bpf_fd = fd;
	CHECK(!syscall(SYS_bpf, BPF_OBJ_PIN, &pin, sizeof(pin)), "it must be pinned");
	return 0;
}
