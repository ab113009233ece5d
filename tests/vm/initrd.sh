#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the initramfs for a kernel unpacked by kernel.sh: our PID 1 and the modules without which it finds neither its
# disks nor the host. Prints its path. Cached by content.
#
#   tests/vm/initrd.sh KERNEL_DIR
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# fuse is not among them: a case decides when it is loaded. brd, loop, overlay and the like come by modprobe.
# One with a "?" is a part of something else in some kernels.
MODULES="virtio_pci virtio_blk virtio_console 9pnet_virtio 9p crc32c_generic? ext4"
SOURCES=(init.c channel.c plan.c child.c leftover.c cases.c)

kernel=$1
release=$(ls "$kernel/lib/modules")

build_init() {
	local new=$1 s files=()
	for s in "${SOURCES[@]}"; do files+=("$VM_DIR/$s"); done
	"${CC:-gcc}" -O2 -Wall -Wextra -Werror -static -o "$new" "${files[@]}"
}

# The files of a module and of what it needs. A built-in module (kernels differ) has no file.
files_of() {
	local m=${1%\?} lines
	if ! lines=$(modprobe -d "$kernel" -S "$release" --show-depends "$m" 2>/dev/null); then
		[ "$m" != "$1" ] || die "kernel $release has no module $m, which the guest needs"
		return 0
	fi
	sed -n 's/^insmod \([^ ]*\).*/\1/p' <<<"$lines"
}

# Unpacked here: under emulation it would take seconds of each boot.
copy_module() {
	local ko=$1 name
	name=$(basename "$ko")
	name=${name%%.ko*}.ko
	case $ko in
	*.xz) xz -dc "$ko" ;;
	*.zst) zstd -dcq "$ko" ;;
	*.gz) gzip -dc "$ko" ;;
	*) cat "$ko" ;;
	esac >"$2/modules/$name" || return 1
	echo "$name" >>"$2/modules.list"
}

make_archive() {
	local new=$1 stage m ko
	stage=$(mktemp -d "$CACHE/initrd.XXXXXX")
	mkdir -p "$stage/modules" "$stage/dev" "$stage/new"
	cp "$init" "$stage/init"
	: >"$stage/modules.list"
	for m in $MODULES; do files_of "$m" || return 1; done >"$stage/files" || { rm -rf "$stage"; return 1; }
	awk '!seen[$0]++' "$stage/files" | while read -r ko; do
		copy_module "$ko" "$stage" || exit 1
	done || { rm -rf "$stage"; return 1; }
	rm "$stage/files"
	(cd "$stage" && find . | cpio -o -H newc -R 0:0 --quiet) >"$new"
	rm -rf "$stage"
}

key=$( (cd "$VM_DIR" && cat "${SOURCES[@]}" guest.h initrd.sh) | content_key)
init=$CACHE/vm/init-$key
cached "$init" build_init
image=$CACHE/vm/initrd-$key-$(content_key <"$kernel/deb.sha256").cpio
cached "$image" make_archive
echo "$image"
