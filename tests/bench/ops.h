/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of ops share: ops.c measures, and has the operations that look at names; ops_names.c has those that
 * change them, ops_data.c those on data, ops_asked.c those on the rest.
 */
#ifndef OPS_H
#define OPS_H

#include <stddef.h>

void __attribute__((noreturn)) die(const char *what);

#define MUST(call) do { if ((call) < 0) die(#call); } while (0)

/* A file of so many pages. */
void file_make(const char *name, size_t pages);

void data_setup(void);
void data_open(void);

void op_create(void);
void op_mknod(void);
void op_mkdir(void);
void op_rename(void);
void op_link(void);
void op_symlink(void);
void op_unpack(void);
void op_unlink(void);

void op_statfs(void);
void op_chmod_statfs(void);
void op_readlink(void);
void op_readlink_fresh(void);

void op_write_cached(void);
void op_read_long(void);
void op_write_long(void);
void op_fault(void);
void op_list(void);
void op_getxattr(void);
void op_getxattr_miss(void);

void caches_drop(void);

/* Before a repetition, see struct row. */
void prepare_read_long(unsigned int rep);
void prepare_write_long(unsigned int rep);
void prepare_fault(unsigned int rep);
void prepare_unpack(unsigned int rep);
void prepare_unlink(unsigned int rep);
void prepare_links(unsigned int rep);

#endif
