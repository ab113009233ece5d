# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The jobs of the demo: each does one thing that people do with a tree, in DIR ($1), and prints what it found. ./guest sorts
# that and compares it with what the same job found on ext4.

# shellcheck disable=SC2034 # for guest
all_jobs='walk sshwalk grep tar git'

# Everything that stat() and readlink() tell: type, mode, owner, size, link count, mtime, inode, ctime, target.
job_walk() {
	find "$1" -printf '%y %m %U:%G %s %n %T@ %i %C@ %P -> %l\n'
}

# The same without what the SFTP protocol does not have: link count, inode, ctime, fractions of seconds.
job_sshwalk() {
	find "$1" -printf '%y %m %U:%G %s %Ts %P -> %l\n'
}

job_grep() {
	cd "$1" && grep -rn inode_lock .
}

# The archive is compared while it is made, with the one that was made of ext4 before.
job_tar() {
	tar -C "$1" --sort=name -cf - . | cmp - "${ref:?}/archive"
}

# Git would like to write down what it saw, which would change the tree under the next job.
job_git() {
	GIT_OPTIONAL_LOCKS=0 git -C "$1" status --porcelain --branch
}
