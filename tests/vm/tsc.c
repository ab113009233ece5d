// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how fast this machine's time stamp counter runs, in kHz. QEMU gives it to its guests, whose kernel measures it
 * while it boots: on a busy host it can be wrong by a factor of ten, and then so is every time limit. With
 * tsc_early_khz= it takes our word.
 */
#include <stdio.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)

#include <x86intrin.h>

struct sample {
	uint64_t ns, tsc;
	uint64_t width;		/* ns that passed while it was taken */
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* The best of many: an interrupt makes one wide. */
static struct sample sample_take(void)
{
	struct sample best = { .width = UINT64_MAX };
	int i;

	for (i = 0; i < 1000; i++) {
		uint64_t before = now(), tsc = __rdtsc(), after = now();

		if (after - before < best.width)
			best = (struct sample){ before + (after - before) / 2, tsc, after - before };
	}
	return best;
}

int main(void)
{
	struct sample start = sample_take(), end;

	nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000 * 1000 }, NULL);
	end = sample_take();
	printf("%llu\n", (unsigned long long)((end.tsc - start.tsc) * 1000000 / (end.ns - start.ns)));
	return 0;
}

#else

/* No such counter: the guest measures what QEMU makes up. */
int main(void)
{
	return 1;
}

#endif
