// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serves disks to one QEMU and cuts its power: SIGKILL for QEMU, and of what the guest had not flushed only a part is
 * on the images afterwards.
 *
 *   disks SOCKET SEED REQUESTS SECONDS PIDFILE NAME=IMAGE…
 *
 * After SIGUSR1 the cut comes with so many writes and flushes, or after so many seconds at most. SIGTERM: no cut, all is written. What
 * it did is the last line on stdout.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"

static struct disk disks[MAX_DISKS];
static int num_disks;
/* The first is the listening one. */
static struct pollfd sockets[MAX_DISKS + 1];
static struct disk *behind[MAX_DISKS + 1];
static volatile sig_atomic_t armed, ended;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		armed = 1;
	else
		ended = 1;
}

static void fail(const char *what, int err)
{
	fprintf(stderr, "disks: %s: %s\n", what, strerror(-err));
	exit(1);
}

static int listen_on(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, MAX_DISKS))
		fail(path, -errno);
	return fd;
}

static void greet(void)
{
	int fd = accept(sockets[0].fd, NULL, NULL), i;
	struct disk *d;

	if (fd < 0)
		return;
	d = nbd_greet(fd, disks, num_disks);
	for (i = 1; d && i <= MAX_DISKS; i++) {
		if (sockets[i].fd >= 0)
			continue;
		sockets[i].fd = fd;
		behind[i] = d;
		return;
	}
	close(fd);
}

static long kill_qemu(const char *file)
{
	FILE *f = fopen(file, "re");
	long pid = 0;

	if (!f || fscanf(f, "%ld", &pid) != 1 || pid < 2 || kill(pid, SIGKILL))
		fail(file, errno ? -errno : -EINVAL);
	fclose(f);
	return pid;
}

static void cut(const char *pidfile, long requests)
{
	static const char *const names[] = { "lost", "kept", "some", "torn" };
	unsigned int cached = 0;
	int i, err;

	kill_qemu(pidfile);
	printf("cut after %ld requests; unflushed:", requests);
	for (i = 0; i < num_disks; i++) {
		enum fate fate = draw(NUM_FATES);

		cached += disks[i].num_cached;
		printf(" %s %u %s", disks[i].name, disks[i].num_cached, names[fate]);
		err = disk_cut(&disks[i], fate);
		if (err)
			fail(disks[i].name, err);
	}
	printf("; %u in all\n", cached);
}

/* Returns how many writes and flushes there were when it was time, < 0: there is no cut. */
static long serve(long requests, long seconds)
{
	time_t end = 0;
	long n = 0;
	int i;

	while (!ended) {
		if (armed && !end)
			end = time(NULL) + seconds;
		if (end && (n >= requests || time(NULL) >= end))
			return n;
		if (poll(sockets, MAX_DISKS + 1, 200) <= 0)
			continue;
		for (i = 1; i <= MAX_DISKS && !(end && n >= requests); i++) {
			enum nbd_did did;

			if (sockets[i].fd < 0 || !sockets[i].revents)
				continue;
			did = nbd_serve(sockets[i].fd, behind[i]);
			if (did == NBD_END) {
				close(sockets[i].fd);
				sockets[i].fd = -1;
			}
			n += end && did == NBD_WROTE;
		}
		if (sockets[0].revents)
			greet();
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	char *image;
	long n;
	int i, err;

	if (argc < 7 || argc - 6 > MAX_DISKS) {
		fprintf(stderr, "usage: disks SOCKET SEED REQUESTS SECONDS PIDFILE NAME=IMAGE...\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	draw_from(strtoull(argv[2], NULL, 0));
	for (i = 6; i < argc; i++) {
		image = strchr(argv[i], '=');
		if (!image)
			fail(argv[i], -EINVAL);
		*image++ = 0;
		err = disk_open(&disks[num_disks++], argv[i], image);
		if (err)
			fail(image, err);
	}
	for (i = 0; i <= MAX_DISKS; i++)
		sockets[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	sockets[0].fd = listen_on(argv[1]);
	n = serve(atol(argv[3]), atol(argv[4]));
	if (n >= 0) {
		cut(argv[5], n);
		return 0;
	}
	for (i = 0; i < num_disks; i++)
		disk_flush(&disks[i]);
	printf("no cut\n");
	return 0;
}
