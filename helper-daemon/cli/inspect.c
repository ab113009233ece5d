// SPDX-License-Identifier: GPL-2.0-only
/*
 * extfuse inspect: what a BPF object has in it, and whether this kernel takes it.  Only the last needs
 * root and the module; nothing is attached.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "guard.h"
#include "json.h"
#include "object.h"
#include "process.h"
#include "sha256.h"
#include "text.h"

/* What the kernel says of it. */
enum answer {
	NOT_TRIED,
	TAKES_IT,
	REFUSES_IT,
};

struct inspect {
	const struct cli_args *args;
	struct object o;
	char hash[SHA256_TEXT];
	char licence[64];
	char release[65];	/* of the kernel */
	enum answer answer;
	char why[1024];
	char *log;		/* --verbose: the verifier's words */
	size_t log_size;
};

/* The module's own functions must be there, so it must be loaded; to load it is not for this command. */
static void try_load(struct inspect *i)
{
	struct extfuse_ext *ext = i->o.ext[WITH_ALL];
	FILE *log = NULL;
	int err;

	if (process_may_attach() <= 0) {
		snprintf(i->why, sizeof(i->why), "only root may load programs (CAP_SYS_ADMIN and CAP_BPF): use sudo");
		return;
	}
	if (extfuse_module__probe(i->why, sizeof(i->why)))
		return;
	if (i->args->verbose)
		log = open_memstream(&i->log, &i->log_size);
	err = log ? extfuse_ext__load_log(ext, log, i->why, sizeof(i->why)) :
		    extfuse_ext__load(ext, i->why, sizeof(i->why));
	if (log)
		fclose(log);
	i->answer = err ? REFUSES_IT : TAKES_IT;
}

static const char *opcode_text(__u32 opcode)
{
	const char *name = opcode == EXTFUSE_OPCODE_ANY ? "*" : extfuse_opcode__name(opcode);

	return name ? name : "?";
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Texts begin here, and are not longer than a line. */
#define LABEL_WIDTH	16
#define LINE_WIDTH	80

static void label(FILE *out, const char *text)
{
	fprintf(out, "  %-*s", LABEL_WIDTH - 2, text);
}

static int word(FILE *out, const char *text, int column)
{
	if (column > LABEL_WIDTH && column + 1 + (int)strlen(text) > LINE_WIDTH)
		column = fprintf(out, "\n%*s", LABEL_WIDTH, "") - 1;
	else if (column > LABEL_WIDTH)
		column += fprintf(out, " ");
	return column + fprintf(out, "%s", text);
}

/* The opcodes of a phase that have programs, all of them or with @option only. */
static void print_opcodes(const struct inspect *i, FILE *out, __u32 phase, const char *option, const char *heading)
{
	struct bpf_program *prog = NULL;
	__u32 p, opcode;
	int column = 0;

	while ((prog = object_next_program(&i->o, prog, &p, &opcode))) {
		if (p != phase || !same(object_option_of_program(&i->o, prog), option))
			continue;
		if (!column) {
			label(out, heading);
			column = LABEL_WIDTH;
			if (option)
				column += fprintf(out, "with %s:", option);
		}
		column = word(out, opcode_text(opcode), column);
	}
	if (column)
		fputc('\n', out);
}

static const struct phase {
	__u32 phase;
	const char *name;
	const char *heading;
} phases[] = {
	{ EXTFUSE_PHASE_REQUEST, "request", "requests:" },
	{ EXTFUSE_PHASE_REPLY, "reply", "replies:" },
};

#define NPHASES	(sizeof(phases) / sizeof(*phases))

static const char *phase_name(__u32 phase)
{
	return phases[phase == EXTFUSE_PHASE_REPLY].name;
}

static void print_programs(const struct inspect *i, FILE *out)
{
	static const char *const options[] = { NULL, "actimeo=", "xattrtimeo=" };
	size_t p, o;

	for (p = 0; p < NPHASES; p++) {
		for (o = 0; o < sizeof(options) / sizeof(*options); o++)
			print_opcodes(i, out, phases[p].phase, options[o], o ? "" : phases[p].heading);
	}
}

static const char *map_type(const struct bpf_map *map)
{
	const char *type = libbpf_bpf_map_type_str(bpf_map__type(map));

	return type ? type : "unknown";
}

static void print_maps(const struct inspect *i, FILE *out)
{
	const char *heading = "maps:", *option;
	const struct bpf_map *map = NULL;
	__u64 sum = 0, bytes;

	while ((map = object_next_map(&i->o, map))) {
		bytes = object_map_bytes(map);
		sum += bytes;
		label(out, heading);
		text_name(out, bpf_map__name(map));
		fprintf(out, ": %s, %u entries, %llu bytes", map_type(map), bpf_map__max_entries(map), (unsigned long long)bytes);
		option = object_option_of_map(&i->o, map);
		if (option)
			fprintf(out, ", with %s", option);
		fputc('\n', out);
		heading = "";
	}
	label(out, "memory:");
	fprintf(out, "%llu bytes for the elements of maps\n", (unsigned long long)sum);
}

static void print_kernel(const struct inspect *i, FILE *out)
{
	label(out, "this kernel:");
	if (i->answer == TAKES_IT)
		fprintf(out, "takes it (%s)", i->release);
	else
		fprintf(out, "%s (%s): ", i->answer == REFUSES_IT ? "does not take it" : "not tried", i->release);
	text_plain(out, i->why);
	fputc('\n', out);
	if (!i->log)
		return;
	fputs("\nwhat the verifier says:\n", out);
	text_lines(out, i->log, i->log_size);
}

static void print(const struct inspect *i, FILE *out)
{
	const struct object *o = &i->o;

	text_name(out, extfuse_ext__name(o->ext[WITH_ALL]));
	fputc('\n', out);
	label(out, "file:");
	text_name(out, o->path);
	fputc('\n', out);
	label(out, "SHA-256:");
	fprintf(out, "%s\n", i->hash);
	label(out, "licence:");
	text_name(out, *i->licence ? i->licence : "none");
	fputc('\n', out);
	label(out, "what it is:");
	object_facts_print(out, o, object_kinds, ", ");
	fputc('\n', out);
	label(out, "policy:");
	fputs(object_is_policy(o) ? "yes: when it is lost, what it covers is refused\n" : "no\n", out);
	label(out, "wants:");
	if (!object_facts_print(out, o, object_wants, ", "))
		fputs("nothing", out);
	fputc('\n', out);
	label(out, "options:");
	if (!object_facts_print(out, o, object_options, " "))
		fputs("none", out);
	fputc('\n', out);
	print_programs(i, out);
	print_maps(i, out);
	print_kernel(i, out);
}

static void json_option(struct json *j, const char *option)
{
	char name[32];

	if (!option) {
		json_null(j, "option");
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(option, "="), option);
	json_string(j, "option", name);
}

static void json_programs(struct json *j, const struct inspect *i)
{
	struct bpf_program *prog = NULL;
	__u32 phase, opcode;

	json_open(j, "programs", '[');
	while ((prog = object_next_program(&i->o, prog, &phase, &opcode))) {
		json_open(j, NULL, '{');
		json_string(j, "opcode", opcode_text(opcode));
		json_string(j, "phase", phase_name(phase));
		json_string(j, "function", bpf_program__name(prog));
		json_number(j, "instructions", bpf_program__insn_cnt(prog));
		json_option(j, object_option_of_program(&i->o, prog));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_maps(struct json *j, const struct inspect *i)
{
	const struct bpf_map *map = NULL;

	json_open(j, "maps", '[');
	while ((map = object_next_map(&i->o, map))) {
		json_open(j, NULL, '{');
		json_string(j, "name", bpf_map__name(map));
		json_string(j, "type", map_type(map));
		json_number(j, "entries", bpf_map__max_entries(map));
		json_number(j, "key_size", bpf_map__key_size(map));
		json_number(j, "value_size", bpf_map__value_size(map));
		json_number(j, "bytes", object_map_bytes(map));
		json_option(j, object_option_of_map(&i->o, map));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_kernel(struct json *j, const struct inspect *i)
{
	json_open(j, "kernel", '{');
	json_string(j, "release", i->release);
	if (i->answer == NOT_TRIED)
		json_null(j, "takes_it");
	else
		json_bool(j, "takes_it", i->answer == TAKES_IT);
	if (*i->why)
		json_string(j, "reason", i->why);
	else
		json_null(j, "reason");
	if (i->log)
		json_string(j, "log", i->log);
	json_close(j, '}');
}

static void print_json(const struct inspect *i, FILE *out)
{
	struct json j = { .out = out };

	json_open(&j, NULL, '{');
	json_string(&j, "name", extfuse_ext__name(i->o.ext[WITH_ALL]));
	json_string(&j, "file", i->o.path);
	json_string(&j, "sha256", i->hash);
	json_string(&j, "licence", i->licence);
	object_facts_json(&j, "kinds", &i->o, object_kinds);
	json_bool(&j, "policy", object_is_policy(&i->o));
	object_facts_json(&j, "wants", &i->o, object_wants);
	object_facts_json(&j, "options", &i->o, object_options);
	json_programs(&j, i);
	json_maps(&j, i);
	json_kernel(&j, i);
	json_close(&j, '}');
}

static int look(void *arg, FILE *out)
{
	struct inspect *i = arg;
	struct utsname uts;
	int err;

	err = object_open(&i->o, i->args->mount, i->why, sizeof(i->why));
	if (err) {
		object_close(&i->o);
		return cli_fail("%s", i->why);
	}
	err = sha256_file(i->o.path, i->hash);
	if (err) {
		cli_fail("%s: %s", i->o.path, strerror(-err));
		object_close(&i->o);
		return 1;
	}
	object_licence(&i->o, i->licence, sizeof(i->licence));
	if (!uname(&uts))
		snprintf(i->release, sizeof(i->release), "%s", uts.release);
	*i->why = '\0';
	try_load(i);
	if (i->args->json)
		print_json(i, out);
	else
		print(i, out);
	free(i->log);
	object_close(&i->o);
	return i->answer == REFUSES_IT;
}

int do_inspect(const struct cli_args *args)
{
	struct inspect i = { .args = args };
	int status = guard_run(look, &i);

	return status < 0 ? cli_fail("extension %s: " OBJECT_CRASHES, args->mount, "it") : status;
}
