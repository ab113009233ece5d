// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: stops one thread where a function of the kernel returns, until the
 * case lets it go on, or for some seconds.  It turns round with preemption off:
 * no grace period of RCU ends meanwhile.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include "pause.h"

volatile struct pause pause;

static long turn(__u32 i, void *ctx)
{
	(void)i;
	(void)ctx;
	return pause.go ? 1 : 0;
}

SEC("kretprobe")
int stop(void *ctx)
{
	int i;

	(void)ctx;
	if (!pause.tid || (__u32)bpf_get_current_pid_tgid() != pause.tid)
		return 0;
	if (pause.skip) {
		pause.skip--;
		return 0;
	}
	pause.tid = 0;
	pause.paused = 1;
	for (i = 0; i < 16 && !pause.go; i++)
		bpf_loop(1 << 23, turn, NULL, 0);
	pause.gone = 1;
	return 0;
}

char _license[] SEC("license") = "GPL";
