#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the guest's root image: an ext4 file system with the files of the packages in root.list and of what they
# depend on, copied from this machine, so that what was built here runs there, or from the chroot of another release, for
# what was built in that. Prints the image's path. Cached; the key is the list of packages with their versions, and this script.
#
#   tests/vm/root.sh [SUITE]
set -euo pipefail
. "$(dirname "$0")/lib.sh"

FROM=
[ -z "${1:-}" ] || FROM=$("$TREE/tests/archive/chroot" path "$1")

# Follows Depends and Pre-Depends through what is installed here; of alternatives it takes all that are.
closure() {
	dpkg-query --admindir="$FROM/var/lib/dpkg" -W -f '${binary:Package}\t${Version}\t${Depends},${Pre-Depends}\t${Provides}\t${db:Status-Abbrev}\n' |
		awk -F '\t' -v list="$VM_DIR/root.list" '
	function bare(s) { gsub(/[ (:].*/, "", s); return s }
	$5 ~ /^.i/ {
		p = bare($1); full[p] = $1; version[p] = $2; deps[p] = $3
		n = split($4, v, / *, */)
		for (i = 1; i <= n; i++) if (v[i] != "") given[bare(v[i])] = given[bare(v[i])] " " p
	}
	function add(p) { if (p != "" && !(p in out) && !(p in seen)) { seen[p] = 1; queue[++last] = p } }
	END {
		while ((getline line < list) > 0) {
			if (line ~ /^(#|$)/) continue
			if (line ~ /^-/) { out[substr(line, 2)] = 1; continue }
			want[++w] = line
		}
		for (i = 1; i <= w; i++) {
			n = split(want[i], v, "|")
			for (j = 1; j < n && !(v[j] in full); j++);
			if (!(v[j] in full)) { print "MISSING\t" want[i]; continue }
			add(v[j])
		}
		for (q = 1; q <= last; q++) {
			n = split(deps[queue[q]], d, / *[,|] */)
			for (i = 1; i <= n; i++) {
				p = bare(d[i])
				if (p in full) add(p)
				m = split(given[p], v, " ")
				for (j = 1; j <= m; j++) add(v[j])
			}
		}
		for (q = 1; q <= last; q++) print full[queue[q]] "\t" version[queue[q]]
	}' | sort
}

copy_files() {
	local stage=$1 link alternative
	mkdir -p "$stage"/usr/{bin,sbin,lib,lib64,lib32,libx32}
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$stage"
	cut -f1 "$KEYFILE" | xargs dpkg --admindir="$FROM/var/lib/dpkg" -L 2>/dev/null | sort -u |
		grep -Ev '^/usr/share/(doc|man|info|locale|lintian|bash-completion|icons|perl|zsh|gitweb|i18n)|^/usr/lib/.*/gconv|^/(etc/(init.d|cron|apparmor)|lib/systemd|usr/lib/systemd|var/)' |
		grep '^/' | while read -r f; do [ -d "$FROM$f" ] && [ ! -L "$FROM$f" ] || echo ".$f"; done |
		tar -C "$FROM/" --no-recursion --ignore-failed-read -c -T - 2>/dev/null |
		tar -C "$stage" --keep-directory-symlink -x
	(cd "$FROM/" && find usr/bin usr/sbin -lname '/etc/alternatives/*') | while read -r link; do
		alternative=$(readlink "$FROM/$link")
		[ -e "$stage$(readlink "$FROM$alternative")" ] || continue
		(cd "$FROM/" && cp -P --parents "$link" ".$alternative" "$stage")
	done
	mkdir -p "$stage"/{dev,proc,sys,run,tmp,root,home,mnt,scratch,extfuse,etc,var/lib,var/log,var/empty,lib/modules}
	ln -s /run "$stage/var/run"
	chmod 1777 "$stage/tmp"
}

# Only what programs look up by name: users and groups, hosts, the mount table.
write_etc() {
	local e=$1/etc
	cat >"$e/passwd" <<-END
		root:x:0:0:root:/root:/bin/bash
		daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
		sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
		_rpc:x:101:65534::/run/rpcbind:/usr/sbin/nologin
		alice:x:1000:1000::/home/alice:/bin/bash
		bob:x:1001:1001::/home/bob:/bin/bash
		nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
	END
	cat >"$e/group" <<-END
		root:x:0:
		daemon:x:1:
		users:x:100:alice,bob
		alice:x:1000:
		bob:x:1001:
		team:x:1002:alice,bob
		nogroup:x:65534:
	END
	echo 'root:*:19000:0:99999:7:::' >"$e/shadow"
	printf '127.0.0.1 localhost guest\n' >"$e/hosts"
	echo guest >"$e/hostname"
	printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n' >"$e/nsswitch.conf"
	echo user_allow_other >"$e/fuse.conf"
	printf '[user]\n\tname = Test\n\temail = test@example.org\n[safe]\n\tdirectory = *\n' >"$e/gitconfig"
	ln -sf /proc/self/mounts "$e/mtab"
	mkdir -p "$1/home/alice" "$1/home/bob"
	chown 1000:1000 "$1/home/alice"
	chown 1001:1001 "$1/home/bob"
}

# No journal and no checksums: the image is thrown away after each run, and both cost boot time under emulation.
make_image() {
	local new=$1 stage
	stage=$(mktemp -d "$CACHE/root.XXXXXX")
	copy_files "$stage"
	write_etc "$stage"
	ldconfig -r "$stage" 2>/dev/null || true
	mkfs.ext4 -q -O '^has_journal,^metadata_csum,^64bit' -E lazy_itable_init=1 -m 0 -L root -d "$stage" "$new" 2G >/dev/null || {
		rm -rf "$stage"
		return 1
	}
	rm -rf "$stage"
}

KEYFILE=$(mktemp)
trap 'rm -f "$KEYFILE"' EXIT
closure >"$KEYFILE"
missing=$(sed -n 's/^MISSING\t//p' "$KEYFILE" | tr '\n' ' ')
[ -z "$missing" ] || die "the guest's root image needs packages that are not installed ${FROM:+in $FROM }here: ${missing% }: run 'make deps'"
image=$CACHE/vm/root-$(cat "$KEYFILE" "$VM_DIR/root.sh" | content_key).img
cached "$image" make_image
echo "$image"
