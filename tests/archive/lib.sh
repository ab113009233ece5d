# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The matrix of kernels (dkms/matrix) and the index of the archive's packages, for the scripts beside this file, for
# tests/vm and tests/check. What the archive has is looked up without this machine's apt being touched: see refresh.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"
ARCHIVE_DIR=$TREE/tests/archive
MATRIX=${EXTFUSE_MATRIX:-$TREE/dkms/matrix}
APT_DIR=$CACHE/apt
INDEX=$APT_DIR/index
export ARCHIVE_DIR MATRIX APT_DIR INDEX

# The matrix's lines: line distribution series kernels source suites.
matrix_rows() {
	sed -e '/^#/d' -e '/^[[:space:]]*$/d' "$MATRIX"
}

# Those that KERNELS selects (line, series or release, also as patterns; commas or blanks between); all when it is empty.
# A selector that selects nothing is an error: it would look like success.
matrix_selected() {
	local selector wanted all found='' before line series kernels
	all=$(matrix_rows)
	[ -n "${1:-}" ] || { echo "$all"; return; }
	read -ra wanted <<<"${1//,/ }"
	for selector in "${wanted[@]}"; do
		before=$found
		while read -r line _ series kernels _; do
			# shellcheck disable=SC2053 # patterns are meant
			if [[ $line == $selector || $series == $selector || ${selector%-amd64} == $kernels ]]; then
				found+="$line "
			fi
		done <<<"$all"
		[ "$found" != "$before" ] ||
			die "KERNELS=$1: no line of dkms/matrix is called $selector: there are $(awk '{ print $1 }' <<<"$all" | paste -sd' ')"
	done
	awk -v found=" $found " 'index(found, " " $1 " ")' <<<"$all"
}

# The matrix's line that a release belongs to.
matrix_line_of() {
	local release=${1%-amd64} line rest kernels
	while read -r line _ _ kernels rest; do
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $release != $kernels ]] || { echo "$line"; return; }
	done < <(matrix_rows)
	return 1
}

# The packages of lists: a name, or several with "|" between, in each line; "#" begins a comment, "-" a name to leave out.
list_packages() {
	sed -e '/^[#-]/d' -e 's/[[:space:]]*#.*//' "$@"
}

# A suite's release: whose compiler and libraries belong to it.
suite_base() {
	local base=${1%-security}
	base=${base%-backports}
	echo "${base%-updates}"
}

# The release with whose compilers modules are built for a suite's kernels: that of the first suite which dkms/matrix joins with it.
suite_tools() {
	local first
	first=$(matrix_rows | awk -v suite="$1" '{
		n = split($6, group, ",")
		for (i = 1; i <= n; i++) {
			m = split(group[i], joined, "+")
			for (j = 1; j <= m; j++) if (joined[j] == suite) { print joined[1]; exit }
		}
	}')
	suite_base "${first:-$1}"
}

# The source packages of the kernels that a release offers, backports left out: what our package for it makes its forks of.
suite_sources() {
	local source
	matrix_rows | awk '{ print $5 }' | sort -uV | while read -r source; do
		! package_row "$source" "$1" "$1-security" >/dev/null || echo "$source"
	done
}

# The tree's files, without what was built: of git's where it is a clone.
export_tree() { # FOLDER
	mkdir -p "$1"
	if [ -e "$TREE/.git" ]; then
		git -C "$TREE" ls-files -z --cached --others --exclude-standard
	else
		(cd "$TREE" && find . -path ./build -prune -o -type f -print0)
	fi | (cd "$TREE" && tar -c --null -T - --ignore-failed-read) | tar -x -C "$1"
}

# When this version was made.
changelog_date() {
	sed -n '/^ -- /{s/.*>  //p;q}' "$TREE/debian/changelog"
}

series_of() {
	sed -n 's/^\([0-9]*\.[0-9]*\).*/\1/p' <<<"$1"
}

# amd64, rt or cloud.
flavour_of() {
	case $1 in
	*-rt-amd64) echo rt ;;
	*-cloud-amd64) echo cloud ;;
	*) echo amd64 ;;
	esac
}

# The index as refresh makes it. A build asks several times: what the index must be keyed by is worked out again only when something
# that it is made of has changed. 720 minutes are refresh's HOURS.
index_refresh() {
	local key=$TREE/build/index.key
	if [ -z "${EXTFUSE_MATRIX:-}" ] && cmp -s "$key" "$INDEX.key" && [ -z "$(find "$INDEX" -mmin +720 2>&1)" ] &&
		[ -z "$(find "$ARCHIVE_DIR" "$VM_DIR" "$TREE/tests/debug" "$MATRIX" -newer "$key" -print -quit)" ]; then
		return
	fi
	"$ARCHIVE_DIR/refresh" || return 1
	if [ -d "$TREE/build" ] && [ -z "${EXTFUSE_MATRIX:-}" ]; then
		cp "$INDEX.key" "$key.$$" && mv "$key.$$" "$key"
	fi
}

# known_folder COMMAND…: the folder that a command prints, which looks up packages by the hundred for that. Its answer is kept as long
# as the folder is there and index, matrix, lists and scripts are what they were.
known_folder() {
	local kept dir
	index_refresh || return 1
	kept=$CACHE/known/$({ echo "$*"; cat "$INDEX" "$MATRIX" "$ARCHIVE_DIR"/* "$VM_DIR/root.list"; } | content_key)
	dir=$(cat "$kept" 2>/dev/null || true)
	if [ ! -d "$dir" ]; then
		dir=$("$@") || return 1
		mkdir -p "$CACHE/known"
		echo "$dir" >"$kept.$$" && mv "$kept.$$" "$kept"
	fi
	touch "$dir" "$kept"
	echo "$dir"
}

# Rows of the index for the packages of an awk condition: suite package version arch sha256 uri depends (tabs between).
index_rows() {
	[ -s "$INDEX" ] || "$ARCHIVE_DIR/refresh" || return 1
	awk -F '\t' "$@" "$INDEX"
}

# Of rows on stdin the one with the newest version.
newest_row() {
	local best='' version='' row v
	while IFS= read -r row; do
		IFS=$'\t' read -r _ _ v _ <<<"$row"
		if [ -z "$best" ] || dpkg --compare-versions "$v" gt "$version"; then
			best=$row version=$v
		fi
	done
	echo "$best"
}

# package_row PACKAGE SUITE…: its newest row in these suites; fails when they have none.
package_row() {
	local package=$1 row
	shift
	row=$(index_rows -v p="$package" -v suites=" $* " '$2 == p && index(suites, " " $1 " ")' | newest_row)
	[ -n "$row" ] && echo "$row"
}

# suites_of RELEASE: all suites of its line of the matrix; the newest version of what is in several will do.
suites_of() {
	local line
	line=$(matrix_line_of "$1") || die "kernel $1 is in no line of dkms/matrix"
	matrix_rows | awk -v l="$line" '$1 == l { print $6 }' | sed 's/[+,]/ /g'
}

# package_closure PATTERN PACKAGE SUITE…: its row, and those of what it depends on, as far as the names match.
package_closure() {
	local pattern=$1 queue=("$2") seen=' ' package row
	shift 2
	while [ ${#queue[@]} -gt 0 ]; do
		package=${queue[0]} queue=("${queue[@]:1}")
		[[ $seen != *" $package "* ]] || continue
		seen+="$package "
		row=$(package_row "$package" "$@") || die "$package is in none of the suites $*"
		echo "$row"
		mapfile -t -O ${#queue[@]} queue < <(cut -f7 <<<"$row" | sed 's/[,|]/\n/g' | sed 's/^ *//; s/[ (:].*//' |
			grep -E "$pattern" | grep -v -- '-unsigned$' || true)
	done
}

# fetch_row ROW: the .deb of an index row, in the cache; prints its path.
fetch_row() {
	local suite package version arch sha uri _ deb
	IFS=$'\t' read -r suite package version arch sha uri _ <<<"$1"
	deb=$CACHE/debs/${package}_${version//:/%3a}_$arch.deb
	cached "$deb" download_deb "$uri" "$sha" || die "$package $version of $suite: cannot be downloaded: look at the network, or remove $APT_DIR/index if it is old"
	echo "$deb"
}

# make_repository FOLDER DEB…: one for apt.
make_repository() {
	local folder=$1 log
	shift
	mkdir -p "$folder"
	cp "$@" "$folder/"
	log=$(cd "$folder" && dpkg-scanpackages . /dev/null 2>&1 >Packages) || die "no index of the packages in $folder: $log"
}

# apt's own downloader knows about proxies, and refuses what has another checksum.
download_deb() {
	local uri=$1 sha=$2 new=$3
	/usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root download-file "$uri" "$new" "SHA256:$sha" >&2
}
