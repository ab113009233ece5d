/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks at and stores into mappings whose pages may not be had: a SIGBUS becomes EFAULT. */
#ifndef MAPPED_H
#define MAPPED_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

static sigjmp_buf mapped_fault;

static inline void mapped_on_bus(int sig)
{
	(void)sig;
	siglongjmp(mapped_fault, 1);
}

/* Before the first look, in each process. */
static inline void mapped_catch(void)
{
	signal(SIGBUS, mapped_on_bus);
}

/* A byte of a mapping, or -1 with errno. */
static inline int peek(volatile char *at)
{
	if (sigsetjmp(mapped_fault, 1)) {
		errno = EFAULT;
		return -1;
	}
	return (unsigned char)*at;
}

/* Stores the same in @size bytes; 0, or -1 with errno. */
static inline int poke(char *at, char value, size_t size)
{
	if (sigsetjmp(mapped_fault, 1)) {
		errno = EFAULT;
		return -1;
	}
	memset(at, value, size);
	return 0;
}

#endif /* MAPPED_H */
