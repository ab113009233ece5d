# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the host side scripts of the harness share: where the tree and the cache are, how to fail, and how to make
# a cached thing exactly once. Sourced by the scripts in this folder and by tests/check.

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TREE=$(cd "$VM_DIR/../.." && pwd)
CACHE=${EXTFUSE_CACHE:-$HOME/.cache/extfuse}
export VM_DIR TREE CACHE

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# said TOOL FILE COMMAND…: says in a line what is made, as the Makefiles do, and runs the command, which V=1 shows instead.
said() {
	local tool=$1 file=$2
	shift 2
	if [ "${V:-}" = 1 ]; then printf '%s\n' "$*"; else printf '  %-8s%s\n' "$tool" "$file"; fi
	"$@"
}

# A key for what a cached thing was made from: the first 16 hex digits are plenty to tell our own inputs apart.
content_key() {
	sha256sum | cut -c1-16
}

# cached PATH COMMAND…: run "COMMAND… TEMPORARY" unless PATH exists, then rename TEMPORARY to PATH. Several callers
# may ask at once: the first makes it under a lock, the others wait for it.
cached() {
	local path=$1 lock
	shift
	[ -e "$path" ] && return 0
	mkdir -p "$(dirname "$path")"
	lock=$path.lock
	(
		flock 9
		[ -e "$path" ] && exit 0
		rm -rf "$path.new"
		"$@" "$path.new" || { rm -rf "$path.new"; exit 1; }
		mv "$path.new" "$path"
	) 9>"$lock"
}

# What all VMs have in common: of a processor all that QEMU can emulate, but for what makes a guest slower, or wrong; and the
# kernel's words for a machine whose time passes unevenly. Where the kernel trusts erms and fsrm QEMU moves byte by byte. With la57
# each translation of an address has one level more, and a kernel with KASAN takes its own memory for somebody else's for a moment:
# identify_cpu() clears what it knows of the processor and finds out anew, and an interrupt that comes between sees four levels.
# shellcheck disable=SC2054,SC2034 # a QEMU option is a list with commas in it; used by those who source this
QEMU_WORDS=(-nodefaults -no-user-config -no-reboot -display none -cpu max,-erms,-fsrm,-la57)
# shellcheck disable=SC2034
KERNEL_WORDS="panic=-1 tsc=reliable no_timer_check mitigations=off"

# The value of a line "needs: …" (or timeout, long-timeout, what, ring, libs) in the comment that a case begins with, shell or C.
case_header() {
	sed -n "1,40s,^[/ *#]*$1: *,,p" "$2" | sed 's, *\*/$,,' | head -n 1
}
