// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Section names of extfuse programs, made known to libbpf: "extfuse/getattr"
 * (request phase), "extfuse.reply/lookup" (reply phase), "*" for every opcode
 * that has no program of its own.  All are sleepable SYSCALL programs.
 */
#include <errno.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <string.h>

#include "internal.h"

#define SEC_REQUEST	"extfuse/"
#define SEC_REPLY	"extfuse.reply/"

/* No program is ever asked about these, so a program for one is a mistake. */
static bool never_asked(int opcode)
{
	switch (opcode) {
	case FUSE_INIT:
	case FUSE_DESTROY:
	case FUSE_INTERRUPT:
	case FUSE_NOTIFY_REPLY:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return true;
	default:
		return false;
	}
}

int section__parse(const char *name, __u32 *phase, __u32 *opcode)
{
	int op;

	if (!strncmp(name, SEC_REQUEST, strlen(SEC_REQUEST))) {
		*phase = EXTFUSE_PHASE_REQUEST;
		name += strlen(SEC_REQUEST);
	} else if (!strncmp(name, SEC_REPLY, strlen(SEC_REPLY))) {
		*phase = EXTFUSE_PHASE_REPLY;
		name += strlen(SEC_REPLY);
	} else {
		return -EINVAL;
	}
	if (!strcmp(name, "*")) {
		*opcode = EXTFUSE_OPCODE_ANY;
		return 0;
	}
	op = extfuse_opcode__parse(name);
	if (op < 0 || never_asked(op))
		return -EINVAL;
	*opcode = op;
	return 0;
}

int extfuse_section__parse(const char *name, __u32 *phase, __u32 *opcode)
{
	return section__parse(name, phase, opcode);
}

static int prog_setup(struct bpf_program *prog, long cookie)
{
	(void)cookie;
	return bpf_program__set_flags(prog, bpf_program__flags(prog) | BPF_F_SLEEPABLE);
}

static int registered;

static void do_register(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_setup_fn = prog_setup);
	static const char *const secs[] = { SEC_REQUEST, SEC_REPLY };

	for (unsigned int i = 0; i < 2 && registered >= 0; i++)
		registered = libbpf_register_prog_handler(secs[i], BPF_PROG_TYPE_SYSCALL, 0,
							  &opts);
}

/* libbpf keeps handlers for the whole process: once is enough, twice is an error. */
int section__register(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, do_register);
	return registered < 0 ? registered : 0;
}
