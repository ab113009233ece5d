// SPDX-License-Identifier: GPL-2.0-only
/*
 * libs: -lfuse3 -I/usr/include/fuse3 -D_FILE_OFFSET_BITS=64 -Wno-error
 *
 * libfuse's example of a file system that goes by paths, as its package brings
 * it: each hard link is a node of its own to the kernel.  For the cases beside
 * it, which mount it; there is no line of it here.
 */
#undef _GNU_SOURCE
#define HAVE_UTIMENSAT
#define HAVE_SETXATTR
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "/usr/share/doc/libfuse3-dev/examples/passthrough.c"
