# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Where something for a kernel is built: on this machine where it has that kernel's headers and is of the same release, else in
# a chroot of the release that the kernel is from, with its compiler and headers. For the scripts that source it, after lib.sh:
#
# A debug kernel (tests/debug/kernel) brings its headers along, and is of a release too.
#
#   place_choose RELEASE    chooses; sets place (a key: equal places build equally) and headers (the headers, as seen from here)
#   place_run COMMAND…      runs a command there, with the tree and BUILD at their usual paths; the headers are what
#                           /lib/modules/RELEASE/build points to
#   place_module_key RELEASE
#                           prints a key of everything that the module is made of there, of the release chosen
#   place_module RELEASE OUT [VAR=VALUE…]
#                           runs dkms/Makefile there: the module of the release chosen, of its fork in BUILD/fork, into OUT (below BUILD)

# The suite that a release of the matrix is from; fails when the archive has it no more.
place_suite() {
	"$ARCHIVE_DIR/kernels" "$1" 2>/dev/null | awk -F '\t' -v r="$1" '$2 == r { print $5; found = 1 } END { exit !found }'
}

place_choose() {
	local release=$1 suite='' base='' here
	case $release in *-debug) place_choose_debug "$release"; return ;; esac
	here=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	suite=$(place_suite "$release") && base=$(suite_tools "$suite")
	headers=/lib/modules/$release/build
	place_layer='' place_suite=''
	if [ -f "$headers/Makefile" ] && { [ -z "$base" ] || [ "$base" = "$here" ]; }; then
		place="here $(gcc -dumpfullversion) $(dpkg-query -W -f '${Version}' "linux-headers-$release" 2>/dev/null || true)"
		return
	fi
	if [ -z "$base" ]; then
		echo "kernel $release: there are no headers of it here, and no suite of dkms/matrix has it: 'tests/archive/kernels' lists them" >&2
		return 1
	fi
	place_layer=$("$ARCHIVE_DIR/headers" "$release") || return 1
	place=$("$ARCHIVE_DIR/chroot" path "$base") || return 1
	place="${place##*/} ${place_layer##*/}"
	place_suite=$base
	headers=$place_layer/usr/src/linux-headers-$release
}

place_choose_debug() {
	local dir
	dir=$("$VM_DIR/kernel.sh" "$1") || return 1
	place_suite=$(cat "$dir/suite")
	place_layer=$dir/layer
	place="$(cat "$dir/deb.sha256") $place_suite"
	headers=$place_layer/usr/src/linux-headers-$1
}

place_run() {
	if [ -z "$place_suite" ]; then
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS "$@"
	else
		"$ARCHIVE_DIR/chroot" run "$place_suite" --layer "$place_layer" --bind "${BUILD:-$TREE/build}" -- "$@"
	fi
}

# The chroot's name holds the compiler's version.
place_module_key() {
	{
		echo "$1 $headers $place ${EXTFUSE_DEBUG:-}"
		cd "$TREE" || return 1
		cat VERSION dkms/Makefile dkms/btf dkms/btfids.c dkms/lay dkms/vmlinux-btf module/Kbuild module/*.[ch] module/fork/fork.h \
			module/include/uapi/linux/*.h
		find module/compat module/passthrough module/tree -type f -print0 | sort -z | xargs -0 cat
		cat "${BUILD:-$TREE/build}/fork/$(series_of "$1")"/*.[ch]
	} | content_key
}

# Only kernels whose headers bring no BTF need their image. A warning of the compiler is an error here, not on users' machines.
place_module() {
	local release=$1 out=$2 image=$headers/vmlinux
	shift 2
	[ -e "$image" ] || image=$("$VM_DIR/kernel.sh" --image "$release") || return 1
	place_run make -j"${JOBS:-$(nproc)}" --no-print-directory -f "$TREE/dkms/Makefile" "KVER=$release" "VMLINUZ=$image" \
		"FORK=${BUILD:-$TREE/build}/fork/$(series_of "$release")" "OUT=$out" KCFLAGS=-Werror "$@"
}
