// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parameters of the module, in /sys/module/extfuse/parameters.
 */
#include "fuse_i.h"
#include "params.h"
#include <linux/fs_context.h>
#include <linux/module.h>

bool extfuse_programs __read_mostly = true;
module_param_named(programs, extfuse_programs, bool, 0644);
MODULE_PARM_DESC(programs, "Ask programs (default: Y); N stops all of them at once");

static bool extfuse_userns_mounts __read_mostly;
module_param_named(userns_mounts, extfuse_userns_mounts, bool, 0644);
MODULE_PARM_DESC(userns_mounts, "Allow mounts from user namespaces (default: N)");

/* Lifts the list of helpers.c, and taints: see the check at attach. */
bool extfuse_unsafe_helpers __read_mostly;
module_param_named(unsafe_helpers, extfuse_unsafe_helpers, bool, 0644);
MODULE_PARM_DESC(unsafe_helpers, "Attach programs that call any helper (default: N); taints the kernel");

#if EXTFUSE_DEBUG
unsigned int extfuse_memory_fails __read_mostly;
module_param_named(memory_fails, extfuse_memory_fails, uint, 0600);
MODULE_PARM_DESC(memory_fails, "Memory that cannot be had: 1 for a listing, 2 for a FORGET, 4 for a RELEASE");
#endif

/* fuse_get_tree() asks before it makes a connection. */
bool extfuse_mount_is_allowed(struct fs_context *fsc)
{
	if (fsc->user_ns == &init_user_ns || extfuse_userns_mounts)
		return true;
	/* mount(2) has no log but the kernel's, which users must not be able to fill. */
	if (fsc->log.log)
		errorfc(fsc, "mounts from a user namespace are off (userns_mounts=0)");
	return false;
}
