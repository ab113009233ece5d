// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a change below between a look and an act is as good as on a bind mount: what the act gives, and what becomes of the object
 * needs: extfuse ext4 root build:tests/bpf/nodes.bpf.o
 * timeout: 240
 * log: EXT4-fs warning
 * ring: slow
 *
 * A cell is one object of its own, in a sticky directory of everybody's: made below, looked at through the mount by a caller
 * (and opened), changed below by root, acted upon by the caller, and looked at below.  First on a bind mount, then on mirrors that
 * keep names and attributes for as long as they may.  What a mirror may do otherwise is in explained(), with the reason;
 * everything else fails.  CONFIG= runs those whose name begins so.
 */
#include <sys/mount.h>

#include "../idmapped/map.h"
#include "changed-acts.h"
#include "changed-objects.h"

#define MAP		"100000 0 65536\n"
#define TEXT		512

/* Accounts. */

struct cell {
	const struct type *type;
	const struct change *change;
	const struct caller *who;
	const struct act *act;
	long result;
	bool untouched;		/* what the name has now is as it was before the act; ON_NAME: and what is beside it */
	char state[TEXT];
};

#define CELLS_MAX	2048
struct account {
	struct cell cells[CELLS_MAX];
	unsigned int n;
};
static struct account native, mirror;

#define NODES	"/extfuse/build/tests/bpf/nodes.bpf.o"

static struct config {
	const char *name, *options;
	bool all;		/* cells, not only those of CORE */
	bool tree;		/* names are the kernel's: all is as on the bind mount */
	bool attrs_kept;	/* owner and mode are believed for as long as the daemon says */
	bool mapped;
} const configs[] = {
	{ "passthrough", "ext=passthrough", .all = true, .tree = true },
	{ "hide", "ext=hide,pattern=nothing-*", .tree = true },
	{ "mapped", "ext=passthrough,allow_idmap", .mapped = true },
	{ "nodes", "ext=" NODES, .all = false },
	{ "beyond", "ext=" NODES ",max_backing=1", .attrs_kept = true },
	{ "none", "ext=none", .attrs_kept = true },
	{ "metacache", "ext=metacache", .attrs_kept = true },
};
#define NCONFIGS	(sizeof(configs) / sizeof(*configs))

static void path_of(char *buf, const char *dir, const struct account *a, unsigned int i)
{
	snprintf(buf, 128, "%s/%u", dir, i);
	(void)a;
}

/* Before what is seen beside an object. */
#define BESIDE	" beside"

static bool is_untouched(const struct act *act, const char *before, const char *after)
{
	size_t len = act->on & ON_NAME ? strlen(before) + 1 : (size_t)(strstr(before, BESIDE) - before);

	return !strncmp(before, after, len);
}

static void state_of(char *buf, size_t room, const char *low)
{
	static const char *const others[] = { ".new", "/new", "/child", ".mine" };
	struct stat st;
	unsigned int i;
	size_t len;

	matrix_state(buf, room, low);
	strncat(buf, BESIDE, room - strlen(buf) - 1);
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		len = strlen(buf);
		if (!lstat(beside(low, others[i]), &st) && len < room)
			snprintf(buf + len, room - len, " %s:%o/%u:%u", others[i], st.st_mode, st.st_uid, st.st_gid);
	}
}

/* Cells of one kind of object, one change, and one caller: one for each act. */
static void batch(struct account *a, const char *dir, const char *below, const struct type *type, const struct change *change,
		  const struct caller *who)
{
	unsigned int first = a->n, i;
	char path[128], low[128], before[NACTS][TEXT];
	int handles[NACTS];
	struct stat st;

	for (i = 0; i < NACTS; i++) {
		if (!(acts[i].on & type->on))
			continue;
		CHECK(a->n < CELLS_MAX, "more cells");
		path_of(low, below, a, a->n);
		make_cell(low, type, who);
		a->cells[a->n++] = (struct cell){ type, change, who, &acts[i], 0, false, "" };
	}
	become(who);
	for (i = first; i < a->n; i++) {
		path_of(path, dir, a, i);
		handles[i - first] = -1;
		CHECK(!lstat(path, &st), "%s", path);
		if (!(a->cells[i].act->on & ON_HANDLE))
			continue;
		handles[i - first] = open(path, O_RDWR | O_CLOEXEC);
		if (handles[i - first] < 0)
			handles[i - first] = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(handles[i - first] >= 0, "%s for %s", path, who->name);
	}
	become(NULL);
	for (i = first; i < a->n; i++) {
		path_of(low, below, a, i);
		change->run(low, type);
		state_of(before[i - first], TEXT, low);
	}
	become(who);
	for (i = first; i < a->n; i++) {
		path_of(path, dir, a, i);
		a->cells[i].result = a->cells[i].act->run(path, handles[i - first]);
	}
	become(NULL);
	for (i = first; i < a->n; i++) {
		path_of(low, below, a, i);
		if (handles[i - first] >= 0)
			close(handles[i - first]);
		state_of(a->cells[i].state, TEXT, low);
		a->cells[i].untouched = is_untouched(a->cells[i].act, before[i - first], a->cells[i].state);
	}
}

static void walk(struct account *a, const char *dir, const char *below, bool all)
{
	unsigned int t, c, w;

	a->n = 0;
	the_acl = some_acl();
	for (t = 0; t < NTYPES; t++) {
		for (c = 0; c < NCHANGES; c++) {
			if (!(changes[c].on & types[t].on) || !(all || changes[c].who & CORE))
				continue;
			for (w = 0; w < sizeof(actors) / sizeof(*actors); w++) {
				if (changes[c].who & (1U << w))
					batch(a, dir, below, &types[t], &changes[c], &actors[w]);
			}
		}
	}
}

static bool is_refusal(long result)
{
	return result == -EPERM || result == -EACCES;
}

/*
 * Why a mirror may do it otherwise; NULL: it may not.  Nothing here lets a caller do, below, what the bind mount would refuse.
 */
static const char *explained(const struct config *config, const struct cell *bind, const struct cell *m)
{
	/*
	 * A name is kept for entry_timeout, as with any network file system: what is done to the node is done to what had the
	 * name.  What has it now is not touched.  Names themselves are looked at anew: no excuse there.
	 */
	if (!config->tree && m->change->of_name && !(m->act->on & ON_NAME) && m->untouched)
		return "done on what had the name";
	/*
	 * The VFS checks these on what it has seen, before anybody is asked, so it may refuse for longer than on the bind mount:
	 * until the file is looked at, or as long as attributes are kept.  It never is what allows.  In a tree it is looked at by
	 * each walk, but not by who has it open.
	 */
	if (is_refusal(m->result) && m->untouched &&
	    ((m->act->on & BY_VFS && (!config->tree || m->act->on & ON_HANDLE)) || config->attrs_kept))
		return "refused on older knowledge";
	/* Both refuse, each by the check that it comes to first. */
	if (is_refusal(m->result) && is_refusal(bind->result) && m->untouched)
		return "refused by another check";
	/* The kernel answers access() by what it knows for as long as attributes are kept; what then opens the file is refused. */
	if (config->attrs_kept && m->act->on & ASKS && m->untouched)
		return "told by older knowledge";
	/* The daemon knows no other ioctl() than those of inode flags. */
	if (config->attrs_kept && m->act->run == set_version && m->result == -ENOTTY && m->untouched)
		return "an ioctl that the daemon does not know";
	/* A policy lets no ioctl() through that it does not know. */
	if (!strcmp(config->name, "hide") && m->act->run == set_version && m->result == -ENOTTY && m->untouched)
		return "refused by the policy";
	return NULL;
}

static void say(const char *side, const struct cell *c)
{
	char result[32];

	matrix_result(result, sizeof(result), c->result);
	printf("  %-6s %s: %s\n", side, result, c->state);
}

static unsigned int compare_cells(const struct config *config)
{
	unsigned int i, wrong = 0, excused = 0;

	CHECK(native.n == mirror.n, "%u and %u cells", native.n, mirror.n);
	for (i = 0; i < native.n; i++) {
		const struct cell *a = &native.cells[i], *b = &mirror.cells[i];
		const char *why;

		if (a->result == b->result && !strcmp(a->state, b->state))
			continue;
		why = explained(config, a, b);
		if (why)
			excused++;
		else
			wrong++;
		if (why && !getenv("VERBOSE"))
			continue;
		printf("%s: %s %s %s %s%s%s\n", config->name, a->type->name, a->change->name, a->who->name, a->act->name,
		       why ? ": " : "", why ?: "");
		say("bind", a);
		say("mirror", b);
	}
	printf("%s: cells compared %u, differing %u, otherwise for a reason %u\n", config->name, native.n, wrong, excused);
	return wrong;
}

static void sticky(const char *path)
{
	CHECK(!mkdir(path, 0755) && !chown(path, base, base) && !chmod(path, 01777), "%s", path);
}

static bool mount_mirror(const struct config *config, const char *low)
{
	char command[512];

	snprintf(command, sizeof(command), "mount -t extfuse -o %s,entry_timeout=1000,attr_timeout=1000,log=$PWD/log "
		 "$PWD/%s $PWD/mnt 2>said", config->options, low);
	if (!system(command))
		return true;
	CHECK(config->mapped && !system("grep -q 'knows no idmapped mounts' said"), "%s", command);
	return false;
}

static bool unmount_mirror(const char *what)
{
	char command[128];

	snprintf(command, sizeof(command), "umount $PWD/%s", what);
	return !system(command);
}

static unsigned int run_config(const struct config *config)
{
	char low[64], bind[64];

	printf("%s: %s\n", config->name, config->options);
	base = config->mapped ? 100000 : 0;
	snprintf(low, sizeof(low), "low-%s", config->name);
	snprintf(bind, sizeof(bind), "bind-%s", config->name);
	sticky(low);
	sticky(bind);
	if (!mount_mirror(config, low)) {
		printf("%s: this kernel's fuse knows no idmapped mounts\n", config->name);
		return 0;
	}
	if (config->mapped) {
		CHECK(!map_mount(MAP, bind, "bind") && !map_mount(MAP, "mnt", "mapped"), "idmapped mounts");
	} else {
		mkdir("bind", 0755);
		CHECK(!mount(bind, "bind", NULL, MS_BIND, NULL), "the bind mount");
	}
	walk(&native, "bind", bind, config->all);
	walk(&mirror, config->mapped ? "mapped" : "mnt", low, config->all);
	CHECK(!umount("bind") && (!config->mapped || !umount("mapped")) && unmount_mirror("mnt"), "the unmounts");
	return compare_cells(config);
}

int main(void)
{
	const char *only = getenv("CONFIG");
	unsigned int wrong = 0, i;

	umask(022);
	CHECK(!chmod(".", 0755) && !mkdir("mnt", 0755), "directories");
	for (i = 0; i < NCONFIGS; i++) {
		if (!only || !strncmp(configs[i].name, only, strlen(only)))
			wrong += run_config(&configs[i]);
	}
	CHECK(!wrong, "%u cells differ", wrong);
	return 0;
}
