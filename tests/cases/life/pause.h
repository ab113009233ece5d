/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cases about lives share: one thread is stopped where a function of the kernel returns, with preemption off,
 * while the case does something else (tests/bpf/pause.bpf.c). So a window of a microsecond is open for as long as that takes.
 */
#ifndef LIFE_PAUSE_H
#define LIFE_PAUSE_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rawfuse.h"
#include "../../bpf/pause.h"

static volatile struct pause *pause_at;
static struct bpf_object *pause_object;
static struct bpf_link *pause_link;

static inline void pause_start(const char *function)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	char path[4096];

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("needs two processors");
	snprintf(path, sizeof(path), "%s/tests/bpf/pause.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	pause_object = bpf_object__open_file(path, NULL);
	CHECK(pause_object && !bpf_object__load(pause_object), "%s", path);
	prog = bpf_object__find_program_by_name(pause_object, "stop");
	pause_link = bpf_program__attach_kprobe(prog, true, function);
	CHECK(pause_link, "a probe at the end of %s()", function);
	map = bpf_object__find_map_by_name(pause_object, ".bss");
	CHECK(map && bpf_map__value_size(map) == sizeof(*pause_at), "the program's variable");
	pause_at = mmap(NULL, sizeof(*pause_at), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	CHECK(pause_at != MAP_FAILED, "the program's variable");
}

/* This thread is stopped where the function returns, after @skip times. */
static inline void pause_me(unsigned int skip)
{
	pause_at->skip = skip;
	pause_at->tid = syscall(SYS_gettid);
}

static inline void pause_wait(void)
{
	CHECK(raw_until(10, pause_at->paused), "the thread must come by");
}

/* What was done meanwhile proves something only if the thread was still there. */
static inline void pause_end(void)
{
	CHECK(!pause_at->gone, "the thread did not wait");
	pause_at->go = 1;
	CHECK(raw_until(10, pause_at->gone), "it goes on");
}

static inline void pause_stop(void)
{
	bpf_link__destroy(pause_link);
	bpf_object__close(pause_object);
}

#endif
