// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists in requests and replies: names of extended attributes, entries of directories.  See wire.h.
 */
#include "wire.h"

#include <errno.h>
#include <linux/fuse.h>
#include <string.h>

/* That fuse takes of a daemon. */
#define NAME_LONGEST	1024

int wire_names_encode(struct json_object *o, struct wire_bytes *to, struct say *say)
{
	struct json_object *name;
	size_t i;
	int err = 0;

	if (!o)
		return 0;
	if (!json_object_is_type(o, json_type_array))
		return say_set(say, "'names' is a list of texts, [\"user.a\"]");
	for (i = 0; !err && i < json_object_array_length(o); i++) {
		name = json_object_array_get_idx(o, i);
		if (!name)
			return say_set(say, "'names' is a list of texts, [\"user.a\"]");
		err = wire_bytes_encode(name, "names", to, say);
		if (!err)
			err = wire_put(to, "", 1, say);
	}
	return err;
}

struct json_object *wire_names_decode(const char *from, size_t len)
{
	struct json_object *list = json_object_new_array();
	size_t n;

	for (; len; from += n, len -= n) {
		n = strnlen(from, len);
		json_object_array_add(list, wire_bytes_decode(from, n));
		n += n < len;
	}
	return list;
}

/* An entry in JSON: "name", the fields of struct fuse_dirent, and in "entry" those of a struct fuse_entry_out. */
static int entry_read(struct json_object *o, bool plus, struct fuse_direntplus *e, struct say *say)
{
	static const char *const keys[] = { "ino", "off", "type", "name", "entry", NULL };
	struct json_object *entry = NULL;
	__u64 off = e->dirent.off, ino = 0;
	int err = jsonin_keys(o, "an entry", keys, say);

	if (!err)
		err = jsonin_number(o, "ino", ~0ULL, &ino, say);
	if (!err)
		err = jsonin_number(o, "off", ~0ULL, &off, say);
	if (!err)
		err = jsonin_u32(o, "type", &e->dirent.type, say);
	if (!err)
		err = jsonin_object(o, "entry", &entry, say);
	if (!err && entry && !plus)
		err = say_set(say, "entries of READDIR have no 'entry': that is READDIRPLUS");
	e->dirent.ino = ino;
	e->dirent.off = off;
	return !err && entry ? wire_fields_encode(wire_entry, entry, &e->entry_out, say) : err;
}

/* The name goes behind the entry that is to say its length. */
static int entry_name(struct json_object *o, struct wire_bytes *to, struct say *say)
{
	size_t at = to->len;
	struct json_object *name;
	__u32 len;
	int err = 0;

	if (json_object_object_get_ex(o, "name", &name))
		err = wire_bytes_encode(name, "name", to, say);
	len = to->len - at;
	if (!err && (!len || len > NAME_LONGEST))
		err = say_set(say, "an entry has a 'name' of 1 to %d bytes", NAME_LONGEST);
	memcpy(to->bytes + at - FUSE_NAME_OFFSET + offsetof(struct fuse_dirent, namelen), &len, sizeof(len));
	return err;
}

static int entry_encode(struct json_object *o, bool plus, __u64 off, struct wire_bytes *to, struct say *say)
{
	struct fuse_direntplus e = { .dirent.off = off };
	static const char zeroes[sizeof(__u64)];
	size_t start = to->len;
	int err = entry_read(o, plus, &e, say);

	if (!err && plus)
		err = wire_put(to, &e.entry_out, sizeof(e.entry_out), say);
	if (!err)
		err = wire_put(to, &e.dirent, FUSE_NAME_OFFSET, say);
	if (!err)
		err = entry_name(o, to, say);
	return err ? err : wire_put(to, zeroes, FUSE_DIRENT_ALIGN(to->len - start) - (to->len - start), say);
}

int wire_listing_encode(struct json_object *o, bool plus, struct wire_bytes *to, struct say *say)
{
	size_t i;
	int err = 0;

	if (!o)
		return 0;
	if (!json_object_is_type(o, json_type_array))
		return say_set(say, "'entries' is a list, [{\"name\": …}]");
	for (i = 0; !err && i < json_object_array_length(o); i++)
		err = entry_encode(json_object_array_get_idx(o, i), plus, i + 1, to, say);
	return err;
}

struct json_object *wire_listing_decode(const char *from, size_t len, bool plus)
{
	size_t head = plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET, size;
	struct json_object *list = json_object_new_array(), *o, *entry;
	struct fuse_dirent dirent;

	for (; len >= head; from += size, len -= size) {
		memcpy(&dirent, from + head - FUSE_NAME_OFFSET, FUSE_NAME_OFFSET);
		size = FUSE_DIRENT_ALIGN(head + dirent.namelen);
		if (size > len)
			break;
		o = json_object_new_object();
		json_object_object_add(o, "name", wire_bytes_decode(from + head, dirent.namelen));
		wire_fields_decode(wire_dirent, &dirent, o);
		if (plus) {
			entry = json_object_new_object();
			wire_fields_decode(wire_entry, from, entry);
			json_object_object_add(o, "entry", entry);
		}
		json_object_array_add(list, o);
	}
	return list;
}
