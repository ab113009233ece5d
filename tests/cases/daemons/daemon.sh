# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For the cases of daemons that people use: with cache=local a first pass sends no more than without, the second one
# nothing, with cache=cto the second one sends GETATTRs, and what is seen is the same. Sourced after case.sh, in an empty
# directory.

dirs=3 files=15
[ -z "${LONG:-}" ] || files=300

# make_tree DIRECTORY: directories with files, each with a symbolic link to it.
make_tree() {
	local d i
	for ((d = 0; d < dirs; d++)); do
		mkdir -p "$1/$d/deep"
		for ((i = 0; i < files; i++)); do
			seq "$((i * 40))" >"$1/$d/f$i"
			ln -s "f$i" "$1/$d/l$i"
		done
		echo deep >"$1/$d/deep/er"
	done
}

# pass: all that reads of the tree on mnt, and what it says. Times of reading and rooms may differ from pass to pass.
pass() {
	find mnt -printf '%y %m %U %G %s %n %T@ %P %l\n' | sort
	ls -lR --time-style=full-iso mnt
	grep -rc 7 mnt | sort
	tar c --sort=name mnt | md5sum
	# sshfs has none.
	getfattr -d -R mnt 2>&1 || true
	[ ! -e mnt/0/none ] || echo "mnt/0/none is there"
}

# sent FILE: what has reached the daemon so far, one opcode a line. A handle that was kept goes back some time: nobody has asked for that.
sent() { extfuse stats "$PWD/mnt" --json | jq -r '.opcodes | to_entries[] | "\(.key) \(.value.upcalls)"' | grep -v ^RELEASE | sort >"$1"; }
all() { awk '{ n += $2 } END { print n + 0 }' "$1"; }

# mount_daemon PROGRAM#SPEC OPTIONS DIRECTORY: some keep what mount's output goes to, and a pipe would not end.
mount_daemon() {
	mount -t extfuse -o "$2" "$1" "$PWD/$3" >said.mount 2>&1 || fail "mount $1: $(cat said.mount)"
}

# twice PROGRAM#SPEC OPTIONS NAME: mounts and leaves it so; a pass, and another one; what they say is as without any cache
twice() {
	mount_daemon "$1" "$2" mnt
	pass >said.first
	sent "$3.first"
	pass >said.second
	sent "$3.second"
	assert_same said.without said.first
	assert_same said.first said.second
	echo "with $3: opcode, without, first pass, both passes:"
	join -a 1 -a 2 -e 0 -o 0,1.2,2.2 without "$3.first" | join -a 1 -a 2 -e 0 -o 0,1.2,1.3,2.2 - "$3.second"
}

# no_more NAME OPCODE: of opcodes but this the second pass has sent none
no_more() {
	more=$(join "$1.first" "$1.second" | awk -v but="$2" '$3 > $2 && $1 != but')
	[ -z "$more" ] || fail "with $1 the second pass sends again: $more"
}

# compare PROGRAM#SPEC OPTIONS: without, with cache=cto, with cache=local, with which it is left mounted
compare() {
	local options=$2${2:+,}
	mkdir -p mnt
	mount_daemon "$1" "${options}ext=$EXTFUSE_BUILD/tests/bpf/pass.bpf.o" mnt
	on_exit umount "$PWD/mnt"
	pass >said.without
	sent without
	must umount "$PWD/mnt"
	assert_ge "what is sent without" "$(all without)" $((dirs * files * 2))

	# For longer than both passes take.
	twice "$1" "${options}cache=cto,actimeo=3600,xattrtimeo=3600,closetimeo=3600" cto
	no_more cto GETATTR
	assert_le "what the first pass sends but GETATTRs" "$(awk '$1 != "GETATTR"' cto.first | all /dev/stdin)" "$(all without)"
	assert_ge "GETATTRs of opens in the second pass" "$(join cto.first cto.second | awk '$1 == "GETATTR" { print $3 - $2 }')" $((dirs * files))
	must umount "$PWD/mnt"

	twice "$1" "${options}cache=local" local
	no_more local NONE
	assert_le "what the first pass sends" "$(all local.first)" "$(all without)"
}

# behind DIRECTORY: with cache=cto, somebody else changes what the daemon serves; who opens it then sees that
behind() {
	cat mnt/0/f1 mnt/1/f1 >/dev/null
	find mnt >/dev/null
	[ ! -e mnt/1/behind ] || fail "it is there already"
	echo changed >>"$1/0/f1"
	echo new >"$1/1/behind"
	rm "$1/1/f2"
	assert_ne "nobody has told the kernel" "$(stat -c %s "$1/0/f1")" "$(stat -c %s mnt/0/f1)"
	assert_eq "what somebody has appended" changed "$(tail -n 1 mnt/0/f1)"
	assert_eq "its size" "$(stat -c %s "$1/0/f1")" "$(stat -c %s mnt/0/f1)"
	assert_eq "names" "$(cd "$1/1" && find . | sort | xargs)" "$(cd mnt/1 && find . | sort | xargs)"
	assert_eq "the new file" new "$(cat mnt/1/behind)"
	[ ! -e mnt/1/f2 ] || fail "what was removed is still there"
}

# change: through the mount, and what is read afterwards is so.
change() {
	echo more >>mnt/0/f1
	mv mnt/0/f2 mnt/1/moved
	rm mnt/1/f3
	mkdir mnt/2/new
	echo new >mnt/2/new/file
	chmod 600 mnt/0/f4
	assert_eq "what was appended" more "$(tail -1 mnt/0/f1)"
	assert_eq "what was moved" "$(seq 80)" "$(cat mnt/1/moved)"
	[ ! -e mnt/0/f2 ] || fail "the old name is still there"
	[ ! -e mnt/1/f3 ] || fail "what was removed is still there"
	assert_eq "names of the new directory" file "$(ls mnt/2/new)"
	assert_eq "mode" 600 "$(stat -c %a mnt/0/f4)"
	echo newer >mnt/2/new/file
	assert_eq "written again" newer "$(cat mnt/2/new/file)"
	assert_eq "names, listed again" "deep moved" "$(find mnt/1 -mindepth 1 -maxdepth 1 ! -name '[fl][0-9]*' -printf '%f\n' | sort | xargs)"
}

# as_below DIRECTORY: where the daemon stores files as they are
as_below() {
	(cd "$1" && find . -type f -exec md5sum {} + | sort -k2) >sums.below
	(cd mnt && find . -type f -exec md5sum {} + | sort -k2) >sums.here
	assert_same sums.below sums.here
}
