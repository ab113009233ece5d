// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: who is 0 where nobody asked for it, of all or of few, and where nobody calls; a replace can ask for it; a background request has its caller's
 * needs: root extfuse build:tests/bpf/script.bpf.o build:tests/bpf/script-who.bpf.o build:tests/bpf/script-who-few.bpf.o
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "case.h"
#include "script.h"

static struct rawfuse *rf;

static void do_stat(void)
{
	struct stat st;

	CHECK(!stat("mnt", &st), "stat");
}

static void do_getxattr(void) { CHECK(getxattr("mnt", "user.a", NULL, 0) < 0, "getxattr"); }
static void do_listxattr(void) { CHECK(!listxattr("mnt", NULL, 0), "listxattr"); }
static void do_access(void) { CHECK(!access("mnt", R_OK), "access"); }
static void do_statfs(void)
{
	struct statfs st;

	CHECK(!statfs("mnt", &st), "statfs");
}

/* As seen in both phases. */
static uint64_t who_of(struct script *s, uint32_t opcode, void (*ask)(void))
{
	const struct script_event *e;
	uint64_t who;

	script_flush(s);
	script_record(s, true);
	ask();
	script_record(s, false);
	who = script_find(s, EXTFUSE_PHASE_REQUEST, opcode)->req.who;
	e = script_find(s, EXTFUSE_PHASE_REPLY, opcode);
	CHECK(e->req.who == who, "both phases must say the same");
	return who;
}

/* GETATTR of the root. */
static uint64_t who_of_stat(struct script *s)
{
	return who_of(s, FUSE_GETATTR, do_stat);
}

/* Of those whose answers are kept for each caller alone. */
static void few(uint64_t mine)
{
	const struct extfuse_options opts = { .xattrtimeo_ns = RAW_SEC };
	struct script *s = script_attach(rf, "script-who-few", &opts);

	CHECK(!who_of_stat(s), "nobody asked for who of GETATTR");
	CHECK(who_of(s, FUSE_GETXATTR, do_getxattr) == mine && who_of(s, FUSE_LISTXATTR, do_listxattr) == mine &&
	      who_of(s, FUSE_ACCESS, do_access) == mine && who_of(s, FUSE_STATFS, do_statfs) == mine,
	      "but of these");
	script_detach(s);
	script_free(s);
}

static void background(struct script *s, uint64_t mine)
{
	const struct script_event *e;
	char buf[8];
	int fd = open("mnt/a", O_RDONLY);

	CHECK(fd >= 0, "open");
	script_flush(s);
	script_record(s, true);
	CHECK(pread(fd, buf, sizeof(buf), 0) == 4 && !close(fd), "read and close");
	CHECK(raw_until(5, raw_count(rf, FUSE_RELEASE)), "RELEASE");
	script_record(s, false);
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_READ);
	CHECK(e->req.flags & EXTFUSE_F_BACKGROUND && e->req.who == mine, "readahead is the reader's");
	/* The daemon's thread is current here. */
	e = script_find(s, EXTFUSE_PHASE_REPLY, FUSE_READ);
	CHECK(e->req.flags & EXTFUSE_F_BACKGROUND && e->req.who == mine, "its reply is the reader's too");
	e = script_find(s, EXTFUSE_PHASE_REQUEST, FUSE_RELEASE);
	CHECK(e->req.flags & EXTFUSE_F_NOCREDS && !e->req.who, "nobody calls RELEASE");
}

int main(void)
{
	struct script *with, *without;
	struct extfuse_ioc_query query = {};
	uint64_t mine;

	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	raw_file(rf, "/a", "text", 4);
	without = script_attach(rf, "script", NULL);
	CHECK(!who_of_stat(without), "nobody asked for who");
	with = script_load(rf, "script-who", NULL);
	script_replace(without, with);
	CHECK(!extfuse_conn__query(raw_fd(rf), 0, &query) && query.attach_flags & EXTFUSE_ATTACH_WHO, "the flag must be seen");
	mine = who_of_stat(with);
	CHECK(mine, "now somebody asked");
	CHECK(who_of_stat(with) == mine, "it must stay the same");
	background(with, mine);
	script_replace(with, without);
	CHECK(!who_of_stat(without), "nobody asks any more");
	script_detach(without);
	script_free(with);
	script_free(without);

	/* A secret of the module goes into it, not of the attachment: caches outlive a replace. */
	few(mine);
	with = script_attach(rf, "script-who", NULL);
	CHECK(who_of_stat(with) == mine, "another attachment must say the same");
	script_free(with);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
