/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel side as the mount command needs it: the module, its device. */
#ifndef EXTFUSE_MOUNT_MODULE_H
#define EXTFUSE_MOUNT_MODULE_H

#include <stddef.h>

/* Opens a connection, loading the module if need be.  Returns it or -errno with a line in @err. */
int module_open(char *err, size_t errlen);

#endif /* EXTFUSE_MOUNT_MODULE_H */
