// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be known of a foreign daemon before it runs, see foreign.h.
 */
#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* The program's file, in @path. */
static int program_find(const char *program, char *path, size_t size)
{
	const char *dirs = getenv("PATH");
	size_t len;

	if (strchr(program, '/')) {
		snprintf(path, size, "%s", program);
		return is_program(path) ? 0 : -ENOENT;
	}
	for (; dirs && *dirs; dirs += len + (dirs[len] == ':')) {
		len = strcspn(dirs, ":");
		/* As with execvp(), nothing between two colons stands for the working directory. */
		snprintf(path, size, "%.*s/%s", len ? (int)len : 1, len ? dirs : ".", program);
		if (is_program(path))
			return 0;
	}
	return -ENOENT;
}

/* Does the dynamic section @scn name a library that starts with @lib? */
static bool section_needs(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, const char *lib)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t i, count = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;
	const char *name;
	GElf_Dyn dyn;

	for (i = 0; data && i < count; i++) {
		if (!gelf_getdyn(data, i, &dyn) || dyn.d_tag != DT_NEEDED)
			continue;
		name = elf_strptr(elf, sh->sh_link, dyn.d_un.d_val);
		if (name && !strncmp(name, lib, strlen(lib)))
			return true;
	}
	return false;
}

/* False also for scripts and for programs that are linked statically. */
static bool program_needs(const char *path, const char *lib)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *scn = NULL;
	bool found = false;
	GElf_Shdr sh;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	while (elf && !found && elf_kind(elf) == ELF_K_ELF && (scn = elf_nextscn(elf, scn))) {
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_DYNAMIC)
			found = section_needs(elf, scn, &sh, lib);
	}
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return found;
}

/*
 * The daemon's user may not be let into our working directory.  The name itself is
 * kept, even if it is a link: a program may ask how it was called.
 */
static char *path_absolute(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = strndup(path, slash + 1 - path), *real, *absolute = NULL;

	real = folder ? realpath(folder, NULL) : NULL;
	if (real && asprintf(&absolute, "%s/%s", strcmp(real, "/") ? real : "", slash + 1) < 0)
		absolute = NULL;
	free(folder);
	free(real);
	return absolute;
}

int foreign_find(const char *program, char **found, char *err, size_t errlen)
{
	char path[PATH_MAX];

	if (program_find(program, path, sizeof(path))) {
		if (strchr(program, '/'))
			snprintf(err, errlen, "there is no program '%s'", program);
		else
			snprintf(err, errlen, "there is no program '%s' in PATH=%s, which may not be the PATH of your shell: install it, or give its full path",
				 program, getenv("PATH") ? getenv("PATH") : "");
		return -ENOENT;
	}
	if (program_needs(path, "libfuse.so.2")) {
		snprintf(err, errlen,
			 "%s is a libfuse 2 program (it needs libfuse.so.2), and extfuse can serve only libfuse 3 programs: use a version of it for libfuse 3, or mount it with -t fuse",
			 path);
		return -ELIBBAD;
	}
	*found = path_absolute(path);
	return *found ? 0 : -ENOMEM;
}

/* Trusted are root, the daemon's user, and the owner of this program, who decides what root runs anyway. */
static bool is_trusted(uid_t owner, uid_t uid)
{
	struct stat self;

	return !owner || owner == uid || (!stat("/proc/self/exe", &self) && owner == self.st_uid);
}

/* Can other users change the file that the last name of @path leads to, or names in it? */
static bool is_open_to_others(const char *path, uid_t uid)
{
	struct stat st;

	if (lstat(path, &st) || !is_trusted(st.st_uid, uid))
		return true;
	if (S_ISLNK(st.st_mode) || (S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX))
		return false;
	return st.st_mode & 0002 || (st.st_mode & 0020 && st.st_gid);
}

/* Cuts @path, which is absolute, after the first name that is open to others; false: there is none. */
static bool cut_at_open(char *path, uid_t uid)
{
	char *end = path + 1, rest;

	if (is_open_to_others("/", uid)) {
		*end = '\0';
		return true;
	}
	while (*end) {
		end += strcspn(end, "/");
		rest = *end;
		*end = '\0';
		if (is_open_to_others(path, uid))
			return true;
		*end = rest;
		end += rest == '/';
	}
	return false;
}

int foreign_check(const char *path, const char *spec, uid_t uid, char *err, size_t errlen)
{
	char *real = realpath(path, NULL), *named, *at = NULL;
	int why = real ? ENOMEM : errno;

	named = strdup(path);
	if (named && real)
		at = cut_at_open(named, uid) ? named : cut_at_open(real, uid) ? real : NULL;
	if (at)
		snprintf(err, errlen,
			 "the source is not a directory, and it is not taken as PROGRAM#SPEC, because users other than root can change which program that is (they may change %s): if you mean the program, use -t extfuse.%s with '%s' as the source",
			 at, path, spec);
	else if (!named || !real)
		snprintf(err, errlen, "%s cannot be used: %s", path, strerror(why));
	free(named);
	free(real);
	return *err ? -EPERM : 0;
}
