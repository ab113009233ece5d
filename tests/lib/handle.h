/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles of files, to open them without any name.  A case includes it with _GNU_SOURCE.
 */
#ifndef HANDLE_H
#define HANDLE_H

#include <fcntl.h>
#include <stdint.h>
#include <string.h>

struct handle {
	struct file_handle head;
	uint32_t words[32];
};

static inline int handle_get(const char *path, struct handle *h)
{
	int mount_id;

	memset(h, 0, sizeof(*h));
	h->head.handle_bytes = sizeof(h->words);
	return name_to_handle_at(AT_FDCWD, path, &h->head, &mount_id, 0);
}

#endif /* HANDLE_H */
