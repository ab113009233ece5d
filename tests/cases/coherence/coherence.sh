# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the coherence cases share: a number of operations, a seed that repeats a run, and the run itself. In the guest's
# environment SEED=N takes another seed, SEED=random one by chance; LONG=1 makes ten times as many operations, SHORT=1 a tenth.
. /extfuse/tests/lib/case.sh

seed=${SEED:-20191}
[ "$seed" != random ] || seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
tools=$EXTFUSE_BUILD/tests/cases/coherence

# sum_of MOUNT OPCODE FIELD: a counter; OPCODE "*" adds all up.
sum_of() {
	extfuse stats "$1" --json |
		jq "[.opcodes | to_entries[] | select(\"$2\" == \"*\" or .key == \"$2\") | .value.$3] | add // 0"
}

# stress_mount MOUNT LOWER OPERATIONS: not one stale result.
stress_mount() {
	local operations=$3 status=0
	[ -z "${LONG:-}" ] || operations=$((operations * 10))
	[ -z "${SHORT:-}" ] || operations=$((operations / 10))
	"$tools/stress" "$1" "$2" "$operations" "$seed" 6 2>&1 || status=$?
	[ "$status" -eq 0 ] || fail "stale results, status $status; again with SEED=$seed"
}

# The cache must have been at work, or the run proves nothing.
assert_cached() {
	assert_ge "GETATTR answered" "$(sum_of "$1" GETATTR answered)" 100
	assert_ge "LOOKUP answered" "$(sum_of "$1" LOOKUP answered)" 100
	assert_ge "lifetimes lengthened" "$(sum_of "$1" "*" changed)" 100
	assert_eq "bad verdicts" 0 "$(sum_of "$1" "*" bad)"
}
