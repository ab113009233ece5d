# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How far a long run is, and how long it takes. Sourced, after tests/vm/lib.sh. What a run took is kept in the cache, and is what
# the next one of its name says that it will take.

# Of how many steps a run is; without run_begins they are not counted. Those that have begun are counted in a file, a line each:
# a part of the run may be in a process of its own.
_steps=0 _begun=

# minutes SECONDS
minutes() {
	echo "$((($1 + 59) / 60)) min"
}

# run_begins FILE NAME STEPS SECONDS WHAT: SECONDS are told where this machine has not done it yet.
run_begins() {
	local took=$4 how="on two free processors"
	_begun=$1 _steps=$3
	: >"$_begun"
	if [ -s "$CACHE/times/$2" ]; then
		took=$(<"$CACHE/times/$2") how="as the last time"
	fi
	echo "$5: $_steps steps, about $(minutes "$took") $how"
}

# step WHAT: the next one begins.
step() {
	if [ "$_steps" = 0 ]; then
		echo "== $*"
		return
	fi
	echo >>"$_begun"
	printf '[%d/%d] %s (%s)\n' "$(wc -l <"$_begun")" "$_steps" "$*" "$(printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)))"
}

# run_ended NAME: it came to its end in all its steps.
run_ended() {
	mkdir -p "$CACHE/times"
	echo "$SECONDS" >"$CACHE/times/$1"
}
