// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: programs that write to all of their context, and remember what they found there.
 */
#include <extfuse/bpf.h>
#include "forge.h"

struct forge forge;

/* Not a struct assignment: a context is read by words. */
static __always_inline void look(struct extfuse_req *req, struct extfuse_req *seen)
{
	seen->opcode = req->opcode;
	seen->nodeid = req->nodeid;
	seen->uid = req->uid;
	seen->gid = req->gid;
	seen->pid = req->pid;
	seen->phase = req->phase;
	seen->flags = req->flags;
	seen->who = req->who;
	seen->now = req->now;
	seen->stamp = req->stamp;
	seen->cookie[0] = req->cookie[0];
}

static __always_inline void forge_all(struct extfuse_req *req)
{
	req->opcode = FORGED;
	req->nodeid = FORGED;
	req->uid = FORGED;
	req->gid = FORGED;
	req->pid = FORGED;
	req->phase = FORGED;
	/* Of a background request it is taken away, another one gets it. */
	req->flags ^= EXTFUSE_F_BACKGROUND;
	req->who = FORGED;
	req->now = FORGED;
	req->stamp = FORGED;
	req->cookie[0] = FORGED_COOKIE;
}

EXTFUSE_REQUEST(getattr)
{
	look(req, &forge.seen[FORGE_GETATTR]);
	forge_all(req);
	return EXTFUSE_PASSTHROUGH;
}

EXTFUSE_REPLY(getattr)
{
	look(req, &forge.seen[FORGE_GETATTR_REPLY]);
	forge_all(req);
	return EXTFUSE_KEEP;
}

EXTFUSE_REQUEST(read)
{
	look(req, &forge.seen[FORGE_READ]);
	forge_all(req);
	return EXTFUSE_PASSTHROUGH;
}

EXTFUSE_REPLY(read)
{
	look(req, &forge.seen[FORGE_READ_REPLY]);
	forge_all(req);
	return EXTFUSE_KEEP;
}

EXTFUSE_REQUEST(readdir)
{
	look(req, &forge.seen[FORGE_READDIR]);
	forge_all(req);
	return EXTFUSE_UPCALL;
}

EXTFUSE_REPLY(readdir)
{
	__u32 n = forge.entries;

	if (n < FORGE_ENTRIES) {
		look(req, &forge.seen[FORGE_ENTRY + n]);
		forge.entries = n + 1;
	}
	forge_all(req);
	return EXTFUSE_KEEP;
}

char _license[] SEC("license") = "GPL";
