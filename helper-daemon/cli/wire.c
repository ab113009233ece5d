// SPDX-License-Identifier: GPL-2.0-only
/*
 * From JSON to the bytes of the protocol and back, see wire.h.
 */
#include "wire.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

int wire_put(struct wire_bytes *to, const void *from, size_t len, struct say *say)
{
	if (len > sizeof(to->bytes) - to->len)
		return say_set(say, "it has more than %zu bytes", sizeof(to->bytes));
	memcpy(to->bytes + to->len, from, len);
	to->len += len;
	return 0;
}

static __u64 field_max(const struct wire_field *f)
{
	return f->size == sizeof(__u64) ? UINT64_MAX : (1ULL << 8 * f->size) - 1;
}

/* The machine's own order: little endian or not, a number of n bytes is read and written as one. */
static void field_write(const struct wire_field *f, void *to, __u64 n)
{
	__u16 n16 = n;
	__u32 n32 = n;

	if (f->size == sizeof(n16))
		memcpy((char *)to + f->at, &n16, sizeof(n16));
	else if (f->size == sizeof(n32))
		memcpy((char *)to + f->at, &n32, sizeof(n32));
	else
		memcpy((char *)to + f->at, &n, sizeof(n));
}

static __u64 field_read(const struct wire_field *f, const void *from)
{
	__u16 n16;
	__u32 n32;
	__u64 n;

	if (f->size == sizeof(n16)) {
		memcpy(&n16, (const char *)from + f->at, sizeof(n16));
		return n16;
	}
	if (f->size == sizeof(n32)) {
		memcpy(&n32, (const char *)from + f->at, sizeof(n32));
		return f->is_signed ? (__u64)(__s32)n32 : n32;
	}
	memcpy(&n, (const char *)from + f->at, sizeof(n));
	return n;
}

static int field_encode(const struct wire_field *f, struct json_object *value, void *to, struct say *say)
{
	__u64 n = 0;
	int err;

	if (f->of) {
		if (!json_object_is_type(value, json_type_object))
			return say_set(say, "'%s' is an object, {…}", f->name);
		return wire_fields_encode(f->of, value, (char *)to + f->at, say);
	}
	if (f->is_signed && json_object_is_type(value, json_type_int)) {
		field_write(f, to, json_object_get_int64(value));
		return 0;
	}
	err = jsonin_value(value, f->name, field_max(f), &n, say);
	field_write(f, to, n);
	return err;
}

static const struct wire_field *field_find(const struct wire_field *f, const char *name)
{
	while (f->name && strcmp(f->name, name))
		f++;
	return f->name ? f : NULL;
}

int wire_fields_encode(const struct wire_field *f, struct json_object *o, void *to, struct say *say)
{
	const struct wire_field *found;
	int err = 0;

	json_object_object_foreach(o, key, value) {
		found = field_find(f, key);
		if (!found)
			return say_set(say, "there is no field '%s'", key);
		err = field_encode(found, value, to, say);
		if (err)
			return err;
	}
	return 0;
}

void wire_fields_decode(const struct wire_field *f, const void *from, struct json_object *o)
{
	struct json_object *value;

	for (; f->name; f++) {
		if (f->of) {
			value = json_object_new_object();
			wire_fields_decode(f->of, (const char *)from + f->at, value);
		} else if (f->is_signed) {
			value = json_object_new_int64((int64_t)field_read(f, from));
		} else {
			value = json_object_new_uint64(field_read(f, from));
		}
		json_object_object_add(o, f->name, value);
	}
}

/* A part takes what is its own of the object; wire_encode() has looked that nothing else is there. */
static int struct_encode(const struct wire_part *part, struct json_object *o, struct wire_bytes *to, struct say *say)
{
	unsigned char room[1024] = { 0 };
	struct json_object *value;
	const struct wire_field *f;
	int err;

	for (f = part->fields; f->name; f++) {
		if (!json_object_object_get_ex(o, f->name, &value))
			continue;
		err = field_encode(f, value, room, say);
		if (err)
			return err;
	}
	return wire_put(to, room, part->size, say);
}

static int hex_encode(const char *key, const char *hex, struct wire_bytes *to, struct say *say)
{
	unsigned char byte;
	unsigned int n;
	int err = 0;

	for (; !err && *hex; hex += 2) {
		if (!isxdigit(hex[0]) || !isxdigit(hex[1]) || sscanf(hex, "%2x", &n) != 1)
			return say_set(say, "'hex' of '%s' has two digits a byte", key);
		byte = n;
		err = wire_put(to, &byte, 1, say);
	}
	return err;
}

int wire_bytes_encode(struct json_object *value, const char *key, struct wire_bytes *to, struct say *say)
{
	static const char *const keys[] = { "hex", NULL };
	const char *hex = "";

	if (json_object_is_type(value, json_type_string))
		return wire_put(to, json_object_get_string(value), json_object_get_string_len(value), say);
	if (!json_object_is_type(value, json_type_object))
		return say_set(say, "'%s' is a text, or {\"hex\": \"…\"}", key);
	if (jsonin_keys(value, key, keys, say) || jsonin_text(value, "hex", &hex, say))
		return -EINVAL;
	return hex_encode(key, hex, to, say);
}

static int bytes_encode(const struct wire_part *part, struct json_object *o, struct wire_bytes *to, struct say *say)
{
	struct json_object *value;

	return json_object_object_get_ex(o, part->key, &value) ? wire_bytes_encode(value, part->key, to, say) : 0;
}

/* A name may have bytes that are no text. */
static int text_encode(const struct wire_part *part, struct json_object *o, struct wire_bytes *to, struct say *say)
{
	const size_t start = to->len;
	int err = bytes_encode(part, o, to, say);

	if (!err && memchr(to->bytes + start, '\0', to->len - start))
		err = say_set(say, "'%s' has a NUL in it", part->key);
	return err ? err : wire_put(to, "", 1, say);
}

static int part_encode(const struct wire_part *part, struct json_object *o, struct wire_bytes *to, struct say *say)
{
	struct json_object *value = NULL;

	if (part->key)
		json_object_object_get_ex(o, part->key, &value);
	switch (part->kind) {
	case WIRE_STRUCT:
		return struct_encode(part, o, to, say);
	case WIRE_TEXT:
		return text_encode(part, o, to, say);
	case WIRE_BYTES:
		return bytes_encode(part, o, to, say);
	case WIRE_NAMES:
		return wire_names_encode(value, to, say);
	case WIRE_LISTING:
	case WIRE_LISTING_PLUS:
		return wire_listing_encode(value, part->kind == WIRE_LISTING_PLUS, to, say);
	case WIRE_END:
		break;
	}
	return 0;
}

static bool part_has(const struct wire_part *part, const char *key)
{
	return part->kind == WIRE_STRUCT ? field_find(part->fields, key) != NULL : !strcmp(part->key, key);
}

static int keys_check(const struct wire_part *parts, struct json_object *o, struct say *say)
{
	const struct wire_part *part;

	json_object_object_foreach(o, key, value) {
		(void)value;
		for (part = parts; part->kind && !part_has(part, key); part++)
			;
		if (!part->kind)
			return say_set(say, "the opcode has no field '%s' there", key);
	}
	return 0;
}

int wire_encode(const struct wire_part *parts, struct json_object *o, struct wire_bytes *to, struct say *say)
{
	int err = o ? keys_check(parts, o, say) : 0;

	for (; !err && parts->kind; parts++)
		err = part_encode(parts, o, to, say);
	return err;
}

struct json_object *wire_bytes_decode(const char *from, size_t len)
{
	static char hex[2 * EXTFUSE_TEST_MAX + 1];
	struct json_object *o;
	size_t at = 0;
	int n;

	while (at < len && from[at]) {
		/* What is cut off at the end is none; a NUL follows all that is decoded. */
		n = (unsigned char)from[at] < 0x80 ? 1 : text_utf8_length(from + at);
		if (!n || at + n > len)
			break;
		at += n;
	}
	if (at == len)
		return json_object_new_string_len(from, len);
	for (at = 0; at < len; at++)
		sprintf(hex + 2 * at, "%02x", (unsigned char)from[at]);
	o = json_object_new_object();
	json_object_object_add(o, "hex", json_object_new_string_len(hex, 2 * len));
	return o;
}

static size_t part_decode(const struct wire_part *part, const char *from, size_t len, struct json_object *o)
{
	switch (part->kind) {
	case WIRE_STRUCT:
		if (len < part->size)
			return len;
		wire_fields_decode(part->fields, from, o);
		return part->size;
	case WIRE_TEXT:
		json_object_object_add(o, part->key, wire_bytes_decode(from, strnlen(from, len)));
		break;
	case WIRE_BYTES:
		json_object_object_add(o, part->key, wire_bytes_decode(from, len));
		break;
	case WIRE_NAMES:
		json_object_object_add(o, part->key, wire_names_decode(from, len));
		break;
	case WIRE_LISTING:
	case WIRE_LISTING_PLUS:
		json_object_object_add(o, part->key, wire_listing_decode(from, len, part->kind == WIRE_LISTING_PLUS));
		break;
	case WIRE_END:
		break;
	}
	return len;
}

struct json_object *wire_decode(const struct wire_part *parts, const void *from, size_t len)
{
	struct json_object *o = json_object_new_object();
	const char *at = from;
	size_t used;

	for (; parts->kind; parts++) {
		used = part_decode(parts, at, len, o);
		at += used;
		len -= used;
	}
	return o;
}

struct json_object *wire_decode_sized(const struct wire_part *parts, const void *from, const __u32 *sizes, size_t count)
{
	struct json_object *o = json_object_new_object();
	const char *at = from;
	size_t i;

	for (i = 0; i < count && parts[i].kind; at += sizes[i++])
		part_decode(&parts[i], at, sizes[i], o);
	return o;
}
