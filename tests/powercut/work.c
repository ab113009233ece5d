// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random work by a seed in a directory, told to the host until it cuts the power; and, after that, the comparison of
 * what is there with what was told.
 *
 *   powercut work DIR LOG WORKER SEED [FLAG…]    flags: no-syncfs, twice, no-exchange, lies (model.h)
 *   powercut check DIR LOG WORKER NAME           prints a line; 1: something is lost
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"

static uint64_t state;

void must(bool yes, const char *what)
{
	if (yes)
		return;
	printf("powercut: %s: %s\n", what, strerror(errno));
	exit(2);
}

void draw_from(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

uint32_t draw(uint32_t below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

static void sync_dir(struct worker *w)
{
	uint32_t dir = draw(DIRS);
	char name[PATH_SIZE];
	int fd;

	snprintf(name, sizeof(name), "d%u", dir);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0, name);
	must(w->lies || !fsync(fd), "fsync of a directory");
	close(fd);
	log_say(ACK_DIR, dir, 0, 0);
}

static void sync_all(struct worker *w)
{
	if (!w->lies && !w->no_syncfs && draw(2)) {
		must(!syncfs(w->fd[0]), "syncfs");
	} else if (!w->lies) {
		sync();
		if (w->twice)
			sync();
	}
	log_say(ACK_ALL, 0, 0, 0);
}

static void shorten(struct worker *w, uint32_t file)
{
	uint32_t left = draw(w->size[file] + 1);

	log_say(OP_TRUNCATE, file, left, 0);
	must(!ftruncate(w->fd[file], (off_t)left * SECTOR), "ftruncate");
	w->size[file] = left;
}

static void one_step(struct worker *w, struct object *names)
{
	uint32_t file = draw(FILES), first = draw(SECTORS - 1), what = draw(100);

	if (what < 40)
		write_somehow(w, file, first, 1 + draw(SECTORS - first > 40 ? 40 : SECTORS - first));
	else if (what < 45)
		shorten(w, file);
	else if (what < 75)
		change_names(w, names);
	else if (what < 90)
		sync_somehow(w, file);
	else if (what < 98)
		sync_dir(w);
	else
		sync_all(w);
}

static void make_all(struct worker *w)
{
	char name[PATH_SIZE];
	int i;

	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		w->fd[i] = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0644);
		must(w->fd[i] >= 0, name);
		/* Durable with its name, by the caller's sync and by itself. */
		must(!fsync(w->fd[i]), "fsync of a file that was made");
	}
	for (i = 0; i < DIRS; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		must(!mkdir(name, 0755), name);
	}
	sync();
}

static void __attribute__((noreturn)) do_work(int argc, char **argv)
{
	struct object names[NAMES] = {};
	struct worker w = { .run = strtoull(argv[5], NULL, 0) };
	int i;

	for (i = 6; i < argc; i++) {
		w.no_syncfs |= !strcmp(argv[i], "no-syncfs");
		w.twice |= !strcmp(argv[i], "twice");
		w.no_exchange |= !strcmp(argv[i], "no-exchange");
		w.lies |= !strcmp(argv[i], "lies");
	}
	draw_from(w.run);
	ways_begin();
	make_all(&w);
	log_begin(w.run);
	printf("ready\n");
	fflush(stdout);
	while (log_next() < LOG_RECORDS - 2)
		one_step(&w, names);
	for (;;)
		pause();
}

static int do_check(const char *what)
{
	static struct record records[LOG_RECORDS];
	int num = log_read(records), acks = 0, lost, i;

	if (!num || records[0].op != OP_BEGIN) {
		printf("%s: it had not begun\n", what);
		return 0;
	}
	for (i = 0; i < num; i++)
		acks += records[i].op >= ACK_ALL;
	lost = check_files(records, num, what) + check_names(records, num, what);
	printf("%s: checked %d records, %d acknowledged, %d lost\n", what, num, acks, lost);
	return !!lost;
}

int main(int argc, char **argv)
{
	if (argc < 6) {
		printf("usage: powercut work DIR LOG WORKER SEED [FLAG...] | check DIR LOG WORKER NAME\n");
		return 2;
	}
	must(!chdir(argv[2]), argv[2]);
	log_open(argv[3], atoi(argv[4]));
	if (!strcmp(argv[1], "work"))
		do_work(argc, argv);
	return do_check(argv[5]);
}
