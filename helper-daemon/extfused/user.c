// SPDX-License-Identifier: GPL-2.0-only
/*
 * A foreign daemon that runs as a user (setuid=).  It may be that user's own work, so it
 * gets the connection, and nothing else of what root has.
 *
 * On root's terminal it could read what is typed, and write to root.  So its output goes
 * through a pipe, and from there to the command that waits for the mount.
 */
#include "extfused.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inherit.h"
#include "log.h"
#include "text.h"

/* What it may keep of root's environment; the rest may hold secrets, or steer a library. */
static bool env_is_kept(const char *var)
{
	static const char *const kept[] = { "LANG=", "LANGUAGE=", "LC_", "TERM=", "TZ=" };
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		if (!strncmp(var, kept[i], strlen(kept[i])))
			return true;
	}
	return false;
}

/* As a login has it. */
static void env_of_user(const struct passwd *pw)
{
	char **old = environ;

	environ = NULL;
	for (; old && *old; old++) {
		if (env_is_kept(*old))
			putenv(*old);
	}
	setenv("HOME", pw->pw_dir, 1);
	setenv("USER", pw->pw_name, 1);
	setenv("LOGNAME", pw->pw_name, 1);
	setenv("SHELL", *pw->pw_shell ? pw->pw_shell : "/bin/sh", 1);
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
}

/* A pipe was made for the daemon, and may bring a password; a file is for root to read. */
static int input_take(void)
{
	struct stat st;
	int null;

	if (!fstat(STDIN_FILENO, &st) && S_ISFIFO(st.st_mode))
		return 0;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return null < 0 || dup2(null, STDIN_FILENO) < 0 ? -1 : 0;
}

/* Root's session keyring would lend the daemon the keys in it. */
static int keyring_leave(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS)
		return 0;
	return -1;
}

/* A securebit may let root's capabilities stay. */
static int caps_drop(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { 0 };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return -1;
	return syscall(SYS_capset, &head, none);
}

void user_become(const char *name, int fd, int words_fd)
{
	struct passwd *pw = getpwnam(name);

	if (!pw || input_take() || keyring_leave() || initgroups(name, pw->pw_gid) || setgid(pw->pw_gid) ||
	    setuid(pw->pw_uid) || (pw->pw_uid && caps_drop())) {
		log_error("cannot run the daemon as user %s: %s", name,
			  pw ? strerror(errno) : "there is no such user");
		_exit(127);
	}
	env_of_user(pw);
	/* The user may not be able to enter root's working directory. */
	if (chdir(pw->pw_dir) && chdir("/"))
		_exit(127);
	if (dup2(words_fd, STDOUT_FILENO) < 0 || dup2(words_fd, STDERR_FILENO) < 0)
		_exit(127);
	inherit_only(&fd, 1);
}

int user_words_open(int words[2])
{
	if (pipe2(words, O_CLOEXEC))
		return -errno;
	fcntl(words[0], F_SETFL, O_NONBLOCK);
	return 0;
}

bool user_words_pass(int fd)
{
	char text[1024];
	ssize_t len = 0;
	int turn;

	/* As much as a pipe holds, because the daemon may write for ever. */
	for (turn = 0; turn < 64; turn++) {
		len = read(fd, text, sizeof(text));
		if (len <= 0)
			break;
		text_lines(stderr, text, len);
		fflush(stderr);
	}
	return len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR));
}
