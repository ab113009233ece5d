/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xattrs of ACLs hold (system.posix_acl_*), as setfacl writes it: version 2, then tag, permissions, id for each entry.
 */
#ifndef ACL_H
#define ACL_H

#include <linux/types.h>

struct acl_entry {
	__u16 tag, perm;
	__u32 id;
};

/* Declares struct acl, which is as large as its entries are many. */
#define DECLARE_ACL(n)	struct acl { __u32 version; struct acl_entry e[n]; }

#endif /* ACL_H */
