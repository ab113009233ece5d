// SPDX-License-Identifier: GPL-2.0-only
/* What is done to a connection from outside while it is used: by root, and by somebody who may do none of it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "case.h"
#include "fuzz.h"

static void switch_programs(struct rng *r)
{
	int fd = open("/sys/module/extfuse/parameters/programs", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, rng_one_in(r, 3) ? "0" : "1", 1) != 1)
		errno = 0;
	close(fd);
}

static void step(struct rng *r, int fd)
{
	switch (rng_below(r, 16)) {
	case 0:
		if (has_part(PART_MOUNTS))
			mount_step(r);
		break;
	case 1:
	case 2:
		programs_step(r, fd, fuzz->conn);
		break;
	case 3:
		if (has_part(PART_PROGRAMS) && rng_one_in(r, 4))
			switch_programs(r);
		break;
	case 4:
	case 5:
	case 6:
		if (has_part(PART_IOCTLS))
			ioctl_step(r, fd);
		break;
	case 7:
		if (has_part(PART_DEATH) && rng_one_in(r, 400))
			conn_abort(fuzz->conn);
		if (has_part(PART_DEATH) && rng_one_in(r, 400))
			umount2("bind", MNT_DETACH | MNT_FORCE);
		break;
	default:
		if (has_part(PART_PROGRAMS))
			programs_rule(r);
	}
}

void control_main(uid_t uid)
{
	struct rng r = rng_of(config.seed, ROLE_CONTROL, uid);
	int fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC | O_NONBLOCK), zero = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (uid && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		_exit(1);
	dup2(zero, 2);
	while (!fuzz->over) {
		fuzz_nap(rng_below(&r, 2000));
		fuzz_pace(&r, 1);
		if (rng_one_in(&r, 100)) {
			close(fd);
			fd = open("/dev/extfuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
		}
		step(&r, fd);
	}
	_exit(0);
}
