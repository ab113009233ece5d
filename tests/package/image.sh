# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# An image of a release's whole system, for the tests that boot one: it is mounted by a loop device for what is done in it
# without booting, which is fast, and booted in a VM, where the script guest looks at what must hold. Sourced; $suite is the
# release.

# Whoever makes a mount namespace of its own in the meantime would keep the image mounted, and what is not written yet out of it.
[ -n "${IMAGE_NAMESPACE:-}" ] || IMAGE_NAMESPACE=private exec unshare --mount "$0" "$@"

# shellcheck source=tests/archive/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../archive/lib.sh"

: "${suite:?}"
BOOT_SECONDS=600
SLOW=${EXTFUSE_SLOW:-1}
work=$(mktemp -d)
image=$work/image root=$work/root
qemu=
cleanup() {
	# timeout(1) passes it on to QEMU.
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
	if mountpoint -q "$root"; then umount -R "$root"; fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail() {
	echo "failed: $*" >&2
	exit 1
}

# in_image COMMAND…: as a package manager would see the system, with the host's kernel; nothing is started in there.
in_image() {
	unshare --mount --pid --fork --kill-child sh -ec '
		mount -t proc proc "$0/proc"
		mount --rbind /dev "$0/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$0/tmp"
		exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
	' "$root" "$@"
}

# Nobody needs it after a crash of this machine.
open_image() {
	mkdir -p "$root"
	mount -o loop,barrier=0,noatime "$image" "$root"
}

close_image() {
	umount "$root"
}

# offer DEB…: in a repository, the only one that the image knows.
offer() {
	local repository=$root/var/local/repository
	rm -rf "$repository"
	make_repository "$repository" "$@"
	echo 'deb [trusted=yes] file:/var/local/repository ./' >"$root/etc/apt/sources.list"
	in_image apt-get -q update || fail "apt-get update ended with an error"
}

apt_installs() { # DEB…
	local deb names=()
	for deb; do
		names+=("$(dpkg-deb -f "$deb" Package)")
	done
	offer "$@"
	in_image apt-get -y -q --no-install-recommends install "${names[@]}" || fail "apt-get install ended with an error"
}

# A boot image with what a VM needs: that of all machines takes a minute longer to make and to unpack. And dpkg waits for no disk.
hurry() {
	printf 'MODULES=list\n' >"$root/etc/initramfs-tools/conf.d/hurry"
	printf '%s\n' virtio_pci virtio_blk ext4 >>"$root/etc/initramfs-tools/modules"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/hurry"
}

make_image() {
	truncate -s 4G "$image"
	mkfs.ext4 -q -E lazy_itable_init=1 -L root "$image"
	open_image
	cp -a "$("$ARCHIVE_DIR/chroot" path "$suite:system")/." "$root/"
	echo test >"$root/etc/hostname"
	printf '127.0.0.1 localhost test\n' >"$root/etc/hosts"
	install -m 755 "$TREE/debian/tests/mount" "$root/usr/local/sbin/mount-test"
	# Kernels look here for what they are to boot from.
	printf 'LABEL=root / ext4 defaults 0 1\n' >"$root/etc/fstab"
	install -m 755 "$TREE/tests/package/guest" "$root/usr/local/sbin/guest"
	install -m 644 "$TREE/tests/package/guest.service" "$root/etc/systemd/system/"
	[ -z "${QUICK:-}" ] || hurry
	in_image systemctl -q enable guest.service
	in_image systemctl -q mask getty@.service serial-getty@.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
}

# The newest kernel of the image, as a boot loader would take it, into $work. Closes the image.
take_kernel() {
	kernel=$(cd "$root/boot" && printf '%s\n' vmlinuz-* | sort -V | tail -n 1)
	kernel=${kernel#vmlinuz-}
	cp "$root/boot/vmlinuz-$kernel" "$work/vmlinuz"
	cp "$root/boot/initrd.img-$kernel" "$work/initrd" || fail "kernel $kernel has no boot image"
	close_image
}

kernel_command_line() { # PHASE
	echo "root=LABEL=root rw console=ttyS0 $KERNEL_WORDS guest.phase=$1 guest.kernel=$kernel guest.next=${b:-}"
}

# The kernel has started the first program, which is of its boot image.
kernel_came() {
	local end=$((SECONDS + 240 * SLOW))
	until grep -aqs 'Run /init as init process' "$work/console"; do
		[ $SECONDS -lt $end ] && kill -0 "$qemu" 2>/dev/null || return
		sleep 1
	done
}

# Nothing of ours runs until then, and why a VM may come to its end before tells tests/vm/host.sh (vm_start): it is started again.
start_vm() { # QEMU-WORDS…
	local tries
	for tries in 1 2 3; do
		rm -f "$work/console" "$work/said"
		launch "$@"
		if kernel_came; then return; fi
		kill "$qemu" 2>/dev/null || true
		wait "$qemu" || true
		echo "the VM died before its kernel had come, $tries of 3 times: $(tail -n 30 "$work/console")" >&2
	done
	fail "no VM comes"
}

launch() { # QEMU-WORDS…
	timeout $((BOOT_SECONDS * SLOW)) qemu-system-x86_64 "${QEMU_WORDS[@]}" "$@" -m 1024 -accel tcg,thread=multi -smp 2 \
		-drive "file=$image,format=raw,if=none,id=root,cache=unsafe" -device virtio-blk-pci,drive=root \
		-serial "file:$work/console" -serial "file:$work/said" &
	qemu=$!
}

# run_vm PHASE QEMU-WORDS…: to the end of this phase. The guest says what it found on its second serial line.
run_vm() {
	local phase=$1
	shift
	echo "== $phase: boot $kernel"
	start_vm "$@"
	wait "$qemu" || fail "the VM did not end by itself: $(tail -n 30 "$work/said" "$work/console")"
	qemu=
	# The firmware, if there is one, speaks on all serial lines.
	sed -n "/begin: $phase/,\$p" "$work/said"
	grep -q '^done' "$work/said" || { tail -n 60 "$work/console" >&2; fail "$phase: the guest did not come to its end"; }
	! grep '^failed' "$work/said" || { tail -n 60 "$work/console" >&2; fail "$phase: see above"; }
	! grep -E 'Failed unmounting|BUG:|WARNING:|Oops' "$work/console" || fail "$phase: the console has complaints"
	open_image
}

boot() { # PHASE
	take_kernel
	run_vm "$1" -machine q35 -kernel "$work/vmlinuz" -initrd "$work/initrd" -append "$(kernel_command_line "$1")"
}

# Our packages that a user installs.
our_packages() { # FOLDER
	find "$1" -name 'libextfuse1_*.deb' -o -name 'extfuse_*.deb' -o -name 'extfuse-dkms_*.deb'
}
