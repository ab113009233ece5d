# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Whole jobs, timed by turns: each is done natively and on the mounts beside, one after the other, all on one file system and in
# one boot. Sourced by guest, which has the paths and requests_of().
# shellcheck source=tests/lib/jobs.sh
. /extfuse/tests/lib/jobs.sh

files=${JOB_FILES:-10000} clone_files=$((files / 5)) overlay=/mnt/overlay
inputs=$TMPDIR/inputs

job_rows=(untar walk-cold walk-warm rm writers git-clone git-status git-checkout)

turn_untar() { job_unpack "$inputs/many" "$1"; }
turn_walk-cold() { job_walk "$inputs/many" "$1"; }
turn_walk-warm() { job_walk "$inputs/many" "$1"; }
turn_rm() { job_remove "$inputs/many" "$1"; }
turn_writers() {
	local i
	for i in {0..7}; do
		dd if=/dev/zero of="$1/shared" bs=4k count=512 seek=$((i * 512)) conv=notrunc oflag=direct status=none &
	done
	wait
}
turn_git-clone() { job_clone "$inputs/some" "$1"; }
turn_git-status() { job_status "$inputs/some" "$1"; }
turn_git-checkout() { job_checkout "$inputs/some" "$1"; }

# The library and the program that tests it, by the package's own makefile.
turn_compile() {
	(cd "$1" && ./make -B -f makefile.unix -f link.mk CC='./tcc -nostdinc -Iinclude' AR='./tcc -ar' ARFLAGS=rcs RANLIB=: \
		LDFLAGS=-nostdlib all)
}

# What is not timed. What is dropped are the files' own dentries and inodes, and not the program that is to walk them. Git looks
# into files that are as young as its index: let all be older.
before() { # ROW TREE
	sync
	case $1 in
	walk-cold)
		echo 2 >/proc/sys/vm/drop_caches
		find / -maxdepth 0
		;;
	walk-warm) job_walk "$inputs/many" "$2" ;;
	writers) [ -e "$2/shared" ] || dd if=/dev/zero of="$2/shared" bs=1M count=16 conv=fsync status=none ;;
	git-status)
		sleep 1.1
		job_status "$inputs/some" "$2"
		;;
	esac >/dev/null
}

job_tree() { # COLUMN
	case $1 in
	native) echo "$disk/native" ;;
	overlay) echo "$overlay/job" ;;
	*) echo "$mnt/job" ;;
	esac
}

job_do() { # ROW TREE
	local start
	before "$1" "$2"
	start=${EPOCHREALTIME/./}
	"turn_$1" "$2" >"$TMPDIR/said"
	echo $(((${EPOCHREALTIME/./} - start) * 1000)) >"$TMPDIR/took"
}

# One turn of each column; what the mirror sends is noted, with what comes before.
job_turn() { # ROW COLUMN…
	local row=$1 column tree
	shift
	for column; do
		tree=$(job_tree "$column")
		if [ "$column" = extfuse-passthrough ]; then
			requests_of "$column" "$row" job_do "$row" "$tree" >>"$TMPDIR/job-requests"
		else
			job_do "$row" "$tree"
		fi
		cat "$TMPDIR/took" >>"$TMPDIR/times-$row-$column"
	done
}

# The first turn warms up, and is counted but not timed. Who comes first changes from turn to turn: what comes second finds an
# emulator that knows the way.
job_turns() { # TURNS ROWS COLUMN…
	local turn row rows column there=("${@:3}") back=() order
	read -ra rows <<<"$2"
	for column in "${there[@]}"; do back=("$column" "${back[@]}"); done
	rm -f "$TMPDIR/job-requests"
	for ((turn = 0; turn <= $1; turn++)); do
		[ "$turn" != 1 ] || rm -f "$TMPDIR"/times-*
		order=("${there[@]}")
		[ $((turn % 2)) = 0 ] || order=("${back[@]}")
		for row in "${rows[@]}"; do job_turn "$row" "${order[@]}"; done
		for column in "${order[@]}"; do rm -rf "$(job_tree "$column")/clone"; done
	done
}

job_figures() { # ROWS COLUMN…
	local row column rows
	read -ra rows <<<"$1"
	shift
	for row in "${rows[@]}"; do
		for column; do
			sort -n "$TMPDIR/times-$row-$column" | awk -v c="$column" -v r="$row" '{ t[NR] = $1 + 0 }
				END { printf "figure\tseconds\t%s\t%s\t%.0f\t%.0f\t%.0f\n", c, r, (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2, t[1], t[NR] }'
		done
	done
	sort "$TMPDIR/job-requests" | awk -F '\t' -v OFS='\t' '{ k = $2 OFS $3 OFS $4; served[k] += $5; sent[k] += $6 }
		END { for (k in served) print "requests", k, served[k], sent[k] }'
}

jobs_mount() {
	column_mount extfuse-passthrough
	mkdir -p "$overlay" "$disk/upper"
	mount -t overlay -o "lowerdir=/nothing,upperdir=$disk/upper,workdir=$disk/work" overlay "$overlay"
	mkdir "$disk/native" "$overlay/job" "$mnt/job"
}

jobs_umount() {
	umount "$overlay"
	umount "$mnt"
}

jobs_measure() {
	local columns=(native overlay extfuse-passthrough)
	mkdir -p "$inputs"/{many,some}
	jobs_prepare "$inputs/many" "$files"
	jobs_prepare "$inputs/some" "$clone_files"
	lower_make
	jobs_mount
	job_turns 4 "${job_rows[*]}" "${columns[@]}"
	jobs_umount
	job_figures "${job_rows[*]}" "${columns[@]}"
	rm -rf "$inputs"
}

compile_measure() {
	local column columns=(native extfuse-passthrough)
	lower_make
	jobs_mount
	for column in "${columns[@]}"; do
		tar -C "$(job_tree "$column")" -xf "$bench/package.tar"
	done
	job_turns 2 compile "${columns[@]}"
	cmp "$disk/native/test" "$mnt/job/test"
	jobs_umount
	job_figures compile "${columns[@]}"
}
