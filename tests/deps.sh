#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs the packages of deps.list that are missing, and the headers of the
# newest stock kernel of the suite, which is what 'make build' builds for.
# Quick and silent when nothing is missing; needs root only when something is.
#
#   tests/deps.sh [all|install]           all that building and testing need, or what 'make install' needs, which is much less
#   tests/deps.sh --check [all|install]   installs nothing: names what is missing, and fails
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cache=${EXTFUSE_CACHE:-$HOME/.cache/extfuse}

fail() {
	echo "deps: $*" >&2
	exit 1
}

if ! command -v apt-get >/dev/null; then
	fail "this is no Debian system: install what tests/deps.list names by hand, then use the targets' own commands"
fi

check=
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi
scope=${1:-all}

wanted() {
	sed '/^#/d' "$here/deps.list" | case $scope in
	install) grep -E '#[[:space:]]*(build|install)\b' ;;
	*) grep -vE '#[[:space:]]*install\b' ;;
	esac | sed 's/#.*//' | tr -s ' \t' '\n' | sed '/^$/d'
}

# Of the packages on stdin those that are not installed.
missing() {
	local names
	mapfile -t names
	[ "${#names[@]}" -gt 0 ] || return 0
	# dpkg-query says nothing of a package that it has never heard of.
	comm -23 <(printf '%s\n' "${names[@]}" | sort -u) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${names[@]}" 2>/dev/null |
			sed -n 's/^installed //p' | sort -u)
}

# linux-headers-RELEASE of the image that the suite's meta package asks for. apt thinks for seconds about that: its answer is
# kept until its lists or sources change.
headers() {
	local kept=$cache/deps-headers
	if [ ! -e "$kept" ] || [ -n "$(find /var/lib/apt/lists /etc/apt "$here/deps.sh" -maxdepth 2 -newer "$kept" -print -quit 2>/dev/null)" ]; then
		apt-cache depends --no-recommends --no-suggests linux-image-amd64 2>/dev/null |
			sed -n 's/.*Depends: linux-image-\([0-9].*-amd64\)$/linux-headers-\1/p' >"$kept.new"
		mv "$kept.new" "$kept"
	fi
	cat "$kept"
}

install() {
	local log
	[ "$(id -u)" = 0 ] || fail "missing: $*: run 'make deps' as root, or apt-get install them"
	echo "deps: installing $# packages: $*"
	log=$(mktemp)
	if ! DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
		-o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install "$@" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		fail "apt-get could not install them: see above"
	fi
	rm -f "$log"
}

# Two at once (several make targets) would only wait for apt's own lock.
mkdir -p "$cache"
exec 9>"$cache/deps.lock"
flock 9

mapfile -t need < <({ wanted; headers; } | missing)
if [ -n "$check" ] && [ "${#need[@]}" -gt 0 ]; then
	fail "missing: ${need[*]}: run 'make deps$([ "$scope" = all ] || echo " DEPS=$scope")' as root, or apt-get install them"
fi
if [ "${#need[@]}" -gt 0 ]; then
	[ "$(id -u)" = 0 ] && { apt-get -qq -o DPkg::Lock::Timeout=300 update ||
		fail "apt-get update failed: look at the network and the package sources"; }
	# Only now the lists are sure to name the newest kernel.
	mapfile -t need < <({ wanted; headers; } | missing)
	install "${need[@]}"
fi
