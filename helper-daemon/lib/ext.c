// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * An extension: a BPF object opened with libbpf, loaded into the kernel, and
 * given to one connection as a set of programs.  Documented in
 * <extfuse/extfuse.h>.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

#define LOG_SIZE 4096

struct extfuse_ext {
	struct bpf_object *obj;
	struct extfuse_options opts;
	bool want_who;
	bool want_who_few;
	bool want_backing;
	bool want_tree;
	bool takes_pattern;
	bool hides_none;
	bool loaded;
	unsigned int nprogs;
	/* As the module takes them; descriptors are filled by the load. */
	struct extfuse_ioc_prog progs[EXTFUSE_PROGS_MAX];
	char name[EXTFUSE_NAME_LEN];
};

/* Sections before the load: libbpf would take any program, the module only ours. */
static int check_programs(struct extfuse_ext *ext, const struct errline *err)
{
	struct bpf_program *prog;
	struct extfuse_ioc_prog *ioc;

	bpf_object__for_each_program(prog, ext->obj) {
		if (!bpf_program__autoload(prog))
			continue;
		if (ext->nprogs == EXTFUSE_PROGS_MAX)
			return errline__set(err, -E2BIG, "extension %s: more than %d programs",
					    ext->name, EXTFUSE_PROGS_MAX);
		ioc = &ext->progs[ext->nprogs++];
		if (section__parse(bpf_program__section_name(prog), &ioc->phase, &ioc->opcode))
			return errline__set(err, -EINVAL,
				"extension %s: program %s: section \"%s\" is neither extfuse/OPCODE nor extfuse.reply/OPCODE of an opcode that programs are asked for",
				ext->name, bpf_program__name(prog),
				bpf_program__section_name(prog));
		for (const struct extfuse_ioc_prog *p = ext->progs; p < ioc; p++)
			if (p->phase == ioc->phase && p->opcode == ioc->opcode)
				return errline__set(err, -EEXIST,
					"extension %s: two programs in section \"%s\"",
					ext->name, bpf_program__section_name(prog));
	}
	if (!ext->nprogs)
		return errline__set(err, -ENOENT, "extension %s: no program in it", ext->name);
	return 0;
}

/* libbpf has error numbers of its own, which no strerror() knows. */
static int plain_errno(int ret)
{
	return ret <= -__LIBBPF_ERRNO__START ? -EINVAL : ret;
}

static int open_object(struct extfuse_ext *ext, const char *path, const struct errline *err)
{
	struct capture cap;
	int ret;

	ret = section__register();
	if (ret)
		return errline__set(err, ret, "extension %s: libbpf does not take the sections of extfuse: %s",
				    ext->name, strerror(-ret));
	capture__begin(&cap);
	ext->obj = bpf_object__open_file(path, NULL);
	ret = ext->obj ? 0 : plain_errno(-errno);
	capture__end();
	if (ret)
		return errline__set(err, ret, "extension %s: %s is not a BPF object that libbpf reads: %s",
				    ext->name, path, cap.first[0] ? cap.first : strerror(-ret));
	return 0;
}

int extfuse_ext__open(struct extfuse_ext **out, const char *name,
		      const struct extfuse_options *opts, char *errbuf, size_t errlen)
{
	const struct errline err = { errbuf, errlen };
	struct extfuse_ext *ext;
	char path[PATH_MAX];
	int ret;

	*out = NULL;
	ret = path__find(name, path, sizeof(path));
	if (ret)
		return errline__set(&err, ret,
			"extension %s: %s; give a file, or the name of one in /usr/lib/extfuse/bpf",
			name, strerror(-ret));
	ext = calloc(1, sizeof(*ext));
	if (!ext)
		return errline__set(&err, -ENOMEM, "extension %s: out of memory", name);
	if (opts)
		ext->opts = *opts;
	path__name(path, ext->name, sizeof(ext->name));

	ret = open_object(ext, path, &err);
	if (!ret)
		ret = options__choose(ext->obj, ext->name, &ext->opts, &err);
	if (!ret)
		ret = check_programs(ext, &err);
	if (!ret)
		ret = options__apply(ext->obj, ext->name, &ext->opts, &err);
	if (ret) {
		extfuse_ext__free(ext);
		return ret;
	}
	ext->want_who = options__says(ext->obj, "extfuse_want_who");
	ext->want_who_few = ext->opts.xattrtimeo_ns ||
			    (ext->opts.actimeo_ns && options__says(ext->obj, "extfuse_want_actimeo"));
	ext->want_backing = options__says(ext->obj, "extfuse_want_backing");
	ext->want_tree = options__says(ext->obj, "extfuse_want_tree");
	ext->takes_pattern = options__take_pattern(ext->obj);
	ext->hides_none = options__says(ext->obj, "extfuse_hides_none");
	ext->opts.fail_closed |= options__says(ext->obj, "extfuse_fail_closed");
	*out = ext;
	return 0;
}

/* Turns what libbpf said into what the user can do. */
static int explain_load(const struct extfuse_ext *ext, int ret, const struct capture *cap,
			const struct errline *err)
{
	char probe[256];

	if (ret == -ENOMEM)
		return errline__set(err, ret,
			"extension %s: not enough memory for its maps: free some, or mount with a smaller cachesize=", ext->name);
	if (strstr(cap->first, "bpf_extfuse_") || strstr(cap->verifier, "requires JIT")) {
		if (extfuse_module__probe(probe, sizeof(probe)))
			return errline__set(err, ret, "extension %s: %s", ext->name, probe);
		if (strstr(cap->first, "not found in kernel"))
			return errline__set(err, ret,
				"extension %s: it calls a function that this extfuse.ko does not have (%s): load a newer one, or use an extension for version " EXTFUSE_VERSION,
				ext->name, cap->first);
	}
	if (cap->verifier[0])
		return errline__set(err, ret, "extension %s: program %s: the kernel refuses it: %s",
				    ext->name, cap->prog, cap->verifier);
	if (ret == -EPERM)
		return errline__set(err, ret,
			"extension %s: no right to load BPF programs (CAP_BPF and CAP_SYS_ADMIN); run it as root, and not in a container",
			ext->name);
	return errline__set(err, ret, "extension %s: cannot load it: %s (%s)", ext->name,
			    strerror(-ret), cap->first[0] ? cap->first : "libbpf gives no reason");
}

/* The verifier's levels: the way to what it refuses, and how much it looked at. */
#define LOG_WAY		1
#define LOG_COUNTS	4

static int load(struct extfuse_ext *ext, FILE *log, const struct errline *err)
{
	struct extfuse_ioc_prog *ioc = ext->progs;
	struct bpf_program *prog;
	struct capture cap;
	int ret;

	if (ext->loaded)
		return 0;
	bpf_object__for_each_program(prog, ext->obj)
		if (log)
			bpf_program__set_log_level(prog, LOG_WAY | LOG_COUNTS);
	capture__begin(&cap);
	cap.log = log;
	ret = plain_errno(bpf_object__load(ext->obj));
	capture__end();
	if (ret)
		return explain_load(ext, ret, &cap, err);
	bpf_object__for_each_program(prog, ext->obj)
		if (bpf_program__autoload(prog))
			ioc++->prog_fd = bpf_program__fd(prog);
	ext->loaded = true;
	return 0;
}

int extfuse_ext__load(struct extfuse_ext *ext, char *errbuf, size_t errlen)
{
	const struct errline err = { errbuf, errlen };

	return load(ext, NULL, &err);
}

int extfuse_ext__load_log(struct extfuse_ext *ext, FILE *log, char *errbuf, size_t errlen)
{
	const struct errline err = { errbuf, errlen };

	return load(ext, log, &err);
}

/* @doing: what was not done, "attach". */
static int explain_attach(const struct extfuse_ext *ext, const char *doing, int ret, const char *log,
			  const struct errline *err)
{
	static const struct {
		int err;
		const char *why;
	} table[] = {
		{ EBUSY, "another one is attached; replace or detach that" },
		{ ENOENT, "none is attached that it could replace; attach it" },
		{ EPERM, "no right to attach (CAP_SYS_ADMIN and CAP_BPF); run it as root, and not in a container" },
		{ ENODEV, "no such connection; is the file system still mounted?" },
		{ ENOTCONN, "the connection was aborted; unmount the file system" },
		{ ENOTTY, "the descriptor is of no mount of type extfuse, or extfuse.ko is another version than this library" },
		{ E2BIG, "this library asks for more than extfuse.ko knows; load the newer module" },
		{ EACCES, "a program calls a function that programs must not call" },
	};
	const char *why = log[0] ? log : strerror(-ret);

	for (size_t i = 0; !log[0] && i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].err == -ret)
			why = table[i].why;
	return errline__set(err, ret, "extension %s: cannot %s it: %s", ext->name, doing, why);
}

static __u32 attach_flags(const struct extfuse_ext *ext)
{
	return (ext->want_who ? EXTFUSE_ATTACH_WHO : 0) |
	       (ext->want_who_few ? EXTFUSE_ATTACH_WHO_FEW : 0) |
	       (ext->opts.names_dir ? EXTFUSE_ATTACH_NAMES_DIR : 0) |
	       (ext->opts.shadow ? EXTFUSE_ATTACH_SHADOW : 0) |
	       (ext->opts.noflush ? EXTFUSE_ATTACH_NOFLUSH : 0) |
	       (ext->opts.rdirplus ? EXTFUSE_ATTACH_RDIRPLUS : 0) |
	       (ext->opts.cto ? EXTFUSE_ATTACH_CTO : 0) |
	       (ext->hides_none ? EXTFUSE_ATTACH_HIDES_NONE : 0) |
	       (ext->opts.fail_closed ? EXTFUSE_ATTACH_FAIL_CLOSED : 0);
}

/* names=dir: lifetimes of names are the daemon's own. */
static __u64 longest_name(const struct extfuse_options *opts)
{
	if (opts->names_dir)
		return 0;
	return opts->negtimeo_ns > opts->actimeo_ns ? opts->negtimeo_ns : opts->actimeo_ns;
}

/* As the module takes it; @log has LOG_SIZE bytes. */
static struct extfuse_ioc_attach attach_args(struct extfuse_ext *ext, __u32 conn, char *log)
{
	struct extfuse_ioc_attach ioc = {
		.conn = conn,
		.flags = attach_flags(ext),
		.nprogs = ext->nprogs,
		.log_size = LOG_SIZE,
		.progs = (__u64)(unsigned long)ext->progs,
		.log = (__u64)(unsigned long)log,
		.max_attr_valid = ext->opts.actimeo_ns,
		.max_entry_valid = longest_name(&ext->opts),
		.close_valid = ext->opts.closetimeo_ns,
		.max_kept = ext->opts.maxkept,
	};

	memcpy(ioc.name, ext->name, sizeof(ioc.name));
	return ioc;
}

static int attach(struct extfuse_ext *ext, int fd, __u32 conn, unsigned long cmd,
		  const struct errline *err)
{
	char log[LOG_SIZE] = "";
	struct extfuse_ioc_attach ioc = attach_args(ext, conn, log);

	if (!ext->loaded)
		return errline__set(err, -EINVAL, "extension %s: attach before load", ext->name);
	if (ioctl(fd, cmd, &ioc))
		return explain_attach(ext, "attach", -errno, log, err);
	return 0;
}

/* Everything that says what an entry of a cache means, but for the objects themselves. */
static bool is_as_attached(const struct extfuse_ext *ext, const struct extfuse_ioc_query *query)
{
	return query->state == EXTFUSE_STATE_ATTACHED && !strcmp(query->name, ext->name) &&
	       query->attach_flags == attach_flags(ext) && query->max_attr_valid == ext->opts.actimeo_ns &&
	       query->max_entry_valid == longest_name(&ext->opts);
}

int extfuse_ext__keep_caches(struct extfuse_ext *ext, int fd, __u32 conn)
{
	struct extfuse_ioc_query query;
	int ret;

	if (ext->loaded)
		return -EINVAL;
	ret = extfuse_conn__query(fd, conn, &query);
	/* What a policy remembers are its decisions, and a new one may decide otherwise. */
	if (ret || ext->opts.fail_closed || !is_as_attached(ext, &query))
		return ret;
	ret = keep__caches(ext->obj, fd, conn);
	/* A module that cannot tell; or it was detached in between. */
	return ret == -ENOTTY || ret == -ENOENT ? 0 : ret;
}

int extfuse_ext__test(struct extfuse_ext *ext, int fd, struct extfuse_ioc_test *test, char *errbuf, size_t errlen)
{
	const struct errline err = { errbuf, errlen };
	char log[LOG_SIZE] = "";
	struct extfuse_ioc_attach ioc = attach_args(ext, 0, log);

	if (!ext->loaded)
		return errline__set(&err, -EINVAL, "extension %s: test before load", ext->name);
	test->attach = (__u64)(unsigned long)&ioc;
	test->attach_size = sizeof(ioc);
	return ioctl(fd, EXTFUSE_IOC_TEST, test) ? explain_attach(ext, "test", -errno, log, &err) : 0;
}

int extfuse_ext__attach(struct extfuse_ext *ext, int fd, __u32 conn, char *errbuf, size_t errlen)
{
	const struct errline err = { errbuf, errlen };

	return attach(ext, fd, conn, EXTFUSE_IOC_ATTACH, &err);
}

int extfuse_ext__replace(struct extfuse_ext *ext, int fd, __u32 conn, char *errbuf, size_t errlen)
{
	const struct errline err = { errbuf, errlen };

	return attach(ext, fd, conn, EXTFUSE_IOC_REPLACE, &err);
}

const char *extfuse_ext__name(const struct extfuse_ext *ext)
{
	return ext->name;
}

bool extfuse_ext__wants_backing(const struct extfuse_ext *ext)
{
	return ext->want_backing;
}

bool extfuse_ext__wants_tree(const struct extfuse_ext *ext)
{
	return ext->want_tree;
}

bool extfuse_ext__takes_pattern(const struct extfuse_ext *ext)
{
	return ext->takes_pattern;
}

bool extfuse_ext__says(const struct extfuse_ext *ext, const char *variable)
{
	return options__says(ext->obj, variable);
}

struct bpf_object *extfuse_ext__object(struct extfuse_ext *ext)
{
	return ext->obj;
}

void extfuse_ext__free(struct extfuse_ext *ext)
{
	if (!ext)
		return;
	bpf_object__close(ext->obj);
	free(ext);
}
