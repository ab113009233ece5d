// SPDX-License-Identifier: GPL-2.0-only
/*
 * run SOURCES OBJECTS [NAME...]: tries each program of tests/reject and
 * compares who refuses it, and in what words, with its header. README.md says
 * what the header holds. The file system that the programs are attached to is
 * served by a thread of this process.
 *
 * Exit status: 0 all as expected, 1 not, 77 there is no extfuse here.
 */
#include <dirent.h>
#include <errno.h>
#include <extfuse/extfuse.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../bpf/tinyfs.h"

#define SUFFIX	".bpf.c"

/* The steps of a program's life, as the headers name them. */
enum step { STEP_OPEN, STEP_LOAD, STEP_ATTACH, STEP_RUN };
static const char *const step_names[] = { "open", "load", "attach", "run" };

struct outcome {
	enum step step;
	char text[512];
};

static const char *errno_name(int err)
{
	return err ? strerrorname_np(err) : "OK";
}

/* Takes an object as far as it goes; false: a failure that no header can expect. */
static bool try_object(const char *object, int fd, const char *mnt, struct outcome *out)
{
	struct extfuse_ext *ext = NULL;
	struct stat st;
	bool ok = true;

	out->text[0] = '\0';
	out->step = STEP_OPEN;
	if (extfuse_ext__open(&ext, object, NULL, out->text, sizeof(out->text)))
		return true;
	out->step = STEP_LOAD;
	if (extfuse_ext__load(ext, out->text, sizeof(out->text)))
		goto out;
	out->step = STEP_ATTACH;
	if (extfuse_ext__attach(ext, fd, 0, out->text, sizeof(out->text)))
		goto out;
	out->step = STEP_RUN;
	snprintf(out->text, sizeof(out->text), "%s", errno_name(stat(mnt, &st) ? errno : 0));
	if (extfuse_conn__detach(fd, 0)) {
		snprintf(out->text, sizeof(out->text), "detach: %s", errno_name(errno));
		ok = false;
	}
out:
	extfuse_ext__free(ext);
	return ok;
}

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	bool match;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	match = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return match;
}

/* Does any "expect:" line of the source fit? -1: it has none. */
static int expected(const char *source, const struct outcome *out)
{
	char line[512], step[16], pattern[256];
	FILE *file = fopen(source, "re");
	int found = -1;

	while (file && found != 1 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " * expect: %15s \"%255[^\"]\"", step, pattern) != 2)
			continue;
		found = !strcmp(step, step_names[out->step]) && matches(pattern, out->text);
	}
	if (file)
		fclose(file);
	return found;
}

static bool check(const char *sources, const char *objects, const char *name, int fd,
		  const char *mnt)
{
	char source[4096], object[4096];
	struct outcome out;
	bool ok;

	snprintf(source, sizeof(source), "%s/%s" SUFFIX, sources, name);
	snprintf(object, sizeof(object), "%s/%s.bpf.o", objects, name);
	ok = try_object(object, fd, mnt, &out) && expected(source, &out) == 1;
	printf("%s %s: %s: %s\n", ok ? "ok  " : "FAIL", name, step_names[out.step], out.text);
	fflush(stdout);
	return ok;
}

static int check_all(const char *sources, const char *objects, int fd, const char *mnt)
{
	struct dirent **list;
	int n = scandir(sources, &list, NULL, alphasort), failed = 0, tried = 0;

	for (int i = 0; i < n; i++) {
		size_t len = strlen(list[i]->d_name), suffix = strlen(SUFFIX);

		if (len <= suffix || strcmp(list[i]->d_name + len - suffix, SUFFIX))
			continue;
		list[i]->d_name[len - suffix] = '\0';
		tried++;
		failed += !check(sources, objects, list[i]->d_name, fd, mnt);
	}
	printf("%d programs, %d not as expected\n", tried, failed);
	return failed || !tried;
}

int main(int argc, char **argv)
{
	static struct tinyfs fs;
	char err[512];
	int ret = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: run SOURCES OBJECTS [NAME...]\n");
		return 2;
	}
	if (extfuse_module__probe(err, sizeof(err))) {
		printf("no extfuse here: %s\n", err);
		return 77;
	}
	ret = tinyfs_mount(&fs);
	if (ret) {
		fprintf(stderr, "run: mount: %s\n", strerror(-ret));
		return 1;
	}
	if (argc == 3)
		ret = check_all(argv[1], argv[2], fs.fd, fs.mnt);
	for (int i = 3; i < argc; i++)
		ret |= !check(argv[1], argv[2], argv[i], fs.fd, fs.mnt);
	return tinyfs_umount(&fs) || ret;
}
