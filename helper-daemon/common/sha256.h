/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 of a file, as sha256sum(1) has it.
 */
#ifndef EXTFUSE_SHA256_H
#define EXTFUSE_SHA256_H

/* In hexadecimal digits. */
#define SHA256_TEXT	65

/* All that can be read of @path.  Returns 0 or -errno. */
int sha256_file(const char *path, char text[SHA256_TEXT]);

#endif /* EXTFUSE_SHA256_H */
