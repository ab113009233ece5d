// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: under the extension hide a hidden name is not found, not listed, and not made, by no way round it
 * needs: root extfuse ext4 extfuse
 * timeout: 180
 */
#include <dirent.h>
#include <sys/sysmacros.h>

#include "policy.h"

#define IDS	200

static void tree(void)
{
	CHECK(!mkdir("low", 0777) && !mkdir("mnt", 0755), "directories");
	run("cd low && echo -n secret >secret.txt && echo -n seen >seen && mkdir dir secretdir dir/secret &&"
	    " echo -n inner >secretdir/inner && echo -n inner >dir/secret/inner && ln -s secret.txt link &&"
	    " ln secret.txt other");
}

static void not_found(void)
{
	struct stat st;

	FAILS(ENOENT, stat("mnt/secret.txt", &st));
	FAILS(ENOENT, lstat("mnt/secret.txt", &st));
	FAILS(ENOENT, open("mnt/secret.txt", O_RDONLY));
	FAILS(ENOENT, open("mnt/link", O_RDONLY));
	FAILS(ENOENT, open("mnt/secretdir/inner", O_RDONLY));
	FAILS(ENOENT, open("mnt/dir/secret/inner", O_RDONLY));
	FAILS(ENOENT, open("mnt/dir/../secret.txt", O_RDONLY));
	FAILS(ENOENT, stat("mnt/SECRET.TXT", &st));
	FAILS(ENOENT, unlink("mnt/secret.txt"));
	FAILS(ENOENT, rmdir("mnt/dir/secret"));
	FAILS(ENOENT, rename("mnt/secret.txt", "mnt/shown"));
	FAILS(ENOENT, renameat2(AT_FDCWD, "mnt/secret.txt", AT_FDCWD, "mnt/seen", RENAME_EXCHANGE));
	FAILS(ENOENT, renameat2(AT_FDCWD, "mnt/seen", AT_FDCWD, "mnt/secret.txt", RENAME_EXCHANGE));
	FAILS(ENOENT, link("mnt/secret.txt", "mnt/shown"));
	FAILS(ENOENT, truncate("mnt/secret.txt", 0));
}

/* Whether there is one below or not. */
static void not_made(const char *name)
{
	char path[64];
	int fd;

	FAILS(EACCES, open(name, O_CREAT | O_RDWR, 0644));
	FAILS(EACCES, open(name, O_CREAT | O_EXCL | O_RDWR, 0644));
	FAILS(EACCES, mkdir(name, 0755));
	FAILS(EACCES, mknod(name, S_IFREG | 0644, 0));
	FAILS(EACCES, symlink("x", name));
	FAILS(EACCES, link("mnt/seen", name));
	FAILS(EACCES, rename("mnt/seen", name));
	FAILS(EACCES, rename("mnt/dir", name));
	FAILS(EACCES, renameat2(AT_FDCWD, "mnt/seen", AT_FDCWD, name, RENAME_NOREPLACE));
	fd = opened("mnt/dir", O_TMPFILE | O_RDWR);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FAILS(EACCES, linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW));
	CHECK(!linkat(AT_FDCWD, path, AT_FDCWD, "mnt/dir/named", AT_SYMLINK_FOLLOW), "under another name");
	FAILS(EACCES, rename("mnt/dir/named", name));
	CHECK(!unlink("mnt/dir/named") && !close(fd), "unlink");
	/* What the kernel asked the daemon meanwhile has told it nothing. */
	FAILS(ENOENT, access(name, F_OK));
}

static void not_listed(void)
{
	char names[8192];
	int i, fd;

	/* The first look asks for attributes as well, the later ones may not. */
	for (i = 0; i < 3; i++) {
		CHECK(case_list("mnt", names, sizeof(names)) == 6, "%s", names);
		CHECK(!strstr(names, "secret") && strstr(names, "seen") && strstr(names, "other"), "%s", names);
	}
	run("test -z \"$(ls -lR mnt | grep -v 'link ->' | grep -i secret)\"");
	/* More than one buffer of them, all hidden but the last. */
	CHECK(!mkdir("low/many", 0755), "a directory");
	for (i = 0; i < 400; i++) {
		snprintf(names, sizeof(names), "low/many/secret-with-quite-a-long-name-that-takes-room-%d", i);
		fd = opened(names, O_CREAT | O_WRONLY);
		close(fd);
	}
	CHECK(case_list("mnt/many", names, sizeof(names)) == 2, "%s", names);
	fd = opened("low/many/zzz", O_CREAT | O_WRONLY);
	close(fd);
	CHECK(case_list("mnt/many", names, sizeof(names)) == 3, "%s", names);
	run("rm -r low/many");
}

static bool is_hidden_file(int fd)
{
	struct stat st, secret, dir;

	CHECK(!fstat(fd, &st) && !stat("low/secretdir/inner", &secret) && !stat("low/secretdir", &dir), "stat");
	return st.st_ino == secret.st_ino || st.st_ino == dir.st_ino;
}

/* Handles can be made up by whoever may use them. */
static void by_handle(void)
{
	int dir = opened("mnt", O_RDONLY | O_DIRECTORY), fd, opens = 0;
	struct handle h, made;
	unsigned int i;

	FAILS(ENOENT, handle_get("mnt/secretdir", &h));
	CHECK(!handle_get("mnt/seen", &h), "a handle");
	for (i = 1; i < IDS; i++) {
		made = h;
		/* ext4's, without a parent: type 1, the inode's number, any generation. */
		made.head.handle_bytes = 3 * sizeof(made.words[0]);
		made.words[0] = 1;
		made.words[1] = i;
		made.words[2] = 0;
		fd = open_by_handle_at(dir, &made.head, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		opens++;
		CHECK(!is_hidden_file(fd), "inode %u", i);
		close(fd);
	}
	CHECK(opens >= 2, "what is known opens by handles that are made up");
	close(dir);
}

/* Another name is another matter; and so is what was there before. */
static void not_ours(void)
{
	char *map;
	int fd;

	holds("mnt/other", "secret");
	holds("mnt/seen", "seen");
	CHECK(!rename("mnt/other", "mnt/moved"), "it can be moved");
	holds("mnt/moved", "secret");
	run("umount mnt");

	mount_with("ext=passthrough");
	fd = opened("mnt/secret.txt", O_RDWR);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED, "a mapping");
	run("extfuse replace $PWD/mnt hide --pattern='secret*'");
	CHECK(pwrite(fd, "S", 1, 0) == 1 && map[0] == 'S', "a handle stays a handle");
	/* The name is in use, and is asked about all the same. */
	FAILS(ENOENT, open("mnt/secret.txt", O_RDONLY));
	CHECK(!munmap(map, 4096) && !close(fd), "close");
	FAILS(ENOENT, open("mnt/secret.txt", O_RDONLY));
	/* A policy that is lost lets nothing through, one that is taken away lets all. */
	programs("0");
	FAILS(EIO, open("mnt/secretdir", O_RDONLY));
	programs("1");
	FAILS(ENOENT, open("mnt/secretdir", O_RDONLY));
	run("extfuse detach $PWD/mnt");
	close(opened("mnt/secretdir", O_RDONLY));
	run("umount mnt");
}

/* A directory that is open outlives the daemon; the policy does not, and nothing is listed then. */
static void without_daemon(void)
{
	struct dirent *d;
	struct stat st;
	char line[128];
	DIR *dir;

	mount_with("'ext=hide,pattern=secret*'");
	dir = opendir("mnt");
	CHECK(dir && !stat("mnt", &st), "a directory");
	run("mountpoint -q /sys/fs/extfuse/connections || mount -t extfusectl none /sys/fs/extfuse/connections");
	snprintf(line, sizeof(line), "echo 1 >/sys/fs/extfuse/connections/%u/abort", minor(st.st_dev));
	run(line);
	run("umount /sys/fs/extfuse/connections");
	for (errno = 0; (d = readdir(dir)); errno = 0)
		CHECK(!strstr(d->d_name, "secret"), "%s is listed after an abort", d->d_name);
	CHECK(errno == EIO, "a listing after an abort: %s", strerror(errno));
	closedir(dir);
	/* Its daemon takes it down by itself. */
	run("umount -l mnt 2>/dev/null || true");
}

int main(void)
{
	umask(0);
	atexit(programs_on);
	tree();
	mount_with("'ext=hide,pattern=secret*'");
	not_found();
	not_made("mnt/secret.txt");
	not_made("mnt/secretdir");
	not_made("mnt/Secret-new");
	not_listed();
	not_found();
	by_handle();
	holds("low/secret.txt", "secret");
	not_ours();
	without_daemon();
	return 0;
}
