/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/bpf/nested.bpf.c and tests/cases/verdict/nested.c share: where the program reads, and what it saw. */
#ifndef NESTED_H
#define NESTED_H

struct nested {
	__u64 address;		/* in the caller's memory; 0: nothing is read */
	__u64 getattrs;		/* runs of the program that reads */
	__s64 copied;		/* what reading gave */
	__u64 word;		/* what lay there */
	__s64 after;		/* reading NODEID after that */
	__u64 nodeid;
	__u64 reads;		/* runs of the programs of READ */
	__u64 replies;
};

#endif
