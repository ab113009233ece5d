// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a daemon under setuid= might have of root's; two programs in one:
 *
 *	lent root COMMAND...	runs it as a root that has much to lend: a terminal of its own, a key in the session keyring,
 *				a file that is open as 9, and a capability that neither setuid() nor execve() takes; what it says
 *				on the terminal goes to stdout
 *	lent FILE /dev/fd/N	the "daemon": writes into FILE what it has, says something coloured, ends with status 3
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY	"extfuse-lent"

/* An ambient one outlives execve(), and with that securebit setuid() as well. */
static int lend_capability(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -1;
	data[0].inheritable |= 1U << CAP_CHOWN;
	if (syscall(SYS_capset, &head, data) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0))
		return -1;
	return prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP);
}

/* A kernel without keys has none to lend. */
static int lend_key(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		return errno == ENOSYS ? 0 : -1;
	return syscall(SYS_add_key, "user", KEY, "secret", 6, KEY_SPEC_SESSION_KEYRING) < 0 ? -1 : 0;
}

static int child(const char *terminal, char **command)
{
	int fd, i;

	setsid();
	fd = open(terminal, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0))
		return 1;
	for (i = 0; i < 3; i++)
		dup2(fd, i);
	close(fd);
	if (dup2(open("/etc/shadow", O_RDONLY), 9) < 0 && dup2(open("/proc/1/environ", O_RDONLY), 9) < 0)
		return 1;
	if (lend_key())
		return 1;
	if (lend_capability())
		return 1;
	execvp(command[0], command);
	return 1;
}

static int as_root(char **command)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
	char text[512];
	ssize_t len;
	pid_t pid;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return 1;
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(child(ptsname(master), command));
	while ((len = read(master, text, sizeof(text))) > 0)
		fwrite(text, 1, len, stdout);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void list_descriptors(FILE *out)
{
	DIR *dir = opendir("/proc/self/fd");
	char target[256];
	struct dirent *d;
	ssize_t len;

	while (dir && (d = readdir(dir))) {
		len = readlinkat(dirfd(dir), d->d_name, target, sizeof(target) - 1);
		if (len <= 0 || atoi(d->d_name) == dirfd(dir) || atoi(d->d_name) == fileno(out))
			continue;
		/* Neither a pipe's number nor that a node was removed. */
		target[len] = '\0';
		target[strcspn(target, ": ")] = '\0';
		fprintf(out, "%s %s\n", d->d_name, target);
	}
}

static int look(const char *path)
{
	FILE *out = fopen(path, "w"), *status = fopen("/proc/self/status", "r");
	char line[256];

	if (!out || !status)
		return 1;
	fprintf(out, "key %s\n", syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", KEY, 0) < 0 ? "none" : "root's");
	while (fgets(line, sizeof(line), status)) {
		if (!strncmp(line, "CapPrm:", 7))
			fprintf(out, "caps %s", line + 8);
	}
	fclose(status);
	list_descriptors(out);
	fclose(out);
	printf("\033[31mcoloured\n");
	return 3;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	return strcmp(argv[1], "root") ? look(argv[1]) : as_root(argv + 2);
}
