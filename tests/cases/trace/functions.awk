# SPDX-License-Identifier: GPL-2.0-only
# FUNCTION FILE of each function that C files define, for trace/way. A definition begins in the first column; a semicolon or the
# brace of a body says what it was. A macro X_FN() declares what its own lines name, or its first argument.
function name_of(text) {
	sub(/\(.*/, "", text)
	sub(/.*[ *\t]/, "", text)
	return text
}
function argument_of(text) {
	sub(/[^(]*\(/, "", text)
	sub(/[,)].*/, "", text)
	return text
}
FNR == 1 { name = macro = ""; file = FILENAME; sub(/^\.\//, "", file) }
/^#define [A-Z_]+_FN\(/ { macro = name_of($2) }
macro != "" {
	if (/^[ \t]+[a-z].*\(/) declared[macro] = declared[macro] " " name_of($0)
	if (!/\\$/) macro = ""
	next
}
/^[A-Za-z_][A-Za-z_0-9]*[ *].*\(/ || /^[a-z][A-Za-z_0-9]*\(/ || /^[A-Z_]+_FN\(/ { name = name_of($0); argument = argument_of($0) }
/;$/ { name = "" }
/^\{/ && name != "" {
	if (name in declared) {
		n = split(declared[name], names, " ")
		for (i = 1; i <= n; i++) print names[i], file
		name = argument
	}
	print name, file
	name = ""
}
