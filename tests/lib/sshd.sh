# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A host for sshfs: this one. Sourced in a guest.

# sshd_start FOLDER: with keys and configuration in there; root gets in from here.
sshd_start() {
	local etc=$1
	mkdir -p "$etc" /run/sshd ~/.ssh
	chmod 700 /root ~/.ssh
	ssh-keygen -q -t ed25519 -N '' -f "$etc/host"
	rm -f ~/.ssh/id_ed25519
	ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
	cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys
	printf '%s\n' "HostKey $etc/host" "PidFile $etc/pid" 'ListenAddress 127.0.0.1' 'UsePAM no' 'StrictModes no' \
		'Subsystem sftp internal-sftp' >"$etc/config"
	printf '%s\n' 'StrictHostKeyChecking no' 'UserKnownHostsFile /dev/null' 'LogLevel ERROR' >~/.ssh/config
	"$(command -v sshd)" -f "$etc/config"
}
