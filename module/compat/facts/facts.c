// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts of the kernel's headers and of the fork's that C cannot ask for itself.  Each
 * has two forms: what is written where HAVE_… is defined, and what is written where it
 * is not.  ./find compiles this file, which makes no object, and finds out which of
 * the two each kernel takes.  One of them must: so each form states what the other
 * kind of kernel lacks, a name that is not there as well.
 *
 * Beside each: the release that has the new form, and the line of dkms/matrix that
 * needs the old one.  When that line goes, so do the fact and the code without it.
 */
#define _EXTFUSE_I_H		/* ours is made of these facts */
#define _EXTFUSE_ARGS_H
struct extfuse_args {
	void *unused;
};
struct extfuse_node {
	void *unused;
};
struct extfuse_handle {
	void *unused;
};

#include "fuse_i.h"
#if __has_include("dev.h")
#include "dev.h"
#endif
#if __has_include("fuse_dev_i.h")
#include "fuse_dev_i.h"
#endif
#include <linux/bpf.h>
#include <linux/dcache.h>
#include <linux/exportfs.h>
#include <linux/fileattr.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#if __has_include("linux/backing-file.h")
#include <linux/backing-file.h>
#endif

/* No macros: the line of an error says which fact it is about. */
struct absent;

/* The fork */

/* 6.12: a request is sent with an idmap.  Goes with line 6.1. */
#ifdef HAVE_REQUEST_IDMAP
_Static_assert(__builtin_types_compatible_p(typeof(__fuse_simple_request),
		    ssize_t(struct mnt_idmap *, struct fuse_mount *, struct fuse_args *)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(fuse_simple_request),
		    ssize_t(struct fuse_mount *, struct fuse_args *)), "");
struct absent *__fuse_simple_request(struct absent *none);
#endif

/* 7.2: the transport has a struct of its own.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_FUSE_CHAN
_Static_assert(__builtin_types_compatible_p(typeof(((struct fuse_chan *)0)->conn), struct fuse_conn *), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(((struct fuse_conn *)0)->num_waiting), atomic_t), "");
#endif

/* 7.2: a request's end callback gets no mount.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_END_WITHOUT_MOUNT
_Static_assert(__builtin_types_compatible_p(typeof(((struct fuse_args *)0)->end), void (*)(struct fuse_args *, int)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(((struct fuse_args *)0)->end),
		    void (*)(struct fuse_mount *, struct fuse_args *, int)), "");
#endif

/* 6.15: some requests begin with an empty input.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_ZERO_ARG0
_Static_assert(__builtin_types_compatible_p(typeof(fuse_set_zero_arg0), void(struct fuse_args *)), "");
#else
struct absent *fuse_set_zero_arg0(struct absent *none);
#endif

/* 6.13: data can be in folios; 6.14: it always is.  Goes with the lines 6.1, 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_ARGS_PAGES
_Static_assert(__builtin_types_compatible_p(typeof(((struct fuse_args_pages *)0)->pages), struct page **), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(((struct fuse_args_pages *)0)->descs), struct fuse_folio_desc *), "");
#endif
#ifdef HAVE_ARGS_FOLIOS
_Static_assert(__builtin_types_compatible_p(typeof(((struct fuse_args_pages *)0)->folios), struct folio **), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(((struct fuse_args_pages *)0)->descs), struct fuse_page_desc *), "");
#endif

/* 6.9: file data on backing files.  Goes with line 6.1. */
#ifdef HAVE_IOMODE
_Static_assert(__builtin_types_compatible_p(typeof(fuse_inode_uncached_io_start),
		    int(struct fuse_inode *, struct fuse_backing *)), "");
#else
struct absent *fuse_inode_uncached_io_start(struct absent *none);
#endif

/* 6.12: an inode is made for a connection.  Goes with line 6.1. */
#ifdef HAVE_INIT_INODE_CONN
_Static_assert(__builtin_types_compatible_p(typeof(fuse_init_inode),
		    void(struct inode *, struct fuse_attr *, struct fuse_conn *)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(fuse_init_inode), void(struct inode *, struct fuse_attr *)), "");
#endif

/* The kernel */

/* 6.17: what inode flags are kept in has another name.  Goes with the lines 6.1, 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_FILE_KATTR
_Static_assert(__builtin_types_compatible_p(typeof(vfs_fileattr_get), int(struct dentry *, struct file_kattr *)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(vfs_fileattr_get), int(struct dentry *, struct fileattr *)), "");
#endif

/* 6.5: who asks for a file handle says what it is for.  Goes with line 6.1. */
#ifdef HAVE_EXPORT_FLAGS
_Static_assert(__builtin_types_compatible_p(typeof(exportfs_encode_inode_fh),
		    int(struct inode *, struct fid *, int *, struct inode *, int)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(exportfs_encode_inode_fh),
		    int(struct inode *, struct fid *, int *, struct inode *)), "");
#endif

/* 7.x: an inode's state is read by a function.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_INODE_STATE_READ
_Static_assert(__builtin_types_compatible_p(typeof(inode_state_read_once),
		    enum inode_state_flags_enum(struct inode *)), "");
#else
struct absent *inode_state_read_once(struct absent *none);
#endif

/* 7.x: a change of a name begins with a call that locks and looks up.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_START_CREATING
_Static_assert(__builtin_types_compatible_p(typeof(start_creating),
		    struct dentry *(struct mnt_idmap *, struct dentry *, struct qstr *)), "");
#else
struct absent *start_creating(struct absent *none);
#endif

/* 6.17: what all names of a file system have by default is flags.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_DEFAULT_D_FLAGS
_Static_assert(sizeof(((struct super_block *)0)->s_d_flags), "");
#else
_Static_assert(sizeof(((struct super_block *)0)->s_d_op), "");
#endif

/* 6.7: the times of an inode have accessors.  Goes with line 6.1. */
#ifdef HAVE_INODE_TIME_GET
_Static_assert(__builtin_types_compatible_p(typeof(inode_get_mtime_sec), time64_t(const struct inode *)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(((struct inode *)0)->i_mtime), struct timespec64), "");
#endif

/* 7.x: inodes are hashed by a u64.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_FIND_INODE_U64
_Static_assert(__builtin_types_compatible_p(typeof(find_inode_nowait),
		    struct inode *(struct super_block *, u64,
				   int (*)(struct inode *, u64, void *), void *)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(find_inode_nowait),
		    struct inode *(struct super_block *, unsigned long,
				   int (*)(struct inode *, unsigned long, void *), void *)), "");
#endif

/* 6.14: d_revalidate() is told a name that stays.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_REVALIDATE_NAME
_Static_assert(__builtin_types_compatible_p(typeof(((const struct dentry_operations *)0)->d_revalidate),
		    int (*)(struct inode *, const struct qstr *, struct dentry *, unsigned int)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(((const struct dentry_operations *)0)->d_revalidate),
		    int (*)(struct dentry *, unsigned int)), "");
#endif

/* 6.4: the JIT says whether a kfunc can be farther than an instruction reaches.  Goes with line 6.1. */
#ifdef HAVE_FAR_KFUNC
_Static_assert(__builtin_types_compatible_p(typeof(bpf_jit_supports_far_kfunc_call), bool(void)), "");
#else
struct absent *bpf_jit_supports_far_kfunc_call(struct absent *none);
#endif

/* 6.2: records of what a map's values hold.  Goes with line 6.1. */
#ifdef HAVE_BTF_RECORD
_Static_assert(__builtin_types_compatible_p(typeof(((struct bpf_map *)0)->record), struct btf_record *), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(map_value_has_kptrs), bool(const struct bpf_map *)), "");
#endif

/* 6.2 to 6.14: what each processor needs most is in one struct.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_PCPU_HOT
_Static_assert(sizeof(pcpu_hot.cpu_number) == sizeof(int), "");
#elif defined(CONFIG_X86_64) && defined(CONFIG_SMP)
_Static_assert(sizeof(cpu_number) == sizeof(int), "");
#endif

/* 6.3: leases have a header of their own.  Goes with line 6.1. */
#ifdef HAVE_FILELOCK_H
#if !__has_include("linux/filelock.h")
#error "it is not there"
#endif
#elif __has_include("linux/filelock.h")
#error "it is there"
#endif

/* 6.9: leases are a type of their own.  Goes with line 6.1. */
#ifdef HAVE_FILE_LEASE
_Static_assert(__builtin_types_compatible_p(typeof(((const struct file_operations *)0)->setlease),
		    int (*)(struct file *, int, struct file_lease **, void **)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(((const struct file_operations *)0)->setlease),
		    int (*)(struct file *, long, struct file_lock **, void **)), "");
#endif

/* 6.2: a mount's idmap is a type of its own.  Goes with line 6.1. */
#ifdef HAVE_MNT_IDMAP
_Static_assert(__builtin_types_compatible_p(typeof(mnt_idmap), struct mnt_idmap *(const struct vfsmount *)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(mnt_user_ns), struct user_namespace *(const struct vfsmount *)), "");
struct absent *mnt_idmap(struct absent *none);
#endif

/* 6.2: POSIX ACLs have calls of their own.  Goes with line 6.1. */
#ifdef HAVE_VFS_ACL
_Static_assert(__builtin_types_compatible_p(typeof(vfs_set_acl),
		    int(struct mnt_idmap *, struct dentry *, const char *, struct posix_acl *)), "");
#else
struct absent *vfs_set_acl(struct absent *none);
#endif

/* 7.0: encoding an ACL allocates its buffer.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_ACL_TO_XATTR_ALLOC
_Static_assert(__builtin_types_compatible_p(typeof(posix_acl_to_xattr),
		    void *(struct user_namespace *, const struct posix_acl *, size_t *, gfp_t)), "");
#else
_Static_assert(__builtin_types_compatible_p(typeof(posix_acl_to_xattr),
		    int(struct user_namespace *, const struct posix_acl *, void *, size_t)), "");
#endif

/* 7.x and 6.12.95: a backing file is opened by the user's file.  Goes with the lines 6.12+deb12 and 6.12+deb13. */
#ifdef HAVE_BACKING_OPEN_FILE
_Static_assert(__builtin_types_compatible_p(typeof(backing_file_open),
		    struct file *(const struct file *, int, const struct path *,
				  const struct cred *)), "");
#elif __has_include("linux/backing-file.h")
_Static_assert(__builtin_types_compatible_p(typeof(backing_file_open),
		    struct file *(const struct path *, int, const struct path *,
				  const struct cred *)), "");
#endif
