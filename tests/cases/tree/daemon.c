// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: a tree is made only as the protocol says; the daemon opens what a request at work names, and nothing else; what it names is the kernel's and costs it one FORGET
 * needs: extfuse root ext4
 * timeout: 60
 */
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../backing/backing.h"

static struct rawfuse *rf;
static struct script *s;

static int add(int fd, uint64_t nodeid, uint32_t flags, int path_fd)
{
	struct extfuse_ioc_backing ioc = { .nodeid = nodeid, .flags = flags, .fd = path_fd };

	return ioctl(fd, EXTFUSE_IOC_BACKING_ADD, &ioc) ? errno : 0;
}

static int low_open(const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	CHECK(fd >= 0, "%s", path);
	return fd;
}

/* A process that has the descriptor, and has given up its capabilities. */
static void not_by_others(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(2);
		_exit(extfuse_backing__open(raw_fd(rf), 1, 0) != -EPERM);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "EPERM: status %x", status);
}

/* Before INIT is answered, and after. */
static void make(void)
{
	int dir = low_open("low"), file = low_open("low/file");
	struct rawfuse *other;

	other = raw_start(&(struct raw_opts){ .dir = "mnt2", .options = "max_stack_depth=1", .no_init = true });
	CHECK(add(raw_fd(other), 1, EXTFUSE_BACKING_TREE, dir) == EINVAL, "permissions must be the kernel's");
	raw_init(other);
	raw_stop(other);

	rf = raw_start(&(struct raw_opts){ .options = "max_stack_depth=1,default_permissions", .no_init = true });
	CHECK(add(raw_fd(rf), 1, 0, dir) == ENOTCONN, "an object is not taken yet");
	CHECK(add(raw_fd(rf), 2, EXTFUSE_BACKING_TREE, dir) == EINVAL, "only the root");
	CHECK(add(raw_fd(rf), 1, EXTFUSE_BACKING_TREE | 2, dir) == EINVAL, "an unknown flag");
	CHECK(add(raw_fd(rf), 1, EXTFUSE_BACKING_TREE, file) == ENOTDIR, "only a directory");
	CHECK(add(raw_fd(rf), 1, EXTFUSE_BACKING_TREE, -1) == EBADF, "no descriptor");
	CHECK(!add(raw_fd(rf), 1, EXTFUSE_BACKING_TREE, dir), "the tree");
	CHECK(add(raw_fd(rf), 1, EXTFUSE_BACKING_TREE, dir) == EBUSY, "once");
	raw_init(rf);
	CHECK(add(raw_fd(rf), 1, EXTFUSE_BACKING_TREE, dir) == EBUSY, "nor later");
	CHECK(add(raw_fd(rf), 1, 0, dir) == EINVAL, "nor has its root an object");
	CHECK(extfuse_backing__drop(raw_fd(rf), 1, 0) == -ENOENT, "it stays");
	CHECK(extfuse_backing__open(raw_fd(rf), 1, 0) == -ENOENT, "no request names the root");
	CHECK(add(raw_fd(rf), EXTFUSE_NODE_KERNEL | 5, 0, file) == EINVAL, "the kernel's nodes have theirs");
	close(dir);
	close(file);
}

static uint64_t seen, opened;

/* LOOKUP that a program has sent up: its directory can be opened now. */
static int on_lookup(struct raw_req *req)
{
	int fd;

	seen = req->in->nodeid;
	if (!(seen & EXTFUSE_NODE_KERNEL))
		return RAW_DEFAULT;
	fd = extfuse_backing__open(raw_fd(rf), seen, 0);
	if (fd >= 0) {
		opened++;
		close(fd);
	}
	CHECK(extfuse_backing__open(raw_fd(rf), seen, 1) == -ENOENT, "of generation 0");
	CHECK(extfuse_backing__open(raw_fd(rf), seen + 1, 0) == -ENOENT, "no other");
	return -ENOENT;
}

static void at_work(void)
{
	struct stat st;
	uint64_t i, id;

	raw_on(rf, FUSE_LOOKUP, on_lookup, NULL);
	CHECK(stat("mnt/dir/up", &st) && errno == ENOENT, "the daemon's answer");
	CHECK(opened == 1, "it has opened the directory");
	CHECK(raw_complaints(rf) == 1, "it knows of none of the kernel's nodes");
	raw_pardon(rf);
	id = seen;
	CHECK(extfuse_backing__open(raw_fd(rf), id, 0) == -ENOENT, "not any more");
	srand(1);
	for (i = 0; i < 20000; i++)
		CHECK(extfuse_backing__open(raw_fd(rf), EXTFUSE_NODE_KERNEL | (i < 10000 ? i : (uint64_t)rand() * rand()), 0) == -ENOENT,
		      "nothing is at work");
	raw_on(rf, FUSE_LOOKUP, NULL, NULL);
}

static void forge(struct raw_req *req, void *out, size_t len)
{
	(void)req;
	(void)len;
	((struct fuse_entry_out *)out)->nodeid = EXTFUSE_NODE_KERNEL | 1;
}

static void forged(void)
{
	struct stat st;

	raw_edit(rf, FUSE_LOOKUP, forge, NULL);
	CHECK(stat("mnt/plain", &st) && errno == EIO, "no daemon makes nodes of the kernel's");
	raw_edit(rf, FUSE_LOOKUP, NULL, NULL);
	/* What it thought to have given was never taken. */
	raw_lock(rf);
	raw_get(rf, "/plain")->nlookup = 0;
	raw_unlock(rf);
}

/* A node of its own: with an object in the tree it becomes the kernel's, with another or none it stays. */
static void named(void)
{
	struct raw_node *in = raw_file(rf, "/in", "daemon", 6), *out = raw_file(rf, "/out", "daemon", 6);
	struct raw_node *other = raw_file(rf, "/other", "daemon", 6);
	struct raw_node *plain = raw_get(rf, "/plain");
	struct stat st, low;

	object(rf, in, "low/file");
	object(rf, out, "outside");
	object(rf, other, "two/elsewhere");
	CHECK(!stat("mnt/in", &st) && !stat("low/file", &low), "the daemon says where");
	CHECK(st.st_ino == low.st_ino && st.st_size == low.st_size, "it is the file below: inode %lu, size %ld", st.st_ino,
	      (long)st.st_size);
	CHECK(raw_until(10, raw_forgets(rf, in->id) == 1), "its count comes back at once");
	raw_reset(rf);
	content("mnt/in", "below");
	CHECK(!raw_count(rf, FUSE_OPEN) && !raw_count(rf, FUSE_READ), "and it is read below: %s", raw_asked(rf));
	CHECK(!stat("mnt/out", &st) && !raw_forgets(rf, out->id), "what is outside of the tree stays the daemon's");
	CHECK(!stat("mnt/other", &st) && !raw_forgets(rf, other->id), "and so does what another mount has");
	CHECK(!stat("mnt/plain", &st) && st.st_size == 5 && !raw_forgets(rf, plain->id), "and so does one without an object");
}

/* What it names is further down, so it is asked at each walk whether that is still so. */
static void confirmed(void)
{
	struct raw_node *deep = raw_file(rf, "/deep", "daemon", 6);
	struct stat st;
	int i;

	object(rf, deep, "low/dir/deep");
	raw_reset(rf);
	for (i = 0; i < 3; i++)
		CHECK(!stat("mnt/deep", &st) && st.st_size == 4, "it is the file below: size %ld", (long)st.st_size);
	CHECK(raw_count(rf, FUSE_LOOKUP) == 3, "%s", raw_asked(rf));
	CHECK(raw_until(10, raw_forgets(rf, deep->id) == 3), "each count comes back");
	put("/proc/sys/vm/drop_caches", "2");
	CHECK(!stat("mnt/deep", &st) && raw_until(10, raw_forgets(rf, deep->id) == 4), "once more");
	CHECK(!raw_complaints(rf), "the node of the kernel's that was dropped owes none");
}

int main(void)
{
	struct script_rule pass = { .verdict = EXTFUSE_PASSTHROUGH }, up = { .verdict = EXTFUSE_UPCALL };

	CHECK(!mkdir("low", 0755) && !mkdir("low/dir", 0755) && !mkdir("two", 0755), "directories");
	put("low/file", "below");
	CHECK(!mount("two", "two", NULL, MS_BIND, NULL), "another mount");
	put("two/elsewhere", "elsewhere");
	put("low/dir/deep", "deep");
	put("outside", "outside");
	make();
	raw_file(rf, "/plain", "plain", 5);
	s = script_attach(rf, "script", NULL);
	passes(s, FUSE_OPEN);
	passes(s, FUSE_GETATTR);
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &pass, NULL, 0);
	CHECK(!access("mnt/dir", F_OK) && !raw_count(rf, FUSE_LOOKUP), "the directory is the kernel's");
	script_set(s, EXTFUSE_PHASE_REQUEST, FUSE_LOOKUP, &up, NULL, 0);
	not_by_others();
	at_work();
	forged();
	named();
	confirmed();
	CHECK(extfuse_conn__detach(raw_fd(rf), 0) == 0, "detach");
	script_free(s);
	raw_balance(rf);
	raw_stop(rf);
	CHECK(raw_until(10, !umount("two")), "its object has let the other mount go: %s", strerror(errno));
	return 0;
}
