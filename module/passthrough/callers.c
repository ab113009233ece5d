// SPDX-License-Identifier: GPL-2.0-only
/*
 * The credentials that were made last for a caller, kept for the next request: who
 * unpacks or compiles opens one file after the other, and to make them costs more than
 * the rest of an OPEN.
 *
 * There is one place for each processor.  What nobody has used for a second or two is
 * let go, so that nobody's keys, groups and namespaces outlive him for longer.
 */
#include "fuse_i.h"
#include "passthrough/callers.h"

struct place {
	spinlock_t lock;
	bool used;			/* since the work item was here */
	const struct cred *caller;	/* NULL: nothing is kept */
	const struct cred *giver;
	const struct cred *cred;
};

static DEFINE_PER_CPU(struct place, places);

static void places_forget(struct work_struct *work);
static DECLARE_DELAYED_WORK(forget_work, places_forget);

/* extfuse_caller_known - what was made of @caller and @giver, with a reference; NULL: nothing is kept */
const struct cred *extfuse_caller_known(const struct cred *caller, const struct cred *giver)
{
	/* That of another processor is as good. */
	struct place *place = raw_cpu_ptr(&places);
	const struct cred *cred = NULL;

	spin_lock(&place->lock);
	if (place->caller == caller && place->giver == giver) {
		cred = get_cred(place->cred);
		place->used = true;
	}
	spin_unlock(&place->lock);
	return cred;
}

/* The references of the three are the place's, and those of what was there the caller's. */
static void place_swap(struct place *place, const struct cred **caller, const struct cred **giver,
		       const struct cred **cred)
{
	spin_lock(&place->lock);
	swap(place->caller, *caller);
	swap(place->giver, *giver);
	swap(place->cred, *cred);
	place->used = place->caller;
	spin_unlock(&place->lock);
}

static void place_fill(struct place *place, const struct cred *caller, const struct cred *giver,
		       const struct cred *cred)
{
	place_swap(place, &caller, &giver, &cred);
	put_cred(caller);
	put_cred(giver);
	put_cred(cred);
}

/* extfuse_caller_keep - @cred was made of @caller and @giver, and says so for everybody who asks for the two */
void extfuse_caller_keep(const struct cred *caller, const struct cred *giver, const struct cred *cred)
{
	place_fill(raw_cpu_ptr(&places), get_cred(caller), get_cred(giver), get_cred(cred));
	schedule_delayed_work(&forget_work, HZ);
}

static bool place_is_used(struct place *place)
{
	bool used;

	spin_lock(&place->lock);
	used = place->used;
	place->used = false;
	spin_unlock(&place->lock);
	return used;
}

static void places_forget(struct work_struct *work)
{
	bool again = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (place_is_used(per_cpu_ptr(&places, cpu)))
			again = true;
		else
			place_fill(per_cpu_ptr(&places, cpu), NULL, NULL, NULL);
	}
	if (again)
		schedule_delayed_work(&forget_work, HZ);
}

void extfuse_callers_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(&places, cpu)->lock);
}

/* No mount is left, so nobody asks. */
void extfuse_callers_exit(void)
{
	int cpu;

	cancel_delayed_work_sync(&forget_work);
	for_each_possible_cpu(cpu)
		place_fill(per_cpu_ptr(&places, cpu), NULL, NULL, NULL);
}
