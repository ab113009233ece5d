/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of what a program may call, see helpers.c.
 */
#ifndef _EXTFUSE_HELPERS_H
#define _EXTFUSE_HELPERS_H

struct extfuse_log {
	char *buf;
	size_t size;
	size_t len;
};

__printf(2, 3) void extfuse_log(struct extfuse_log *log, const char *fmt, ...);
int extfuse_prog_check(const struct bpf_prog *prog, struct extfuse_log *log);

#endif /* _EXTFUSE_HELPERS_H */
