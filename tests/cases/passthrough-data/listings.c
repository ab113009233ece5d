// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: directories are listed as on ext4: empty, small and large, any buffer, any position, every type, while others create and remove
 * needs: extfuse ext4 root jq
 * timeout: 180
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "compare.h"

#define MANY	3000

struct entry {
	unsigned long long ino, off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static const char type_names[] = { [DT_FIFO] = 'p', [DT_CHR] = 'c', [DT_DIR] = 'd', [DT_BLK] = 'b', [DT_REG] = '-',
				   [DT_LNK] = 'l', [DT_SOCK] = 's' };

/* The order is the file system's own: sums do not depend on it. */
struct sum {
	unsigned int entries, names, wrong;
};

static void add_entry(struct sum *sum, int dir, const struct entry *e)
{
	unsigned int h = e->type;
	struct stat st;
	const char *c;

	for (c = e->name; *c; c++)
		h = h * 31 + *c;
	sum->entries++;
	sum->names += h;
	/* One in a few is compared with what stat() says of it. */
	if (h % 16 || !strcmp(e->name, ".."))
		return;
	if (fstatat(dir, e->name, &st, AT_SYMLINK_NOFOLLOW) || st.st_ino != e->ino || (st.st_mode & S_IFMT) >> 12 != e->type)
		sum->wrong++;
}

/* All that is left, by buffers of @room; returns the last result. */
static long list(int dir, size_t room, struct sum *sum)
{
	char *buf = malloc(room);
	long n, at;

	memset(sum, 0, sizeof(*sum));
	CHECK(buf, "memory");
	while ((n = syscall(SYS_getdents64, dir, buf, room)) > 0) {
		for (at = 0; at < n; at += ((struct entry *)(buf + at))->len)
			add_entry(sum, dir, (struct entry *)(buf + at));
	}
	free(buf);
	return n < 0 ? -errno : n;
}

static void say_list(const char *path)
{
	static const size_t rooms[] = { 20, 32, 280, 1000, 4096, 65536, 1 << 20 };
	int dir = OPEN(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct sum sum;
	unsigned int i;
	long end;

	for (i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		CALL(lseek(dir, 0, SEEK_SET));
		end = list(dir, rooms[i], &sum);
		SAY("%s by %zu: %u entries, names %x, %u wrong, end %s", path, rooms[i], sum.entries, sum.names, sum.wrong,
		    end < 0 ? strerrorname_np(-end) : "0");
	}
	end = list(dir, 4096, &sum);
	SAY("behind the end: %u", sum.entries);
	CALL(fsync(dir));
	CALL(fdatasync(dir));
	CALL(read(dir, &sum, 1));
	CALL(ftruncate(dir, 0));
	CALL(lseek(dir, -1, SEEK_SET));
	close(dir);
}

static void steps_sizes(void)
{
	char name[4200];
	int i;

	CALL(mkdir("none", 0755));
	CALL(mkdir("one", 0755));
	CALL(mknod("one/file", S_IFREG | 0644, 0));
	CALL(mkdir("many", 0755));
	for (i = 0; i < MANY; i++) {
		/* Made below, and so not yet known to the mount; names of many lengths. */
		snprintf(name, sizeof(name), "%s/many/%0*d", compare_below, 4 + i % 40, i);
		CHECK(!mknod(name, S_IFREG | 0644, 0), "%s", name);
	}
	say_list("none");
	say_list("one");
	say_list("many");
	say_list("missing");
}

static void steps_types(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "types/socket" };
	struct dirent *e;
	char seen[16];
	int s;
	DIR *d;

	CALL(mkdir("types", 0755));
	CALL(mkdir("types/directory", 0755));
	CALL(symlink("x", "types/link"));
	CALL(mknod("types/fifo", S_IFIFO | 0644, 0));
	CALL(mknod("types/char", S_IFCHR | 0644, makedev(1, 3)));
	CALL(mknod("types/block", S_IFBLK | 0644, makedev(7, 0)));
	CALL(mknod("types/file", S_IFREG | 0644, 0));
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	CALL(bind(s, (struct sockaddr *)&sun, sizeof(sun)));
	close(s);
	d = opendir("types");
	memset(seen, 0, sizeof(seen));
	while ((e = readdir(d))) {
		if (*e->d_name != '.')
			seen[e->d_type] = e->d_name[0];
	}
	closedir(d);
	for (s = 0; s < 16; s++) {
		if (seen[s])
			SAY("type %c is of the entry %c", type_names[s], seen[s]);
	}
	say_list("types");
}

/* Each position that telldir() gives leads to the entry that came after it. */
static void steps_seek(void)
{
	DIR *d = opendir("many");
	unsigned int n = 0, wrong = 0;
	struct { long at; char name[NAME_MAX + 1]; } kept[1 + MANY / 100];
	struct dirent *e;
	long at;

	for (at = telldir(d); (e = readdir(d)); at = telldir(d)) {
		if (n++ % 100)
			continue;
		kept[n / 100].at = at;
		snprintf(kept[n / 100].name, sizeof(kept->name), "%s", e->d_name);
	}
	SAY("%u entries", n);
	for (n = n / 100; n > 0; n--) {
		seekdir(d, kept[n - 1].at);
		e = readdir(d);
		wrong += !e || strcmp(e->d_name, kept[n - 1].name);
	}
	SAY("%u lead elsewhere", wrong);
	rewinddir(d);
	for (n = 0; readdir(d); n++)
		;
	SAY("%u entries again", n);
	closedir(d);
}

/* What stays is in each listing once, whatever comes and goes meanwhile. */
static void steps_meanwhile(void)
{
	unsigned int round, stays, twice, lists = 0, bad = 0;
	char name[64], seen[MANY];
	struct dirent *e;
	pid_t pid;
	DIR *d;
	int i;

	pid = fork();
	if (!pid) {
		for (i = 0;; i = (i + 1) % 500) {
			snprintf(name, sizeof(name), "many/comes-and-goes-%d", i);
			if (mknod(name, S_IFREG | 0600, 0))
				_exit(1);
			if (unlink(name))
				_exit(2);
		}
	}
	for (round = 0; round < 10; round++) {
		d = opendir("many");
		memset(seen, 0, sizeof(seen));
		stays = twice = 0;
		while ((e = readdir(d))) {
			if (*e->d_name < '0' || *e->d_name > '9')
				continue;
			i = atoi(e->d_name);
			twice += seen[i];
			stays += !seen[i];
			seen[i] = 1;
		}
		closedir(d);
		lists++;
		bad += stays != MANY || twice;
	}
	CHECK(!kill(pid, SIGKILL) && waitpid(pid, &i, 0) == pid && WIFSIGNALED(i), "it worked until then");
	SAY("%u listings, %u with an entry twice or missing", lists, bad);
}

static void steps_removed(void)
{
	int dir;
	struct sum sum;
	long end;

	CALL(mkdir("gone", 0755));
	dir = OPEN(open("gone", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	CALL(rmdir("gone"));
	end = list(dir, 4096, &sum);
	SAY("removed: %u entries, end %ld", sum.entries, end);
	CALL(fsync(dir));
	CALL(fchmod(dir, 0700));
	CALL(openat(dir, "x", O_CREAT | O_RDWR, 0600));
	CALL(faccessat(dir, ".", F_OK, 0));
	close(dir);
	CALL(mkdir("moved", 0755));
	CALL(mknod("moved/a", S_IFREG | 0644, 0));
	dir = OPEN(open("moved", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	CALL(rename("moved", "none/there"));
	CALL(mknodat(dir, "b", S_IFREG | 0644, 0));
	end = list(dir, 4096, &sum);
	SAY("moved: %u entries, names %x, end %ld", sum.entries, sum.names, end);
	close(dir);
	CALL(mkdir("closed", 0700));
	dir = OPEN(open("closed", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	CALL(chmod("closed", 0));
	end = list(dir, 4096, &sum);
	SAY("closed: %u entries, end %ld", sum.entries, end);
	close(dir);
}

static void steps(void)
{
	steps_sizes();
	steps_types();
	steps_seek();
	steps_meanwhile();
	steps_removed();
}

COMPARE_MAIN(steps)
