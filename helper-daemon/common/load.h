/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads extfuse.ko, and says in one sentence why it cannot be, with the command
 * that mends it: the mount helper and 'extfuse doctor' say the same.
 */
#ifndef EXTFUSE_LOAD_H
#define EXTFUSE_LOAD_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the kernel has it loaded. */
bool module_loaded(void);

/* A field of modinfo(8), of the module that modprobe(8) would load; empty if there is no such field or module. */
void module_info(const char *key, char *value, size_t size);

/*
 * Whether the module that modprobe(8) would load was made with the running kernel's
 * BTF; if not, a sentence in @why.  Also true if there is no module, or it does not say.
 */
bool module_fits(char *why, size_t size);

/*
 * Whether the module that is loaded is the one that modprobe(8) would load; if not, as
 * after an upgrade, a sentence in @why.  Also true if either does not say, or none is
 * loaded.
 */
bool module_is_current(char *why, size_t size);

/*
 * Loads it as modprobe(8) does, unless it is loaded.  Returns 0, or with a
 * sentence in @why:
 *
 *	-ENOENT		there is none for this kernel
 *	-EKEYREJECTED	the kernel takes signed modules only, and not this one
 *	-EPERM		the caller may not load modules
 *	others		the kernel refuses it
 */
int module_load(char *why, size_t size);

/* The sentence for a device that cannot be opened (@err) although the module is loaded. */
void module_no_device(int err, char *why, size_t size);

/*
 * What the next build of the module needs: true, or false with a sentence in
 * @why.  The kernel's headers; what DKMS says of this kernel.
 */
bool module_headers(char *why, size_t size);
bool module_dkms(char *why, size_t size);

#endif /* EXTFUSE_LOAD_H */
