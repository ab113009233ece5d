// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: each selector gives what it says, and each wrong call the error that is documented
 * needs: root extfuse build:tests/bpf/kfunc.bpf.o
 *
 * Out of the program of GETXATTR with a name of 7 bytes and room for 64: two inputs, one output of variable size.
 */
#include <sys/stat.h>
#include <sys/xattr.h>

#include "kfunc.h"

static struct bpf_object *o;

static void number(const char *what, uint32_t at, int64_t value)
{
	static const int64_t errors[] = { [KFUNC_SMALL] = -EINVAL, [KFUNC_LARGE] = -EINVAL, [KFUNC_LARGER] = -EINVAL };
	int i;

	CHECK(kfunc_result(o, at + KFUNC_OK) == 0, "%s with its exact size gave %lld", what,
	      (long long)kfunc_result(o, at + KFUNC_OK));
	CHECK(kfunc_result(o, at + KFUNC_VALUE) == value, "%s must be %lld, not %lld", what, (long long)value,
	      (long long)kfunc_result(o, at + KFUNC_VALUE));
	for (i = KFUNC_SMALL; i <= KFUNC_LARGER; i++)
		CHECK(kfunc_result(o, at + i) == errors[i], "%s with another size gave %lld", what,
		      (long long)kfunc_result(o, at + i));
}

static void no_number(const char *what, uint32_t at)
{
	CHECK(kfunc_result(o, at + KFUNC_OK) == -EINVAL, "%s of what is not there gave %lld", what,
	      (long long)kfunc_result(o, at + KFUNC_OK));
}

static void inputs(uint64_t nodeid)
{
	number("OPCODE", KFUNC_OPCODE, FUSE_GETXATTR);
	number("NODEID", KFUNC_NODEID, nodeid);
	number("NUM_IN_ARGS", KFUNC_NUM_IN, 2);
	number("NUM_OUT_ARGS", KFUNC_NUM_OUT, 1);
	number("IN_PARAM_0_SIZE", KFUNC_IN_0_SIZE, sizeof(struct fuse_getxattr_in));
	number("IN_PARAM_1_SIZE", KFUNC_IN_1_SIZE, 7);
	no_number("IN_PARAM_2_SIZE", KFUNC_IN_2_SIZE);
	no_number("IN_EXT_SIZE", KFUNC_EXT_SIZE);
	EXPECT(o, KFUNC_IN_0 + KFUNC_OK, 0);
	EXPECT(o, KFUNC_IN_0 + KFUNC_VALUE, 64);
	EXPECT(o, KFUNC_IN_0 + KFUNC_SMALL, -E2BIG);
	EXPECT(o, KFUNC_IN_0 + KFUNC_LARGE, 0);
	EXPECT(o, KFUNC_IN_0 + KFUNC_LARGER, 0);
	EXPECT(o, KFUNC_IN_1 + KFUNC_OK, 0);
	EXPECT(o, KFUNC_IN_1 + KFUNC_VALUE, 'u' << 24 | '.' << 16 | 'k' << 8);
	EXPECT(o, KFUNC_IN_1 + KFUNC_SMALL, -E2BIG);
	EXPECT(o, KFUNC_IN_1 + KFUNC_LARGER, 0);
	EXPECT(o, KFUNC_IN_2, -EINVAL);
	EXPECT(o, KFUNC_EXT, -EINVAL);
	EXPECT(o, KFUNC_UNKNOWN_0, -EBADRQC);
	EXPECT(o, KFUNC_UNKNOWN_1, -EBADRQC);
}

static void outputs(void)
{
	EXPECT(o, KFUNC_OUT_BEFORE, -ENODATA);
	EXPECT(o, KFUNC_OUT_1, -EINVAL);
	EXPECT(o, KFUNC_WRITE_1, -EINVAL);
	EXPECT(o, KFUNC_WRITE_IN, -EBADRQC);
	EXPECT(o, KFUNC_WRITE_OPCODE, -EBADRQC);
	EXPECT(o, KFUNC_WRITE_UNKNOWN, -EBADRQC);
	EXPECT(o, KFUNC_WRITE_LARGE, -E2BIG);
	EXPECT(o, KFUNC_OUT_STILL, -ENODATA);
	EXPECT(o, KFUNC_WRITE_FULL, 0);
	EXPECT(o, KFUNC_WRITE_SHORT, 0);
	EXPECT(o, KFUNC_OUT_SMALL, -E2BIG);
	EXPECT(o, KFUNC_OUT_AFTER, 0);
	EXPECT(o, KFUNC_OUT_VALUE, 'p' << 8 | 'q');
	EXPECT(o, KFUNC_OUT_MAP, 0);
}

static void freshness(void)
{
	EXPECT(o, KFUNC_FRESH_KIND, -EINVAL);
	EXPECT(o, KFUNC_FRESH_NAME, -EINVAL);
	EXPECT(o, KFUNC_FRESH_OLD, 0);
	EXPECT(o, KFUNC_FRESH_1, 1);
	EXPECT(o, KFUNC_FRESH_2, 1);
	EXPECT(o, KFUNC_FRESH_3, 1);
	EXPECT(o, KFUNC_FRESH_4, 1);
	/* Four are recorded, and no more. */
	EXPECT(o, KFUNC_FRESH_5, 0);
}

int main(void)
{
	struct rawfuse *rf = raw_start(&(struct raw_opts){ .entry_ns = 1000 * RAW_SEC });
	struct raw_node *file = raw_file(rf, "/a", "text", 4);
	struct extfuse_ext *ext;
	struct stat st;
	char buf[64];

	raw_setxattr(rf, file, "user.k", "ab", 2);
	CHECK(!kfunc_attach(rf, &ext, "kfunc"), "it must load");
	o = extfuse_ext__object(ext);
	kfunc_clear(o);
	kfunc_todo(ext, KFUNC_DO_LOOP);
	CHECK(getxattr("mnt/a", "user.k", buf, sizeof(buf)) == 2 && !memcmp(buf, "ab", 2), "getxattr");
	inputs(file->id);
	outputs();
	freshness();
	EXPECT(o, KFUNC_LOOP, 10 * FUSE_GETXATTR);
	EXPECT(o, KFUNC_REPLY_READ, 0);
	EXPECT(o, KFUNC_REPLY_VALUE, 'a' << 8 | 'b');
	EXPECT(o, KFUNC_REPLY_WRITE, -EINVAL);
	EXPECT(o, KFUNC_REPLY_FRESH, -EINVAL);
	EXPECT(o, KFUNC_REPLY_ERROR, 0);

	/* An error has no outputs. */
	kfunc_clear(o);
	CHECK(getxattr("mnt/a", "user.u", buf, sizeof(buf)) < 0 && errno == ENODATA, "a name that is not there");
	EXPECT(o, KFUNC_REPLY_READ, -ENODATA);
	EXPECT(o, KFUNC_REPLY_WRITE, -EINVAL);
	EXPECT(o, KFUNC_REPLY_ERROR, -ENODATA);

	CHECK(!stat("mnt/a", &st) && st.st_size == 4, "stat");
	EXPECT(o, KFUNC_FIXED_SMALL, -EINVAL);
	EXPECT(o, KFUNC_FIXED_LARGE, -E2BIG);
	EXPECT(o, KFUNC_FIXED_UNWRITTEN, -ENODATA);
	EXPECT(o, KFUNC_FIXED_OK, 0);
	EXPECT(o, KFUNC_FIXED_READ, 0);
	EXPECT(o, KFUNC_REPLY_ATTR_1, -EINVAL);
	EXPECT(o, KFUNC_REPLY_ATTR_SMALL, -EINVAL);
	EXPECT(o, KFUNC_REPLY_ATTR_LARGE, -E2BIG);
	extfuse_ext__free(ext);
	raw_balance(rf);
	raw_stop(rf);
	return 0;
}
