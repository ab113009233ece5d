// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hostile daemon: the one of the cases (tests/lib/rawfuse.h), with its tree and its usual answers, of which some are
 * not given as they are. Threads of it send notifications, give and drop backing objects, and answer what was kept for
 * later.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "rawnew.h"

struct rawfuse *rf;

/* Values of FUSE_ASYNC_READ and so on: any, but what turns permission checks or names into something else only at times. */
static void draw_init(struct rng *r, struct fuse_init_out *out)
{
	static const uint32_t minors[] = { 0, 4, 8, 9, 12, 23, 31, 36, 38, 40, 45, 99 };
	uint64_t flags = rng_next(r) | FUSE_INIT_EXT;

	if (rng_one_in(r, 3))
		flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | FUSE_INIT_EXT |
			FUSE_DO_READDIRPLUS | FUSE_ATOMIC_O_TRUNC | FUSE_EXPORT_SUPPORT;
	if (!rng_one_in(r, 8))
		flags &= ~(FUSE_POSIX_ACL | FUSE_HANDLE_KILLPRIV);
	memset(out, 0, sizeof(*out));
	out->major = rng_one_in(r, 50) ? rng_below(r, 9) : FUSE_KERNEL_VERSION;
	out->minor = rng_one_in(r, 6) ? RNG_PICK(r, minors) : FUSE_KERNEL_MINOR_VERSION;
	out->flags = flags;
	out->flags2 = flags >> 32;
	out->max_readahead = rng_one_in(r, 4) ? rng_odd(r) : 131072;
	out->max_background = rng_one_in(r, 4) ? rng_odd(r) : 0;
	out->congestion_threshold = rng_one_in(r, 4) ? rng_odd(r) : 0;
	out->max_write = rng_one_in(r, 4) ? rng_odd(r) : 131072;
	out->max_pages = rng_one_in(r, 4) ? rng_odd(r) : 32;
	out->time_gran = rng_one_in(r, 4) ? rng_odd(r) : 1;
	((uint32_t *)out)[offsetof(struct fuse_init_out, flags2) / 4 + 1] = rng_one_in(r, 4) ? rng_odd(r) : 1;
}

static void answer_init(void)
{
	struct rng r = rng_of(config.seed, ROLE_INIT, 0);
	struct fuse_init_out out;

	CHECK(raw_until(20, __atomic_load_n(&rf->init_req, __ATOMIC_SEQ_CST)), "INIT must come");
	if (!has_part(PART_EVIL) || rng_one_in(&r, 3)) {
		raw_init(rf);
		return;
	}
	draw_init(&r, &out);
	if (rng_one_in(&r, 40))
		raw_reply(rf->init_req, -(int)rng_below(&r, 600), NULL, 0);
	else
		raw_reply(rf->init_req, 0, &out, rng_one_in(&r, 20) ? rng_below(&r, sizeof(out) + 1) : sizeof(out));
}

/* The same names as below. */
static void fill_tree(void)
{
	struct raw_node *node;
	char text[20000];
	uint64_t i;

	memset(text, 't', sizeof(text));
	raw_mkdir(rf, "/a");
	raw_mkdir(rf, "/b");
	raw_mkdir(rf, "/a/a");
	raw_mkdir(rf, "/b/b");
	raw_file(rf, "/c", text, sizeof(text));
	raw_file(rf, "/d", text, 100);
	raw_file(rf, "/a/c", text, 5000);
	raw_file(rf, "/secret", text, 5000);
	raw_symlink(rf, "/e", "c");
	raw_symlink(rf, "/f", "a/c");
	for (i = 1; (node = raw_node(rf, i)); i++)
		node->attr.mode |= 0777;
}

static void add_tree(struct rng *r)
{
	static const char * const others[] = { "/proc", "disk", "elsewhere", "/sys/kernel", "below/a" };
	const char *path = rng_one_in(r, 8) ? RNG_PICK(r, others) : "below";
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (config.tree && fd >= 0)
		extfuse_backing__add_tree(raw_fd(rf), fd);
	close(fd);
}

static void thread(void *(*body)(void *))
{
	pthread_t t;

	CHECK(!pthread_create(&t, NULL, body, NULL), "a thread");
	pthread_detach(t);
}

void daemon_main(void)
{
	struct rng r = rng_of(config.seed, ROLE_OBJECTS, ~0);
	char options[128];
	uint32_t op;

	if (!getenv("FUZZ_VERBOSE"))
		CHECK(freopen("/dev/null", "w", stderr), "nobody reads complaints");
	snprintf(options, sizeof(options), "max_stack_depth=%u%s", config.stack_depth,
		 config.permissions ? ",default_permissions" : "");
	rf = raw_start(&(struct raw_opts){ .dir = "mnt", .options = options, .no_init = true, .mount_flags = MS_NODEV | MS_NOSUID,
					   .attr_ns = rng_below(&r, 3) * RAW_SEC, .entry_ns = rng_below(&r, 3) * RAW_SEC });
	fill_tree();
	for (op = 0; op < RAW_OPCODES; op++)
		raw_on(rf, op, reply_serve, NULL);
	add_tree(&r);
	if (rng_below(&r, 4))
		programs_step(&r, raw_fd(rf), 0);
	__atomic_store_n(&fuzz->conn, raw_conn(rf), __ATOMIC_SEQ_CST);
	answer_init();
	if (has_part(PART_NOTIFY))
		thread(notify_thread);
	if (has_part(PART_OBJECTS))
		thread(objects_thread);
	if (config.late)
		thread(late_thread);
	for (;;)
		pause();
}
