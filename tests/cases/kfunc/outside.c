// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: outside of a request the kfuncs say EINVAL: run by BPF_PROG_RUN, and in a timer's callback
 * needs: root extfuse build:tests/bpf/kfunc-outside.bpf.o
 */
#include <linux/extfuse.h>
#include <sys/stat.h>

#include "kfunc.h"

static struct bpf_object *load(bool timer)
{
	struct bpf_program *prog;
	struct bpf_object *o;
	char path[4096];

	kfunc_path(path, sizeof(path), "kfunc-outside");
	o = bpf_object__open(path);
	CHECK(o, "%s", path);
	prog = bpf_object__find_program_by_name(o, "timer");
	CHECK(prog && !bpf_program__set_autoload(prog, timer), "the program with the timer");
	if (!bpf_object__load(o))
		return o;
	bpf_object__close(o);
	return NULL;
}

static int run(struct bpf_object *o, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(o, name);
	struct extfuse_req req = { .version = EXTFUSE_ABI_VERSION, .opcode = FUSE_GETATTR };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &req, .ctx_size_in = sizeof(req));
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	CHECK(!err, "%s must run", name);
	return opts.retval;
}

int main(void)
{
	/* A mount with requests beside it changes nothing. */
	struct rawfuse *rf = raw_start(&(struct raw_opts){});
	struct bpf_object *o = load(true);
	bool timer = o;
	struct stat st;

	if (!o)
		o = load(false);
	CHECK(o, "without the timer it must load");
	CHECK(!stat("mnt", &st), "stat");
	kfunc_clear(o);
	CHECK(run(o, "run") == 0, "run");
	EXPECT(o, KFUNC_RUN_READ, -EINVAL);
	EXPECT(o, KFUNC_RUN_WRITE, -EINVAL);
	EXPECT(o, KFUNC_RUN_FRESH, -EINVAL);
	if (timer) {
		CHECK(run(o, "timer") == 0, "the timer must start");
		CHECK(raw_until(10, kfunc_result(o, KFUNC_TIMER_RAN) == 1), "it must ring");
		EXPECT(o, KFUNC_TIMER_READ, -EINVAL);
		EXPECT(o, KFUNC_TIMER_WRITE, -EINVAL);
		EXPECT(o, KFUNC_TIMER_FRESH, -EINVAL);
	} else {
		printf("this kernel's verifier does not let a timer call them\n");
	}
	bpf_object__close(o);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
