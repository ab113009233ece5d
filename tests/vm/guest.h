/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest side of the test harness: what its parts share.
 *
 * init.c boots, channel.c talks to the host and reads the kernel log, plan.c reads what to do, child.c runs a
 * process, leftover.c looks for what a case left behind, cases.c puts these together for one case after another.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>

#define GUEST_TREE	"/extfuse"	/* the source tree, read-only, from the host */
#define GUEST_SCRATCH	"/scratch"	/* an ext4 file system of its own, fresh in each boot */

/* plan.c */
struct plan_case {
	char *name;		/* area/name */
	char *path;		/* what to run, inside the guest */
	int timeout;		/* seconds */
	char *needs;		/* feature names with blanks between, may be empty */
	char *log;		/* what it makes the kernel complain of, may be empty */
};

struct plan {
	char *mode;		/* "command", "shell" or "cases" */
	struct plan_case *cases;
	int num_cases;
};

int plan_read(const char *path, struct plan *plan);

/* channel.c */
int channel_open(void);
void channel_send(char type, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void channel_text(char type, const char *text, size_t len);
void channel_close(void);	/* returns once the host has read everything */
int kmsg_open(void);
void kmsg_drain(void);
int kmsg_fd(void);
int kmsg_complaints(void);	/* how many lines so far that make a case fail */
const char *kmsg_first_since(int complaints);
bool kmsg_fatal(void);		/* after an oops nothing more should run in this kernel */
void kmsg_forgive(void);	/* it may, whatever there was so far */
void kmsg_expect(const char *words);	/* lines with these are no complaints; none: "" */

/* child.c */
struct child {
	char *const *argv;
	const char *dir;
	int timeout;		/* seconds; 0: none */
	bool split;		/* stderr apart from stdout */
	char last[256];		/* out: last line of output */
	bool timed_out;		/* out */
	double seconds;		/* out */
};

int child_run(struct child *child);	/* exit status, 128 + signal */
int child_kill_all(void);	/* how many were left and died; < 0: some do not die */
double now_seconds(void);
int guest_slow(void);	/* EXTFUSE_SLOW */

/* leftover.c */
struct leftover;
struct leftover *leftover_snapshot(void);
int leftover_mounts(struct leftover *before, char *text, size_t size);
int leftover_bpf(struct leftover *before, char *text, size_t size);
void leftover_free(struct leftover *before);

/* cases.c */
int cases_run(struct plan *plan);
int module_load(const char *path, const char *args);

#endif
