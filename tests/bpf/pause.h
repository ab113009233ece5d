/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/bpf/pause.bpf.c and tests/cases/life/pause.h share, in memory that both see. */
#ifndef PAUSE_BPF_H
#define PAUSE_BPF_H

struct pause {
	__u32 tid;		/* the thread that is stopped where it returns; 0: none */
	__u32 skip;		/* ... but so many times before */
	__u32 paused;		/* it is */
	__u32 go;		/* it may go on */
	__u32 gone;		/* it has */
};

#endif
