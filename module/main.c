// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading: what the hooks need is there before the fork
 * registers anything, and goes after the fork is gone.
 */
#include "fuse_i.h"
#include "context.h"
#include "kfunc.h"
#include "later.h"
#include "run.h"
#include "passthrough/backing.h"
#include "passthrough/callers.h"
#include "passthrough/handle.h"
#include <linux/module.h>
#include "extfuse_fixes.h"

static int __init extfuse_init(void)
{
	int err;

	extfuse_run_init();
	extfuse_context_init();
	extfuse_callers_init();
	err = extfuse_kfunc_init();
	if (err)
		return err;
	err = extfuse_later_init();
	if (err)
		return err;
	err = extfuse_backing_init();
	if (err)
		goto out_later;
	err = extfuse_iodata_init();
	if (err)
		goto out_backing;
	err = fuse_core_init();
	if (err)
		goto out_iodata;
	return 0;

out_iodata:
	extfuse_iodata_exit();
out_backing:
	extfuse_backing_exit();
out_later:
	extfuse_later_exit();
	return err;
}

static void __exit extfuse_exit(void)
{
	fuse_core_exit();
	extfuse_callers_exit();
	extfuse_iodata_exit();
	extfuse_backing_exit();
	extfuse_later_exit();
	/* Connections and their slots are freed by RCU callbacks of ours. */
	rcu_barrier();
}

module_init(extfuse_init);
module_exit(extfuse_exit);
MODULE_VERSION(EXTFUSE_VERSION);
/* SHA-256 of the kernel's BTF, which this module's rests on: /sys/kernel/btf/vmlinux must be that. */
MODULE_INFO(btf_base, EXTFUSE_BTF_BASE);
/* What the fork's source lacks of later releases and its edits mend: module/fork/edits/fixes.edits. */
MODULE_INFO(fixes, EXTFUSE_FIXES);
