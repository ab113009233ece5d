// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each object of bpf/ and tests/bpf loads, unchanged, on this kernel as on all others
 * needs: root extfuse build:bpf/metacache.bpf.o build:tests/bpf/script.bpf.o
 * timeout: 180
 *
 * Prints a line per program for tests/archive/objects, which puts those of several kernels side by side:
 *	loaded OBJECT SECTION INSTRUCTIONS TRANSLATED NATIVE
 * with tabs between: how many instructions the verifier looked at, and how many bytes it left of the program, before
 * and after the JIT. What must be refused is in tests/reject.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <extfuse/extfuse.h>
#include <glob.h>
#include <stdbool.h>

#include "case.h"

/* An object, and who has opened it: libextfuse, or where its programs are not for the module, libbpf alone. */
struct loaded {
	struct extfuse_ext *ext;
	struct bpf_object *object;
};

static bool is_extension(const char *path)
{
	struct bpf_object *object = bpf_object__open(path);
	struct bpf_program *prog;
	bool found = false;

	CHECK(object, "%s", path);
	bpf_object__for_each_program(prog, object)
		found |= !strncmp(bpf_program__section_name(prog), "extfuse", strlen("extfuse"));
	bpf_object__close(object);
	return found;
}

/* Without its option, a map and what uses it would be left out. */
static bool has_map(const char *path, const char *map)
{
	struct bpf_object *object = bpf_object__open(path);
	bool has = bpf_object__find_map_by_name(object, map);

	bpf_object__close(object);
	return has;
}

static bool has_program(const char *path, const char *name)
{
	struct bpf_object *object = bpf_object__open(path);
	bool has = bpf_object__find_program_by_name(object, name);

	bpf_object__close(object);
	return has;
}

static bool load(struct loaded *l, const char *path)
{
	bool stays = has_program(path, "reply_opendir");
	struct extfuse_options opts = {
		.actimeo_ns = has_map(path, "cache_link"), .xattrtimeo_ns = has_map(path, "cache_xattr"),
		.keepcache = stays, .closetimeo_ns = stays,
	};
	char err[1024] = "";

	if (!is_extension(path)) {
		l->object = bpf_object__open(path);
		return l->object && !bpf_object__load(l->object);
	}
	if (extfuse_ext__open(&l->ext, path, &opts, err, sizeof(err)) ||
	    extfuse_ext__load(l->ext, err, sizeof(err))) {
		printf("%s\n", err);
		return false;
	}
	l->object = extfuse_ext__object(l->ext);
	return true;
}

static void unload(struct loaded *l)
{
	if (l->ext)
		extfuse_ext__free(l->ext);
	else
		bpf_object__close(l->object);
}

static void print_program(const char *name, const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	CHECK(!bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len), "%s %s", name, section);
	CHECK(info.verified_insns && info.xlated_prog_len, "%s %s: no figures", name, section);
	CHECK(info.jited_prog_len, "%s %s: not compiled: is the JIT off?", name, section);
	printf("loaded\t%s\t%s\t%u\t%u\t%u\n", name, section, info.verified_insns,
	       info.xlated_prog_len, info.jited_prog_len);
}

/* "metacache" of "/extfuse/build/bpf/metacache.bpf.o". */
static const char *object_name(const char *path)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	name[strcspn(name, ".")] = '\0';
	return name;
}

static unsigned int try_object(const char *path)
{
	struct loaded l = {};
	struct bpf_program *prog;
	bool ok = load(&l, path);

	if (ok) {
		bpf_object__for_each_program(prog, l.object)
			print_program(object_name(path), prog);
	} else {
		printf("refused\t%s\n", object_name(path));
	}
	unload(&l);
	return !ok;
}

static unsigned int try_all(const char *folder)
{
	unsigned int failed = 0;
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/%s/*.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build", folder);
	CHECK(!glob(pattern, 0, NULL, &found), "no object is %s", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++)
		failed += try_object(found.gl_pathv[i]);
	globfree(&found);
	return failed;
}

int main(void)
{
	unsigned int failed = try_all("bpf") + try_all("tests/bpf");

	CHECK(!failed, "%u objects do not load", failed);
	return 0;
}
