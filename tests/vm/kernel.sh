#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Gets a stock distribution kernel to boot: finds its image packages in the suites of dkms/matrix, keeps them in the cache,
# unpacks them into CACHE/kernels/RELEASE (vmlinuz, vmlinux, config, lib/modules/RELEASE, with depmod run) and prints that path.
#
#   tests/vm/kernel.sh                     the newest of the line for this machine's release, else of the matrix's first
#   tests/vm/kernel.sh RELEASE|LINE        that release, or the newest of that line of the matrix (as 6.12+deb13)
#   tests/vm/kernel.sh SERIES-debug        a debug kernel, built from source (tests/debug/kernel); its release will do as well
#   tests/vm/kernel.sh --image RELEASE     only its vmlinuz, for the BTF of a module; prints that file
#   tests/vm/kernel.sh --list [LINE,…]     what there is (see tests/archive/kernels)
set -euo pipefail
. "$(dirname "$0")/../archive/lib.sh"

# The line that this machine's release is looked for in, for callers that name none.
own_line() {
	local codename line suites
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	while read -r line _ _ _ _ suites; do
		case "+${suites//,/+}+" in *"+$codename+"*) echo "$line"; return ;; esac
	done < <(matrix_rows)
	matrix_rows | head -n 1 | cut -d' ' -f1
}

newest_of() {
	local release
	release=$("$ARCHIVE_DIR/kernels" --newest "$1" 2>/dev/null | cut -f2 | tail -n 1) || true
	if [ -z "$release" ]; then
		release=$(newest_cached "$1")
		[ -n "$release" ] || die "no kernel of line $1 in the package archive or in $CACHE/kernels: look at the network"
		echo "kernel.sh: the archive cannot be asked: taking the newest $1 of the cache, $release" >&2
	fi
	echo "$release"
}

newest_cached() {
	local release
	find "$CACHE/kernels" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*' -printf '%f\n' 2>/dev/null | sort -V | while read -r release; do
		[ "$(matrix_line_of "$release")" != "$1" ] || echo "$release"
	done | tail -n 1
}

# The index's rows of a release's image: one package, or the three that it became with 7.x.
image_rows() {
	local suites package
	suites=$(suites_of "$1") || return 1
	# shellcheck disable=SC2086 # a list
	for package in linux-image linux-binary linux-modules linux-base; do
		package_row "$package-$1" $suites || [ "$package" != linux-image ] || return 1
	done
}

# The ELF image inside vmlinuz: QEMU starts it directly (PVH), which saves the seconds that decompressing takes under
# emulation. Where it lies is in the setup header (boot protocol 2.08): setup_sects, payload_offset, payload_length.
extract_vmlinux() {
	local z=$1 out=$2 sects offset length magic tool
	sects=$(od -An -tu1 -j $((0x1f1)) -N1 "$z")
	offset=$(od -An -tu4 -j $((0x248)) -N4 "$z")
	length=$(od -An -tu4 -j $((0x24c)) -N4 "$z")
	tail -c +$(((sects + 1) * 512 + offset + 1)) "$z" | head -c "$length" >"$out.packed"
	magic=$(od -An -tx1 -N4 "$out.packed" | tr -d ' ')
	case $magic in
	fd377a58) tool="xz --single-stream" ;;
	28b52ffd) tool=zstd ;;
	1f8b*) tool=gzip ;;
	02214c18) tool=lz4 ;;
	*) die "cannot unpack the kernel in $z: unknown compression $magic" ;;
	esac
	# The size behind the stream is not part of it: the tools complain, after having written everything.
	$tool -dc <"$out.packed" >"$out" 2>/dev/null || true
	rm "$out.packed"
	[ "$(od -An -tx1 -N4 "$out" | tr -d ' ')" = 7f454c46 ] || die "what came out of $z is no ELF image"
}

find_one() { # DIR NAME…: the first of these that is there
	local dir=$1 name
	shift
	for name; do
		[ ! -e "$dir/$name" ] || { echo "$dir/$name"; return; }
	done
	die "the packages of this kernel hold none of $*"
}

unpack() {
	local release=$1 new=$2 row deb first=''
	mkdir -p "$new/deb"
	for row in "${rows[@]}"; do
		deb=$(fetch_row "$row") && dpkg-deb -x "$deb" "$new/deb" || return 1
		: "${first:=$deb}"
	done
	[ -d "$new/deb/lib/modules" ] || ln -s usr/lib "$new/deb/lib"
	mv "$(find_one "$new/deb" "boot/vmlinuz-$release" "lib/modules/$release/vmlinuz")" "$new/vmlinuz"
	mv "$(find_one "$new/deb" "boot/config-$release" "lib/modules/$release/config")" "$new/config"
	extract_vmlinux "$new/vmlinuz" "$new/vmlinux" || return 1
	mkdir -p "$new/lib/modules"
	mv "$new/deb/lib/modules/$release" "$new/lib/modules/"
	rm -rf "$new/deb"
	PATH=$PATH:/usr/sbin:/sbin depmod -b "$new" "$release" || return 1
	shas >"$new/deb.sha256"
	basename "$first" >"$new/deb.name"
}

shas() {
	printf '%s\n' "${rows[@]}" | cut -f5
}

# Is what lies in DIR the content of the packages that the archive has now? A rebuilt package may keep its release.
unpacked() {
	[ -e "$1/vmlinux" ] && [ "$(cat "$1/deb.sha256")" = "$(shas)" ]
}

# The compressed kernel alone, out of whichever package has it.
unpack_image() {
	local release=$1 new=$2 row deb
	mkdir -p "$new"
	for row in "${rows[@]}"; do
		case $row in *linux-modules-* | *linux-base-*) continue ;; esac
		deb=$(fetch_row "$row") || return 1
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$new" --wildcards "*/vmlinuz*" 2>/dev/null || true
	done
	mv "$(find "$new" -type f -name 'vmlinuz*' | head -n 1)" "$new/vmlinuz" || die "no vmlinuz in the packages of $release"
	find "$new" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
}

do_image() {
	local dir
	if [ ${#rows[@]} -eq 0 ] || unpacked "$CACHE/kernels/$1"; then
		dir=$CACHE/kernels/$1
		[ -e "$dir/vmlinuz" ] || die "kernel $1 is neither in the package archive nor in $CACHE/kernels"
	else
		dir=$CACHE/images/$1-$(shas | content_key)
		cached "$dir" unpack_image "$1"
	fi
	echo "$dir/vmlinuz"
}

do_kernel() {
	local dir=$CACHE/kernels/$1
	if [ ${#rows[@]} -eq 0 ]; then
		[ -e "$dir/vmlinux" ] || die "kernel $1 is neither in the package archive nor in $CACHE/kernels: 'tests/vm/kernel.sh --list' says which there are"
	elif ! unpacked "$dir"; then
		mkdir -p "$CACHE"
		(
			flock 8
			unpacked "$dir" || rm -rf "$dir"
			cached "$dir" unpack "$1"
		) 8>"$CACHE/kernels.lock"
	fi
	echo "$dir"
}

action=do_kernel
case ${1:-} in
--list) shift; exec "$ARCHIVE_DIR/kernels" "$@" ;;
--image) action=do_image; shift ;;
esac
release=${1:-}
case $release in
*-debug)
	dir=$("$TREE/tests/debug/kernel" "$release") || exit 1
	[ "$action" = do_kernel ] || dir+=/vmlinuz
	echo "$dir"
	exit
	;;
esac
if [ -z "$release" ] || [ "$release" = stock ]; then
	release=$(newest_of "$(own_line)")
elif matrix_rows | cut -d' ' -f1 | grep -qxF -- "$release"; then
	release=$(newest_of "$release")
fi
index_refresh || true
mapfile -t rows < <(image_rows "$release")
"$action" "$release"
