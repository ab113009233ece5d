// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each allocation of attaching, replacing and detaching an extension fails once: what was attached before is attached, or nothing, and the next time succeeds
 * needs: root extfuse faults
 * timeout: 120
 * long-timeout: 600
 * ring: slow
 *
 * LONG=1: each shipped extension instead of two.
 */
#include <sys/stat.h>

#include "../dying/dying.h"
#include "nth.h"

static const char *const names[] = { "metacache", "passthrough", "hide", "readonly" };
#define NAMES	(sizeof(names) / sizeof(names[0]))

static struct rawfuse *rf;
static unsigned int faults;

static struct extfuse_ext *load(const char *name)
{
	struct extfuse_ext *ext;
	char err[512] = "";

	CHECK(!extfuse_ext__open(&ext, name, NULL, err, sizeof(err)), "%s: %s", name, err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s: %s", name, err);
	return ext;
}

/* "" is none. */
static void is_attached(const char *name, const char *when, unsigned int n)
{
	struct extfuse_ioc_query query = { 0 };

	CHECK(!extfuse_conn__query(raw_fd(rf), 0, &query), "query");
	CHECK((query.state == EXTFUSE_STATE_ATTACHED) == !!*name && (!*name || !strcmp(query.name, name)),
	      "%s, fault %u: '%s' instead of '%s' (state %u)", when, n, query.name, name, query.state);
}

/* The mount serves whoever asks. */
static void is_served(void)
{
	struct stat st;

	CHECK(!stat("mnt/a", &st) && st.st_size == 4, "the file");
}

static bool in_turn(int (*fn)(struct extfuse_ext *ext), struct extfuse_ext *ext, unsigned int n, int *err)
{
	bool fired;

	nth_arm(n);
	*err = fn(ext);
	fired = nth_fired();
	CHECK(!*err || (fired && (*err == -ENOMEM || *err == -EFAULT)), "fault %u: %d", n, *err);
	faults += fired;
	return fired;
}

static int attach(struct extfuse_ext *ext)
{
	char err[256];

	return extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err));
}

static int replace(struct extfuse_ext *ext)
{
	char err[256];

	return extfuse_ext__replace(ext, raw_fd(rf), 0, err, sizeof(err));
}

static int detach(struct extfuse_ext *ext)
{
	(void)ext;
	return extfuse_conn__detach(raw_fd(rf), 0);
}

static void attached(const char *name)
{
	struct extfuse_ext *ext = load(name);
	bool fired = true;
	unsigned int n;
	int err;

	for (n = 1; fired; n++) {
		fired = in_turn(attach, ext, n, &err);
		is_attached(err ? "" : name, "attach", n);
		is_served();
		if (err)
			CHECK(!attach(ext), "%s: attach after fault %u", name, n);
		is_served();
		CHECK(!detach(ext), "detach");
	}
	printf("attach %s: %u faults\n", name, n - 2);
	extfuse_ext__free(ext);
}

static void replaced(const char *from, const char *to)
{
	struct extfuse_ext *a = load(from), *b = load(to);
	bool fired = true;
	unsigned int n;
	int err;

	CHECK(!attach(a), "attach");
	for (n = 1; fired; n++) {
		fired = in_turn(replace, b, n, &err);
		is_attached(err ? from : to, "replace", n);
		is_served();
		CHECK(!replace(b), "%s by %s after fault %u", from, to, n);
		is_attached(to, "replace, after", n);
		CHECK(!replace(a), "back");
	}
	printf("replace %s by %s: %u faults\n", from, to, n - 2);
	CHECK(!detach(a), "detach");
	extfuse_ext__free(a);
	extfuse_ext__free(b);
}

static void detached(const char *name)
{
	struct extfuse_ext *ext = load(name);
	bool fired = true;
	unsigned int n;
	int err;

	for (n = 1; fired; n++) {
		CHECK(!attach(ext), "attach");
		is_served();
		fired = in_turn(detach, ext, n, &err);
		is_attached(err ? name : "", "detach", n);
		is_served();
		CHECK(!err || !detach(ext), "detach after fault %u", n);
	}
	printf("detach %s: %u faults\n", name, n - 2);
	extfuse_ext__free(ext);
}

static void start(void)
{
	rf = raw_start(&(struct raw_opts){ .attr_ns = RAW_SEC, .entry_ns = RAW_SEC });
	raw_file(rf, "/a", "text", 4);
}

/* What a connection gets with its first set has to be made anew each time. */
static void first(void)
{
	struct extfuse_ext *ext = load("readonly");
	bool fired = true;
	unsigned int n;
	int err;

	for (n = 1; fired; n++) {
		start();
		fired = in_turn(attach, ext, n, &err);
		is_attached(err ? "" : "readonly", "first attach", n);
		is_served();
		CHECK(!err || !attach(ext), "first attach after fault %u", n);
		is_served();
		raw_stop(rf);
	}
	printf("first attach: %u faults\n", n - 2);
	CHECK(n > 2, "it wants memory");
	extfuse_ext__free(ext);
}

int main(void)
{
	unsigned int i;

	nth_start();
	first();
	start();
	for (i = getenv("LONG") ? 0 : NAMES - 1; i < NAMES; i++) {
		attached(names[i]);
		detached(names[i]);
		replaced(names[i], names[i ? i - 1 : NAMES - 1]);
	}
	raw_stop(rf);
	CHECK(faults, "there must be faults");
	nothing_loaded("at the end");
	return 0;
}
