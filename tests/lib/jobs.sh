# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Jobs on many small files: unpack, walk and remove them, clone a repository of them, check out its other branch. The bench times
# them, and the case tree/jobs looks at what they send and leave. Each gets the folder of what jobs_prepare made, and the folder
# to work in.

# A stream for git's fast-import: two branches, of C files that a compiler takes, a program and a link. The second has a third of
# the files changed, others gone and new ones.
jobs_stream() { # FILES
	awk -v files="$1" '
	function file(i, what,  text, k) {
		text = sprintf("#include \"../../common.h\"\n/* %s */\nint f%d(int x)\n{\n", what, i)
		for (k = i % 20; k > 0; k--)
			text = text sprintf("\tx += STEP * %d;\n", i + k)
		text = text "\treturn x;\n}\n"
		printf "M 100644 inline %s\ndata %d\n%s\n", path(i), length(text), text
	}
	function path(i) { return sprintf("dir%d/sub%d/file%d.c", i % 10, int(i / 10) % 10, i) }
	function small(mode, name, text) { printf "M %s inline %s\ndata %d\n%s\n", mode, name, length(text), text }
	function commit(branch, second) {
		printf "commit refs/heads/%s\ncommitter Test <test@example.org> %d +0000\ndata %d\n%s\n", branch, second, length(branch), branch
	}
	BEGIN {
		print "feature done"
		commit("main", 1700000000)
		small("100644", "common.h", "#define STEP 3\n")
		small("100755", "program", "#!/bin/sh\necho main\n")
		small("120000", "link", "dir0/sub0")
		for (i = 0; i < files; i++)
			file(i, "main")
		commit("other", 1700000100)
		print "from refs/heads/main"
		small("100755", "program", "#!/bin/sh\necho other\n")
		small("120000", "link", "dir1/sub1")
		for (i = 0; i < files; i += 3)
			file(i, "other")
		for (i = 1; i < files; i += 30)
			print "D " path(i)
		for (i = files; i < files + files / 30; i++)
			file(i, "other")
		print "done"
	}'
}

jobs_prepare() { # FOLDER FILES
	git init -q --bare -b main "$1/repository"
	jobs_stream "$2" | git -C "$1/repository" fast-import --quiet
	git -C "$1/repository" archive --format=tar main >"$1/files.tar"
}

job_unpack() {
	mkdir "$2/files"
	tar -C "$2/files" -xf "$1/files.tar"
}

job_walk() {
	find "$2/files" -mindepth 1 -printf '%y %m %U %G %s %n %T@ %l %P\n'
}

job_remove() {
	rm -r "$2/files"
}

# Without its own way for repositories of the same machine, which links where it can, and does not across file systems.
job_clone() {
	git clone -q --no-local "$1/repository" "$2/clone"
}

job_status() {
	git -C "$2/clone" status --porcelain --branch
}

job_checkout() {
	git -C "$2/clone" checkout -q --track origin/other
}
