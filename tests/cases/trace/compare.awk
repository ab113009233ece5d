# SPDX-License-Identifier: GPL-2.0-only
# A table of ARCHITECTURE.md and a trace, for trace/way: the first file has STEP, FILE…, FUNCTION…, the second FUNCTION, FILE…,
# with tabs between. The trace begins at the first step. A function has several files where each series has a body of its own.
#
# A line for each thing that is wrong, then one that counts. Exit status: 1 if something is wrong.

# Has a list, with blanks between, this word?
function has(list, word) {
	return index(" " list " ", " " word " ") > 0
}
function common(one, other, part, n, i) {
	n = split(one, part, " ")
	for (i = 1; i <= n; i++) if (has(other, part[i])) return part[i]
	return ""
}
function words(list) {
	gsub(/ /, "() or ", list)
	return list "()"
}
function wrong(text) {
	print text
	bad = 1
}
# Where the first function of a step begins, at an event or behind it.
function find(step, event) {
	while (event <= events && !has(functions[step], name[event])) event++
	return event
}

BEGIN { FS = "\t" }
NR == FNR { rows++ }
NR == FNR && $3 != "" {
	number[++steps] = $1; files[steps] = $2; functions[steps] = $3
	named = named " " $2
}
NR != FNR { name[++events] = $1; file[events] = $2 }

END {
	if (!steps) wrong("it has no table")
	if (rows > most) wrong("the table has " rows " steps, and may have " most)
	start = next_event = find(1, 1)
	for (i = 1; i <= steps; i++) {
		at = find(i, next_event)
		if (at > events) {
			wrong("step " number[i] ": " words(functions[i]) " does not begin after the steps before it")
			continue
		}
		if (common(files[i], file[at]) == "") wrong("step " number[i] ": " name[at] "() is in " file[at] ", not in " files[i])
		next_event = at + 1
	}
	for (e = start; e <= events; e++) {
		if (file[e] ~ /^fork\//) continue
		begun++
		where = common(file[e], named)
		if (where == "") wrong(name[e] "() begins, of " file[e] ", which the table does not name")
		if (where == last) continue
		if (where in left) again++
		left[where]; last = where
		folded++
		way = way " " where
	}
	if (folded > most) wrong("the trace has " folded " files of ours one after the other, and may have " most)
	printf "%d steps; %d functions of ours begin, in %d files one after the other, %d times one that was left:%s\n",
		rows, begun, folded, again, way
	exit bad
}
