// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into the programs of a sanitized build. What the sanitizers find may be printed where nobody reads, as by a
 * daemon. So the report also goes into a file, and the program then dies by a fault of its own: the kernel logs each,
 * and the harness fails the case by that.
 */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* Leaks are no matter: the tools end without freeing what they have. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_abort=0:log_path=/run/sanitized:abort_on_error=1:detect_stack_use_after_return=1";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1:log_path=/run/sanitized";
}

void __sanitizer_set_death_callback(void (*callback)(void));

static void fault(void)
{
	*(volatile int *)8 = 0;
}

static void __attribute__((constructor)) begin(void)
{
	__sanitizer_set_death_callback(fault);
}
