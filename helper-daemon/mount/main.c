// SPDX-License-Identifier: GPL-2.0-only
/*
 * mount.extfuse, which mount(8) calls for type extfuse: its arguments and exit codes.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inherit.h"
#include "job.h"
#include "load.h"
#include "say.h"

/* Exit codes of mount(8). */
#define EXIT_USAGE	1
#define EXIT_SYSTEM	2
#define EXIT_MOUNT	32

static void usage(FILE *out)
{
	fputs("usage: mount -t extfuse [-o OPTIONS] SOURCE DIR\n"
	      "       mount.extfuse SOURCE DIR [-fnsv] [-N NAMESPACE] [-o OPTIONS] [-t extfuse.PROGRAM]\n"
	      "SOURCE is a directory or a file, which is mirrored, or PROGRAM#SPEC, a libfuse 3 file system.\n"
	      "Options:\n", out);
	mount_options__help(out);
}

static void say_error(const struct job *job, const char *what)
{
	if (*what)
		say(job->target, what);
}

static int parse_args(struct request *r, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	struct words options = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "fnsvhVN:o:t:", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			r->fake = true;
			break;
		case 'n':
			break;
		case 's':
			r->sloppy = true;
			break;
		case 'v':
			r->verbose = true;
			break;
		case 'N':
			r->ns = optarg;
			break;
		case 'o':
			words_add(&options, "%s", optarg);
			break;
		case 't':
			r->type = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'V':
			puts("mount.extfuse " EXTFUSE_VERSION);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	r->options = options.text ? options.text : strdup("");
	if (argc - optind != 2 || !r->options) {
		fputs("mount.extfuse: a source and a directory are needed: see mount.extfuse --help\n",
		      stderr);
		return -EINVAL;
	}
	r->source = argv[optind];
	r->target = argv[optind + 1];
	return 0;
}

/* After an upgrade the mount works, but with the old module. */
static void say_upgrade(struct job *job)
{
	char why[512];

	if (job->opts.remount || module_is_current(why, sizeof(why)))
		return;
	snprintf(job->err, sizeof(job->err), "mounted, but %s", why);
	say_error(job, job->err);
}

int main(int argc, char **argv)
{
	struct job job = { .source_fd = -1, .fd = -1, .ns_fd = -1, .home_fd = -1 };
	struct request request = { 0 };
	int err;

	inherit_sane();
	if (parse_args(&request, argc, argv))
		return EXIT_USAGE;
	if (geteuid()) {
		say(request.target, "only root can mount extfuse, because its programs run in the kernel: use sudo, or an fstab line without 'user'");
		return EXIT_USAGE;
	}
	if (!getenv("PATH"))
		setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (job_prepare(&job, &request)) {
		say_error(&job, job.err);
		return EXIT_USAGE;
	}
	if (request.fake)
		return 0;
	err = job.opts.remount ? job_remount(&job) : job_run(&job);
	if (err) {
		say_error(&job, job.err);
		return EXIT_MOUNT;
	}
	if (job.opts.remount)
		say_error(&job, job.err);
	if (*job.reason && (!job.opts.ext || strcmp(job.opts.ext, "none"))) {
		snprintf(job.err, sizeof(job.err), "mounted, but not accelerated: %s", job.reason);
		say_error(&job, job.err);
	}
	say_upgrade(&job);
	return 0;
}
