# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Tests that are commands, and how a run ends. Sourced; the run's folder is $work: in $work/all is a row of each test, NAME
# VERDICT SECONDS REASON with tabs between. RESULTS=FILE is for a run that is a part of another: it adds its rows there, and leaves
# it to the other to count.

result() { # pass|fail NAME START
	if [ "$1" = pass ]; then echo "pass  $2  $((SECONDS - $3)) s"; else echo "FAIL  $2  $((SECONDS - $3)) s"; fi
	printf '%s\t%s\t%d\t\n' "$2" "$1" $((SECONDS - $3)) >>"$work/all"
}

# judge NAME COMMAND…: what it prints is shown when it fails.
judge() {
	local name=$1 start=$SECONDS output=$work/output.$BASHPID
	shift
	if "$@" >"$output" 2>&1 </dev/null; then
		result pass "$name" "$start"
		return
	fi
	result fail "$name" "$start"
	{ grep -m 15 -Ei 'error|warning|fail|extfuse:' "$output" || true; echo …; tail -n 15 "$output"; } | sed 's/^/      | /'
	echo "      again: $*"
}

skipped() { # NAME REASON
	echo "SKIP  $1: $2"
	printf '%s\tskip\t0\t%s\n' "$1" "$2" >>"$work/all"
}

passed() { # NAME
	grep -q "^$1	pass	" "$work/all"
}

count() { # pass|fail|skip
	cut -f2 "$work/all" | grep -cx "$1" || true
}

# What was skipped and what failed, and the last line; fails if a test did.
sum_up() {
	if [ -n "${RESULTS:-}" ]; then
		cat "$work/all" >>"$RESULTS"
		[ "$(count fail)" -eq 0 ]
		return
	fi
	if [ "$(count skip)" -gt 0 ]; then
		echo "skipped:"
		awk -F '\t' '$2 == "skip" { print "  " $1 ": " $4 }' "$work/all"
	fi
	if [ "$(count fail)" -gt 0 ]; then
		echo "failed:"
		awk -F '\t' '$2 == "fail" { print "  " $1 }' "$work/all"
	fi
	echo "$(count pass) passed, $(count fail) failed, $(count skip) skipped"
	[ "$(count fail)" -eq 0 ]
}
