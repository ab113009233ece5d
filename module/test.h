/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test runs of programs, see test.c.
 */
#ifndef _EXTFUSE_TEST_H
#define _EXTFUSE_TEST_H

/* EXTFUSE_IOC_TEST: the caller has been found to have the right to attach. */
long extfuse_ioctl_test(struct extfuse_ioc_test *arg);

#endif /* _EXTFUSE_TEST_H */
