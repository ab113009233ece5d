// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: NULL memory is EINVAL; the context is never looked into, so NULL or a stack buffer in its place does no harm
 * needs: root extfuse build:tests/bpf/kfunc-null.bpf.o
 */
#include <sys/stat.h>

#include "kfunc.h"

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){});
	struct extfuse_ext *ext;
	struct bpf_object *o;
	struct stat st;

	if (kfunc_attach(rf, &ext, "kfunc-null")) {
		extfuse_ext__free(ext);
		raw_stop(rf);
		SKIP("this kernel's verifier refuses such pointers");
	}
	o = extfuse_ext__object(ext);
	kfunc_clear(o);
	CHECK(!stat("mnt", &st), "stat");
	EXPECT(o, KFUNC_NULL_DST, -EINVAL);
	EXPECT(o, KFUNC_NULL_SRC, -EINVAL);
	EXPECT(o, KFUNC_NULL_REQ, FUSE_GETATTR);
	EXPECT(o, KFUNC_STACK_REQ, FUSE_GETATTR);
	extfuse_ext__free(ext);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
