// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a request that a task makes while it is inside one of our programs goes to the daemon, and no other program runs
 * needs: root extfuse build:tests/bpf/nested.bpf.o
 *
 * No helper that may be called makes requests, so this takes unsafe_helpers=1: the program of GETATTR reads memory of the
 * caller that is a page of a file on the same mount, not yet there. READ has programs too.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <extfuse/extfuse.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bpf/nested.h"
#include "case.h"
#include "rawfuse.h"
#include "script.h"

static struct rawfuse *rf;
static int bss;

static void unsafe(const char *value)
{
	int fd = open("/sys/module/extfuse/parameters/unsafe_helpers", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1, "unsafe_helpers=%s", value);
	close(fd);
}

static void unsafe_off(void)
{
	unsafe("0");
}

static struct extfuse_ext *attach(void)
{
	struct extfuse_ext *ext;
	struct bpf_map *map;
	char err[1024] = "", path[4096];

	snprintf(path, sizeof(path), "%s/tests/bpf/nested.bpf.o", getenv("EXTFUSE_BUILD") ?: "/extfuse/build");
	CHECK(!extfuse_ext__open(&ext, path, NULL, err, sizeof(err)), "%s", err);
	CHECK(!extfuse_ext__load(ext, err, sizeof(err)), "%s", err);
	unsafe("1");
	CHECK(!extfuse_ext__attach(ext, raw_fd(rf), 0, err, sizeof(err)), "%s", err);
	unsafe("0");
	map = bpf_object__find_map_by_name(extfuse_ext__object(ext), ".bss");
	CHECK(map && bpf_map__value_size(map) == sizeof(struct nested), "the program's variable");
	bss = bpf_map__fd(map);
	return ext;
}

static struct nested get(void)
{
	struct nested n;
	__u32 zero = 0;

	CHECK(!bpf_map_lookup_elem(bss, &zero, &n), "the program's variable");
	return n;
}

static void set_address(const void *address)
{
	struct nested n = { .address = (unsigned long)address };
	__u32 zero = 0;

	CHECK(!bpf_map_update_elem(bss, &zero, &n, 0), "the program's variable");
}

/* Else what follows would prove nothing. */
static void plain(void)
{
	char buf[8];
	int fd = open("mnt/plain", O_RDONLY);

	raw_reset(rf);
	CHECK(fd >= 0 && pread(fd, buf, 8, 0) == 8 && raw_count(rf, FUSE_READ) == 1, "read");
	CHECK(get().reads == 1 && get().replies == 1, "both programs of READ must run");
	close(fd);
}

/* @advice: MADV_RANDOM for a READ that the faulting task waits for, else a readahead in the background. */
static void nested(const char *path, int advice, const char *word)
{
	struct extfuse_op_stats before, after;
	struct nested n;
	struct stat st;
	void *map;
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0, "open %s", path);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && !madvise(map, 4096, advice), "mmap");
	set_address(map);
	raw_reset(rf);
	before = script_stats(rf, FUSE_READ);
	CHECK(stat("mnt/plain", &st) && errno == EPERM, "%s: the verdict of the program that faulted must stand", path);
	n = get();
	after = script_stats(rf, FUSE_READ);
	CHECK(raw_count(rf, FUSE_READ) == 1, "%s: the daemon must be asked to READ", path);
	CHECK(after.upcalls == before.upcalls + 1, "%s: it must be an upcall", path);
	CHECK(n.getattrs == 1 && !n.copied && !memcmp(&n.word, word, 8), "%s: it must have read the page, not %.8s", path,
	      (char *)&n.word);
	CHECK(!n.after && n.nodeid == raw_get(rf, "/plain")->id, "%s: then its own request again", path);
	CHECK(!n.reads, "%s: the program of READ must not run", path);
	/* The reply to a readahead is the daemon's thread's. */
	CHECK(!n.replies || advice != MADV_RANDOM, "%s: nor that of its reply", path);
	set_address(NULL);
	munmap(map, 4096);
	close(fd);
}

int main(void)
{
	struct extfuse_ext *ext;

	atexit(unsafe_off);
	rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	raw_file(rf, "/plain", "not here", 8);
	raw_file(rf, "/waited", "a sync..", 8);
	raw_file(rf, "/ahead", "readahea", 8);
	ext = attach();
	plain();
	nested("mnt/waited", MADV_RANDOM, "a sync..");
	nested("mnt/ahead", MADV_NORMAL, "readahea");
	extfuse_ext__free(ext);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
