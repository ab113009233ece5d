// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a listing with attributes that is passed through has the nodes that the kernel knows, as they are below, and of all else the names; the daemon is owed nothing for it
 * needs: root extfuse ext4
 * timeout: 120
 *
 * A node pays for its entry: its count goes down before fuse raises it. That none is lost or won is seen when all are
 * forgotten.
 */
#include <sys/xattr.h>

#include "backing.h"

#define ROUNDS	50

static struct rawfuse *rf;
static struct script *s;

static struct seen {
	char name[32];
	struct fuse_entry_out out;
} seen[32];
static unsigned int nseen;
static char delivered[512] = " ";

static void see(const struct script_event *e)
{
	const struct fuse_dirent *d = (const void *)e->out[1];
	struct seen *entry = &seen[nseen++];

	CHECK(nseen < sizeof(seen) / sizeof(*seen) && d->namelen < sizeof(entry->name), "entry %u", nseen);
	CHECK(!e->out_result[0] && !e->out_result[1], "entry %u can be read", nseen);
	memcpy(entry->name, d->name, d->namelen);
	entry->name[d->namelen] = '\0';
	memcpy(&entry->out, e->out[0], sizeof(entry->out));
}

/* What the reply program is asked about, and what the caller gets. */
static void list(void)
{
	const struct script_event *e;

	nseen = 0;
	script_flush(s);
	script_record(s, true);
	case_list("mnt", delivered + 1, sizeof(delivered) - 1);
	script_record(s, false);
	while ((e = script_next(s))) {
		if (e->req.opcode == FUSE_READDIRPLUS && e->req.flags & EXTFUSE_F_ENTRY)
			see(e);
	}
}

static const struct fuse_entry_out *entry(const char *name)
{
	unsigned int i;

	for (i = 0; i < nseen && strcmp(seen[i].name, name); i++)
		;
	CHECK(i < nseen, "the reply program was not asked about %s", name);
	return &seen[i].out;
}

static bool is_delivered(const char *name)
{
	char word[64];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(delivered, word);
}

static void is_node(const char *name, const struct raw_node *node)
{
	const struct fuse_entry_out *out = entry(name);
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "low/%s", name);
	CHECK(!lstat(path, &st), "%s", path);
	CHECK(out->nodeid == node->id && out->generation == node->generation, "%s: node %llu", name,
	      (unsigned long long)out->nodeid);
	CHECK(out->attr.ino == node->attr.ino && out->attr.size == (uint64_t)st.st_size && out->attr.mode == st.st_mode &&
	      out->attr.nlink == st.st_nlink, "%s: size %llu, below %lld", name, (unsigned long long)out->attr.size,
	      (long long)st.st_size);
	CHECK(!out->attr_valid && !out->attr_valid_nsec, "%s: attributes are never kept", name);
	CHECK(out->entry_valid == 100, "%s: the name is, for as long as the daemon says", name);
	CHECK(is_delivered(name), "%s", name);
}

static void is_name_only(const char *name)
{
	static const struct fuse_entry_out none;

	CHECK(!memcmp(entry(name), &none, sizeof(none)), "%s: node %llu", name, (unsigned long long)entry(name)->nodeid);
	CHECK(is_delivered(name), "%s", name);
}

static struct raw_node *file(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/%s", name);
	return raw_file(rf, path, "daemon's", 8);
}

/* Makes the dentry, and its node known; without a look at its attributes, which nobody keeps. */
static void known(const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	CHECK(fd >= 0, "%s", path);
	close(fd);
}

static void start(void)
{
	rf = raw_start(&(struct raw_opts){ .options = "default_permissions,max_stack_depth=1",
					   .flags = FUSE_DO_READDIRPLUS, .entry_ns = 100 * RAW_SEC });
	CHECK(raw_init_flags(rf) & FUSE_DO_READDIRPLUS, "READDIRPLUS");
	s = script_attach(rf, "script", NULL);
	passes(s, FUSE_OPENDIR);
	passes(s, FUSE_READDIRPLUS);
	passes(s, FUSE_GETATTR);
	object(rf, raw_node(rf, FUSE_ROOT_ID), "low");
}

static void stop(void)
{
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
}

/* The daemon had no part in it. */
static void unseen(void)
{
	CHECK(!raw_count_all(rf), "requests reached the daemon: %s", raw_asked(rf));
}

/* As the kernel has it: nobody is asked. */
static uint64_t kept_size(const char *path)
{
	struct statx st;

	CHECK(!statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_SIZE, &st), "%s", path);
	return st.stx_size;
}

static void carried(void)
{
	struct raw_node *a, *dir, *sym, *node;
	int i;

	start();
	/* In the dcache, and each is what the entry names. */
	object(rf, a = file("a"), "low/a");
	object(rf, dir = raw_mkdir(rf, "/dir"), "low/dir");
	object(rf, sym = raw_symlink(rf, "/sym", "daemon's"), "low/sym");
	/* Not in the dcache; without an object; with one that lies elsewhere; the daemon has never heard of it. */
	object(rf, file("unknown"), "low/unknown");
	file("bare");
	object(rf, node = file("moved"), "low/moved");
	known("mnt/a");
	known("mnt/dir");
	known("mnt/sym");
	known("mnt/bare");
	known("mnt/moved");
	CHECK(!rename("low/moved", "low/dir/moved"), "rename");
	put("low/moved", "another");
	put("low/a", "longer than it was");
	CHECK(kept_size("mnt/a") != strlen("longer than it was"), "the size is old: %llu",
	      (unsigned long long)kept_size("mnt/a"));
	raw_reset(rf);

	list();
	CHECK(nseen == 9, "%u entries", nseen);
	is_node("a", a);
	is_node("dir", dir);
	is_node("sym", sym);
	is_name_only("unknown");
	is_name_only("bare");
	is_name_only("moved");
	is_name_only("stranger");
	is_name_only(".");
	is_name_only("..");
	CHECK(kept_size("mnt/a") == strlen("longer than it was"), "the node has the size of its entry: %llu",
	      (unsigned long long)kept_size("mnt/a"));

	/* Without its object a node is a name like any other. */
	CHECK(!extfuse_backing__drop(raw_fd(rf), dir->id, dir->generation), "drop");
	list();
	is_name_only("dir");
	for (i = 0; i < ROUNDS; i++)
		case_list("mnt", NULL, 0);
	unseen();
	CHECK(script_stats(rf, FUSE_READDIRPLUS).passed >= 2 * ROUNDS, "all of them were passed through");
	stop();
}

static void hide(const char *name)
{
	struct script_rule rule = { .verdict = -ENOENT, .name_arg = OUT_PARAM_1, .name_offset = FUSE_NAME_OFFSET,
				    .name_len = strlen(name) };

	strcpy(rule.name, name);
	script_set(s, EXTFUSE_PHASE_REPLY, FUSE_READDIRPLUS, &rule, NULL, 0);
}

/* Hidden from the listing, and only from that: who knows the name has the node as before. */
static void hidden(void)
{
	struct raw_node *a;
	char value[8];
	int i;

	start();
	object(rf, a = file("a"), "low/a");
	raw_setxattr(rf, a, "user.x", "daemon's", 8);
	known("mnt/a");
	hide("stranger");
	raw_reset(rf);
	list();
	CHECK(nseen == 9 && !is_delivered("stranger"), "a name is hidden: %s", delivered);
	is_node("a", a);
	hide("a");
	for (i = 0; i < ROUNDS; i++) {
		list();
		CHECK(nseen == 9 && is_delivered("stranger") && !is_delivered("a"), "a node is hidden: %s", delivered);
	}
	unseen();
	CHECK(!raw_forgets(rf, a->id), "the kernel has it as before, but forgot %llu", (unsigned long long)raw_forgets(rf, a->id));
	CHECK(getxattr("mnt/a", "user.x", value, sizeof(value)) == 8, "the daemon serves it: %s", strerror(errno));
	stop();
}

int main(void)
{
	CHECK(!mkdir("low", 0755) && !mkdir("low/dir", 0755) && !symlink("target", "low/sym"), "below");
	put("low/a", "backing");
	put("low/bare", "backing");
	put("low/moved", "backing");
	put("low/stranger", "backing");
	put("low/unknown", "backing");
	carried();
	hidden();
	return 0;
}
