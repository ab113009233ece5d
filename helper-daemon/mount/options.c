// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of mount options and its parser, see options.h.
 */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

/* Most daemons answer in a moment; some connect to a server first. */
#define MOUNT_TIMEOUT_NS	30000000000ULL

enum kind {
	SET,		/* sets bits of the mount's flags */
	CLEAR,		/* clears them */
	SWITCH,		/* a bool of struct mount_options at .at */
	TEXT,		/* a const char * there */
	SECONDS_TEXT,	/* the same, and must be a number of seconds */
	SECONDS,	/* a __u64 there, in nanoseconds */
	COUNT,		/* a __u32 there */
	NAMES,		/* names= */
	KERNEL,		/* goes into mount(2) as it is */
	KERNEL_COUNT,	/* the same, and must be a number; a foreign daemon needs it too */
	ALLOW_ROOT,	/* allow_other for the kernel, itself for the daemon, which checks */
	IGNORED,	/* for mount(8), fstab or older programs */
	REFUSED,	/* help says why */
};

enum who { BOTH, MIRROR, FOREIGN };

struct option_row {
	const char *name;	/* ends in '=' where a value follows, in '*' for a prefix */
	enum kind kind;
	enum who who;		/* the other kind of daemon gets it as unknown */
	unsigned long flags;
	size_t at;
	const char *help;	/* NULL: generic, in mount(8) */
};

#define AT(field)	offsetof(struct mount_options, field)

static const struct option_row rows[] = {
	{ "ext=", TEXT, BOTH, 0, AT(ext), "NAME|FILE.bpf.o|none: the extension (default passthrough for a directory, metacache for a program)" },
	{ "actimeo=", SECONDS, BOTH, 0, AT(attach.actimeo_ns), "SECONDS: names and attributes stay valid at least so long" },
	{ "cachesize=", COUNT, BOTH, 0, AT(attach.cachesize), "ENTRIES: size of each of the extension's caches" },
	{ "names=", NAMES, BOTH, 0, 0, "dir: a changed name renews all names of its directory (file systems that fold case)" },
	{ "shadow", SWITCH, BOTH, 0, AT(attach.shadow), "answer from the daemon, count where the extension differs" },
	{ "pattern=", TEXT, BOTH, 0, AT(pattern), "PATTERN: names for the extension hide, at most one * in it" },
	{ "max_backing=", COUNT, BOTH, 0, AT(max_backing), "NUMBER: passthrough: of how many files the kernel may know where they lie (default 1048576)" },
	{ "max_stack_depth=", COUNT, BOTH, 0, AT(max_stack_depth), "1|2: passthrough: 2 where SOURCE lies on a stacked file system (default: found out)" },
	{ "allow_idmap", SWITCH, MIRROR, 0, AT(allow_idmap), "idmapped mounts can be made of the mount (Linux 6.12)" },
	{ "allow_idmap", REFUSED, FOREIGN, 0, 0, "a daemon says itself whether it can do without the ids of its callers" },
	{ "mount_timeout=", SECONDS, BOTH, 0, AT(mount_timeout_ns), "SECONDS: give up if the mount does not answer in this time (default 30; 0: wait for ever)" },
	{ "log=", TEXT, BOTH, 0, AT(log), "FILE|syslog: messages of the helper daemon (default syslog)" },

	{ "attr_timeout=", SECONDS_TEXT, MIRROR, 0, AT(attr_timeout), "SECONDS: mirror: lifetime of attributes (default 1)" },
	{ "entry_timeout=", SECONDS_TEXT, MIRROR, 0, AT(entry_timeout), "SECONDS: mirror: lifetime of names (default 1, or actimeo)" },
	{ "negative_timeout=", SECONDS_TEXT, MIRROR, 0, AT(negative_timeout), "SECONDS: mirror: lifetime of names that do not exist (default 0, or actimeo)" },

	{ "allow_other", SWITCH, BOTH, 0, AT(allow_other), "all users may use the mount (always so for the mirror)" },
	{ "allow_root", ALLOW_ROOT, FOREIGN, 0, 0, "root and the daemon's user may use the mount" },
	{ "allow_root", REFUSED, MIRROR, 0, 0, "the mirror serves all users" },
	{ "default_permissions", SWITCH, BOTH, 0, AT(default_permissions), "the kernel checks permissions (always so for the mirror)" },
	{ "max_read=", KERNEL_COUNT, BOTH, 0, 0, "BYTES: size of the longest read request" },
	{ "subtype=", TEXT, BOTH, 0, AT(subtype), "NAME: shown as type extfuse.NAME" },
	{ "fsname=", IGNORED, BOTH, 0, 0, "the name that is shown is SOURCE" },
	{ "setuid=", TEXT, FOREIGN, 0, AT(user), "USER: run the foreign daemon as this user" },
	{ "auto_unmount", IGNORED, BOTH, 0, 0, "always so: the mount goes with its daemon" },
	{ "nonempty", IGNORED, BOTH, 0, 0, "always so" },
	{ "blksize=", REFUSED, BOTH, 0, 0, "only block devices have one, and extfuse mounts none" },
	{ "drop_privileges", REFUSED, BOTH, 0, 0, "use setuid=USER" },
	{ "fd=", REFUSED, BOTH, 0, 0, "set by mount.extfuse itself" },
	{ "rootmode=", REFUSED, BOTH, 0, 0, "set by mount.extfuse itself" },
	{ "user_id=", REFUSED, BOTH, 0, 0, "set by mount.extfuse itself, see setuid=" },
	{ "group_id=", REFUSED, BOTH, 0, 0, "set by mount.extfuse itself, see setuid=" },

	{ "context=", KERNEL, BOTH, 0, 0, NULL },
	{ "fscontext=", KERNEL, BOTH, 0, 0, NULL },
	{ "defcontext=", KERNEL, BOTH, 0, 0, NULL },
	{ "rootcontext=", KERNEL, BOTH, 0, 0, NULL },
	{ "remount", SWITCH, BOTH, 0, AT(remount), NULL },
	{ "ro", SET, BOTH, MS_RDONLY, 0, NULL },
	{ "rw", CLEAR, BOTH, MS_RDONLY, 0, NULL },
	{ "nosuid", SET, BOTH, MS_NOSUID, 0, NULL },
	{ "suid", CLEAR, BOTH, MS_NOSUID, 0, NULL },
	{ "nodev", SET, BOTH, MS_NODEV, 0, NULL },
	{ "dev", CLEAR, BOTH, MS_NODEV, 0, NULL },
	{ "noexec", SET, BOTH, MS_NOEXEC, 0, NULL },
	{ "exec", CLEAR, BOTH, MS_NOEXEC, 0, NULL },
	{ "sync", SET, BOTH, MS_SYNCHRONOUS, 0, NULL },
	{ "async", CLEAR, BOTH, MS_SYNCHRONOUS, 0, NULL },
	{ "dirsync", SET, BOTH, MS_DIRSYNC, 0, NULL },
	{ "noatime", SET, BOTH, MS_NOATIME, 0, NULL },
	{ "atime", CLEAR, BOTH, MS_NOATIME, 0, NULL },
	{ "nodiratime", SET, BOTH, MS_NODIRATIME, 0, NULL },
	{ "diratime", CLEAR, BOTH, MS_NODIRATIME, 0, NULL },
	{ "relatime", SET, BOTH, MS_RELATIME, 0, NULL },
	{ "norelatime", CLEAR, BOTH, MS_RELATIME, 0, NULL },
	{ "strictatime", SET, BOTH, MS_STRICTATIME, 0, NULL },
	{ "nostrictatime", CLEAR, BOTH, MS_STRICTATIME, 0, NULL },
	{ "lazytime", SET, BOTH, MS_LAZYTIME, 0, NULL },
	{ "nolazytime", CLEAR, BOTH, MS_LAZYTIME, 0, NULL },
	{ "nosymfollow", SET, BOTH, MS_NOSYMFOLLOW, 0, NULL },
	{ "symfollow", CLEAR, BOTH, MS_NOSYMFOLLOW, 0, NULL },
	{ "silent", SET, BOTH, MS_SILENT, 0, NULL },
	{ "loud", CLEAR, BOTH, MS_SILENT, 0, NULL },
	{ "iversion", IGNORED, BOTH, 0, 0, NULL },
	{ "noiversion", IGNORED, BOTH, 0, 0, NULL },
	{ "mand", IGNORED, BOTH, 0, 0, NULL },
	{ "nomand", IGNORED, BOTH, 0, 0, NULL },
	{ "defaults", IGNORED, BOTH, 0, 0, NULL },
	{ "auto", IGNORED, BOTH, 0, 0, NULL },
	{ "noauto", IGNORED, BOTH, 0, 0, NULL },
	{ "nouser", IGNORED, BOTH, 0, 0, NULL },
	{ "nousers", IGNORED, BOTH, 0, 0, NULL },
	{ "nogroup", IGNORED, BOTH, 0, 0, NULL },
	{ "noowner", IGNORED, BOTH, 0, 0, NULL },
	{ "nofail", IGNORED, BOTH, 0, 0, NULL },
	{ "_netdev", IGNORED, BOTH, 0, 0, NULL },
	{ "_rnetdev", IGNORED, BOTH, 0, 0, NULL },
	{ "comment=", IGNORED, BOTH, 0, 0, NULL },
	{ "uhelper=", IGNORED, BOTH, 0, 0, NULL },
	{ "helper=", IGNORED, BOTH, 0, 0, NULL },
	{ "x-*", IGNORED, BOTH, 0, 0, NULL },
	{ "X-*", IGNORED, BOTH, 0, 0, NULL },
	{ "user", REFUSED, BOTH, 0, 0, "only root can mount extfuse" },
	{ "user=", REFUSED, BOTH, 0, 0, "only root can mount extfuse" },
	{ "users", REFUSED, BOTH, 0, 0, "only root can mount extfuse" },
	{ "owner", REFUSED, BOTH, 0, 0, "only root can mount extfuse" },
	{ "group", REFUSED, BOTH, 0, 0, "only root can mount extfuse" },
};

#define NROWS	(sizeof(rows) / sizeof(*rows))

void words_add(struct words *w, const char *fmt, ...)
{
	char *word, *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&word, fmt, ap);
	va_end(ap);
	text = len < 0 ? NULL : realloc(w->text, w->len + len + 2);
	if (!text) {
		fputs("mount.extfuse: out of memory\n", stderr);
		exit(2);
	}
	w->text = text;
	w->len += sprintf(text + w->len, "%s%s", w->len ? "," : "", word);
	free(word);
}

/* The value of an option that has this name ("" if it takes none); NULL if it has another. */
static const char *row_matches(const struct option_row *row, const char *word)
{
	size_t len = strlen(row->name);

	switch (row->name[len - 1]) {
	case '=':
		return strncmp(word, row->name, len) ? NULL : word + len;
	case '*':
		return strncmp(word, row->name, len - 1) ? NULL : "";
	default:
		return strcmp(word, row->name) ? NULL : "";
	}
}

static const struct option_row *row_find(const char *word, bool mirror, const char **value)
{
	size_t i;

	for (i = 0; i < NROWS; i++) {
		if (rows[i].who != BOTH && rows[i].who != (mirror ? MIRROR : FOREIGN))
			continue;
		*value = row_matches(&rows[i], word);
		if (*value)
			return &rows[i];
	}
	return NULL;
}

static bool seconds_parse(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	/* Beyond this the kernel's nanoseconds overflow. */
	return *text && !*end && isfinite(*out) && *out >= 0 && *out <= 1e9;
}

static bool count_parse(const char *text, __u32 *out)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	*out = n;
	return *text >= '0' && *text <= '9' && !*end && !errno && n && n <= UINT32_MAX;
}

static bool text_take(const char **out, const char *value)
{
	*out = value;
	return *value;
}

/* Returns false when the value is not what the option takes. */
static bool row_apply(struct mount_options *o, const struct option_row *row, const char *word,
		      const char *value)
{
	void *at = (char *)o + row->at;
	double seconds;
	__u32 count;

	switch (row->kind) {
	case SET:
		o->flags |= row->flags;
		return true;
	case CLEAR:
		o->flags &= ~row->flags;
		return true;
	case SWITCH:
		*(bool *)at = true;
		return true;
	case SECONDS_TEXT:
		return seconds_parse(value, &seconds) && text_take(at, value);
	case TEXT:
		return text_take(at, value);
	case SECONDS:
		if (!seconds_parse(value, &seconds))
			return false;
		*(__u64 *)at = seconds * 1e9;
		return true;
	case COUNT:
		return count_parse(value, at);
	case NAMES:
		o->attach.names_dir = true;
		return !strcmp(value, "dir");
	case KERNEL_COUNT:
		words_add(&o->daemon, "%s", word);
		words_add(&o->kernel, "%s", word);
		return count_parse(value, &count);
	case KERNEL:
		words_add(&o->kernel, "%s", word);
		return *value;
	case ALLOW_ROOT:
		o->allow_other = true;
		words_add(&o->daemon, "%s", word);
		return true;
	default:
		return true;
	}
}

static int word_parse(struct mount_options *o, const char *word, bool mirror, bool sloppy,
		      char *err, size_t errlen)
{
	const struct option_row *row;
	const char *value;

	row = row_find(word, mirror, &value);
	if (!row && !mirror) {
		words_add(&o->daemon, "%s", word);
		return 0;
	}
	if (!row && sloppy)
		return 0;
	if (!row) {
		snprintf(err, errlen, "option '%s' is not known: mount.extfuse --help lists what is", word);
		return -EINVAL;
	}
	/* mount(8) hands back what the mount has, the kernel's own options included. */
	if (row->kind == REFUSED && !o->remount) {
		snprintf(err, errlen, "option '%s' cannot be used: %s", word, row->help);
		return -EINVAL;
	}
	if (!strcmp(row->name, "user_id="))
		o->handed_back = true;
	if (!row_apply(o, row, word, value)) {
		snprintf(err, errlen, "option '%s' has a value that it does not take%s%s", word,
			 row->help ? "; it is " : "", row->help ? row->help : "");
		return -EINVAL;
	}
	return 0;
}

/* Cuts the next word off; a comma in double quotes or after a backslash is part of it. */
static char *word_cut(char **list)
{
	bool quoted = false;
	char *word = *list, *c;

	if (!word)
		return NULL;
	for (c = word; *c; c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (*c == '\\' && c[1])
			c++;
		else if (*c == ',' && !quoted)
			break;
	}
	*list = *c ? c + 1 : NULL;
	*c = '\0';
	return word;
}

bool mount_options__have(const char *list, const char *want)
{
	char *copy = strdup(list), *rest = copy, *word;
	bool found = false;

	while (copy && !found && (word = word_cut(&rest)))
		found = !strcmp(word, want);
	free(copy);
	return found;
}

int mount_options__parse(struct mount_options *o, const char *list, bool mirror, bool sloppy,
			 char *err, size_t errlen)
{
	char *rest, *word;
	int ret = 0;

	free(o->list);
	o->list = rest = strdup(list);
	if (!rest)
		return -ENOMEM;
	o->mount_timeout_ns = MOUNT_TIMEOUT_NS;
	o->remount = mount_options__have(list, "remount");
	while (!ret && (word = word_cut(&rest))) {
		if (*word)
			ret = word_parse(o, word, mirror, sloppy, err, errlen);
	}
	if (!ret && o->subtype && strpbrk(o->subtype, ",\\\"")) {
		snprintf(err, errlen, "option 'subtype=%s' has a value that it does not take", o->subtype);
		ret = -EINVAL;
	}
	o->attach.pattern = o->pattern;
	if (!ret && mirror) {
		o->allow_other = true;
		o->default_permissions = true;
	}
	return ret;
}

void mount_options__free(struct mount_options *o)
{
	free(o->kernel.text);
	free(o->daemon.text);
	free(o->list);
	memset(o, 0, sizeof(*o));
}

void mount_options__help(FILE *out)
{
	size_t i;

	for (i = 0; i < NROWS; i++) {
		if (rows[i].help && rows[i].kind != REFUSED)
			fprintf(out, "  %-20s %s\n", rows[i].name, rows[i].help);
	}
	fputs("  Options that every mount has (ro, nosuid, noatime, x-*, ...) are in mount(8);\n"
	      "  a foreign daemon is given the options that are not known here.\n", out);
}
