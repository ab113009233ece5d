# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests share that run in a chroot of a release; $debs is the folder with our packages.

# The kernels that a module can be built for.
kernels_here() {
	local dir
	for dir in /lib/modules/*/build; do
		dir=${dir%/build}
		[ ! -d "$dir" ] || echo "${dir##*/}"
	done
}

fail() {
	echo "failed: $*" >&2
	exit 1
}

# Files and folders, but for logs, the key that dkms makes itself, and what is at FOLDER….
list_files() { # FOLDER…
	local folder prune=()
	for folder in /proc /sys /dev /tmp /var/log '/var/lib/dkms/mok.*' "$@"; do
		prune+=(-path "$folder" -prune -o)
	done
	find / -xdev "${prune[@]}" -print | LC_ALL=C sort
}

packages() { # PATTERN…: those of ours that are no debug symbols
	local pattern
	for pattern; do
		find "$debs" -name "$pattern" ! -name '*-dbgsym_*'
	done
}

# A module for each kernel that has headers, signed, with its BTF; dkms and depmod agree.
assert_built() { # WHEN
	local kernel ko
	[ -n "$(kernels_here)" ] || fail "$1: there is no kernel to build for"
	for kernel in $(kernels_here); do
		dkms status -m extfuse -k "$kernel" >/tmp/status
		cat /tmp/status
		grep -q ': installed$' /tmp/status || fail "$1: dkms has no module for $kernel"
		ko=$(find "/lib/modules/$kernel/updates/dkms" -name 'extfuse.ko*')
		[ -n "$ko" ] || fail "$1: there is no extfuse.ko for $kernel"
		[ "$(modinfo -k "$kernel" -F filename extfuse)" = "$ko" ] || fail "$1: depmod does not know $ko"
		case $ko in
		*.xz) xz -dc "$ko" >/tmp/extfuse.ko ;;
		*.zst) zstd -qdcf "$ko" >/tmp/extfuse.ko ;;
		*) cp "$ko" /tmp/extfuse.ko ;;
		esac
		# Not by a pipe: grep -q ends at the first hit, and who still writes then has failed.
		grep -q '\.BTF ' <<<"$(readelf -SW /tmp/extfuse.ko)" || fail "$1: $ko has no BTF"
		[ -n "$(modinfo -k "$kernel" -F sig_key extfuse)" ] || fail "$1: $ko is not signed"
	done
}

assert_gone() {
	[ -z "$(find /lib/modules /var/lib/dkms -name '*extfuse*')" ] || fail "$1: left: $(find /lib/modules /var/lib/dkms -name '*extfuse*')"
}
