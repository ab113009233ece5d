// SPDX-License-Identifier: GPL-2.0-only
/*
 * A remount: only the generic flags can change; the kernel keeps the rest as it was.
 *
 * mount(8) hands over either all flags that the mount has, with what was asked
 * for, or only those of a line in fstab(5).  Such a line lacks the flags that
 * mount.extfuse chose itself (those of the source, or because the daemon is a user's).
 * So with a line they are kept.
 */
#include "job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "device.h"
#include "mounts.h"
#include "option.h"

static const struct {
	const char *name;
	unsigned long flag;
	bool for_users;		/* a user must not become another by what the user's daemon says */
} chosen[] = {
	{ "nosuid", MS_NOSUID, true },
	{ "nodev", MS_NODEV, true },
	{ "noexec", MS_NOEXEC, false },
	{ "nosymfollow", MS_NOSYMFOLLOW, false },
};

static bool is_users(const struct mount_entry *e)
{
	const char *id = option_in_list(e->options, "user_id=");

	return !id || strtoul(id, NULL, 10);
}

static unsigned long flags_kept(const struct job *job, const struct mount_entry *e)
{
	unsigned long flags = 0;
	size_t i;

	for (i = 0; i < sizeof(chosen) / sizeof(*chosen); i++) {
		if (job->opts.handed_back && !(chosen[i].for_users && is_users(e)))
			continue;
		if (option_in_list(e->flags, chosen[i].name))
			flags |= chosen[i].flag;
	}
	return flags;
}

/* The name by which the module knows an extension: that of its file. */
static bool ext_is(const char *ext, const char *name)
{
	const char *slash = strrchr(ext, '/');
	size_t len;

	ext = slash ? slash + 1 : ext;
	len = strlen(ext);
	if (len > 6 && !strcmp(ext + len - 6, ".bpf.o"))
		len -= 6;
	if (len >= EXTFUSE_NAME_LEN)
		len = EXTFUSE_NAME_LEN - 1;
	return strlen(name) == len && !strncmp(ext, name, len);
}

/* A caller that asks for a policy must be told that it is not attached. */
static void note_extension(struct job *job, const struct mount_entry *e)
{
	struct extfuse_ioc_query query;
	const char *name = "none";
	int fd = device_open(), err;

	if (fd < 0)
		return;
	err = extfuse_conn__query(fd, e->conn, &query);
	close(fd);
	if (err)
		return;
	if (query.state != EXTFUSE_STATE_NONE)
		name = query.name;
	if (!ext_is(job->opts.ext, name))
		snprintf(job->err, sizeof(job->err),
			 "remounted, but the extension is still %s, because a remount does not change it: use 'extfuse replace' or 'extfuse attach', or unmount and mount with ext=%s",
			 name, job->opts.ext);
}

int job_remount(struct job *job)
{
	const struct mount_entry *e = NULL;
	struct mount_list list = { 0 };
	int err = job_enter(job);

	if (!err)
		err = mount_list__read(&list, false);
	if (!err) {
		e = mount_list__at(&list, job->target);
		if (!e || mount(NULL, job->target, NULL, MS_REMOUNT | job->opts.flags | flags_kept(job, e), NULL))
			err = e ? -errno : -EINVAL;
	}
	job_leave(job);
	if (err)
		snprintf(job->err, sizeof(job->err), "cannot remount: %s", strerror(-err));
	else if (job->opts.ext)
		note_extension(job, e);
	mount_list__free(&list);
	return err;
}
