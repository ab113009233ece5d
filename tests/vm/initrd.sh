#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the initramfs for a kernel unpacked by kernel.sh: our PID 1 and the modules without which it finds neither its
# disks nor the host. Prints its path. Cached by content.
#
#   tests/vm/initrd.sh KERNEL_DIR
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# fuse is not among them: a case decides when it is loaded. brd, loop, overlay and the like come by modprobe.
MODULES="virtio_pci virtio_blk virtio_console 9pnet_virtio 9p crc32c_generic ext4"
SOURCES=(init.c channel.c plan.c child.c leftover.c cases.c)

kernel=$1
release=$(ls "$kernel/lib/modules")

build_init() {
	local new=$1 s files=()
	for s in "${SOURCES[@]}"; do files+=("$VM_DIR/$s"); done
	"${CC:-gcc}" -O2 -Wall -Wextra -Werror -static -o "$new" "${files[@]}"
}

# A built-in module (kernels differ) has no file and prints a line that begins with "builtin".
make_archive() {
	local new=$1 stage m ko
	stage=$(mktemp -d "$CACHE/initrd.XXXXXX")
	mkdir -p "$stage/modules" "$stage/dev" "$stage/new"
	cp "$init" "$stage/init"
	for m in $MODULES; do
		modprobe -d "$kernel" -S "$release" --show-depends "$m" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++' | while read -r ko; do
		cp "$ko" "$stage/modules/"
		basename "$ko" >>"$stage/modules.list"
	done
	(cd "$stage" && find . | cpio -o -H newc -R 0:0 --quiet) >"$new"
	rm -rf "$stage"
}

key=$( (cd "$VM_DIR" && cat "${SOURCES[@]}" guest.h initrd.sh) | content_key)
init=$CACHE/vm/init-$key
cached "$init" build_init
image=$CACHE/vm/initrd-$key-$(cut -c1-16 "$kernel/deb.sha256").cpio
cached "$image" make_archive
echo "$image"
