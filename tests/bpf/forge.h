/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/bpf/forge.bpf.c and tests/cases/rules/forged-context.c share. */
#ifndef FORGE_H
#define FORGE_H

/* What a program of forge.bpf.c leaves in each field of its context that it can. */
#define FORGED		0x4711
#define FORGED_COOKIE	0x600d

/* Contexts as programs find them, before they write: of requests and replies, and of the n-th entry of a listing. */
enum forge_seen {
	FORGE_GETATTR,
	FORGE_GETATTR_REPLY,
	FORGE_READ,
	FORGE_READ_REPLY,
	FORGE_READDIR,
	FORGE_ENTRY,
	FORGE_ENTRIES = 3,
	FORGE_MAX = FORGE_ENTRY + FORGE_ENTRIES,
};

struct forge {
	struct extfuse_req seen[FORGE_MAX];
	__u32 entries;
};

#endif
