/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cases about the rules of the protocol share: rules for the scripted programs that answer what the kernel
 * knows already, so that a case changes one field of them.
 */
#ifndef RULES_H
#define RULES_H

#include "case.h"
#include "script.h"

#define LONG_NS	(1000 * RAW_SEC)

/* LOOKUP of exactly @name. */
static inline struct script_rule rule_name(const char *name)
{
	struct script_rule rule = { .name_arg = IN_PARAM_0_VALUE, .name_len = strlen(name) + 1 };

	strcpy(rule.name, name);
	return rule;
}

/* An answer to LOOKUP of @name at revalidation; @out is the node's own entry, to be spoilt. */
static inline struct script_rule rule_lookup(struct rawfuse *rf, struct raw_node *node, const char *name,
					     struct fuse_entry_out *out)
{
	struct script_rule rule = rule_name(name);

	rule.nfresh = 2;
	rule.fresh[0].kind = EXTFUSE_KIND_NAME;
	rule.fresh[1].kind = EXTFUSE_KIND_ATTR;
	rule.fresh[1].nodeid = node->id;
	raw_fill_entry(rf, node, out);
	return rule;
}

/* An answer to GETATTR of @node. */
static inline struct script_rule rule_getattr(struct rawfuse *rf, struct raw_node *node, struct fuse_attr_out *out)
{
	raw_fill_attr(rf, node, out);
	return (struct script_rule){ .nodeid = node->id, .nfresh = 1, .fresh = { { .kind = EXTFUSE_KIND_ATTR } } };
}

#endif
