# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What shell cases share; a case begins with:  . /extfuse/tests/lib/case.sh
#
# A command that fails ends the case (set -e) and says where. Every helper says what it expected and what it found. What
# a case registers with on_exit is undone in reverse order, whatever way it ends.

set -Eeuo pipefail
trap 'echo "failed: ${BASH_SOURCE[0]##*/} line $LINENO: $BASH_COMMAND" >&2' ERR

_undo=()
_run_undo() {
	local status=$? i
	set +e
	trap - ERR
	for ((i = ${#_undo[@]} - 1; i >= 0; i--)); do
		eval "${_undo[i]}"
	done
	exit "$status"
}
trap _run_undo EXIT

# on_exit COMMAND…: each word is quoted, so names with blanks are safe.
on_exit() {
	_undo+=("$(printf '%q ' "$@")")
}

fail() {
	trap - ERR
	echo "failed: $*" >&2
	local i
	for ((i = 1; i < ${#FUNCNAME[@]} - 1; i++)); do
		echo "  at ${BASH_SOURCE[i + 1]##*/} line ${BASH_LINENO[i]}" >&2
	done
	exit 1
}

# The last line on stdout is the reason that the harness prints.
skip() {
	trap - ERR
	echo "$*"
	exit 77
}

# must COMMAND…: it must succeed; its output is shown when it does not.
must() {
	local out status=0
	out=$("$@" 2>&1) || status=$?
	[ "$status" -eq 0 ] || fail "'$*' ended with status $status: $out"
	[ -z "$out" ] || printf '%s\n' "$out"
}

# The words that programs print for an error number (strerror in the C locale).
declare -gA _errno=(
	[EPERM]="Operation not permitted" [ENOENT]="No such file or directory" [EIO]="Input/output error"
	[EBADF]="Bad file descriptor" [EAGAIN]="Resource temporarily unavailable" [ENOMEM]="Cannot allocate memory"
	[EACCES]="Permission denied" [EFAULT]="Bad address" [EBUSY]="Device or resource busy|target is busy|in use"
	[EEXIST]="File exists" [EXDEV]="Invalid cross-device link" [ENODEV]="No such device" [ENOTDIR]="Not a directory"
	[EISDIR]="Is a directory" [EINVAL]="Invalid argument" [EMFILE]="Too many open files" [ENOTTY]="Inappropriate ioctl for device"
	[ETXTBSY]="Text file busy" [EFBIG]="File too large" [ENOSPC]="No space left on device" [EROFS]="Read-only file system"
	[EMLINK]="Too many links" [ERANGE]="Numerical result out of range" [ENAMETOOLONG]="File name too long"
	[ENOSYS]="Function not implemented" [ENOTEMPTY]="Directory not empty" [ELOOP]="Too many levels of symbolic links"
	[ENODATA]="No data available|No such attribute" [EOVERFLOW]="Value too large for defined data type"
	[EOPNOTSUPP]="Operation not supported" [ENOTCONN]="Transport endpoint is not connected" [ESTALE]="Stale file handle"
	[ECONNABORTED]="Software caused connection abort" [ETIMEDOUT]="Connection timed out" [EUCLEAN]="Structure needs cleaning"
)

# must_fail_with WHAT COMMAND…: it must fail and say WHAT: an error's name (ENOENT) or an extended regular expression.
must_fail_with() {
	local want=$1 out status=0
	shift
	out=$("$@" 2>&1) || status=$?
	[ "$status" -ne 0 ] || fail "'$*' succeeded, expected $want: $out"
	grep -Eq -e "${_errno[$want]:-$want}" <<<"$out" || fail "'$*' failed (status $status) without saying '$want': $out"
}

# assert_eq WHAT EXPECTED FOUND
assert_eq() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
}

assert_ne() {
	[ "$2" != "$3" ] || fail "$1: expected anything but '$2'"
}

assert_match() {
	grep -Eq -e "$2" <<<"$3" || fail "$1: expected a match of '$2', found '$3'"
}

# assert_le WHAT FOUND LIMIT (integers)
assert_le() {
	[ "$2" -le "$3" ] || fail "$1: $2 is more than $3"
}

assert_ge() {
	[ "$2" -ge "$3" ] || fail "$1: $2 is less than $3"
}

assert_same() {
	cmp -s "$1" "$2" && return 0
	{ diff "$1" "$2" || true; } | sed -n 1,20p >&2
	fail "$1 and $2 differ"
}

assert_present() {
	[ -e "$1" ] || [ -L "$1" ] || fail "$1 is not there"
}

assert_absent() {
	{ [ ! -e "$1" ] && [ ! -L "$1" ]; } || fail "$1 is there"
}

# assert_goes PATH COMMAND…: absence proves something only where presence was seen before.
assert_goes() {
	local path=$1
	shift
	assert_present "$path"
	must "$@"
	assert_absent "$path"
}

# ram_disk: /dev/ram0 has an ext4 until the case ends; after that the module is gone, and another case says what it wants of it.
ram_disk() {
	must modprobe brd rd_nr=1 rd_size=16384
	on_exit rmmod brd
	must mkfs.ext4 -q /dev/ram0
}

# wait_until SECONDS COMMAND…: until it succeeds, EXTFUSE_SLOW times as long; looks ten times a second.
wait_until() {
	local n=$(($1 * 10 * ${EXTFUSE_SLOW:-1})) i
	shift
	for ((i = 0; i < n; i++)); do
		if "$@" >/dev/null 2>&1; then
			return 0
		fi
		sleep 0.1
	done
	fail "'$*' did not become true within $((n / 10)) seconds"
}

# as USER COMMAND…: alice and bob exist in the guest (both in group team); no capabilities, no other groups.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --init-groups --inh-caps=-all --bounding-set=-all -- "$@"
}

# The kernel messages since a case began: log_mark first, then log_since.
log_mark() {
	_log_mark="case mark $$ $RANDOM$RANDOM"
	echo "$_log_mark" >/dev/kmsg
}

log_since() {
	dmesg | sed "1,/$_log_mark/d"
}
