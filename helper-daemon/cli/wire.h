/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests and replies of FUSE's protocol, from JSON and back: fields by the names that <linux/fuse.h>
 * gives them, names and values as texts.  wire_table.c says what each opcode carries, wire.c goes by it.
 */
#ifndef EXTFUSE_WIRE_H
#define EXTFUSE_WIRE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include <linux/extfuse.h>
#include <linux/types.h>

#include "jsonin.h"

/* A number in a structure, or a structure in it. */
struct wire_field {
	const char *name;	/* NULL: the end */
	unsigned short at;
	unsigned char size;	/* bytes */
	bool is_signed;
	const struct wire_field *of;
};

enum wire_kind {
	WIRE_END,
	WIRE_STRUCT,	/* its fields, side by side with those of the other parts */
	WIRE_TEXT,	/* a text that ends in a NUL */
	WIRE_BYTES,	/* all that is left: a text, or {"hex": "…"} */
	WIRE_NAMES,	/* so too: texts with a NUL each */
	WIRE_LISTING,	/* so too: entries of a directory */
	WIRE_LISTING_PLUS,
};

struct wire_part {
	enum wire_kind kind;
	const char *key;		/* of what is no structure */
	const struct wire_field *fields;
	unsigned short size;
};

#define WIRE_PARTS	3

struct wire_opcode {
	struct wire_part in[WIRE_PARTS + 1];
	struct wire_part out[WIRE_PARTS];
};

/* wire_table.c; NULL: programs are never asked about it. */
const struct wire_opcode *wire_opcode_get(unsigned int opcode);
/* What comes back where only the size of a value is asked for. */
extern const struct wire_part wire_size_only[];
extern const struct wire_field wire_attr[], wire_entry[], wire_dirent[];

/* What is sent or received; zeroed before it is filled. */
struct wire_bytes {
	unsigned char bytes[EXTFUSE_TEST_MAX];
	size_t len;
};

/* Each returns 0, or -EINVAL with the reason in @say; @o may be NULL, then all is zero. */
int wire_encode(const struct wire_part *parts, struct json_object *o, struct wire_bytes *to, struct say *say);
int wire_fields_encode(const struct wire_field *f, struct json_object *o, void *to, struct say *say);
/* A text, or {"hex": "…"}; without a NUL. */
int wire_bytes_encode(struct json_object *value, const char *key, struct wire_bytes *to, struct say *say);
/* What the parts say of @len bytes; what is cut off is left out. */
struct json_object *wire_decode(const struct wire_part *parts, const void *from, size_t len);
/* The same where each part has its own size. */
struct json_object *wire_decode_sized(const struct wire_part *parts, const void *from, const __u32 *sizes, size_t count);
void wire_fields_decode(const struct wire_field *f, const void *from, struct json_object *o);
/* Bytes as text, or as {"hex": "…"} where they are none; a NUL follows them. */
struct json_object *wire_bytes_decode(const char *from, size_t len);

/* wire_list.c */
int wire_names_encode(struct json_object *o, struct wire_bytes *to, struct say *say);
int wire_listing_encode(struct json_object *o, bool plus, struct wire_bytes *to, struct say *say);
struct json_object *wire_names_decode(const char *from, size_t len);
struct json_object *wire_listing_decode(const char *from, size_t len, bool plus);

/* @len bytes behind the others; -EINVAL: there is no room for them. */
int wire_put(struct wire_bytes *to, const void *from, size_t len, struct say *say);

#endif /* EXTFUSE_WIRE_H */
