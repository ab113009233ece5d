// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a value of the kernel's own (security.*) that is said to have no size is none: its readers would make room for nothing and ask again
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * With no room the second question is one for the size, too: whatever is said then is read out of one byte.
 */
#include <sys/xattr.h>
#include <unistd.h>

#include "../rules/rules.h"

#define CAPS	"security.capability"

static const char value[20] = { 1, 0, 0, 2, [4] = 1 };
static struct rawfuse *rf;

static int none_first(struct raw_req *req)
{
	static const struct fuse_getxattr_out none;
	const struct fuse_getxattr_in *in = req->arg;

	if (in->size || raw_count(rf, FUSE_GETXATTR) > 1)
		return RAW_DEFAULT;
	raw_reply(req, 0, &none, sizeof(none));
	return RAW_DONE;
}

/* The daemon says it; with a set attached or without. */
static void of_daemon(void)
{
	char buf[64];

	raw_on(rf, FUSE_GETXATTR, none_first, NULL);
	raw_reset(rf);
	CHECK(getxattr("mnt/a", CAPS, buf, sizeof(buf)) < 0 && errno == ENODATA, "there must be none");
	CHECK(raw_count(rf, FUSE_GETXATTR) == 1, "nobody must ask for the value");
	raw_on(rf, FUSE_GETXATTR, NULL, NULL);
	CHECK(getxattr("mnt/a", CAPS, buf, sizeof(buf)) == sizeof(value), "there is one");
	/* Of others nobody in the kernel asks. */
	CHECK(getxattr("mnt/a", "user.empty", buf, sizeof(buf)) == 0, "an empty value");
	CHECK(getxattr("mnt/a", "user.empty", NULL, 0) == 0, "and its size");
}

static void of_program(struct script *s)
{
	struct extfuse_op_stats before = script_stats(rf, FUSE_GETXATTR);
	static const struct fuse_getxattr_out none;
	char buf[64];

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETXATTR,
		   &(struct script_rule){ .write = SCRIPT_WRITE_OUT, .out_size = sizeof(none), .times = 1, .nfresh = 2,
					  .fresh = { { .kind = EXTFUSE_KIND_XATTR }, { .kind = EXTFUSE_KIND_DATA } } },
		   &none, sizeof(none));
	CHECK(getxattr("mnt/a", CAPS, buf, sizeof(buf)) == sizeof(value), "the daemon's word counts");
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETXATTR).done == 1, "the program must be asked");
	CHECK(script_stats(rf, FUSE_GETXATTR).bad == before.bad + 1, "the answer is a bad one");
	script_clear(s);
}

int main(void)
{
	struct raw_node *node;
	struct script *s;

	rf = raw_start(&(struct raw_opts){});
	node = raw_file(rf, "/a", "text", 4);
	raw_setxattr(rf, node, CAPS, value, sizeof(value));
	raw_setxattr(rf, node, "user.empty", "", 0);
	of_daemon();
	s = script_attach(rf, "script", NULL);
	of_daemon();
	of_program(s);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
