# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For shell cases about how the module is found and loaded: after case.sh.

# own_modules [KO]: until the case ends modprobe(8) finds this extfuse.ko, or none, and no other module.
own_modules() {
	local dir=/lib/modules/$KVER
	if [ ! -e "$dir/own" ]; then
		mount -t tmpfs none "$dir"
		on_exit umount "$dir"
		mv /etc/modprobe.d/extfuse.conf "$PWD/extfuse.conf.away"
		on_exit mv "$PWD/extfuse.conf.away" /etc/modprobe.d/extfuse.conf
		mkdir -p "$dir/updates/dkms"
		touch "$dir/own" "$dir/modules.order" "$dir/modules.builtin"
	fi
	rm -f "$dir/updates/dkms/extfuse.ko"
	[ $# -eq 0 ] || cp "$1" "$dir/updates/dkms/extfuse.ko"
	depmod "$KVER"
}
