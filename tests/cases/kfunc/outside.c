// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: outside of a request the kfuncs say EINVAL: run by BPF_PROG_RUN, and in a timer's callback
 * needs: root extfuse build:tests/bpf/kfunc-outside.bpf.o build:tests/reject/timer-kfunc.bpf.o
 */
#include <linux/extfuse.h>
#include <sys/stat.h>

#include "kfunc.h"

static int run(struct bpf_object *o)
{
	struct bpf_program *prog = bpf_object__next_program(o, NULL);
	struct extfuse_req req = { .version = EXTFUSE_ABI_VERSION, .opcode = FUSE_GETATTR };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &req, .ctx_size_in = sizeof(req));
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	CHECK(!err, "%s must run", bpf_program__name(prog));
	return opts.retval;
}

static void by_prog_run(void)
{
	struct bpf_object *o;
	char path[4096];

	kfunc_path(path, sizeof(path), "bpf", "kfunc-outside");
	o = bpf_object__open(path);
	CHECK(o && !bpf_object__load(o), "%s", path);
	kfunc_clear(o);
	CHECK(run(o) == 0, "run");
	EXPECT(o, KFUNC_RUN_READ, -EINVAL);
	EXPECT(o, KFUNC_RUN_WRITE, -EINVAL);
	EXPECT(o, KFUNC_RUN_FRESH, -EINVAL);
	bpf_object__close(o);
}

/* A verifier that does not let a timer call them says the same at the load; which do is in the table of reject/programs. */
static void in_timer(void)
{
	char path[4096], err[1024] = "";
	struct extfuse_ext *ext;
	struct bpf_object *o;

	kfunc_path(path, sizeof(path), "reject", "timer-kfunc");
	CHECK(!extfuse_ext__open(&ext, path, NULL, err, sizeof(err)), "%s", err);
	if (extfuse_ext__load(ext, err, sizeof(err))) {
		printf("%s\n", err);
		CHECK(strstr(err, "sleepable"), "refused for another reason");
	} else {
		o = extfuse_ext__object(ext);
		kfunc_clear(o);
		CHECK(run(o) == 0, "the timer must start");
		CHECK(raw_until(10, kfunc_result(o, KFUNC_TIMER_RAN) == 1), "it must ring");
		EXPECT(o, KFUNC_TIMER_READ, -EINVAL);
		EXPECT(o, KFUNC_TIMER_WRITE, -EINVAL);
		EXPECT(o, KFUNC_TIMER_FRESH, -EINVAL);
	}
	extfuse_ext__free(ext);
}

int main(void)
{
	/* A mount with requests beside it changes nothing. */
	struct rawfuse *rf = raw_start(&(struct raw_opts){});
	struct stat st;

	CHECK(!stat("mnt", &st), "stat");
	by_prog_run();
	in_timer();
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
