// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse status: one paragraph, or one JSON object, for each mount.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "caches.h"
#include "device.h"
#include "json.h"
#include "load.h"
#include "state.h"
#include "text.h"

/* All that is known of one mount. */
struct view {
	const struct mount_entry *e;
	struct mount_state state;
	bool has_state;
	struct extfuse_ioc_query query;
	int query_err;
	__u64 backing;		/* backing objects */
	bool on;
	__u64 in_vain;		/* requests that all went to the daemon although a cache is attached; 0: some did not, or too few to tell */
	const char *extension;	/* "" if none */
	char reason[600];	/* why it is off; "" when on */
};

#define POLICY_LOST "; what the policy covers fails (EIO) until one is at work again: 'extfuse detach' lets all through"

static void view_reason(struct view *v, bool opened)
{
	if (v->on)
		return;
	if (!opened && v->query_err != -EACCES)
		module_no_device(v->query_err, v->reason, sizeof(v->reason));
	else if (v->query_err == -EPERM || v->query_err == -EACCES)
		snprintf(v->reason, sizeof(v->reason), "only root may ask the module: use sudo");
	else if (v->query_err)
		snprintf(v->reason, sizeof(v->reason), "the module does not answer: %s",
			 strerror(-v->query_err));
	else if (v->query.state == EXTFUSE_STATE_NONE && v->has_state && *v->state.reason)
		snprintf(v->reason, sizeof(v->reason), "%s", v->state.reason);
	else
		snprintf(v->reason, sizeof(v->reason), "%s%s", extfuse_state__explain(v->query.state),
			 v->query.attach_flags & EXTFUSE_ATTACH_FAIL_CLOSED ? POLICY_LOST : "");
}

/* If a daemon gives its answers no lifetime, the cache keeps nothing. */
#define ENOUGH_TO_TELL	100

static __u64 sent_in_vain(const struct view *v, int fd)
{
	struct extfuse_op_stats ops[EXTFUSE_OPCODES] = { 0 }, *s;
	__u64 sent = 0;

	/* Under shadow nothing is answered, and other extensions answer only what a policy is about. */
	if (!v->on || strcmp(v->extension, "metacache") || v->query.attach_flags & EXTFUSE_ATTACH_SHADOW ||
	    extfuse_conn__stats(fd, v->e->conn, ops))
		return 0;
	for (s = ops; s < ops + EXTFUSE_OPCODES; s++) {
		if (s->answered || s->passed || s->changed || s->stale)
			return 0;
		sent += s->upcalls;
	}
	return sent >= ENOUGH_TO_TELL ? sent : 0;
}

static void view_fill(struct view *v, const struct mount_entry *e, int fd)
{
	memset(v, 0, sizeof(*v));
	v->e = e;
	v->has_state = !mount_state__read(&v->state, e->conn);
	v->query_err = fd < 0 ? fd : extfuse_conn__query(fd, e->conn, &v->query);
	if (fd >= 0 && extfuse_backing__list(fd, e->conn, NULL, 0, &v->backing) < 0)
		v->backing = 0;
	v->query.name[sizeof(v->query.name) - 1] = '\0';
	v->on = !v->query_err && v->query.state == EXTFUSE_STATE_ATTACHED;
	v->extension = v->query_err || v->query.state == EXTFUSE_STATE_NONE ? "" : v->query.name;
	v->in_vain = sent_in_vain(v, fd);
	view_reason(v, fd >= 0);
}

/* Others than caches keep nothing, and have no such options. */
static bool keeps(const struct view *v)
{
	return v->on && (!strcmp(v->extension, "metacache") || strcmp(caches_name(&v->query), "strict"));
}

static void view_print(const struct view *v)
{
	text_name(stdout, v->e->source);
	fputs(" on ", stdout);
	text_name(stdout, v->e->target);
	fputs(" type ", stdout);
	text_name(stdout, v->e->type);
	fputs("\n  daemon:       ", stdout);
	if (v->has_state)
		text_name(stdout, v->state.command);
	if (v->has_state && v->state.daemon)
		printf(", pid %d (supervised by %d)\n", v->state.daemon, v->state.supervisor);
	else if (v->has_state)
		printf(", ended: another process serves the mount, which it has handed the connection (supervised by %d)\n",
		       v->state.supervisor);
	else
		puts("not known (not started by mount.extfuse, or its supervisor is gone)");
	fputs("  extension:    ", stdout);
	text_name(stdout, *v->extension ? v->extension : "none");
	putchar('\n');
	if (v->query.flags & EXTFUSE_QUERY_TREE)
		puts("  passthrough:  names and files");
	else if (v->backing)
		printf("  passthrough:  %llu backing objects\n", (unsigned long long)v->backing);
	fputs("  acceleration: ", stdout);
	fputs(v->on ? "on" : "off: ", stdout);
	if (v->in_vain)
		printf(", but none of %llu requests so far was answered: if that stays so when files are read again, the daemon gives its answers no lifetime: mount with actimeo= (mount.extfuse(8))",
		       (unsigned long long)v->in_vain);
	text_plain(stdout, v->reason);
	putchar('\n');
	if (keeps(v))
		caches_print(&v->query, stdout);
}

static void json_ops(struct json *j, const char *key, __u64 ops)
{
	unsigned int op;

	json_open(j, key, '[');
	for (op = 0; op < EXTFUSE_OPCODES; op++) {
		const char *name = extfuse_opcode__name(op);

		if ((ops & 1ULL << op) && name)
			json_string(j, NULL, name);
	}
	json_close(j, ']');
}

static void json_daemon(struct json *j, const struct view *v)
{
	if (!v->has_state) {
		json_null(j, "daemon");
		return;
	}
	json_open(j, "daemon", '{');
	json_string(j, "command", v->state.command);
	if (v->state.daemon)
		json_number(j, "pid", v->state.daemon);
	else
		json_null(j, "pid");
	json_number(j, "supervisor", v->state.supervisor);
	json_close(j, '}');
}

static void view_json(struct json *j, const struct view *v)
{
	json_open(j, NULL, '{');
	json_string(j, "source", v->e->source);
	json_string(j, "target", v->e->target);
	json_string(j, "type", v->e->type);
	json_string(j, "options", v->e->options);
	json_number(j, "connection", v->e->conn);
	json_daemon(j, v);
	if (*v->extension)
		json_string(j, "extension", v->extension);
	else
		json_null(j, "extension");
	json_bool(j, "acceleration", v->on);
	if (v->on)
		json_null(j, "reason");
	else
		json_string(j, "reason", v->reason);
	json_number(j, "sent_in_vain", v->in_vain);
	if (!v->query_err) {
		json_string(j, "state", extfuse_state__name(v->query.state));
		json_number(j, "attachment", v->query.id);
		json_ops(j, "request_programs", v->query.request_ops);
		json_ops(j, "reply_programs", v->query.reply_ops);
		json_number(j, "backing_objects", v->backing);
		json_bool(j, "tree", v->query.flags & EXTFUSE_QUERY_TREE);
		caches_json(&v->query, j);
	}
	json_close(j, '}');
}

/* For all mounts: an upgrade waits until they are gone. */
static void print_upgrade(void)
{
	char why[512];

	if (!module_is_current(why, sizeof(why)))
		printf("note: %s\n", why);
}

int do_status(const struct cli_args *args)
{
	struct json j = { .out = stdout };
	struct mount_list list;
	int fd, err;
	size_t i;

	err = mount_list__read(&list, false);
	if (err)
		return cli_fail("cannot read the list of mounts: %s", strerror(-err));
	fd = device_open();
	if (args->json)
		json_open(&j, NULL, '[');
	for (i = 0; i < list.count; i++) {
		struct view v;

		view_fill(&v, &list.entries[i], fd);
		if (args->json)
			view_json(&j, &v);
		else
			view_print(&v);
	}
	if (args->json)
		json_close(&j, ']');
	else if (!list.count)
		puts("no extfuse mounts");
	if (!args->json)
		print_upgrade();
	if (fd >= 0)
		close(fd);
	mount_list__free(&list);
	return 0;
}
