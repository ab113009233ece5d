# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernel's own NFS server in the guest, and mounts of what it exports: source it after case.sh. All goes over the loopback network.

# nfs_serve: the server runs until the case ends. Nobody had anything open before it, so nobody is waited for.
nfs_serve() {
	local module
	for module in nfsd nfs nfsv3 nfsv4; do
		must modprobe "$module"
	done
	mkdir -p /var/lib/nfs/{sm,v4recovery} /run/rpcbind
	touch /var/lib/nfs/{etab,rmtab}
	must mount -t nfsd nfsd /proc/fs/nfsd
	on_exit umount -q /proc/fs/nfsd
	must rpcbind -w
	on_exit pkill -x rpcbind
	must rpc.mountd
	on_exit pkill -x rpc.mountd
	echo 10 >/proc/fs/nfsd/nfsv4gracetime
	must rpc.nfsd 2
	on_exit nfs_end
	# A server that remembers no clients (7.3, without a helper for that) says EBUSY: what is opened waits for those 10 seconds then.
	echo Y 2>/dev/null >/proc/fs/nfsd/v4_end_grace || true
}

nfs_end() {
	exportfs -ua
	exportfs -f
	rpc.nfsd 0
}

# nfs_export DIR NUMBER [OPTIONS]: a file system without a disk of its own is told apart by a number.
nfs_export() {
	must exportfs -i -o "rw,async,insecure,no_root_squash,fsid=$2,${3:-no_subtree_check}" "127.0.0.1:$1"
}

# What a client could not close, because its handle leads nowhere any more, goes with the client.
nfs_unexport() {
	local client
	for client in /proc/fs/nfsd/clients/*/ctl; do
		[ ! -e "$client" ] || echo expire >"$client"
	done
	must exportfs -u "127.0.0.1:$1"
	must exportfs -f
}

# nfs_mount VERSION DIR AT [OPTIONS]: the client keeps no attribute or name without asking.
nfs_mount() {
	must mount -t nfs -o "vers=$1,nolock,retry=0,actimeo=0,lookupcache=none${4:+,$4}" "127.0.0.1:$2" "$3"
	on_exit nfs_let_go "$(realpath "$3")"
}

# Without its server a mount, and what is open there, would wait for it.
nfs_let_go() {
	exec 5<&- 6<&- 7<&- 8<&-
	! mountpoint -q "$1" || (cd / && umount -f -l "$1")
}
