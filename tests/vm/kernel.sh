#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Gets a stock distribution kernel to boot: finds the newest image package of a series, keeps its .deb in the cache,
# unpacks it into CACHE/kernels/RELEASE (vmlinuz, vmlinux, config, lib/modules/RELEASE, with depmod run) and prints that path.
#
#   tests/vm/kernel.sh            the newest 6.1.0-N-amd64 of the suite
#   tests/vm/kernel.sh RELEASE    that release, from the cache or from the archive
set -euo pipefail
. "$(dirname "$0")/lib.sh"

SERIES=${SERIES:-6.1}

# The meta package names the newest image of the suite. Without an archive the newest cached .deb serves.
newest_release() {
	local r
	r=$(apt-cache depends --no-recommends --no-suggests linux-image-amd64 2>/dev/null |
		sed -n "s/.*Depends: linux-image-\($SERIES\..*-amd64\)$/\1/p" | sort -V | tail -n1)
	if [ -z "$r" ]; then
		r=$(find "$CACHE/debs" -name "linux-image-$SERIES.*-amd64_*.deb" -printf '%f\n' 2>/dev/null |
			sed 's/^linux-image-\(.*\)_[^_]*_[^_]*$/\1/' | sort -V | tail -n1)
	fi
	[ -n "$r" ] || die "no kernel image of series $SERIES in the package archive or in $CACHE/debs: run 'apt-get update'"
	echo "$r"
}

# The package's version is in the file name: a rebuilt package with the same release is another file.
find_deb() {
	local pkg=$1 version
	version=$(apt-cache policy "$pkg" 2>/dev/null | sed -n 's/^ *Candidate: //p')
	if [ -n "$version" ] && [ "$version" != "(none)" ]; then
		echo "$CACHE/debs/${pkg}_${version//:/%3a}_amd64.deb"
	else
		find "$CACHE/debs" -name "${pkg}_*_amd64.deb" 2>/dev/null | sort -V | tail -n1
	fi
}

download() {
	local pkg=$1 new=$2 dir
	dir=$(mktemp -d "$CACHE/debs/get.XXXXXX")
	# _apt must be able to write there, else apt warns.
	chmod 755 "$dir"
	(cd "$dir" && apt-get -q -o APT::Sandbox::User=root download "$pkg" >&2) || {
		rm -rf "$dir"
		die "cannot download $pkg: run 'apt-get update' and look at the network"
	}
	mv "$dir"/*.deb "$new"
	rm -rf "$dir"
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

unpack() {
	local deb=$1 release=$2 new=$3
	mkdir -p "$new/deb"
	dpkg-deb -x "$deb" "$new/deb"
	mv "$new/deb/boot/vmlinuz-$release" "$new/vmlinuz"
	mv "$new/deb/boot/config-$release" "$new/config"
	extract_vmlinux "$new/vmlinuz" "$new/vmlinux"
	[ -d "$new/deb/lib/modules" ] || ln -s usr/lib "$new/deb/lib"
	mkdir -p "$new/lib/modules"
	mv "$new/deb/lib/modules/$release" "$new/lib/modules/"
	rm -rf "$new/deb"
	depmod -b "$new" "$release"
	sha256sum "$deb" | cut -d' ' -f1 >"$new/deb.sha256"
	basename "$deb" >"$new/deb.name"
}

# Is what lies in DIR the content of that package file, also to what this script makes of it by now?
unpacked() {
	[ -e "$1/vmlinux" ] && [ "$(cat "$1/deb.name")" = "${2##*/}" ]
}

# Asking apt takes longer than a second: its answer holds until the package lists change.
newest_memo() {
	local memo
	memo=$CACHE/kernels/.newest-$SERIES-$(stat -c %Y /var/lib/apt/lists 2>/dev/null || echo 0)
	if [ -s "$memo" ] && [ -e "$CACHE/kernels/$(cat "$memo")/vmlinux" ]; then
		cat "$memo"
	fi
}

main() {
	local release=${1:-} stock='' deb dir
	if [ -z "$release" ] || [ "$release" = stock ]; then
		release=$(newest_memo)
		if [ -n "$release" ]; then
			echo "$CACHE/kernels/$release"
			return
		fi
	fi
	if [ -z "$release" ] || [ "$release" = stock ]; then
		release=$(newest_release)
		stock=1
	fi
	dir=$CACHE/kernels/$release
	deb=$(find_deb "linux-image-$release")
	if [ -z "$deb" ]; then
		[ -d "$dir" ] || die "kernel $release is neither in the package archive nor in $CACHE/debs"
		echo "$dir"
		return
	fi
	mkdir -p "$CACHE/debs"
	if ! unpacked "$dir" "$deb"; then
		cached "$deb" download "linux-image-$release"
		(
			flock 8
			unpacked "$dir" "$deb" || rm -rf "$dir"
			cached "$dir" unpack "$deb" "$release"
		) 8>"$CACHE/kernels.lock"
	fi
	if [ -n "${stock:-}" ]; then
		rm -f "$CACHE/kernels/.newest-$SERIES-"*
		echo "$release" >"$CACHE/kernels/.newest-$SERIES-$(stat -c %Y /var/lib/apt/lists)"
	fi
	echo "$dir"
}

main "$@"
