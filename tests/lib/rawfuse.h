/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A FUSE daemon for tests that speaks the protocol itself, so that a case decides about every byte and every moment:
 * which flags INIT gets, what is answered, when, by whom, and how the daemon dies. It serves a small tree in memory
 * from threads of the case's own process, counts each opcode and each FORGET, and complains of what it never earned.
 *
 *	struct rawfuse *rf = raw_start(&(struct raw_opts){ .dir = "mnt", .attr_ns = RAW_SEC });
 *	struct raw_node *file = raw_file(rf, "/a", "text", 4);		(may come before or after the mount's first use)
 *	... stat("mnt/a") ...; CHECK(raw_count(rf, FUSE_GETATTR) == 1, ...);
 *	raw_balance(rf); raw_stop(rf);					(both end the case when something is wrong)
 *
 * Everything here may be called from any thread; a node's fields are changed between raw_lock() and raw_unlock().
 * The daemon's threads never touch the mount.
 */
#ifndef RAWFUSE_H
#define RAWFUSE_H

#include <linux/fuse.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "case.h"

#define RAW_SEC		1000000000ULL
#define RAW_OPCODES	64

struct rawfuse;

/* Zero means the default in each field. */
struct raw_opts {
	const char *dir;	/* mount point, made if it is not there; default "mnt" */
	const char *type;	/* file system type: "extfuse", "extfuseblk", or "fuse" with /dev/fuse */
	const char *source;	/* block device of "extfuseblk" */
	/* Mounted in a user namespace that knows root only, not allow_other; raw_dir() is the host's path to it. */
	bool userns;
	const char *options;	/* more mount options, with commas between: "default_permissions" */
	unsigned long mount_flags;	/* MS_NODEV, ... */
	uint64_t flags;		/* FUSE_WRITEBACK_CACHE, ...: wanted beside RAW_FLAGS */
	uint64_t no_flags;	/* of RAW_FLAGS not wanted */
	uint32_t minor;		/* protocol 7.minor; default: that of <linux/fuse.h> */
	uint32_t max_write;	/* default 128 KiB */
	uint32_t max_readahead;	/* default: what the kernel offers */
	uint32_t max_background;
	uint32_t max_stack_depth;	/* with RAW_PASSTHROUGH (rawnew.h) at least 1 */
	unsigned int threads;	/* default 4 */
	bool no_init;		/* INIT is left unanswered: raw_init() does it */
	bool no_allow_other;
	/* Lifetimes that new nodes start with, ns; default 0: each look is a request. */
	uint64_t attr_ns, entry_ns;
	/* ENOENT for a name that is not there: 0 an error, else node id 0 that lives so long (RAW_NEG_ZERO: 0 ns). */
	uint64_t negative_ns;
};

#define RAW_NEG_ZERO	UINT64_MAX
#define RAW_FLAGS	(FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | FUSE_INIT_EXT)

struct raw_xattr {
	struct raw_xattr *next;
	char name[64];
	size_t size;
	char value[4096];
};

/* Nodes stay until the end, so that a pointer never dangles. */
struct raw_node {
	uint64_t id;
	struct fuse_attr attr;		/* attr.mode has the type; attr.ino starts as the id */
	uint64_t generation;
	uint64_t attr_ns, entry_ns;	/* lifetimes in replies */
	uint32_t open_flags;		/* FOPEN_* in replies to OPEN, OPENDIR, CREATE */
	int32_t backing_id;		/* to OPEN: of what RAW_IOC_BACKING_OPEN made known (rawnew.h) */
	char *data;			/* file: attr.size bytes; symlink: the target */
	size_t room;
	struct raw_xattr *xattrs;
	int64_t nlookup;		/* what the kernel holds */
	uint64_t forgets;		/* sum of all FORGETs that came */
};

/* A request being served. */
struct raw_req {
	struct rawfuse *rf;
	void *data;			/* as given to raw_on() */
	const struct fuse_in_header *in;
	const void *arg;		/* what follows the header */
	size_t arglen;
	bool replied;
};

/* Life. Errors end the case. */
struct rawfuse *raw_start(const struct raw_opts *opts);
void raw_init(struct rawfuse *rf);	/* answers INIT after no_init */
void raw_drop(struct rawfuse *rf);	/* the daemon dies: its descriptor is closed, the mount stays */
void raw_umount(struct rawfuse *rf);	/* unmounts, waits for the threads */
void raw_stop(struct rawfuse *rf);	/* raw_umount() where needed, then frees; complaints end the case */

/*
 * Makes the kernel forget all that nobody uses, waits until each FORGET has come, and ends the case if a count is
 * not balanced: all nodes but the root, and those that @held (0-terminated ids, or NULL) names, must be forgotten.
 */
void raw_balance_but(struct rawfuse *rf, const uint64_t *held);
#define raw_balance(rf)	raw_balance_but(rf, NULL)

int raw_fd(struct rawfuse *rf);			/* the open /dev/extfuse */
unsigned int raw_conn(struct rawfuse *rf);	/* number of the connection: st_dev of the mount */
/* Requests that the kernel has not seen end, also those for which nobody waits, as RELEASE. */
unsigned int raw_in_flight(struct rawfuse *rf);
const char *raw_dir(struct rawfuse *rf);
uint64_t raw_init_flags(struct rawfuse *rf);	/* as agreed */
const char *raw_opname(uint32_t opcode);

/* The tree. Paths begin with "/"; the parents must be there. What fails ends the case. */
struct raw_node *raw_file(struct rawfuse *rf, const char *path, const void *data, size_t size);
struct raw_node *raw_mkdir(struct rawfuse *rf, const char *path);
struct raw_node *raw_symlink(struct rawfuse *rf, const char *path, const char *target);
struct raw_node *raw_mknod(struct rawfuse *rf, const char *path, mode_t mode, uint32_t rdev);
struct raw_node *raw_link(struct rawfuse *rf, const char *path, struct raw_node *node);	/* a second name */
struct raw_node *raw_get(struct rawfuse *rf, const char *path);		/* NULL: not there */
struct raw_node *raw_node(struct rawfuse *rf, uint64_t id);		/* NULL: not there */
void raw_remove(struct rawfuse *rf, const char *path);	/* the name goes, behind the kernel's back */
void raw_resize(struct rawfuse *rf, struct raw_node *node, uint64_t size);
void raw_setxattr(struct rawfuse *rf, struct raw_node *node, const char *name, const void *value, size_t size);
void raw_lock(struct rawfuse *rf);
void raw_unlock(struct rawfuse *rf);
/* The replies that this node gets. */
void raw_fill_attr(struct rawfuse *rf, struct raw_node *node, struct fuse_attr_out *out);
void raw_fill_entry(struct rawfuse *rf, struct raw_node *node, struct fuse_entry_out *out);

/*
 * A handler of one opcode: it calls raw_reply() and returns RAW_DONE (or does so later, from anywhere, with a copy made
 * by raw_keep()), or returns RAW_DEFAULT for the usual answer, or a negative error to be replied. NULL takes it back.
 */
#define RAW_DONE	0
#define RAW_DEFAULT	1
typedef int (*raw_handler)(struct raw_req *req);
void raw_on(struct rawfuse *rf, uint32_t opcode, raw_handler handler, void *data);
int raw_reply(struct raw_req *req, int error, const void *out, size_t len);	/* error: 0 or negative */
struct raw_req *raw_keep(const struct raw_req *req);				/* free() it after the reply */

/* Sees each successful default or handler's reply of an opcode before it is sent, and may change it in place. */
typedef void (*raw_editor)(struct raw_req *req, void *out, size_t len);
void raw_edit(struct rawfuse *rf, uint32_t opcode, raw_editor editor, void *data);

/* Counters: requests that have come, since the last reset. */
uint64_t raw_count(struct rawfuse *rf, uint32_t opcode);
uint64_t raw_count_node(struct rawfuse *rf, uint32_t opcode, uint64_t nodeid);	/* of the last 4,096 requests */
uint64_t raw_count_all(struct rawfuse *rf);	/* without INIT, FORGET, BATCH_FORGET, INTERRUPT */
const char *raw_asked(struct rawfuse *rf);	/* all of them by name: "OPEN 1, READ 2", until the thread's next call */
void raw_reset(struct rawfuse *rf);
uint64_t raw_forgets(struct rawfuse *rf, uint64_t nodeid);
uint64_t raw_complaints(struct rawfuse *rf);	/* each has been printed; raw_pardon() sets it to 0 */
void raw_pardon(struct rawfuse *rf);

/*
 * Holding back: requests of an opcode wait, without a thread, until they are let go. An INTERRUPT for one that is
 * held answers it with EINTR. The wait ends the case after @seconds.
 */
void raw_hold(struct rawfuse *rf, uint32_t opcode);
unsigned int raw_held(struct rawfuse *rf, uint32_t opcode);
void raw_wait_held(struct rawfuse *rf, uint32_t opcode, unsigned int n, unsigned int seconds);
void raw_let_go(struct rawfuse *rf, uint32_t opcode);	/* those that wait, and no more are held */
void raw_delay(struct rawfuse *rf, uint32_t opcode, unsigned int ms);

/* Notifications; return 0 or -errno (-ENOENT: the kernel does not have it). */
int raw_notify(struct rawfuse *rf, int code, const void *data, size_t len);
int raw_inval_inode(struct rawfuse *rf, uint64_t nodeid, int64_t off, int64_t len);
int raw_inval_entry(struct rawfuse *rf, uint64_t parent, const char *name);
int raw_notify_delete(struct rawfuse *rf, uint64_t parent, uint64_t child, const char *name);
int raw_store(struct rawfuse *rf, uint64_t nodeid, uint64_t off, const void *data, uint32_t size);

/*
 * Waits up to @seconds (EXTFUSE_SLOW times) until the expression is true, looking every 10 ms, and once
 * more when the time is over; value: was it.  What was true is not asked again: it may not last.
 */
#define raw_until(seconds, expression) ({						\
	time_t raw_end = raw_now() + (seconds) * case_slow();				\
	bool raw_late, raw_true;							\
											\
	for (;;) {									\
		raw_late = raw_now() >= raw_end;					\
		raw_true = (expression);						\
		if (raw_true || raw_late)						\
			break;								\
		raw_sleep_ms(10);							\
	}										\
	raw_true;									\
})
void raw_sleep_ms(unsigned int ms);
time_t raw_now(void);	/* seconds of a clock that nobody sets */

#endif
