# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The host side of a VM run, for tests/vm/run: makes what it boots from, starts QEMU with the channel as its standard
# output, and reads the channel. Uses run's settings, which are set here to their defaults.

mem='' smp=2 limit=600 grace=90 icount='' append='' userland='' log='' results=/dev/null outputs='' qemu=()

# EXTFUSE_SLOW=3 gives everything three times its time, for a machine that is slow or busy.
SLOW=${EXTFUSE_SLOW:-1}

# Where a run keeps its files; gone when run ends.
WORK=
QEMU=
# What was read ahead of the channel.
FIRST=

vm_cleanup() {
	if [ -n "$QEMU" ]; then
		kill -9 "$QEMU" 2>/dev/null || true
	fi
	[ -z "$WORK" ] || rm -rf "$WORK"
}

make_scratch() {
	# Initialised completely: else a kernel thread would go on doing it while the cases run.
	mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 -m 0 -L scratch "$1" 3G >/dev/null
}

vm_prepare() {
	local need
	for need in qemu-system-x86_64 cpio mkfs.ext4 dpkg-deb depmod; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$need" >/dev/null || die "$need is missing: run 'make deps'"
	done
	PATH=$PATH:/usr/sbin:/sbin
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/vm.XXXXXX")
	trap vm_cleanup EXIT
	trap 'exit 130' INT TERM
	mkdir "$WORK/plan"
	KERNEL=$("$VM_DIR/kernel.sh" "$1")
	# KASAN's shadow, lockdep's tables and every object's record want theirs. A cache that SLUB looks after keeps no list of free
	# objects for each processor, in which kmemleak finds the address of one that was lost.
	case $KERNEL in
	*-debug) mem=${mem:-2048} append="slub_debug=Z $append" ;;
	*) mem=${mem:-1024} ;;
	esac
	INITRD=$("$VM_DIR/initrd.sh" "$KERNEL")
	ROOT=$("$VM_DIR/root.sh" ${userland:+"$userland"})
	SCRATCH=$CACHE/vm/scratch-3G-v1.img
	cached "$SCRATCH" make_scratch
	[ -n "$log" ] || log=$WORK/kernel.log
}

make_tsc() {
	"${CC:-cc}" -O2 -o "$1" "$VM_DIR/tsc.c"
}

# How fast a guest's clock runs, where the guest itself would measure it badly: tsc.c.
tsc_khz() {
	local tsc
	tsc=$CACHE/vm/tsc-$(content_key <"$VM_DIR/tsc.c")
	cached "$tsc" make_tsc && "$tsc"
}

# The limits keep a slow host from raising reports that name the code under test (design: README.md). Memory is handed out as
# it was left, so that what the module forgets to set is seen. An icount boot gives up what makes counts differ from run to run.
kernel_words() {
	local khz w="console=ttyS0 quiet $KERNEL_WORDS watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=300"
	w+=" workqueue.watchdog_thresh=300 log_buf_len=4M random.trust_cpu=on audit=0 init_on_alloc=0"
	if [ -n "$icount" ]; then
		w+=" nokaslr"
	else
		khz=$(tsc_khz) && w+=" tsc_early_khz=$khz"
	fi
	echo "$w $append"
}

# A QEMU option is a list with commas in it.
# shellcheck disable=SC2054
qemu_words() {
	(cd "$WORK" && find plan | cpio -o -H newc -R 0:0 --quiet) >"$WORK/plan.cpio"
	cat "$INITRD" "$WORK/plan.cpio" >"$WORK/initrd"
	QEMU_ARGS=("${QEMU_WORDS[@]}" -machine q35 -m "$mem"
		-kernel "$KERNEL/vmlinux" -initrd "$WORK/initrd" -append "$(kernel_words)"
		-device virtio-serial-pci
		-device virtserialport,chardev=channel,name=extfuse.channel
		-drive "file=$ROOT,format=raw,if=none,id=root,snapshot=on,cache=unsafe" -device virtio-blk-pci,drive=root
		-drive "file=$SCRATCH,format=raw,if=none,id=scratch,snapshot=on,cache=unsafe" -device virtio-blk-pci,drive=scratch
		-fsdev "local,id=tree,path=$TREE,security_model=none,readonly=on,multidevs=remap"
		-device virtio-9p-pci,fsdev=tree,mount_tag=tree
		-fsdev "local,id=modules,path=$KERNEL/lib/modules,security_model=none,readonly=on"
		-device virtio-9p-pci,fsdev=modules,mount_tag=modules "${qemu[@]}")
	if [ -n "$icount" ]; then
		QEMU_ARGS+=(-accel tcg -icount shift=0 -smp 1)
	else
		QEMU_ARGS+=(-accel tcg,thread=multi -smp "$smp")
	fi
}

# Reads one message into LINE. Fails at the end of the channel (1) and when the time is over (2).
vm_read() {
	local left=$(($1 - SECONDS)) err=0
	LINE=$FIRST FIRST=
	[ -z "$LINE" ] || return 0
	[ $left -gt 0 ] || return 2
	IFS= read -r -t "$left" -u 7 LINE || err=$?
	[ $err -le 128 ] || return 2
	return $err
}

# One QEMU, until the guest's first word, which vm_read is given again.
vm_boot() {
	exec 7< <(exec qemu-system-x86_64 "${QEMU_ARGS[@]}" -chardev stdio,id=channel,signal=off \
		-serial "file:$WORK/console" <&8 2>"$WORK/qemu.err")
	QEMU=$!
	vm_read $((SECONDS + 120 * SLOW)) && FIRST=$LINE
}

# The emulator sometimes spins before the kernel's first word, or the kernel dies of it (died_of_the_emulator). Nothing of ours runs
# until the guest has said a word, so it is booted again; three times is no accident.
vm_start() {
	local tries
	qemu_words
	mkfifo "$WORK/monitor.in" "$WORK/monitor.out"
	QEMU_ARGS+=(-chardev "pipe,id=monitor,path=$WORK/monitor" -mon chardev=monitor)
	# QEMU takes the end of its standard input for the host going away, and the guest would wait for it to come back:
	# a fifo that we hold open ourselves never ends. It carries our one answer, see vm_answer().
	mkfifo "$WORK/never"
	exec 8<>"$WORK/never"
	for tries in 1 2 3; do
		vm_boot && return
		vm_died "the VM died before its first word, $tries of 3 times"
	done
	return 1
}

vm_shell() {
	qemu_words
	qemu-system-x86_64 "${QEMU_ARGS[@]}" -chardev "file,id=channel,path=$log" -serial mon:stdio
}

# Where the processors are, of a VM that does not answer: tells a guest that hangs from an emulator that does.
vm_registers() {
	local line
	kill -0 "$QEMU" 2>/dev/null || return 0
	exec 6<>"$WORK/monitor.out"
	echo 'info registers -a' >"$WORK/monitor.in" &
	while IFS= read -r -t 5 -u 6 line; do
		case $line in
		CPU* | R*) printf 'monitor: %s\n' "${line%$'\r'}" ;;
		esac
	done >&2
	kill %+ 2>/dev/null || true
}

# Why there is no more to read: says it on stderr, and what the console said last.
vm_died() {
	local what=$1
	vm_registers
	kill -9 "$QEMU" 2>/dev/null || true
	echo "run: $what" >&2
	grep -v '^ *$' "$WORK/qemu.err" | head -n 5 >&2 || true
	tail -n 60 "$WORK/console" 2>/dev/null | tr -d '\r' | sed 's/^/console: /' >&2
}

# The kernel patches its own code behind an int3. The emulated processor sometimes still has it when it was taken back, and the kernel
# dies of it, with extfuse and without: the memory before the address where it died has no int3 then. Only the first report of the
# console says why it died.
INT3='int3: 0000 [#'
died_of_the_emulator() {
	local before
	before=$(awk -v int3="$INT3" '
		!seen && /BUG:|kernel BUG at|Kernel panic|\[#[0-9]+\]/ { seen = 1; if (!index($0, int3)) exit }
		seen && sub(/.*Code: /, "") && sub(/ <.*/, "") { print $NF; exit }' "$WORK/console" 2>/dev/null)
	[ -n "$before" ] && [ "$before" != cc ]
}

# A kernel log for the reader: all of it from a little before a complaint on, else its last lines.
show_log() { # FILE COMPLAINT LINES
	local at=''
	[ -z "$2" ] || at=$(grep -nF -m 1 -- "$2" "$1" | cut -d: -f1)
	if [ -z "$at" ]; then tail -n "$3" "$1"; else sed -n "$((at > 5 ? at - 5 : 1)),$((at + 3000))p" "$1"; fi
}

# The guest powers off when it has this: all that it sent before it asked was read.
vm_answer() {
	echo >&8
}

vm_command() {
	local status='' complaint='' end=$((SECONDS + limit)) err=0
	while vm_read $end || { err=$?; false; }; do
		case $LINE in
		O*) printf '%s\n' "${LINE:1}" ;;
		E*) printf '%s\n' "${LINE:1}" >&2 ;;
		K*) printf '%s\n' "${LINE:1}" >>"$log" ;;
		M*) [ -z "${VERBOSE:-}" ] || printf 'run: %s\n' "${LINE:1}" >&2 ;;
		D*) printf 'run: %s\n' "${LINE:1}" >&2 ;;
		W*) complaint=${complaint:-${LINE:1}} ;;
		X*) status=${LINE:1} ;;
		P*) vm_answer ;;
		Z*) break ;;
		esac
	done
	if [ $err -eq 2 ]; then
		vm_died "the VM was killed after $limit seconds"
		exit 124
	elif [ -z "$status" ]; then
		[ -z "$complaint" ] || echo "run: the kernel complained: $complaint" >&2
		vm_died "the VM died"
		exit 125
	fi
	if [ -n "$complaint" ]; then
		echo "run: the kernel complained: $complaint" >&2
		show_log "$log" "$complaint" 60 | sed 's/^/kernel: /' >&2
		[ "$status" != 0 ] || status=99
	fi
	exit "$status"
}

# What a case printed, where the caller wants that of those that pass as well; of one that fails the kernel's log, too.
keep_output() { # FILE VERDICT
	mkdir -p "${1%/*}"
	cp "$WORK/output" "$1"
	[ "$2" != fail ] || cat "$WORK/case.log" >>"$1.kernel"
}

# One result: into the table that the caller asked for, and to the reader. A failure brings what the case printed, what
# the kernel said meanwhile, and the command that repeats it.
show_result() {
	local name=$1 verdict=$2 seconds=$3 reason=$4 complaint=''
	printf '%s\t%s\t%s\t%s\n' "$name" "$verdict" "$seconds" "$reason" >>"$results"
	[ -z "$outputs" ] || keep_output "$outputs/$name" "$verdict"
	case $verdict in
	pass) printf 'pass  %s  %s s\n' "$name" "$seconds" ;;
	skip) printf 'SKIP  %s: %s\n' "$name" "$reason" ;;
	*)
		printf 'FAIL  %s  %s s\n' "$name" "$seconds"
		printf '%s\n' "$reason" | tr '\t' '\n' | sed 's/^/      why: /'
		tail -n 200 "$WORK/output" | sed 's/^/      | /'
		complaint=$(tr '\t' '\n' <<<"$reason" | sed -n 's/^kernel log: //p' | head -n 1)
		show_log "$WORK/case.log" "$complaint" 80 | sed 's/^/      kernel: /'
		[ "${name%%/*}" = vm ] || printf '      again: make check %sTESTS=%s\n' "${AGAIN:+$AGAIN }" "$name"
		;;
	esac
}

# Reads one boot to its end. A case that was begun and has no result when the VM is gone has failed, if not because of the emulator
# alone; those that were not begun get no line, and the caller boots again for them. What the kernel complains of before the first
# case is the boot's: vm/boot fails.
vm_cases() {
	local name='' why='' complaint='' err=0 end=$((SECONDS + limit)) rest seconds verdict reason is_int3=''
	: >"$WORK/output"
	: >"$WORK/case.log"
	grace=$((grace * SLOW))
	while vm_read $end || { err=$?; false; }; do
		case $LINE in
		S*)
			rest=${LINE:1} why='' complaint=''
			name=${rest%%$'\t'*}
			# The guest enforces the case's time; this is for a guest that does not do that any more.
			end=$((SECONDS + ${rest##*$'\t'} + grace))
			: >"$WORK/output"
			: >"$WORK/case.log"
			;;
		[OE]*) printf '%s\n' "${LINE:1}" >>"$WORK/output" ;;
		K*)
			printf '%s\n' "${LINE:1}" | tee -a "$log" >>"$WORK/case.log"
			case $LINE in *"$INT3"*) is_int3=1 ;; esac
			;;
		# What the kernel says after an int3 may be due to that.
		W*) [ -n "$is_int3" ] || complaint=${complaint:-kernel log: ${LINE:1}} ;;
		F*) rest=${LINE#*$'\t'} why=${why:+$why$'\t'}$rest ;;
		R*)
			IFS=$'\t' read -r name verdict seconds reason <<<"${LINE:1}"
			show_result "$name" "$verdict" "$seconds" "${why:-$reason}"
			name=
			end=$((SECONDS + grace))
			;;
		B*) show_result vm/boot fail 0 "${LINE:1}" ;;
		D*) printf 'run: %s\n' "${LINE:1}" ;;
		P*) vm_answer ;;
		Z*) return 0 ;;
		esac
	done
	if [ -z "$why$complaint" ] && died_of_the_emulator; then
		vm_died "the emulator had an int3 that the kernel had taken back: boots again, for $name as well"
		return 0
	fi
	why=${why:-$complaint}
	reason="the VM died"
	[ $err -ne 2 ] || reason="the VM did not answer any more and was killed"
	vm_died "$reason" 2>>"$WORK/output"
	[ -n "$name" ] || name=vm/boot
	show_result "$name" fail "$SECONDS" "${why:+$why$'\t'}$reason"
}
