/*
 * Rise and fall. See tally.h.
 */
#include "balancer/health/tally.h"

void tally_init(struct tally *t, int rise, int fall)
{
	t->rise = rise > 0 ? rise : 1;
	t->fall = fall > 0 ? fall : 1;
	t->health = t->rise;
}

static int top(const struct tally *t)
{
	return t->rise + t->fall - 1;
}

bool tally_is_up(const struct tally *t)
{
	return t->health >= t->rise;
}

void tally_start(struct tally *t, int init_state)
{
	const int health[] = {t->rise, top(t), t->rise - 1, 0};

	t->health = health[init_state];
}

bool tally_add(struct tally *t, bool ok)
{
	bool was_up = tally_is_up(t);

	if (ok)
		t->health = t->health + 1 >= t->rise ? top(t) : t->health + 1;
	else
		t->health = t->health > t->rise ? t->health - 1 : 0;
	return tally_is_up(t) != was_up;
}

void tally_force(struct tally *t, bool up)
{
	t->health = up ? top(t) : 0;
}

int64_t tally_interval_us(const struct tally *t, const struct tally_intervals *i)
{
	if (t->health == top(t))
		return i->inter;
	if (t->health == 0)
		return i->down ? i->down : i->inter;
	return i->fast ? i->fast : i->inter;
}
