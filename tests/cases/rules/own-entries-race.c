// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: lookup counts balance where a program's READDIRPLUS answer races with unlink, eviction and changes of the directory
 * needs: root extfuse build:tests/bpf/script.bpf.o
 * timeout: 60
 *
 * An entry that keeps its node takes a count from it (rule 5.1), and the caller raises that again: in between the name may
 * go, the inode be evicted with a FORGET of what it has, and the answer turn stale. Each of these in a thread, for some
 * seconds; the daemon complains of a FORGET that it did not earn and of one that is missing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rules.h"

#define NODES	12
#define SECONDS	6

static struct rawfuse *rf;
static struct script *s;
static struct raw_node *nodes[NODES];
static bool stop;
static unsigned long rounds[4];

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static const char *name_of(char *buf, const char *dir, int i)
{
	sprintf(buf, "%s/f%02d", dir, i);
	return buf;
}

static void *lists(void *count)
{
	int fd = open("mnt", O_RDONLY | O_DIRECTORY);
	char buf[8192];

	CHECK(fd >= 0, "the root must open");
	for (; !stopped(); ++*(unsigned long *)count)
		CHECK(!lseek(fd, 0, SEEK_SET) && getdents64(fd, buf, sizeof(buf)) >= 0, "the root must be listed");
	close(fd);
	return NULL;
}

/* The name goes through the mount and comes back behind its back. */
static void *unlinks(void *count)
{
	char path[32];
	int i;

	for (; !stopped(); ++*(unsigned long *)count) {
		i = *(unsigned long *)count % (NODES / 2);
		if (unlink(name_of(path, "mnt", i)))
			CHECK(errno == ENOENT || errno == ESTALE, "unlink %s", path);
		raw_lock(rf);
		if (!raw_get(rf, name_of(path, "", i)))
			raw_link(rf, path, nodes[i]);
		raw_unlock(rf);
		access(name_of(path, "mnt", i), F_OK);
	}
	return NULL;
}

/* The dentry goes, and with it the inode that nobody uses; the next look knows it again. */
static void *evicts(void *count)
{
	char path[32];
	int i;

	for (; !stopped(); ++*(unsigned long *)count) {
		i = NODES / 2 + *(unsigned long *)count % (NODES / 2);
		raw_inval_entry(rf, FUSE_ROOT_ID, name_of(path, "", i) + 1);
		CHECK(!access(name_of(path, "mnt", i), F_OK), "%s must be found", path);
	}
	return NULL;
}

static void *changes(void *count)
{
	for (; !stopped(); ++*(unsigned long *)count) {
		raw_inval_inode(rf, FUSE_ROOT_ID, -1, 0);
		raw_sleep_ms(1);
	}
	return NULL;
}

static void answer_with_all(void)
{
	struct script_rule rule = { .nfresh = 1, .fresh = { { .kind = EXTFUSE_KIND_DATA } } };
	char buf[SCRIPT_OUT] = "", name[32];
	size_t len = 0;
	int i;

	for (i = 0; i < NODES; i++) {
		struct fuse_dirent *d = (void *)(buf + len + sizeof(struct fuse_entry_out));

		nodes[i] = raw_file(rf, name_of(name, "", i), "text", 4);
		raw_fill_entry(rf, nodes[i], (void *)(buf + len));
		*d = (struct fuse_dirent){ .ino = nodes[i]->id, .off = 1000000 + i, .namelen = 3, .type = DT_REG };
		memcpy(d->name, name + 1, 3);
		len += FUSE_DIRENT_ALIGN(sizeof(struct fuse_entry_out) + FUSE_NAME_OFFSET + 3);
		CHECK(!access(name_of(name, "mnt", i), F_OK), "%s must be known", name);
	}
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_READDIRPLUS, &rule, buf, len);
}

int main(void)
{
	static void *(* const jobs[])(void *) = { lists, unlinks, evicts, changes };
	struct extfuse_op_stats st;
	pthread_t threads[4];
	int i;

	rf = raw_start(&(struct raw_opts){ .attr_ns = LONG_NS, .entry_ns = LONG_NS, .flags = FUSE_DO_READDIRPLUS });
	s = script_attach(rf, "script", NULL);
	answer_with_all();
	for (i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, jobs[i], &rounds[i]), "thread");
	sleep(SECONDS);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	st = script_stats(rf, FUSE_READDIRPLUS);
	printf("%lu lists, %lu unlinks, %lu evictions, %lu changes; %llu answered, %llu stale\n", rounds[0], rounds[1],
	       rounds[2], rounds[3], (long long)st.answered, (long long)st.stale);
	CHECK(st.answered > 20 && rounds[1] > 20 && rounds[2] > 20, "each must have had its turn");
	CHECK(!st.bad, "the answer has the protocol's shape");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
