// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: attributes, data and xattrs of a node that has a backing object are never fresh, its names are; of other nodes all are
 * needs: root extfuse ext4
 * timeout: 60
 */
#include <sys/xattr.h>

#include "backing.h"
#include "../rules/rules.h"

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *a, *b;

static void asks(uint32_t opcode, const char *path)
{
	char value[8];
	struct stat st;

	if (opcode == FUSE_GETXATTR)
		CHECK(getxattr(path, "user.x", value, sizeof(value)) == 5, "%s", path);
	else
		CHECK(!stat(path, &st), "%s", path);
}

static void fresh(const char *what, uint32_t opcode, const char *path, struct script_rule *rule, const int *want)
{
	struct script_rule seen;
	unsigned int i;

	rule->verdict = EXTFUSE_UPCALL;
	script_set(s, EXTFUSE_PHASE_REQUEST, opcode, rule, NULL, 0);
	asks(opcode, path);
	seen = script_get(s, EXTFUSE_PHASE_REQUEST, opcode);
	CHECK(seen.done, "%s: the program was not asked", what);
	for (i = 0; i < rule->nfresh; i++)
		CHECK(seen.fresh[i].result == want[i], "%s: kind %u is %d instead of %d", what, rule->fresh[i].kind,
		      seen.fresh[i].result, want[i]);
	script_clear(s);
}

/* At the request's own stamp, with nothing in flight. */
static void of_node(const char *what, const char *path, struct raw_node *node, bool can)
{
	struct script_rule rule = {
		.nodeid = node->id,
		.nfresh = 3,
		.fresh = { { .kind = EXTFUSE_KIND_ATTR }, { .kind = EXTFUSE_KIND_DATA }, { .kind = EXTFUSE_KIND_XATTR } },
	};

	fresh(what, FUSE_GETXATTR, path, &rule, (int[]){ can, can, can });
}

/* The directory has an object, which is nothing to its names; what a name stands for is another question. */
static void of_name(const char *name, const char *path, struct raw_node *node, bool can)
{
	struct script_rule rule = rule_name(name);

	rule.nfresh = 2;
	rule.fresh[0].kind = EXTFUSE_KIND_NAME;
	rule.fresh[1].kind = EXTFUSE_KIND_ATTR;
	rule.fresh[1].nodeid = node->id;
	fresh(name, FUSE_LOOKUP, path, &rule, (int[]){ 1, can });
}

/* So a program that answers is not heard: the daemon is asked, each time, for what it says is not kept either. */
static void answered(const char *path, struct raw_node *node, bool stands)
{
	struct fuse_attr_out out;
	struct script_rule rule = rule_getattr(rf, node, &out);
	struct stat st;

	CHECK(!stat(path, &st), "%s", path);
	raw_reset(rf);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR, &rule, &out, sizeof(out));
	CHECK(!stat(path, &st) && !stat(path, &st), "%s", path);
	CHECK(script_get(s, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR).done == 2, "%s: the program is asked each time", path);
	CHECK(raw_count_node(rf, FUSE_GETATTR, node->id) == (stands ? 0 : 2), "%s: the daemon is asked %llu times", path,
	      (unsigned long long)raw_count_node(rf, FUSE_GETATTR, node->id));
	script_clear(s);
}

/* How often the daemon is asked for attributes that it gave for long. */
static void lifetime(const char *path, struct raw_node *node, unsigned int asked)
{
	struct stat st;
	int i;

	raw_lock(rf);
	node->attr_ns = 100 * RAW_SEC;
	raw_unlock(rf);
	CHECK(!stat(path, &st), "%s", path);
	raw_reset(rf);
	for (i = 0; i < 3; i++)
		CHECK(!stat(path, &st), "%s", path);
	CHECK(raw_count_node(rf, FUSE_GETATTR, node->id) == asked, "%s: %llu GETATTR", path,
	      (unsigned long long)raw_count_node(rf, FUSE_GETATTR, node->id));
}

int main(void)
{
	CHECK(!mkdir("low", 0755), "mkdir");
	put("low/a", "backing");
	/* No lifetimes: each look is a request. */
	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1" });
	s = script_attach(rf, "script", NULL);
	a = raw_file(rf, "/a", "text", 4);
	b = raw_file(rf, "/b", "text", 4);
	raw_setxattr(rf, a, "user.x", "value", 5);
	raw_setxattr(rf, b, "user.x", "value", 5);
	of_node("before it has an object", "mnt/a", a, true);
	object(rf, raw_node(rf, FUSE_ROOT_ID), "low");
	object(rf, a, "low/a");
	of_node("with an object", "mnt/a", a, false);
	of_node("beside it", "mnt/b", b, true);
	of_name("a", "mnt/a", a, false);
	of_name("b", "mnt/b", b, true);
	answered("mnt/a", a, false);
	answered("mnt/b", b, true);
	lifetime("mnt/a", a, 3);
	lifetime("mnt/b", b, 0);
	CHECK(!extfuse_backing__drop(raw_fd(rf), a->id, a->generation), "drop");
	of_node("when it is dropped", "mnt/a", a, true);
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
