# SPDX-License-Identifier: GPL-2.0-only
# extfuse: everything starts here; 'make' alone prints what there is.
#
#   KVER=        kernel release to build for, or a line of dkms/matrix; default the
#                newest stock kernel of this machine's release; 'make install'
#                takes the running one
#   KERNEL_SRC=  kernel source to make the fork of, default the suite's own;
#                SERIES= is its series, default what its Makefile says
#   KERNELS=     lines of dkms/matrix that 'make check' runs on and 'make fork'
#                makes, as 6.1,6.12+deb13; default all.  'make check-quick' and
#                'make bench' take one, unless KERNELS= says more ('*': all)
#   TESTS=       what 'make check' runs, default all
#   FUZZ=        hours of 'make fuzz'
#   CUTS=        how often 'make powercut' cuts, from SEED= on
#   SUITES=      releases of 'make deb' and 'make check-packages', default
#                bookworm trixie sid; of the latter also rpm
#   EXTFUSE_CACHE=  downloads and kernels, default ~/.cache/extfuse
#   V=1          builds show their commands

VERSION := $(shell cat VERSION)
BUILD   := $(CURDIR)/build
DESTDIR ?=
export KERNEL_SRC SERIES EXTFUSE_CACHE BUILD KERNELS TESTS FUZZ CUTS SEED V

# Asked for in recipes only: it may download an image.
kernel_dir = $(shell tests/vm/kernel.sh $(KVER))

.DEFAULT_GOAL := help
.PHONY: help deps have-deps build module bpf userspace examples install demo check check-quick check-long \
	check-debug check-packages fuzz powercut bench fork fork-diff pictures lint deb rpm dist clean

help:	## this list; times are on two processors
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t24

deps:	## install what building and testing need, Debian packages (minutes; DEPS=install: what 'make install' needs)
	@tests/deps.sh $(DEPS)

# No other target but demo and check installs anything.
have-deps:
	@tests/deps.sh --check $(DEPS)

fork: have-deps	## make the fork of fs/fuse from the distribution's kernel source (1 min)
	@tests/archive/fork $(SERIES)

fork-diff: have-deps	## what the fork changes; the last line counts the lines (seconds)
	@module/fork/import --build $(BUILD) --diff

build: module bpf userspace examples	## fork, module for the target kernel, BPF programs, user space (4 min; again: seconds)

module: have-deps
	@set -e; dir=$(kernel_dir); test -n "$$dir"; kver=$${dir##*/}; \
	tests/archive/fork $$(echo $$kver | sed 's/^\([0-9]*\.[0-9]*\).*/\1/'); \
	tests/archive/module $$kver

bpf: have-deps
	@if [ -f bpf/Makefile ]; then $(MAKE) --no-print-directory -C bpf BUILD=$(BUILD); fi

userspace: have-deps bpf
	@if [ -f helper-daemon/Makefile ]; then $(MAKE) --no-print-directory -C helper-daemon BUILD=$(BUILD); fi

examples: userspace
	@$(MAKE) --no-print-directory -C docs BUILD=$(BUILD)

# Not the VM, nor an ssh server: this is a user's machine.
install: DEPS = install
install: have-deps bpf userspace	## onto this machine: sources for DKMS, programs, commands (minutes; DESTDIR=)
	@tests/archive/fork --own
	@dkms/install-source $(VERSION) $(BUILD)/fork "$(DESTDIR)"
	@for d in bpf helper-daemon docs; do if [ -f $$d/Makefile ]; then \
		$(MAKE) --no-print-directory -C $$d BUILD=$(BUILD) DESTDIR="$(DESTDIR)" install || exit 1; fi; done
# By force: of this version there may be a module, of another source.
	@if [ -z "$(DESTDIR)" ]; then for step in build install; do \
		dkms $$step --force extfuse/$(VERSION) $(addprefix -k ,$(KVER)) || exit 1; done; fi

demo:	## installs what it needs, boots the stock kernel in a VM, shows extfuse at work (5 min; at first 15)
	@tests/vm/demo

check: deps	## what must pass for each commit, as .ci/run; the last line counts (1 h; LIST=1: only names the tests)
	@tests/check

check-quick: deps	## the tests that take seconds, on one kernel (10 min)
	@QUICK=1 tests/check

check-long: deps	## all tests, with a million operations, on the oldest kernel as well, and the packages (a night)
	@LONG=1 SUITES="$(SUITES)" tests/check

# It builds no module but those of the debug kernels.
check-debug: deps	## the cases on debug kernels built from source: KASAN, UBSAN, lockdep, kmemleak (hours)
	@DEBUG=1 tests/check

check-packages: deps	## build, install, boot, upgrade and purge the packages of each release (15 min each; SUITES=)
	@tests/package/check $(SUITES)

fuzz: build	## hostile daemons, programs and users by new seeds, in a VM (3 min; FUZZ=HOURS, KERNELS=)
	@tests/fuzz/run

powercut: build	## power cuts in the middle of work: what was durable is there after it (25 s each; CUTS=3, SEED=, KERNELS=)
	@tests/powercut/run

bench: build	## instructions and times against native and stock fuse, build/bench.json (10 min)
	@tests/bench/run

pictures: $(patsubst %.dot,%.svg,$(wildcard docs/pictures/*.dot))	## draw the pictures of the manual from their text (seconds)

# A licence in the place of the tool's version, which would be a difference.
docs/pictures/%.svg: docs/pictures/%.dot have-deps
	@dot -Tsvg $< -o $@ && sed -i -e '/^<!-- Generated by/,/-->$$/d' \
		-e '1a<!-- SPDX-License-Identifier: GPL-2.0-only -->' $@

lint: have-deps	## style, spelling and static checks (4 min)
	@tests/lint

deb: have-deps	## Debian packages of each release, build/deb/SUITE (5 min each; SUITES=)
	@tests/archive/deb $(SUITES)

rpm: dist	## RPM packages, build/rpm (minutes)
	@tests/archive/rpm

dist: have-deps	## source archive of this version, with the forks, build/dist (minutes)
	@tests/archive/dist

clean:	## remove build/, not the cache (seconds)
	rm -rf $(BUILD)
