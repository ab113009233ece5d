// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a reply that is on its way when a policy comes, is replaced, stopped or dropped does not go past it
 * needs: root extfuse build:tests/bpf/script.bpf.o
 * timeout: 120
 *
 * The daemon holds a request until the sets have changed, and then says what the policy hides.  What it counted is paid
 * back, and nothing of it stays with the kernel.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

#define LONG_NS		(1000 * RAW_SEC)
#define NAME_OFFSET	24	/* of struct fuse_dirent */

static struct rawfuse *rf;
static struct raw_node *file;
static struct script *before, *after;

static void programs(const char *value)
{
	int fd = open("/sys/module/extfuse/parameters/programs", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1 && !close(fd), "programs=%s", value);
}

static void programs_on(void)
{
	programs("1");
}

/* Hides a name, and refuses to open its node and to read it. */
static struct script *policy(void)
{
	struct script *s = script_load(rf, "script", &(struct extfuse_options){ .fail_closed = true });
	struct script_rule name = { .verdict = -ENOENT, .name_arg = IN_PARAM_0_VALUE, .name_len = 7, .name = "secret" };
	struct script_rule entry = { .verdict = -ENOENT, .name_arg = OUT_PARAM_0, .name_offset = NAME_OFFSET,
				     .name_len = 6, .name = "secret" };
	struct script_rule node = { .verdict = -EACCES, .nodeid = file->id };

	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &name, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &name, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_READDIR, &entry, NULL, 0);
	entry.name_arg = OUT_PARAM_1;
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_READDIRPLUS, &entry, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &node, NULL, 0);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_READ, &node, NULL, 0);
	return s;
}

/* How the sets change while a request is under way. */
static void none(void)
{
}

static void attach_plain(void)
{
	before = script_attach(rf, "script", NULL);
}

static void attach_policy(void)
{
	before = policy();
	script_attach_loaded(before);
}

static void attach_after(void)
{
	after = policy();
	script_attach_loaded(after);
}

static void replace(void)
{
	after = policy();
	script_replace(before, after);
}

static void replace_by_plain(void)
{
	after = script_load(rf, "script", NULL);
	script_replace(before, after);
}

static void detach(void)
{
	script_detach(before);
}

static void stop(void)
{
	programs("0");
}

static void bad(void)
{
	static const struct script_rule wrong = { .verdict = 2 };
	struct statfs st;

	script_set(before, EXTFUSE_PHASE_REQUEST, FUSE_STATFS, &wrong, NULL, 0);
	while (script_state(rf) == EXTFUSE_STATE_ATTACHED)
		statfs("mnt", &st);
	CHECK(script_state(rf) == EXTFUSE_STATE_BAD_VERDICTS, "it must be dropped");
}

static const struct change {
	const char *name;
	void (*start)(void);	/* what is there when the request begins */
	void (*fn)(void);
	int error;		/* of what a policy hides, then; 0: it is not hidden */
} changes[] = {
	{ "the first attach", none, attach_after, ENOENT },
	{ "plain replaced by a policy", attach_plain, replace, ENOENT },
	{ "a policy replaced by a policy", attach_policy, replace, ENOENT },
	{ "a policy replaced by plain", attach_policy, replace_by_plain, 0 },
	{ "detach", attach_policy, detach, 0 },
	{ "programs=0", attach_policy, stop, EIO },
	{ "1,000 bad verdicts", attach_policy, bad, EIO },
};

/* What is done meanwhile; each returns an errno, 0 where it has got what a policy hides. */
static int look(void)
{
	struct stat st;

	return stat("mnt/secret", &st) ? errno : 0;
}

static int list(void)
{
	char names[256];
	DIR *dir = opendir("mnt");
	struct dirent *d;
	int err = ENOENT;

	if (!dir)
		return errno;
	for (errno = 0; (d = readdir(dir)); errno = 0) {
		snprintf(names, sizeof(names), "%s", d->d_name);
		if (!strcmp(names, "secret"))
			err = 0;
	}
	if (errno)
		err = errno;
	closedir(dir);
	return err;
}

static int open_it(void)
{
	int fd = open("mnt/other", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int opened;

static int read_it(void)
{
	char buf[8];

	posix_fadvise(opened, 0, 0, POSIX_FADV_DONTNEED);
	return pread(opened, buf, 4, 0) == 4 ? 0 : errno;
}

static int make(void)
{
	int fd = open("mnt/new", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

struct job {
	int (*fn)(void);
	int result;
};

static void *work(void *arg)
{
	struct job *job = arg;

	job->result = job->fn();
	return NULL;
}

/* @fn, with its request of @opcode held while the sets change. */
static int meanwhile(int (*fn)(void), uint32_t opcode, const struct change *c)
{
	struct job job = { .fn = fn };
	pthread_t thread;

	raw_hold(rf, opcode);
	CHECK(!pthread_create(&thread, NULL, work, &job), "thread");
	raw_wait_held(rf, opcode, 1, 20);
	c->fn();
	raw_let_go(rf, opcode);
	CHECK(!pthread_join(thread, NULL), "join");
	return job.result;
}

static void start(const struct change *c, uint64_t flags, uint64_t entry_ns)
{
	before = after = NULL;
	rf = raw_start(&(struct raw_opts){ .flags = flags, .entry_ns = entry_ns, .attr_ns = LONG_NS });
	file = raw_file(rf, "/secret", "text", 4);
	raw_link(rf, "/other", file);
	raw_file(rf, "/seen", "text", 4);
	c->start();
}

static void end(void)
{
	programs("1");
	extfuse_conn__detach(raw_fd(rf), 0);
	if (before)
		script_free(before);
	if (after)
		script_free(after);
	/* What the daemon counted for nobody has come back to it. */
	raw_balance(rf);
	raw_stop(rf);
}

static int hidden(const struct change *c, int error)
{
	return c->error == ENOENT ? error : c->error;
}

static int move(void)
{
	return rename("mnt/seen", "mnt/new") ? errno : 0;
}

#define IS(got, want, what)	\
	CHECK((got) == (want), "%s, %s: error %d, must be %d", c->name, what, got, want)

static void by_name(const struct change *c)
{
	int got;

	start(c, 0, LONG_NS);
	/* Before, so that what is hidden is asked of the daemon at all. */
	if (c->start == attach_policy)
		script_set(before, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &(struct script_rule){ .verdict = -ENOSYS }, NULL, 0);
	got = meanwhile(look, FUSE_LOOKUP, c);
	IS(got, c->error, "LOOKUP");
	got = look();
	IS(got, c->error, "a LOOKUP after it");
	end();
}

/* A name that the kernel has, and asks about each time. */
static void by_known_name(const struct change *c)
{
	int got;

	start(c, 0, 0);
	if (c->start == attach_policy) {
		script_set(before, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &(struct script_rule){ .verdict = -ENOSYS }, NULL, 0);
		script_set(before, EXTFUSE_PHASE_REPLY, FUSE_LOOKUP, &(struct script_rule){ .verdict = -ENOSYS }, NULL, 0);
	}
	CHECK(!look(), "it is known");
	got = meanwhile(look, FUSE_LOOKUP, c);
	IS(got, c->error, "a revalidation");
	end();
}

static void by_list(const struct change *c, uint64_t flags, uint32_t opcode)
{
	int got;

	start(c, flags, LONG_NS);
	got = meanwhile(list, opcode, c);
	IS(got, c->error, raw_opname(opcode));
	got = look();
	IS(got, c->error, "a LOOKUP after it");
	end();
}

static void by_open(const struct change *c)
{
	int got;

	start(c, 0, LONG_NS);
	if (c->start == attach_policy)
		script_set(before, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &(struct script_rule){ .verdict = -ENOSYS }, NULL, 0);
	got = meanwhile(open_it, FUSE_OPEN, c);
	IS(got, hidden(c, EACCES), "OPEN");
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASE) == raw_count(rf, FUSE_OPEN)), "%s: %llu OPEN, %llu RELEASE",
	      c->name, (long long)raw_count(rf, FUSE_OPEN), (long long)raw_count(rf, FUSE_RELEASE));
	end();
}

/* A readahead, for which nobody waits; the reader asks for itself then. */
static void by_read(const struct change *c)
{
	int got;

	start(c, 0, LONG_NS);
	if (c->start == attach_policy)
		script_set(before, EXTFUSE_PHASE_REQUEST, FUSE_OPEN, &(struct script_rule){ .verdict = -ENOSYS }, NULL, 0);
	opened = open("mnt/other", O_RDONLY | O_CLOEXEC);
	CHECK(opened >= 0, "open");
	got = meanwhile(read_it, FUSE_READ, c);
	CHECK(c->error ? got : !got, "%s: a READ: error %d", c->name, got);
	close(opened);
	end();
}

/* What was made stays made, and is asked about when its name is looked up. */
static void by_create(const struct change *c)
{
	struct script_rule name = { .verdict = -ENOENT, .name_arg = IN_PARAM_0_VALUE, .name_len = 4, .name = "new" };
	struct stat st;
	int got;

	start(c, 0, LONG_NS);
	got = meanwhile(make, FUSE_CREATE, c);
	IS(got, 0, "CREATE");
	script_set(after, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &name, NULL, 0);
	CHECK(stat("mnt/new", &st) && errno == ENOENT, "%s: what was made meanwhile is found", c->name);
	end();
}

/* A name that is moved takes nothing with it that was asked about the old one. */
static void by_rename(const struct change *c)
{
	struct script_rule name = { .verdict = -ENOENT, .name_arg = IN_PARAM_0_VALUE, .name_len = 4, .name = "new" };
	struct job job = { .fn = move };
	pthread_t thread;
	struct stat st;

	start(c, 0, LONG_NS);
	raw_hold(rf, FUSE_RENAME2);
	raw_hold(rf, FUSE_RENAME);
	CHECK(!pthread_create(&thread, NULL, work, &job), "thread");
	CHECK(raw_until(20, raw_held(rf, FUSE_RENAME) + raw_held(rf, FUSE_RENAME2)), "it is held");
	c->fn();
	script_set(after, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &name, NULL, 0);
	CHECK(!stat("mnt/seen", &st), "the old name is asked about, and lives from now on");
	raw_let_go(rf, FUSE_RENAME);
	raw_let_go(rf, FUSE_RENAME2);
	CHECK(!pthread_join(thread, NULL) && !job.result, "rename: error %d", job.result);
	CHECK(stat("mnt/new", &st) && errno == ENOENT, "%s: what was moved meanwhile is found", c->name);
	end();
}

int main(void)
{
	const struct change *c;

	atexit(programs_on);
	for (c = changes; c < changes + sizeof(changes) / sizeof(*changes); c++) {
		by_name(c);
		by_list(c, 0, FUSE_READDIR);
		/* It takes its time. */
		if (c->fn == bad)
			continue;
		by_known_name(c);
		by_list(c, FUSE_DO_READDIRPLUS, FUSE_READDIRPLUS);
		by_open(c);
		by_read(c);
		if (c->error == ENOENT)
			by_create(c);
	}
	by_rename(&changes[0]);
	by_rename(&changes[1]);
	return 0;
}
