// SPDX-License-Identifier: GPL-2.0-only
/*
 * libextfuse without a kernel: names and their way back, section names, where
 * extensions are looked for, options in an object, what is made of the words
 * of a verifier, and the one line of each error. Called by run beside it, with
 * a folder of BPF objects.
 */
#include <bpf/btf.h>
#include <extfuse/options.h>
#include <linux/fuse.h>

#include "case.h"
#include "internal.h"

static char err[512];

static void test_opcodes(void)
{
	CHECK(!strcmp(extfuse_opcode__name(FUSE_GETATTR), "GETATTR"), "name");
	CHECK(!extfuse_opcode__name(7) && !extfuse_opcode__name(63) && !extfuse_opcode__name(4096),
	      "a number that is no opcode has no name");
	for (unsigned int i = 0; i < EXTFUSE_OPCODES; i++)
		if (extfuse_opcode__name(i))
			CHECK(extfuse_opcode__parse(extfuse_opcode__name(i)) == (int)i, "way back of %u", i);
	CHECK(extfuse_opcode__parse("readdirplus") == FUSE_READDIRPLUS, "small letters");
	CHECK(extfuse_opcode__parse("GET") == -ENOENT && extfuse_opcode__parse("") == -ENOENT,
	      "no such name");
}

static void test_states(void)
{
	for (unsigned int i = 0; i <= __EXTFUSE_STATE_MAX; i++)
		CHECK(extfuse_state__name(i) && extfuse_state__explain(i), "state %u", i);
	CHECK(!strcmp(extfuse_state__name(EXTFUSE_STATE_BAD_VERDICTS), "BAD_VERDICTS"), "name");
}

static void test_sections(void)
{
	static const struct {
		const char *name;
		int ret;
		__u32 phase, opcode;
	} table[] = {
		{ "extfuse/getattr", 0, EXTFUSE_PHASE_REQUEST, FUSE_GETATTR },
		{ "extfuse/LOOKUP", 0, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP },
		{ "extfuse.reply/readdirplus", 0, EXTFUSE_PHASE_REPLY, FUSE_READDIRPLUS },
		{ "extfuse/*", 0, EXTFUSE_PHASE_REQUEST, EXTFUSE_OPCODE_ANY },
		{ "extfuse.reply/*", 0, EXTFUSE_PHASE_REPLY, EXTFUSE_OPCODE_ANY },
		{ "extfuse/init", -EINVAL, 0, 0 },
		{ "extfuse/forget", -EINVAL, 0, 0 },
		{ "extfuse/nothing", -EINVAL, 0, 0 },
		{ "extfuse/", -EINVAL, 0, 0 },
		{ "extfuse", -EINVAL, 0, 0 },
		{ "extfuse.request/getattr", -EINVAL, 0, 0 },
		{ "syscall", -EINVAL, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		__u32 phase = 0, opcode = 0;

		CHECK(section__parse(table[i].name, &phase, &opcode) == table[i].ret, "%s",
		      table[i].name);
		CHECK(table[i].ret || (phase == table[i].phase && opcode == table[i].opcode),
		      "%s: phase %u, opcode %u", table[i].name, phase, opcode);
	}
}

static void test_paths(const char *dir)
{
	char path[512], name[EXTFUSE_NAME_LEN], want[512];

	snprintf(want, sizeof(want), "%s/metacache.bpf.o", dir);
	setenv("EXTFUSE_BPF_PATH", "/nowhere", 1);
	CHECK(path__find("no-such-extension", path, sizeof(path)) == -ENOENT, "in no folder");
	snprintf(path, sizeof(path), "/nowhere::%s", dir);
	setenv("EXTFUSE_BPF_PATH", path, 1);
	CHECK(!path__find("metacache", path, sizeof(path)) && !strcmp(path, want), "%s", path);
	CHECK(!path__find(want, path, sizeof(path)) && !strcmp(path, want), "a file is a file");
	CHECK(path__find("./metacache", path, sizeof(path)) == -ENOENT, "a slash makes it a file");
	CHECK(path__find("", path, sizeof(path)) == -ENOENT, "empty");
	CHECK(path__find("metacache", path, 8) == -ENAMETOOLONG, "no room");

	path__name(want, name, sizeof(name));
	CHECK(!strcmp(name, "metacache"), "%s", name);
	path__name("/a/very-long-name-that-the-module-does-not-take.bpf.o", name, sizeof(name));
	CHECK(strlen(name) == sizeof(name) - 1, "cut to the module's length: %s", name);
	path__name(".bpf.o", name, sizeof(name));
	CHECK(!strcmp(name, ".bpf.o"), "%s", name);
}

/* Which are there: "hide metacache ...", and that each has its file. */
static int append(void *arg, const char *name, const char *path)
{
	char file[512];

	snprintf(file, sizeof(file), "/%s.bpf.o", name);
	CHECK(strlen(path) > strlen(file) && !strcmp(path + strlen(path) - strlen(file), file), "%s of %s", path, name);
	strcat(strcat(arg, name), " ");
	return strcmp(name, "readonly") ? 0 : -ECANCELED;
}

static void test_each(const char *dir)
{
	char path[1024], names[512] = "";

	snprintf(path, sizeof(path), "/nowhere:%s::%s", dir, dir);
	setenv("EXTFUSE_BPF_PATH", path, 1);
	CHECK(extfuse_ext__each(append, names) == -ECANCELED, "what a call returns ends it");
	CHECK(!strncmp(names, "hide metacache passthrough readonly ", 36) && !names[36], "by name, each once: %s", names);
	CHECK(!extfuse_ext__find("hide", path, sizeof(path)) && !strncmp(path, dir, strlen(dir)), "%s", path);
}

static void test_says(const char *dir)
{
	struct extfuse_ext *ext;
	char path[512];
	__u32 phase, opcode;

	snprintf(path, sizeof(path), "%s/hide.bpf.o", dir);
	CHECK(!extfuse_ext__open(&ext, path, NULL, err, sizeof(err)), "%s", err);
	CHECK(extfuse_ext__says(ext, "extfuse_fail_closed") && extfuse_ext__says(ext, "extfuse_want_backing"), "hide is a policy");
	CHECK(!extfuse_ext__says(ext, "extfuse_want_who") && !extfuse_ext__says(ext, "extfuse_pattern") &&
	      !extfuse_ext__says(ext, ""), "and says nothing else");
	extfuse_ext__free(ext);
	CHECK(!extfuse_section__parse("extfuse.reply/lookup", &phase, &opcode) && phase == EXTFUSE_PHASE_REPLY &&
	      opcode == FUSE_LOOKUP && extfuse_section__parse("xdp", &phase, &opcode) == -EINVAL, "sections");
}

static void test_verdicts(void)
{
	char buf[256] = "";

	capture__verdict("0: (b7) r0 = 0\n; return 0;\nR1=ctx(off=0,imm=0) R10=fp0\n"
			 "infinite loop detected at insn 4\nprocessed 5 insns (limit 1000000)\n",
			 buf, sizeof(buf));
	CHECK(!strcmp(buf, "infinite loop detected at insn 4"), "%s", buf);
	capture__verdict("write into map forbidden\narg#2 arg#3 memory, len pair leads to invalid memory access\n"
			 "-- END PROG LOAD LOG --\n", buf, sizeof(buf));
	CHECK(!strncmp(buf, "write into map forbidden; arg#2", 31), "%s", buf);
	capture__verdict("1: (85) call f#1\nR3 and R4 memory, len pair leads to invalid memory access\n\n"
			 "Verification failed: Call Type Safety: Invalid call argument\n\nReason:\n  ...\n\n"
			 "Suggestion:\n  Pass a stack, map, ...\n\n", buf, sizeof(buf));
	CHECK(!strcmp(buf, "R3 and R4 memory, len pair leads to invalid memory access"), "%s", buf);
	capture__verdict("infinite loop detected at insn 0\ncur state: R1=ctx() R10=fp0\nold state: R1=ctx() R10=fp0\n",
			 buf, sizeof(buf));
	CHECK(!strcmp(buf, "infinite loop detected at insn 0"), "%s", buf);
	buf[0] = '\0';
	capture__verdict("", buf, sizeof(buf));
	CHECK(!buf[0], "nothing of nothing");
}

/* What actimeo= alone needs is not loaded without it. */
static void test_actimeo(void)
{
	const struct extfuse_options none = { .xattrtimeo_ns = 5 }, some = { .actimeo_ns = 5 };
	struct extfuse_ext *ext;
	struct bpf_object *obj;

	CHECK(!extfuse_ext__open(&ext, "metacache", &none, err, sizeof(err)), "%s", err);
	obj = extfuse_ext__object(ext);
	CHECK(!bpf_program__autoload(bpf_object__find_program_by_name(obj, "request_readlink")) &&
	      !bpf_map__autocreate(bpf_object__find_map_by_name(obj, "cache_link")), "without actimeo they are left out");
	CHECK(bpf_program__autoload(bpf_object__find_program_by_name(obj, "request_getxattr")) &&
	      bpf_map__autocreate(bpf_object__find_map_by_name(obj, "cache_name")), "and nothing else");
	extfuse_ext__free(ext);

	CHECK(!extfuse_ext__open(&ext, "metacache", &some, err, sizeof(err)), "%s", err);
	obj = extfuse_ext__object(ext);
	CHECK(bpf_program__autoload(bpf_object__find_program_by_name(obj, "reply_readlink")) &&
	      bpf_map__autocreate(bpf_object__find_map_by_name(obj, "cache_link")), "with it they are there");
	extfuse_ext__free(ext);
}

/* So with xattrtimeo=. */
static void test_xattrs(void)
{
	const struct extfuse_options none = {}, some = { .xattrtimeo_ns = 5 };
	struct extfuse_ext *ext;
	struct bpf_object *obj;

	CHECK(!extfuse_ext__open(&ext, "metacache", &none, err, sizeof(err)), "%s", err);
	obj = extfuse_ext__object(ext);
	CHECK(!bpf_program__autoload(bpf_object__find_program_by_name(obj, "request_getxattr")) &&
	      !bpf_program__autoload(bpf_object__find_program_by_name(obj, "reply_listxattr")) &&
	      !bpf_map__autocreate(bpf_object__find_map_by_name(obj, "cache_xattr")),
	      "without xattrtimeo they are left out");
	CHECK(bpf_program__autoload(bpf_object__find_program_by_name(obj, "request_getattr")) &&
	      bpf_map__autocreate(bpf_object__find_map_by_name(obj, "cache_attr")), "and nothing else");
	extfuse_ext__free(ext);

	CHECK(!extfuse_ext__open(&ext, "metacache", &some, err, sizeof(err)), "%s", err);
	obj = extfuse_ext__object(ext);
	CHECK(bpf_program__autoload(bpf_object__find_program_by_name(obj, "request_getxattr")) &&
	      bpf_program__autoload(bpf_object__find_program_by_name(obj, "reply_listxattr")) &&
	      bpf_map__autocreate(bpf_object__find_map_by_name(obj, "cache_xattr")), "with it they are there");
	extfuse_ext__free(ext);
}

/* The options as they lie in the object, and the sizes of its caches. */
static void test_options(void)
{
	const struct extfuse_options opts = {
		.actimeo_ns = 60000000000ULL, .negtimeo_ns = 7, .negtimeo_given = true, .cachesize = 65536,
		.names_dir = true,
	};
	struct extfuse_ext_options got;
	struct extfuse_ext *ext;
	struct bpf_object *obj;
	struct bpf_map *map;
	const void *data;
	size_t size;

	CHECK(!extfuse_ext__open(&ext, "metacache", &opts, err, sizeof(err)), "%s", err);
	CHECK(!strcmp(extfuse_ext__name(ext), "metacache"), "name");
	obj = extfuse_ext__object(ext);
	data = bpf_map__initial_value(bpf_object__find_map_by_name(obj, ".rodata"), &size);
	CHECK(data && size >= sizeof(got), "options are in .rodata");
	/* Among other constants. */
	for (size_t at = 0; at + sizeof(got) <= size; at += sizeof(__u64)) {
		memcpy(&got, (const char *)data + at, sizeof(got));
		if (got.actimeo_ns == opts.actimeo_ns)
			break;
	}
	CHECK(got.actimeo_ns == opts.actimeo_ns && got.negtimeo_ns == 7 && got.seed &&
	      got.flags == (EXTFUSE_OPT_NAMES_DIR | EXTFUSE_OPT_NEGTIMEO), "options");
	map = bpf_object__find_map_by_name(obj, "cache_attr");
	CHECK(bpf_map__max_entries(map) == 65536, "the largest cache has what was asked for");
	map = bpf_object__find_map_by_name(obj, "cache_lname");
	CHECK(bpf_map__max_entries(map) == 8192, "the others keep their proportion: %u",
	      bpf_map__max_entries(map));
	extfuse_ext__free(ext);
}

static const struct extfuse_ext_pattern *pattern_of(struct bpf_object *obj)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_type *sec = btf__type_by_id(btf, btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC));
	const struct btf_var_secinfo *info = btf_var_secinfos(sec);
	size_t size;
	const char *data = bpf_map__initial_value(bpf_object__find_map_by_name(obj, ".rodata"), &size);

	for (unsigned int i = 0; i < btf_vlen(sec); i++, info++)
		if (!strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, info->type)->name_off), "extfuse_pattern"))
			return (const void *)(data + info->offset);
	CHECK(false, "the object has a pattern");
	return NULL;
}

/* What a pattern means, asked as a program asks; and what an object says of itself. */
static void test_patterns(void)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} table[] = {
		{ ".hidden*", ".hidden", true }, { ".hidden*", ".hidden.x", true },
		{ ".hidden*", ".Hidden", true }, { ".hidden*", ".hidde", false },
		{ "Key", "kEY", true }, { "key", "keys", false }, { "keys", "key", false },
		{ "*.key", "a.KEY", true }, { "*.key", ".key", true }, { "*.key", "a.keys", false },
		{ "a*a", "aa", true }, { "a*a", "a", false }, { "a*b", "axb", true },
		{ "*", "anything", true }, { "\303\204*", "\303\244x", false },
	};
	struct extfuse_options opts = { 0 };
	struct extfuse_ext *ext;
	char name[256];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		opts.pattern = table[i].pattern;
		CHECK(!extfuse_ext__open(&ext, "hide", &opts, err, sizeof(err)), "%s", err);
		memset(name, 0, sizeof(name));
		strcpy(name, table[i].name);
		CHECK(extfuse_pattern_match(pattern_of(extfuse_ext__object(ext)), name, strlen(name)) ==
		      table[i].matches, "%s of %s", table[i].name, table[i].pattern);
		CHECK(extfuse_ext__wants_backing(ext), "hide passes through");
		CHECK(extfuse_ext__takes_pattern(ext), "hide goes by names");
		extfuse_ext__free(ext);
	}
	CHECK(!extfuse_ext__open(&ext, "metacache", NULL, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__wants_backing(ext), "metacache does not pass through");
	CHECK(!extfuse_ext__takes_pattern(ext), "metacache takes no pattern");
	extfuse_ext__free(ext);
}

/* Is a program of it loaded with these options? */
static bool loads(const struct extfuse_options *opts, const char *program)
{
	struct extfuse_ext *ext;
	bool loaded;

	CHECK(!extfuse_ext__open(&ext, "metacache", opts, err, sizeof(err)), "%s", err);
	loaded = bpf_program__autoload(bpf_object__find_program_by_name(extfuse_ext__object(ext), program));
	extfuse_ext__free(ext);
	return loaded;
}

/* What serves an option is left out without it: it costs nothing then. */
static void test_choice(void)
{
	const struct extfuse_options none = { 0 }, keep = { .keepcache = true }, close = { .closetimeo_ns = 1 };

	CHECK(!loads(&none, "request_open") && !loads(&none, "reply_open") && loads(&none, "request_getattr"), "no option");
	CHECK(!loads(&keep, "request_opendir") && loads(&keep, "reply_opendir"), "keepcache");
	CHECK(loads(&close, "request_open") && !loads(&close, "reply_open"), "closetimeo");
}

static void refused(const char *name, const struct extfuse_options *opts, int want,
		    const char *words)
{
	struct extfuse_ext *ext = (void *)1;
	int ret = extfuse_ext__open(&ext, name, opts, err, sizeof(err));

	CHECK(ret == want && !ext, "%s: %d, not %d", name, ret, want);
	CHECK(strstr(err, words) && !strchr(err, '\n'), "%s: '%s' says '%s'", name, words, err);
}

static void test_errors(const char *tests)
{
	const struct extfuse_options small = { .cachesize = 1 }, size = { .cachesize = 1024 },
		time = { .actimeo_ns = 1 }, none = { .negtimeo_given = true }, xattr = { .xattrtimeo_ns = 1 },
		keep = { .keepcache = true }, close = { .closetimeo_ns = 1 }, flush = { .noflush = true },
		plus = { .rdirplus = true }, cto = { .cto = true }, day = { .closetimeo_ns = 86400000000000ULL }, kept = { .maxkept = 1 };
	static const char *const bad_patterns[] = {
		"", "a/b", "a*b*", "0123456789012345678901234567890123456789012345678901234567890123*",
		"*0123456789012345678901234567890123456789012345678901234567890123",
	};
	struct extfuse_options pattern = { .pattern = "x" };
	char path[512];

	refused("no-such-extension", NULL, -ENOENT, "give a file, or the name of one in");
	refused("/dev/null", NULL, -EINVAL, "is not a BPF object");
	refused("metacache", &small, -EINVAL, "cachesize=1: give a number from 128");
	snprintf(path, sizeof(path), "%s/bpf/pass.bpf.o", tests);
	refused(path, &time, -EINVAL, "it takes no actimeo");
	refused(path, &none, -EINVAL, "it takes no negtimeo");
	refused(path, &xattr, -EINVAL, "it takes no xattrtimeo");
	refused(path, &size, -EINVAL, "it takes no cachesize");
	refused(path, &keep, -EINVAL, "it takes no keepcache");
	refused(path, &close, -EINVAL, "it takes no closetimeo");
	refused(path, &flush, -EINVAL, "it takes no noflush");
	refused(path, &plus, -EINVAL, "it takes no rdirplus");
	refused(path, &cto, -EINVAL, "it takes no cto");
	refused("metacache", &day, -EINVAL, "an hour at most");
	refused("metacache", &kept, -EINVAL, "maxkept says how many files closetimeo keeps");
	refused(path, &pattern, -EINVAL, "it takes no pattern");
	for (size_t i = 0; i < sizeof(bad_patterns) / sizeof(*bad_patterns); i++) {
		pattern.pattern = bad_patterns[i];
		refused("hide", &pattern, -EINVAL, "with at most one '*'");
	}
	snprintf(path, sizeof(path), "%s/reject/section.bpf.o", tests);
	refused(path, NULL, -EINVAL, "neither extfuse/OPCODE nor extfuse.reply/OPCODE");
	/* No room for the line is no reason to fail otherwise. */
	CHECK(extfuse_ext__open(&(struct extfuse_ext *){ NULL }, "none", NULL, NULL, 0) == -ENOENT,
	      "no buffer");
}

int main(int argc, char **argv)
{
	CHECK(argc == 3, "usage: test BPF-OBJECTS TEST-OBJECTS");
	test_opcodes();
	test_states();
	test_sections();
	test_paths(argv[1]);
	test_each(argv[1]);
	test_says(argv[1]);
	test_verdicts();
	test_xattrs();
	test_actimeo();
	test_options();
	test_choice();
	test_patterns();
	test_errors(argv[2]);
	printf("ok\n");
	return 0;
}
