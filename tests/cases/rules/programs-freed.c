// SPDX-License-Identifier: GPL-2.0-only
/*
 * what: programs go with a detach, a replace, and the daemon's end: not with the mount
 * needs: root extfuse build:tests/bpf/script.bpf.o
 *
 * Rule 5.7. Seen by the numbers of the programs, which nobody else holds.
 */
#include <bpf/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules.h"

static unsigned int programs(void)
{
	unsigned int n = 0;
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id))
		n++;
	return n;
}

/* The program object's memory goes after a grace period; its number at once. */
#define GONE(count, what) \
	CHECK(raw_until(5, programs() == (count)), "%s: %u programs are left instead of %u", what, programs(), count)

int main(void)
{
	unsigned int none = programs(), two;
	struct rawfuse *rf = raw_start(&(struct raw_opts){});
	struct script *s = script_attach(rf, "script", NULL), *other;
	struct stat st;

	two = programs();
	CHECK(two == none + 2, "an attached set holds its programs: %u", two - none);
	script_free(s);
	raw_sleep_ms(300);
	CHECK(programs() == two, "also when who loaded them has closed them");
	s = script_load(rf, "script", NULL);
	script_detach(s);
	GONE(two, "after a detach only those that were loaded again");
	script_free(s);
	GONE(none, "closed");

	s = script_attach(rf, "script", NULL);
	other = script_load(rf, "script", NULL);
	CHECK(programs() == none + 4, "two sets are loaded");
	script_free(s);
	CHECK(!stat("mnt", &st), "stat");
	s = script_load(rf, "script", NULL);
	script_replace(s, other);
	script_free(s);
	GONE(two, "a replace lets the old one go");
	script_free(other);
	raw_sleep_ms(300);
	CHECK(programs() == two, "and holds the new one");

	raw_drop(rf);
	GONE(none, "a daemon that is gone takes its programs along, though the mount stands");
	CHECK(stat("mnt", &st) && errno == ENOTCONN, "the mount stands");
	raw_stop(rf);
	return 0;
}
