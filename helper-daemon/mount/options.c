// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of mount options, see options.h; common/option.c goes by it.
 */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "option.h"

/* Most daemons answer in a moment; some connect to a server first. */
#define MOUNT_TIMEOUT_NS	30000000000ULL

/* Which daemon an option is for; the other kind gets it as unknown. */
#define MIRROR		1
#define FOREIGN		2
#define BOTH		(MIRROR | FOREIGN)

/* Where an option also goes, as it is. */
#define TO_KERNEL	1	/* into mount(2) */
#define TO_DAEMON	2	/* to a foreign daemon, which needs it too */
/* Only in a list that mount(8) has read from the mount. */
#define HANDED_BACK	4

#define AT(field)	offsetof(struct mount_options, field)

static const struct option_row rows[] = {
	{ "ext=", OPTION_TEXT, AT(ext), .use = BOTH,
	  .help = "NAME|FILE.bpf.o|none: the extension (default passthrough for a directory, metacache for a program)" },
	{ "actimeo=", OPTION_SECONDS_NS, AT(attach.actimeo_ns), .use = BOTH,
	  .help = "SECONDS: names and attributes stay valid at least so long" },
	{ "negtimeo=", OPTION_SECONDS_NS, AT(attach.negtimeo_ns), .given = AT(attach.negtimeo_given), .use = BOTH,
	  .help = "SECONDS: that a name does not exist stays valid at least so long (default actimeo)" },
	{ "xattrtimeo=", OPTION_SECONDS_NS, AT(attach.xattrtimeo_ns), .use = BOTH,
	  .help = "SECONDS: extended attributes, also that there is none, stay valid so long (default 0)" },
	{ "keepcache", OPTION_SWITCH, AT(attach.keepcache), .use = BOTH,
	  .help = "what was read of a file or directory stays when it is closed, as long as its attributes are valid and the same" },
	{ "closetimeo=", OPTION_SECONDS_NS, AT(attach.closetimeo_ns), .use = BOTH,
	  .help = "SECONDS: a file that was open for reading may stay open for the daemon so long when it is closed (default 0)" },
	{ "maxkept=", OPTION_COUNT, AT(attach.maxkept), .use = BOTH,
	  .help = "NUMBER: so many files at most may stay open (default 1024)" },
	{ "noflush", OPTION_SWITCH, AT(attach.noflush), .use = BOTH,
	  .help = "the daemon is not told that a descriptor was closed which could only read (no FLUSH)" },
	{ "rdirplus", OPTION_SWITCH, AT(attach.rdirplus), .use = BOTH,
	  .help = "listings bring names with their attributes (READDIRPLUS), where the daemon has that" },
	{ "cto", OPTION_SWITCH, AT(attach.cto), .use = BOTH,
	  .help = "each open asks the daemon for attributes, and what is kept of a file or directory stays if they are the same" },
	{ "cache=strict", OPTION_SWITCH, AT(cache_strict), .use = BOTH,
	  .help = "the default: nothing is kept for longer than the daemon says; options after each of these three change single ones" },
	{ "cache=cto", OPTION_SWITCH, AT(cache_cto), .use = FOREIGN,
	  .help = "others change the tree as well: what they changed is seen when a file or directory is opened after that, and else within a minute" },
	{ "cache=cto", OPTION_REFUSED, OPTION_NOWHERE, .use = MIRROR,
	  .help = "names and data of a mirror are the kernel's" },
	{ "cache=local", OPTION_SWITCH, AT(cache_local), .use = FOREIGN,
	  .help = "nobody changes the tree but through this mount: actimeo, xattrtimeo, closetimeo, keepcache, noflush and rdirplus together" },
	{ "cache=local", OPTION_REFUSED, OPTION_NOWHERE, .use = MIRROR,
	  .help = "names and data of a mirror are the kernel's" },
	{ "cachesize=", OPTION_COUNT, AT(attach.cachesize), .use = BOTH,
	  .help = "ENTRIES: size of each of the extension's caches" },
	{ "names=", OPTION_DIR, AT(attach.names_dir), .use = BOTH,
	  .help = "dir: a changed name renews all names of its directory (file systems that fold case)" },
	{ "shadow", OPTION_SWITCH, AT(attach.shadow), .use = BOTH,
	  .help = "answer from the daemon, count where the extension differs" },
	{ "pattern=", OPTION_TEXT, AT(pattern), .use = BOTH,
	  .help = "PATTERN: names for the extension hide, at most one * in it" },
	{ "max_backing=", OPTION_COUNT, AT(max_backing), .limit = INT_MAX, .use = BOTH,
	  .help = "NUMBER: passthrough: how many backing objects the kernel may have, one a file (default 1048576)" },
	{ "max_stack_depth=", OPTION_COUNT, AT(max_stack_depth), .limit = 2, .use = BOTH,
	  .help = "1|2: passthrough: 2 where SOURCE is on a stacked file system (default: found out)" },
	{ "allow_idmap", OPTION_SWITCH, AT(allow_idmap), .use = MIRROR,
	  .help = "idmapped mounts can be made of the mount (Linux 6.12)" },
	{ "allow_idmap", OPTION_REFUSED, OPTION_NOWHERE, .use = FOREIGN,
	  .help = "whether idmapped mounts can be made is for the daemon to say" },
	{ "mount_timeout=", OPTION_SECONDS_NS, AT(mount_timeout_ns), .use = BOTH,
	  .help = "SECONDS: give up if the mount does not answer in this time (default 30; 0: wait for ever)" },
	{ "log=", OPTION_TEXT, AT(log), .use = BOTH,
	  .help = "FILE|syslog: messages of the helper daemon (default syslog)" },

	{ "attr_timeout=", OPTION_SECONDS_TEXT, AT(attr_timeout), .use = MIRROR,
	  .help = "SECONDS: mirror: lifetime of attributes (default 1)" },
	{ "entry_timeout=", OPTION_SECONDS_TEXT, AT(entry_timeout), .use = MIRROR,
	  .help = "SECONDS: mirror: lifetime of names (default 1, or actimeo)" },
	{ "negative_timeout=", OPTION_SECONDS_TEXT, AT(negative_timeout), .use = MIRROR,
	  .help = "SECONDS: mirror: lifetime of names that do not exist (default 0, or actimeo)" },

	{ "allow_other", OPTION_SWITCH, AT(allow_other), .use = BOTH,
	  .help = "all users may use the mount (always so for the mirror)" },
	{ "allow_root", OPTION_SWITCH, AT(allow_other), .use = FOREIGN, .mark = TO_DAEMON,
	  .help = "root and the daemon's user may use the mount" },
	{ "allow_root", OPTION_REFUSED, OPTION_NOWHERE, .use = MIRROR,
	  .help = "the mirror serves all users" },
	{ "default_permissions", OPTION_SWITCH, AT(default_permissions), .use = BOTH,
	  .help = "the kernel checks permissions (always so for the mirror)" },
	{ "max_read=", OPTION_COUNT, OPTION_NOWHERE, .use = BOTH, .mark = TO_KERNEL | TO_DAEMON,
	  .help = "BYTES: size of the longest read request" },
	{ "subtype=", OPTION_TEXT, AT(subtype), .use = BOTH,
	  .help = "NAME: shown as type extfuse.NAME" },
	{ "fsname=", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH,
	  .help = "NAME: without effect, the name that is shown is SOURCE" },
	{ "setuid=", OPTION_TEXT, AT(user), .use = FOREIGN,
	  .help = "USER: run the foreign daemon as this user" },
	{ "auto_unmount", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH,
	  .help = "always so: the mount goes with its daemon" },
	{ "nonempty", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH,
	  .help = "always so" },
	{ "blksize=", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "only block devices have one, and extfuse mounts none" },
	{ "drop_privileges", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "use setuid=USER" },
	{ "fd=", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "set by mount.extfuse itself" },
	{ "rootmode=", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "set by mount.extfuse itself" },
	{ "user_id=", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH, .mark = HANDED_BACK,
	  .help = "set by mount.extfuse itself, see setuid=" },
	{ "group_id=", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "set by mount.extfuse itself, see setuid=" },

	{ "context=", OPTION_TEXT, OPTION_NOWHERE, .use = BOTH, .mark = TO_KERNEL },
	{ "fscontext=", OPTION_TEXT, OPTION_NOWHERE, .use = BOTH, .mark = TO_KERNEL },
	{ "defcontext=", OPTION_TEXT, OPTION_NOWHERE, .use = BOTH, .mark = TO_KERNEL },
	{ "rootcontext=", OPTION_TEXT, OPTION_NOWHERE, .use = BOTH, .mark = TO_KERNEL },
	{ "remount", OPTION_SWITCH, AT(remount), .use = BOTH },
	{ "ro", OPTION_SET, AT(flags), .limit = MS_RDONLY, .use = BOTH },
	{ "rw", OPTION_CLEAR, AT(flags), .limit = MS_RDONLY, .use = BOTH },
	{ "nosuid", OPTION_SET, AT(flags), .limit = MS_NOSUID, .use = BOTH },
	{ "suid", OPTION_CLEAR, AT(flags), .limit = MS_NOSUID, .use = BOTH },
	{ "nodev", OPTION_SET, AT(flags), .limit = MS_NODEV, .use = BOTH },
	{ "dev", OPTION_CLEAR, AT(flags), .limit = MS_NODEV, .use = BOTH },
	{ "noexec", OPTION_SET, AT(flags), .limit = MS_NOEXEC, .use = BOTH },
	{ "exec", OPTION_CLEAR, AT(flags), .limit = MS_NOEXEC, .use = BOTH },
	{ "sync", OPTION_SET, AT(flags), .limit = MS_SYNCHRONOUS, .use = BOTH },
	{ "async", OPTION_CLEAR, AT(flags), .limit = MS_SYNCHRONOUS, .use = BOTH },
	{ "dirsync", OPTION_SET, AT(flags), .limit = MS_DIRSYNC, .use = BOTH },
	{ "noatime", OPTION_SET, AT(flags), .limit = MS_NOATIME, .use = BOTH },
	{ "atime", OPTION_CLEAR, AT(flags), .limit = MS_NOATIME, .use = BOTH },
	{ "nodiratime", OPTION_SET, AT(flags), .limit = MS_NODIRATIME, .use = BOTH },
	{ "diratime", OPTION_CLEAR, AT(flags), .limit = MS_NODIRATIME, .use = BOTH },
	{ "relatime", OPTION_SET, AT(flags), .limit = MS_RELATIME, .use = BOTH },
	{ "norelatime", OPTION_CLEAR, AT(flags), .limit = MS_RELATIME, .use = BOTH },
	{ "strictatime", OPTION_SET, AT(flags), .limit = MS_STRICTATIME, .use = BOTH },
	{ "nostrictatime", OPTION_CLEAR, AT(flags), .limit = MS_STRICTATIME, .use = BOTH },
	{ "lazytime", OPTION_SET, AT(flags), .limit = MS_LAZYTIME, .use = BOTH },
	{ "nolazytime", OPTION_CLEAR, AT(flags), .limit = MS_LAZYTIME, .use = BOTH },
	{ "nosymfollow", OPTION_SET, AT(flags), .limit = MS_NOSYMFOLLOW, .use = BOTH },
	{ "symfollow", OPTION_CLEAR, AT(flags), .limit = MS_NOSYMFOLLOW, .use = BOTH },
	{ "silent", OPTION_SET, AT(flags), .limit = MS_SILENT, .use = BOTH },
	{ "loud", OPTION_CLEAR, AT(flags), .limit = MS_SILENT, .use = BOTH },
	{ "iversion", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "noiversion", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "mand", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "nomand", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "defaults", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "auto", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "noauto", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "nouser", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "nousers", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "nogroup", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "noowner", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "nofail", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "_netdev", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "_rnetdev", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "comment=", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "uhelper=", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "helper=", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "x-*", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "X-*", OPTION_IGNORED, OPTION_NOWHERE, .use = BOTH },
	{ "user", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "only root can mount extfuse" },
	{ "user=", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "only root can mount extfuse" },
	{ "users", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "only root can mount extfuse" },
	{ "owner", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "only root can mount extfuse" },
	{ "group", OPTION_REFUSED, OPTION_NOWHERE, .use = BOTH,
	  .help = "only root can mount extfuse" },
};

static const struct option_table table = OPTION_TABLE(rows);

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

/* So long for names, attributes and extended attributes, and for what is kept open. */
#define LOCAL_NS	(3600 * 1000000000ULL)
#define CTO_NS		(60 * 1000000000ULL)
#define CLOSE_NS	(60 * 1000000000ULL)

/* cache=: what stands behind it in the list may change single options. */
static void take_cache(struct extfuse_options *attach, __u64 ns, bool cto)
{
	attach->actimeo_ns = ns;
	attach->xattrtimeo_ns = ns;
	attach->negtimeo_ns = 0;
	attach->negtimeo_given = false;
	attach->closetimeo_ns = ns ? CLOSE_NS : 0;
	attach->keepcache = ns;
	attach->noflush = ns;
	attach->rdirplus = ns;
	attach->cto = cto;
}

static void take_if_cache(struct mount_options *o, size_t at)
{
	if (at == AT(cache_local))
		take_cache(&o->attach, LOCAL_NS, false);
	else if (at == AT(cache_cto))
		take_cache(&o->attach, CTO_NS, true);
	else if (at == AT(cache_strict))
		take_cache(&o->attach, 0, false);
}

static int word_parse(struct mount_options *o, const char *word, bool mirror, bool sloppy,
		      char *err, size_t errlen)
{
	const struct option_row *row;
	const char *value;
	int ret;

	row = option_find(&table, mirror ? MIRROR : FOREIGN, word, &value);
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
	if (row->kind == OPTION_REFUSED && !o->remount) {
		snprintf(err, errlen, "option '%s' cannot be used: %s", word, row->help);
		return -EINVAL;
	}
	if (row->mark & HANDED_BACK)
		o->handed_back = true;
	if (row->mark & TO_KERNEL)
		words_add(&o->kernel, "%s", word);
	if (row->mark & TO_DAEMON)
		words_add(&o->daemon, "%s", word);
	ret = option_take(row, o, word, value, err, errlen);
	if (!ret)
		take_if_cache(o, row->at);
	return ret;
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
	o->remount = option_in_list(list, "remount");
	while (!ret && (word = option_cut(&rest))) {
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
	option_help(&table, BOTH, "", out);
	fputs("  Options that every mount has (ro, nosuid, noatime, x-*, ...) are in mount(8);\n"
	      "  a foreign daemon is given the options that are not known here.\n", out);
}
