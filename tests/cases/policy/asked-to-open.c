// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: who is asked by fanotify whether a directory below that folds case may be opened can look into it, while hide wants to know a name there
 * needs: root extfuse ext4 loop mkfs.ext4 chattr
 * timeout: 60
 */
#include <dirent.h>
#include <sys/fanotify.h>

#include "../tree/tree.h"

static bool low_make(void)
{
	return !run("modprobe loop && truncate -s 16M image && mkfs.ext4 -q -O casefold -E encoding=utf8 image && mkdir src") &&
	       !run("mount -o loop image src 2>mount.err");
}

/* The directory is its own to read: what it does with the descriptor tells nobody. */
static unsigned int answer(int fan)
{
	struct fanotify_event_metadata event;
	struct fanotify_response response;
	unsigned int entries = 0;
	DIR *dir;

	if (read(fan, &event, sizeof(event)) != sizeof(event))
		return 0;
	dir = fdopendir(dup(event.fd));
	CHECK(dir, "the directory");
	while (readdir(dir))
		entries++;
	closedir(dir);
	response = (struct fanotify_response){ .fd = event.fd, .response = FAN_ALLOW };
	CHECK(write(fan, &response, sizeof(response)) == sizeof(response), "the answer");
	close(event.fd);
	return entries;
}

/* 'seen' is removed, or moved, by another name. */
static void change(int fan, const char *command)
{
	unsigned int entries = 0;
	int status = -1;
	pid_t pid = fork();

	CHECK(pid >= 0, "fork");
	if (!pid)
		_exit(run(command));
	while (waitpid(pid, &status, WNOHANG) != pid) {
		entries += answer(fan);
		usleep(10000);
	}
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status), "%s", command);
	CHECK(entries, "asked before: %s", command);
}

int main(void)
{
	int fan;

	if (!low_make())
		SKIP("this kernel cannot fold case");
	CHECK(!run("chmod 755 . src && mkdir src/fold mnt && chattr +F src/fold && touch src/fold/seen src/fold/.hidden"), "files");
	CHECK(!run("mount -t extfuse -o ext=hide $PWD/src $PWD/mnt"), "the mount");
	fan = fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
	if (fan < 0 || fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_ONDIR, AT_FDCWD, "src/fold"))
		SKIP("this kernel does not ask: %s", strerror(errno));
	change(fan, "mv mnt/fold/SEEN mnt/fold/moved");
	change(fan, "rm mnt/fold/MOVED");
	close(fan);
	CHECK(!access("src/fold/.hidden", F_OK) && access("src/fold/moved", F_OK), "what is left");
	tree_umount();
	CHECK(!umount("src"), "src");
	return 0;
}
