# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Run by PID 1 in the guest before the command or the first case: puts what was built where an installed system has it,
# so that mount(8) finds its helper and the tests call the same names that a user does.

link() {
	[ -e "$1" ] && ln -sf "$1" "$2"
	return 0
}

link "$EXTFUSE_BUILD/helper-daemon/mount.extfuse" /usr/sbin/mount.extfuse
link "$EXTFUSE_BUILD/helper-daemon/extfused" /usr/bin/extfused
link "$EXTFUSE_BUILD/helper-daemon/extfuse" /usr/bin/extfuse
