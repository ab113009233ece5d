// SPDX-License-Identifier: GPL-2.0-only
/*
 * mount.extfuse: what mount(8) calls for type extfuse.
 *
 * The order: everything that can fail without a trace comes first (options,
 * program, module, loading the extension); then the mount, the extension on
 * it, and only then the daemon, so that no request is served before the
 * extension sees it.  A failure undoes what was done, in reverse order.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backing.h"
#include "dead.h"
#include "folds.h"
#include "foreign.h"
#include "inherit.h"
#include "job.h"
#include "load.h"
#include "module.h"
#include "mounts.h"
#include "packages.h"
#include "text.h"

/* Exit codes of mount(8). */
#define EXIT_USAGE	1
#define EXIT_SYSTEM	2
#define EXIT_MOUNT	32

/* Unless told: a mirror's files need no daemon, a foreign daemon's lie who knows where. */
#define MIRROR_EXTENSION	"passthrough"
#define FOREIGN_EXTENSION	"metacache"

struct request {
	const char *source;
	const char *target;
	const char *type;
	const char *ns;
	char *options;
	bool fake;
	bool sloppy;
	bool verbose;
};

static void usage(FILE *out)
{
	fputs("usage: mount -t extfuse [-o OPTIONS] SOURCE DIR\n"
	      "       mount.extfuse SOURCE DIR [-fnsv] [-N NAMESPACE] [-o OPTIONS] [-t extfuse.PROGRAM]\n"
	      "SOURCE is a directory, which is mirrored, or PROGRAM#SPEC, a libfuse 3 file system.\n"
	      "Options:\n", out);
	mount_options__help(out);
}

/* One line, whatever the names in it. */
static void say(const char *target, const char *what)
{
	fputs("mount.extfuse: ", stderr);
	text_plain(stderr, target);
	fputs(": ", stderr);
	text_plain(stderr, what);
	fputc('\n', stderr);
}

static void say_error(const struct job *job, const char *what)
{
	if (*what)
		say(job->target, what);
}

int job_enter(const struct job *job)
{
	return job->ns_fd >= 0 && setns(job->ns_fd, CLONE_NEWNS) ? -errno : 0;
}

int job_leave(const struct job *job)
{
	return job->ns_fd >= 0 && setns(job->home_fd, CLONE_NEWNS) ? -errno : 0;
}

static int parse_args(struct request *r, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	struct words options = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "fnsvhVN:o:t:", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			r->fake = true;
			break;
		case 'n':
			break;
		case 's':
			r->sloppy = true;
			break;
		case 'v':
			r->verbose = true;
			break;
		case 'N':
			r->ns = optarg;
			break;
		case 'o':
			words_add(&options, "%s", optarg);
			break;
		case 't':
			r->type = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'V':
			puts("mount.extfuse " EXTFUSE_VERSION);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	r->options = options.text ? options.text : strdup("");
	if (argc - optind != 2 || !r->options) {
		fputs("mount.extfuse: a source and a directory are needed: see mount.extfuse --help\n",
		      stderr);
		return -EINVAL;
	}
	r->source = argv[optind];
	r->target = argv[optind + 1];
	return 0;
}

/* "extfuse.PROGRAM" names the program; "extfuse" names none. */
static const char *type_program(const char *type)
{
	const char *dot = type ? strchr(type, '.') : NULL;

	return dot && dot[1] ? dot + 1 : NULL;
}

/* Mirror or foreign daemon, and what it is to serve. */
static int set_source(struct job *job, const struct request *r)
{
	const char *program = type_program(r->type), *hash;
	bool remount = mount_options__have(r->options, "remount");
	struct stat st;

	job->source = r->source;
	job->rootmode = S_IFDIR | 0755;
	if (program) {
		job->program = strdup(program);
		job->spec = r->source;
		return job->program ? 0 : -ENOMEM;
	}
	if (!remount && !stat(r->source, &st) && S_ISDIR(st.st_mode))
		return source_open(job, r->source);
	hash = strchr(r->source, '#');
	/* The mount has its source open; that may hang by now, or be gone. */
	if (remount && !hash)
		return 0;
	if (!hash || hash == r->source) {
		snprintf(job->err, sizeof(job->err),
			 "the source %s is neither a directory nor PROGRAM#SPEC", r->source);
		return -EINVAL;
	}
	job->program = strndup(r->source, hash - r->source);
	job->spec = hash + 1;
	if (!job->program)
		return -ENOMEM;
	job->program_guessed = strchr(job->program, '/');
	return 0;
}

static int set_user(struct job *job)
{
	struct passwd *pw;

	if (!job->opts.user)
		return 0;
	pw = getpwnam(job->opts.user);
	if (!pw) {
		snprintf(job->err, sizeof(job->err), "option 'setuid=%s': there is no such user",
			 job->opts.user);
		return -EINVAL;
	}
	job->uid = pw->pw_uid;
	job->gid = pw->pw_gid;
	return 0;
}

static int set_namespace(struct job *job, const char *ns)
{
	char path[64];

	if (!ns)
		return 0;
	if (ns[0] >= '0' && ns[0] <= '9') {
		snprintf(path, sizeof(path), "/proc/%s/ns/mnt", ns);
		ns = path;
	}
	job->home_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	job->ns_fd = open(ns, O_RDONLY | O_CLOEXEC);
	if (job->ns_fd < 0 || job->home_fd < 0) {
		snprintf(job->err, sizeof(job->err), "cannot open the mount namespace %s: %s", ns,
			 strerror(errno));
		return -EINVAL;
	}
	return 0;
}

/*
 * The kernel mounts a directory on a directory, and a file on a file: the daemon
 * says only later which its root is.  What is mounted there now, dead perhaps, is
 * not asked more than it must.
 */
static int set_root_mode(struct job *job)
{
	struct stat st = { .st_mode = S_IFDIR };
	int err = job_enter(job), fd;

	if (err)
		return err;
	fd = open(job->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	else if (errno == ENOTDIR && stat(job->target, &st))
		st.st_mode = S_IFREG;	/* dead, and about to be unmounted */
	job_leave(job);
	if (!err && !job->program && !S_ISDIR(st.st_mode)) {
		snprintf(job->err, sizeof(job->err),
			 "the mount point is not a directory, and %s is one: mount it on a directory", job->source);
		return -ENOTDIR;
	}
	if (job->program)
		job->rootmode = st.st_mode;
	return err;
}

/* Everything about the request that can be wrong before anything is done. */
static int job_prepare(struct job *job, const struct request *r)
{
	char *target = r->ns ? strdup(r->target) : realpath(r->target, NULL);
	int err;

	job->target = target ? target : r->target;
	job->verbose = r->verbose;
	if (!target) {
		snprintf(job->err, sizeof(job->err), "the mount point cannot be used: %s",
			 strerror(errno));
		return -EINVAL;
	}
	err = set_source(job, r);
	if (!err)
		err = mount_options__parse(&job->opts, r->options, !job->program, r->sloppy,
					   job->err, sizeof(job->err));
	/* mount(8) does not tell its helper of "exec" and the like: a remount can have them. */
	if (!err && !job->program && !job->opts.remount)
		err = source_flags(job);
	if (!err && !job->opts.remount)
		job->folds = job->program ? "its daemon may fold case, and the kernel is not told" : folds_how(job->source_fd);
	/* What a user's daemon says must not make that user another, as with fusermount3. */
	if (!err && job->opts.user && !job->opts.remount)
		job->opts.flags |= MS_NOSUID | MS_NODEV;
	if (!err)
		err = set_user(job);
	if (!err)
		err = set_namespace(job, r->ns);
	if (!err && !job->opts.remount)
		err = set_root_mode(job);
	if (!err && job->program && !job->opts.remount)
		err = foreign_find(job->program, &job->program_path, job->err, sizeof(job->err));
	if (!err && job->program_guessed && !job->opts.remount)
		err = foreign_check(job->program_path, job->spec, job->uid, job->err, sizeof(job->err));
	if (err && !*job->err)
		snprintf(job->err, sizeof(job->err), "%s", strerror(-err));
	return err;
}

/* An extension that was asked for is an error, the default one a sentence. */
static int job_unaccelerated(struct job *job, int err, const char *why)
{
	char *line = job->opts.ext ? job->err : job->reason;
	size_t size = job->opts.ext ? sizeof(job->err) : sizeof(job->reason);

	if (*why)
		snprintf(line, size, "%s", why);
	else
		snprintf(line, size, "the extension cannot be used: %s", strerror(-err));
	return job->opts.ext ? err : 0;
}

/*
 * Loads the extension.  One that was not asked for may be missing: then *@ext
 * is NULL and job->reason says why.
 */
static int job_load(struct job *job, struct extfuse_ext **ext)
{
	const char *usual = job->program ? FOREIGN_EXTENSION : MIRROR_EXTENSION;
	const char *name = job->opts.ext ? job->opts.ext : usual;
	char why[sizeof(job->reason)] = "";
	int err;

	*ext = NULL;
	if (!strcmp(name, "none")) {
		snprintf(job->reason, sizeof(job->reason), "mounted with ext=none");
		return 0;
	}
	err = extfuse_module__probe(why, sizeof(why));
	if (!err) {
		err = extfuse_ext__open(ext, name, &job->opts.attach, why, sizeof(why));
		if (!job->opts.ext)
			extension_mend(err, why, sizeof(why));
	}
	if (!err) {
		err = extfuse_ext__load(*ext, why, sizeof(why));
		if (err) {
			extfuse_ext__free(*ext);
			*ext = NULL;
		}
	}
	if (err)
		return job_unaccelerated(job, err, why);
	return backing_prepare(job, *ext);
}

/*
 * Before the daemon has anything to do: can the kernel be told where the nodes
 * lie?  If not, there is no use for the extension.
 */
static int job_backing(struct job *job, struct extfuse_ext **ext)
{
	char why[sizeof(job->reason)] = "";
	int err;

	if (!job->backing)
		return 0;
	err = backing_begin(job, why, sizeof(why));
	if (!err)
		return 0;
	job->backing = false;
	extfuse_ext__free(*ext);
	*ext = NULL;
	return job_unaccelerated(job, err, why);
}

/* The extension stays attached where programs are switched off, and answers when they are switched on. */
static int job_attach(struct job *job, struct extfuse_ext *ext)
{
	struct extfuse_ioc_query query = { 0 };
	char why[sizeof(job->reason)] = "";
	int err;

	if (!ext)
		return 0;
	err = extfuse_ext__attach(ext, job->fd, 0, why, sizeof(why));
	if (err)
		return job_unaccelerated(job, err, why);
	if (!extfuse_conn__query(job->fd, 0, &query) && query.state != EXTFUSE_STATE_ATTACHED)
		snprintf(job->reason, sizeof(job->reason), "%s", extfuse_state__explain(query.state));
	return 0;
}

static void say_uncovered(const char *target, int err)
{
	char line[256];

	snprintf(line, sizeof(line), "the mount there has lost its daemon, and cannot be unmounted: %s",
		 dead_mounts__explain(err));
	say(target, err ? line : "the mount there had lost its daemon, unmounted");
}

static void mount_failed(struct job *job, int err)
{
	if (err == -EINVAL && job->opts.allow_idmap)
		snprintf(job->err, sizeof(job->err),
			 "cannot mount: this kernel's fuse knows no idmapped mounts (Linux 6.12 does): mount without allow_idmap");
	else
		snprintf(job->err, sizeof(job->err), "cannot mount: %s (options %s)", strerror(-err),
			 job->opts.kernel.text);
}

/* The connection of what lies at the target, for when the module does not tell: the mount just made. 0: none. */
static unsigned int conn_at(const struct job *job)
{
	const struct mount_entry *e;
	struct mount_list list;
	unsigned int conn = 0;

	if (job_enter(job))
		return 0;
	if (!mount_list__read(&list, false)) {
		e = mount_list__at(&list, job->target);
		conn = e ? e->conn : 0;
		mount_list__free(&list);
	}
	job_leave(job);
	return conn;
}

static int job_mount(struct job *job)
{
	struct extfuse_ioc_query query = { 0 };
	struct mount_options *o = &job->opts;
	int err;

	words_add(&o->kernel, "fd=%d,rootmode=%o,user_id=%u,group_id=%u", job->fd,
		  job->rootmode & S_IFMT, job->uid, job->gid);
	if (o->allow_other)
		words_add(&o->kernel, "allow_other");
	if (o->default_permissions)
		words_add(&o->kernel, "default_permissions");
	if (o->allow_idmap)
		words_add(&o->kernel, "allow_idmap");
	if (o->max_stack_depth)
		words_add(&o->kernel, "max_stack_depth=%u", o->max_stack_depth);
	if (o->subtype || job->program) {
		const char *slash = job->program ? strrchr(job->program, '/') : NULL;

		words_add(&o->kernel, "subtype=%s",
			  o->subtype ? o->subtype : slash ? slash + 1 : job->program);
	}
	if (job->verbose)
		printf("mount.extfuse: mount %s on %s with %s\n", job->source, job->target,
		       o->kernel.text);
	err = job_enter(job);
	if (!err)
		dead_mounts__uncover(job->target, say_uncovered);
	if (!err && mount(job->source, job->target, "extfuse", o->flags, o->kernel.text))
		err = -errno;
	job_leave(job);
	if (err) {
		mount_failed(job, err);
		return err;
	}
	job->mounted = true;
	err = extfuse_conn__query(job->fd, 0, &query);
	if (err)
		snprintf(job->err, sizeof(job->err),
			 "the module does not tell the connection's number: %s: is it of another version?",
			 strerror(-err));
	job->conn = err ? conn_at(job) : query.conn;
	return err;
}

static void say_left(const char *target, int err)
{
	char line[256];

	snprintf(line, sizeof(line), "the mount that failed is left, and cannot be unmounted: %s", dead_mounts__explain(err));
	if (err)
		say(target, line);
}

/* Takes away what is left of a mount that failed. */
static void job_undo(struct job *job)
{
	/* The connection ends with its last descriptor, here or in extfused. */
	if (job->fd >= 0)
		close(job->fd);
	job->fd = -1;
	if (!job->mounted || job_enter(job))
		return;
	dead_mounts__remove(job->conn, job->orphaned, say_left);
	job_leave(job);
}

/* libfuse daemons hold a descriptor for many things. */
static void limit_raise(void)
{
	struct rlimit rl = { 1048576, 1048576 };

	if (!setrlimit(RLIMIT_NOFILE, &rl) || getrlimit(RLIMIT_NOFILE, &rl))
		return;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}

/* What a mirror's source is known to do is refused. */
static void say_unknown(const struct job *job, const struct extfuse_ext *ext)
{
	char line[256];

	snprintf(line, sizeof(line), "mounted, but extension %s goes by names, and %s may find a file under others as well (%s): then no pattern hides it",
		 extfuse_ext__name(ext), job->program, job->folds);
	say(job->target, line);
}

static int job_run(struct job *job)
{
	struct extfuse_ext *ext = NULL;
	int err;

	job->fd = module_open(job->err, sizeof(job->err));
	if (job->fd < 0)
		return job->fd;
	limit_raise();
	err = job_load(job, &ext);
	if (err)
		goto out;
	err = job_mount(job);
	if (err)
		goto out;
	err = job_backing(job, &ext);
	if (err)
		goto out;
	err = job_attach(job, ext);
	if (err)
		goto out;
	err = job_start_daemon(job);
	if (!err && ext && job->program && extfuse_ext__takes_pattern(ext))
		say_unknown(job, ext);
out:
	extfuse_ext__free(ext);
	if (err)
		job_undo(job);
	return err;
}

/* The mount works, by the module of before. */
static void say_upgrade(struct job *job)
{
	char why[512];

	if (job->opts.remount || module_is_current(why, sizeof(why)))
		return;
	snprintf(job->err, sizeof(job->err), "mounted, but %s", why);
	say_error(job, job->err);
}

int main(int argc, char **argv)
{
	struct job job = { .source_fd = -1, .fd = -1, .ns_fd = -1, .home_fd = -1 };
	struct request request = { 0 };
	int err;

	inherit_sane();
	if (parse_args(&request, argc, argv))
		return EXIT_USAGE;
	if (geteuid()) {
		say(request.target, "only root can mount extfuse, because its programs run in the kernel: use sudo, or an fstab line without 'user'");
		return EXIT_USAGE;
	}
	if (!getenv("PATH"))
		setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (job_prepare(&job, &request)) {
		say_error(&job, job.err);
		return EXIT_USAGE;
	}
	if (request.fake)
		return 0;
	err = job.opts.remount ? job_remount(&job) : job_run(&job);
	if (err) {
		say_error(&job, job.err);
		return EXIT_MOUNT;
	}
	if (job.opts.remount)
		say_error(&job, job.err);
	if (*job.reason && (!job.opts.ext || strcmp(job.opts.ext, "none"))) {
		snprintf(job.err, sizeof(job.err), "mounted, but not accelerated: %s", job.reason);
		say_error(&job, job.err);
	}
	say_upgrade(&job);
	return 0;
}
