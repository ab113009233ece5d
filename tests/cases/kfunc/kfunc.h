/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cases about kfuncs share: an object with a map of results, attached; and expectations by number. */
#ifndef KFUNC_H
#define KFUNC_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <extfuse/extfuse.h>

#include "case.h"
#include "kfunc_abi.h"
#include "rawfuse.h"

/* No result of a program: it did not come so far. */
#define KFUNC_NOT_RUN	INT64_MIN

static inline void kfunc_path(char *path, size_t size, const char *folder, const char *name)
{
	const char *build = getenv("EXTFUSE_BUILD");

	snprintf(path, size, "%s/tests/%s/%s.bpf.o", build ?: "/extfuse/build", folder, name);
}

/* Returns -1 where the verifier of this kernel does not take it. */
static inline int kfunc_attach(struct rawfuse *rf, struct extfuse_ext **ext, const char *name)
{
	char path[4096], err[1024] = "";

	kfunc_path(path, sizeof(path), "bpf", name);
	CHECK(!extfuse_ext__open(ext, path, NULL, err, sizeof(err)), "%s", err);
	if (extfuse_ext__load(*ext, err, sizeof(err))) {
		printf("%s\n", err);
		return -1;
	}
	CHECK(!extfuse_ext__attach(*ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	return 0;
}

static inline int kfunc_map(struct bpf_object *object, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);

	CHECK(fd >= 0, "the object must have a map %s", name);
	return fd;
}

static inline void kfunc_todo(struct extfuse_ext *ext, uint32_t todo)
{
	struct bpf_map *map = bpf_object__find_map_by_name(extfuse_ext__object(ext), ".bss");
	uint32_t zero = 0;

	CHECK(map && bpf_map__value_size(map) == sizeof(todo), "the program's variable");
	CHECK(!bpf_map_update_elem(bpf_map__fd(map), &zero, &todo, 0), "the program's variable");
}

static inline void kfunc_clear(struct bpf_object *object)
{
	int64_t none = KFUNC_NOT_RUN;
	uint32_t i;

	for (i = 0; i < KFUNC_RESULTS; i++)
		CHECK(!bpf_map_update_elem(kfunc_map(object, "results"), &i, &none, 0), "results");
}

static inline int64_t kfunc_result(struct bpf_object *object, uint32_t i)
{
	int64_t value;

	CHECK(!bpf_map_lookup_elem(kfunc_map(object, "results"), &i, &value), "result %u", i);
	return value;
}

#define EXPECT(object, what, want)								\
	do {											\
		int64_t found = kfunc_result(object, what), wanted = (want);			\
												\
		CHECK(found != KFUNC_NOT_RUN, #what ": the program did not come so far");	\
		CHECK(found == wanted, #what " must be %lld, not %lld", (long long)wanted,	\
		      (long long)found);							\
	} while (0)

#endif
