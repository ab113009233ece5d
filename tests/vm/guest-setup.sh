# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Run by PID 1 in the guest before the command or the first case: puts what was built where an installed system has it,
# so that mount(8) finds its helper, programs find their libraries and modprobe the module, and the tests call the
# same names that a user does. What is not built yet is left out.
shopt -s nullglob

# place NAME DIR: the first file of that name in build/, at most two folders down; EXTFUSE_SAN=1 prefers the sanitized build.
place() {
	local found=(${EXTFUSE_SAN:+"$EXTFUSE_BUILD/san/bin/$1"} "$EXTFUSE_BUILD"/{,*/,*/*/}"$1") f
	for f in "${found[@]}"; do
		if [ -f "$f" ]; then
			ln -sf "$f" "$2/$1"
			return
		fi
	done
}

place mount.extfuse /usr/sbin
place extfused /usr/sbin
place extfuse /usr/sbin
place passthrough_ll /usr/bin
mkdir -p /usr/lib/extfuse/bpf
for f in "$EXTFUSE_BUILD"/bpf/*.bpf.o; do
	ln -sf "$f" /usr/lib/extfuse/bpf/
done
mkdir -p /usr/share/extfuse
ln -sfn "$EXTFUSE_TREE/helper-daemon/template" /usr/share/extfuse/template
libdir=$(echo /usr/lib/*-linux-gnu)
for f in "$EXTFUSE_BUILD"/lib/libextfuse.so*; do
	ln -sf "$f" "$libdir/"
done

# The modules of the kernel lie on a read-only share. An install line makes a module known to modprobe without a depmod,
# which would take half a minute here.
if [ -n "${EXTFUSE_KO:-}" ]; then
	mkdir -p /etc/modprobe.d
	# shellcheck disable=SC2016 # modprobe expands it
	printf 'alias fs-extfuse extfuse\nalias fs-extfuseblk extfuse\ninstall extfuse /sbin/insmod %s $CMDLINE_OPTS\n' \
		"$EXTFUSE_KO" >/etc/modprobe.d/extfuse.conf
fi
true
