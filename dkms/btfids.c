// SPDX-License-Identifier: GPL-2.0-only
/*
 * btfids: what resolve_btfids does for kernels whose headers do not bring it,
 * and no more than a module needs.  64-bit ELF of the machine's own byte order,
 * by <elf.h> alone, so that a user's machine needs no library for it.
 *
 *   btfids base IMAGE OUTPUT   the BTF out of a kernel, as raw data
 *   btfids fill BASE MODULE    writes the ids into the module's .BTF_ids
 *   btfids check MODULE        .BTF is there, and so is the id of each kfunc
 *
 * .BTF_ids is described by symbols: __BTF_ID__KIND__NAME__N stands for one id,
 * __BTF_ID__set__NAME and __BTF_ID__set8__NAME for a counted, sorted list of
 * plain ids or of (id, flags).  The BTF of a module is split: its type ids and
 * string offsets go on where those of its base, the kernel's BTF, end.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX	"__BTF_ID__"

struct file {
	const char *name;
	unsigned char *data;
	size_t size;
};

struct btf {
	const unsigned char *types, *end;
	const char *strings;
	uint32_t strings_len, first_id, first_string, count;
};

/* An ELF file, taken apart as far as needed. */
struct elf {
	struct file f;
	const Elf64_Shdr *btf, *ids, *symtab;
	const Elf64_Sym *syms;
	size_t nr_syms;
	const char *strtab;
	unsigned int ids_index;
};

static __attribute__((noreturn, format(printf, 2, 3)))
void fail(const struct file *f, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "btfids: %s: ", f->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static struct file file_open(const char *name, bool write)
{
	struct file f = { .name = name };
	struct stat st;
	int fd = open(name, write ? O_RDWR : O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		fail(&f, "%s", strerror(errno));
	f.size = st.st_size;
	if (!f.size)
		fail(&f, "is empty");
	f.data = mmap(NULL, f.size, PROT_READ | (write ? PROT_WRITE : 0),
		      MAP_SHARED, fd, 0);
	if (f.data == MAP_FAILED)
		fail(&f, "%s", strerror(errno));
	close(fd);
	return f;
}

static bool inside(const struct file *f, uint64_t offset, uint64_t size)
{
	return offset <= f->size && size <= f->size - offset;
}

static bool is_elf(const struct file *f)
{
	return f->size >= sizeof(Elf64_Ehdr) && !memcmp(f->data, ELFMAG, SELFMAG) &&
	       f->data[EI_CLASS] == ELFCLASS64;
}

static struct elf elf_open(struct file f)
{
	struct elf e = { .f = f };
	const Elf64_Ehdr *eh = (void *)f.data;
	const Elf64_Shdr *sh, *names;

	if (!is_elf(&f))
		fail(&f, "is not a 64-bit ELF file");
	sh = (void *)(f.data + eh->e_shoff);
	if (!inside(&f, eh->e_shoff, (uint64_t)eh->e_shnum * sizeof(*sh)) ||
	    eh->e_shstrndx >= eh->e_shnum)
		fail(&f, "its section table is damaged");
	names = &sh[eh->e_shstrndx];
	for (unsigned int i = 1; i < eh->e_shnum; i++) {
		const char *name;

		if (sh[i].sh_type == SHT_NOBITS)
			continue;
		if (!inside(&f, sh[i].sh_offset, sh[i].sh_size) ||
		    sh[i].sh_name >= names->sh_size)
			fail(&f, "section %u is outside of the file", i);
		name = (char *)f.data + names->sh_offset + sh[i].sh_name;
		if (!strcmp(name, ".BTF")) {
			e.btf = &sh[i];
		} else if (!strcmp(name, ".BTF_ids")) {
			e.ids = &sh[i];
			e.ids_index = i;
		} else if (sh[i].sh_type == SHT_SYMTAB && sh[i].sh_link < eh->e_shnum) {
			e.symtab = &sh[i];
			e.syms = (void *)(f.data + sh[i].sh_offset);
			e.nr_syms = sh[i].sh_size / sizeof(*e.syms);
			e.strtab = (char *)f.data + sh[sh[i].sh_link].sh_offset;
		}
	}
	return e;
}

/* Bytes that follow struct btf_type; a kind that we do not know ends it all. */
static size_t type_extra(const struct file *f, const struct btf_type *t)
{
	size_t vlen = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_PTR: case BTF_KIND_FWD: case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE: case BTF_KIND_CONST: case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC: case BTF_KIND_FLOAT: case 18: /* TYPE_TAG */
		return 0;
	case BTF_KIND_INT: case BTF_KIND_VAR: case 17: /* DECL_TAG */
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_ENUM: case BTF_KIND_FUNC_PROTO:
		return vlen * 8;
	case BTF_KIND_STRUCT: case BTF_KIND_UNION: case BTF_KIND_DATASEC:
	case 19: /* ENUM64 */
		return vlen * 12;
	}
	fail(f, "its BTF has a type of unknown kind %u", BTF_INFO_KIND(t->info));
}

/* What every header begins with: later versions of it, and of <linux/btf.h>, have more behind. */
#define HEADER	(offsetof(struct btf_header, str_len) + sizeof(uint32_t))

static bool is_btf(const unsigned char *data, size_t size)
{
	struct btf_header h;

	if (size < HEADER)
		return false;
	memcpy(&h, data, HEADER);
	return h.magic == BTF_MAGIC && h.version == BTF_VERSION && !h.flags &&
	       h.hdr_len >= HEADER && h.hdr_len <= size && !h.type_off &&
	       h.str_off >= h.type_len && h.str_len &&
	       (uint64_t)h.str_off + h.str_len <= size - h.hdr_len;
}

static struct btf btf_read(const struct file *f, const unsigned char *data,
			   size_t size, const struct btf *base)
{
	const struct btf_header *h = (void *)data;
	struct btf b = {
		.first_id = base ? base->first_id + base->count : 1,
		.first_string = base ? base->strings_len : 0,
	};

	if (!is_btf(data, size))
		fail(f, "its BTF is damaged");
	b.types = data + h->hdr_len;
	b.end = b.types + h->type_len;
	b.strings = (char *)data + h->hdr_len + h->str_off;
	b.strings_len = h->str_len;
	for (const unsigned char *at = b.types; at < b.end; b.count++)
		at += sizeof(struct btf_type) + type_extra(f, (void *)at);
	return b;
}

/* The id of a type, 0 if there is none. */
static uint32_t btf_find(const struct file *f, const struct btf *b,
			 const struct btf *base, unsigned int kind, const char *name)
{
	uint32_t id = b->first_id;

	for (const unsigned char *at = b->types; at < b->end; id++) {
		const struct btf_type *t = (void *)at;
		uint32_t s = t->name_off;
		const char *string = NULL;

		if (s >= b->first_string && s - b->first_string < b->strings_len)
			string = b->strings + s - b->first_string;
		else if (base && s < base->strings_len)
			string = base->strings + s;
		if (BTF_INFO_KIND(t->info) == kind && string && !strcmp(string, name))
			return id;
		at += sizeof(*t) + type_extra(f, t);
	}
	return 0;
}

static const struct {
	const char *name;
	unsigned int kind;
	bool own;		/* a kfunc is found in its module's BTF only */
} kinds[] = {
	{ "func", BTF_KIND_FUNC, true },
	{ "struct", BTF_KIND_STRUCT, false },
	{ "union", BTF_KIND_UNION, false },
	{ "typedef", BTF_KIND_TYPEDEF, false },
};

/* Splits "func__NAME__N" in place; -1 when it is not of a known kind. */
static int symbol_split(char *symbol, char **name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].name);
		char *number = NULL;

		if (strncmp(symbol, kinds[i].name, len) || strncmp(symbol + len, "__", 2))
			continue;
		*name = symbol + len + 2;
		for (char *p = *name; (p = strstr(p, "__")); p++)
			number = p;
		if (!number || number == *name)
			return -1;
		*number = '\0';
		return i;
	}
	return -1;
}

/* Calls one() for each symbol that describes .BTF_ids. */
static unsigned int each_id(const struct elf *e, void *data,
			    void (*one)(const struct elf *e, const char *symbol,
					uint32_t *at, size_t size, void *data))
{
	unsigned int seen = 0;

	if (!e->ids || !e->symtab)
		return 0;
	for (size_t i = 0; i < e->nr_syms; i++) {
		const Elf64_Sym *s = &e->syms[i];
		const char *name = e->strtab + s->st_name;

		if (s->st_shndx != e->ids_index || strncmp(name, PREFIX, strlen(PREFIX)))
			continue;
		if (s->st_value % 4 || s->st_value + 4 > e->ids->sh_size ||
		    s->st_size > e->ids->sh_size - s->st_value)
			fail(&e->f, "%s is outside of .BTF_ids", name);
		one(e, name + strlen(PREFIX),
		    (void *)(e->f.data + e->ids->sh_offset + s->st_value), s->st_size, data);
		seen++;
	}
	return seen;
}

static void id_fill(const struct elf *e, const char *symbol, uint32_t *at,
		    size_t size, void *data)
{
	const struct btf *b = data;	/* the base, then the module's own */
	char *copy = strdup(symbol), *name;
	int kind;

	(void)size;
	if (!copy)
		fail(&e->f, "out of memory");
	kind = symbol_split(copy, &name);
	if (kind >= 0) {
		*at = btf_find(&e->f, &b[1], &b[0], kinds[kind].kind, name);
		if (!*at && !kinds[kind].own)
			*at = btf_find(&e->f, &b[0], NULL, kinds[kind].kind, name);
		if (!*at)
			fail(&e->f, "%s %s is in .BTF_ids but not in .BTF: is it static or optimised away?",
			     kinds[kind].name, name);
	} else if (strncmp(symbol, "set", 3)) {
		fail(&e->f, "%s%s is of no kind that is known here", PREFIX, symbol);
	}
	free(copy);
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sets come after their ids are known: {count, ids} or {count, flags, {id, flags}}. */
static void set_fill(const struct elf *e, const char *symbol, uint32_t *at,
		     size_t size, void *data)
{
	size_t item = !strncmp(symbol, "set8__", 6) ? 8 : 4;

	(void)data;
	if (strncmp(symbol, "set__", 5) && item == 4)
		return;
	if (size < item || size % item)
		fail(&e->f, "%s%s has size %zu", PREFIX, symbol, size);
	at[0] = size / item - 1;
	qsort((char *)at + item, at[0], item, by_id);
}

/*
 * Since 7.3 the classes of tracepoints have ids, too, which are shown in
 * tracefs and used nowhere else; 0 is shown as "none".  Where stock fuse is
 * built in, its records have our records' names and are in vmlinux' BTF, and
 * what only vmlinux has is not in the distilled base of a module: then
 * resolve_btfids warns and leaves 0.  All other ids are there or it is a fault.
 */
static bool id_may_be_missing(const char *symbol)
{
	static const char record[] = "struct__trace_event_raw_";

	return !strncmp(symbol, record, sizeof(record) - 1);
}

static void id_check(const struct elf *e, const char *symbol, uint32_t *at,
		     size_t size, void *data)
{
	size_t *kfuncs = data;

	/* An empty set is none: each of ours has members. */
	if (!*at && !id_may_be_missing(symbol))
		fail(&e->f, "%s%s is not resolved", PREFIX, symbol);
	if (strncmp(symbol, "set8__", 6))
		return;
	/* {count, flags, {id, flags}}: the kernel looks for them by halves. */
	if (size != (*at + (size_t)1) * 8)
		fail(&e->f, "%s%s has size %zu for %u members", PREFIX, symbol, size, *at);
	for (size_t i = 1; i <= *at; i++)
		if (at[2 * i] <= (i > 1 ? at[2 * i - 2] : 0))
			fail(&e->f, "%s%s is not resolved: its member %zu has no id, or one out of order",
			     PREFIX, symbol, i);
	*kfuncs += *at;
}

static int do_base(const char *image, const char *output)
{
	struct file f = file_open(image, false);
	const unsigned char *btf = NULL;
	size_t size = 0;
	FILE *out;

	if (is_elf(&f)) {
		struct elf e = elf_open(f);

		if (!e.btf)
			fail(&f, "has no .BTF section");
		btf = f.data + e.btf->sh_offset;
		size = e.btf->sh_size;
	}
	/* Not ELF on arm64, and raw already in /sys/kernel/btf. */
	for (size_t at = 0; !btf && at + HEADER < f.size; at += 4) {
		const struct btf_header *h = (void *)(f.data + at);

		/* Smaller ones are test data or a module's. */
		if (h->magic == BTF_MAGIC && is_btf(f.data + at, f.size - at) &&
		    h->type_len > 100000) {
			btf = f.data + at;
			size = h->hdr_len + h->str_off + h->str_len;
		}
	}
	if (!btf)
		fail(&f, "holds no BTF");
	btf_read(&f, btf, size, NULL);
	out = fopen(output, "wb");
	if (!out || fwrite(btf, 1, size, out) != size || fclose(out))
		fail(&(struct file){ .name = output }, "%s", strerror(errno));
	return 0;
}

static int do_fill(const char *base, const char *module)
{
	struct file f = file_open(base, false);
	struct elf e = elf_open(file_open(module, true));
	struct btf b[2];

	if (!e.btf)
		fail(&e.f, "has no .BTF section");
	b[0] = btf_read(&f, f.data, f.size, NULL);
	b[1] = btf_read(&e.f, e.f.data + e.btf->sh_offset, e.btf->sh_size, &b[0]);
	each_id(&e, b, id_fill);
	each_id(&e, NULL, set_fill);
	return 0;
}

static int do_check(const char *module)
{
	struct elf e = elf_open(file_open(module, false));
	size_t kfuncs = 0;

	if (!e.btf || !e.btf->sh_size)
		fail(&e.f, "has no .BTF section");
	each_id(&e, &kfuncs, id_check);
	if (!kfuncs)
		fail(&e.f, "has no ids in .BTF_ids: where is the set of kfuncs?");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "base"))
		return do_base(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "fill"))
		return do_fill(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "check"))
		return do_check(argv[2]);
	fputs("usage: btfids base IMAGE OUTPUT | fill BASE MODULE | check MODULE\n", stderr);
	return 2;
}
