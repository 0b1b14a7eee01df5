/*
 * What heartbeats tell. See heart_tally.h.
 */
#include "failover/heart/heart_tally.h"

#include <string.h>

enum { MISSES = 3, ALARM_MISSES = 5 };

void heart_tally_init(struct heart_tally *t, unsigned n_paths, int64_t interval_us, int64_t now_us)
{
	memset(t, 0, sizeof(*t));
	t->n_paths = n_paths < HEART_PATHS_MAX ? n_paths : HEART_PATHS_MAX;
	t->begun_us = now_us;
	t->peers.silent_us = MISSES * interval_us;
	t->alarm_us = ALARM_MISSES * interval_us;
	if (t->alarm_us < HEART_ALARM_LEAST_US)
		t->alarm_us = HEART_ALARM_LEAST_US;
}

static bool is_silent(const struct heart_tally *t, const struct vrrp_peer_word *w, int64_t now_us)
{
	return w->heard_us == 0 || now_us - w->heard_us >= t->peers.silent_us;
}

/* This peer's row, or a free one, or that of who was silent longest; -1 = all of them speak. */
static int row_of(const struct heart_tally *t, const struct addr *address, int64_t now_us)
{
	int oldest = 0;

	for (int i = 0; i < VRRP_PEERS_MAX; i++) {
		const struct vrrp_peer_word *w = &t->peers.rows[i];

		if (w->heard_us && addr_eq(&w->address, address, false))
			return i;
		if (w->heard_us < t->peers.rows[oldest].heard_us)
			oldest = i;
	}
	return is_silent(t, &t->peers.rows[oldest], now_us) ? oldest : -1;
}

enum heart_drop heart_tally_take(struct heart_tally *t, unsigned path, const struct heart_packet *p,
				 const struct addr *own, bool is_signed, int64_t now_us)
{
	struct heart_path *from = &t->paths[path];
	int row = row_of(t, &p->word.address, now_us);
	struct vrrp_peer_word *w;

	if (own && addr_eq(own, &p->word.address, false)) {
		from->own = true;
		return HEART_OK;
	}
	if (row < 0)
		return HEART_DROP_CROWD;
	w = &t->peers.rows[row];
	if (!w->heard_us || !addr_eq(&w->address, &p->word.address, false))
		memset(t->sequences[row], 0, sizeof(t->sequences[row]));
	/* Without a key anybody can say anything: then a peer whose clock went back may begin anew.
	 */
	if (p->sequence <= t->sequences[row][path] && (is_signed || !is_silent(t, w, now_us)))
		return HEART_DROP_REPLAY;
	t->sequences[row][path] = p->sequence;
	from->own = false;
	from->heard_us = now_us;
	from->n_received++;
	from->last = *p;
	/* The same word comes over every path; a slower one brings it later. */
	for (unsigned i = 0; i < t->n_paths; i++)
		if (!is_silent(t, w, now_us) && t->sequences[row][i] > p->sequence)
			return HEART_OK;
	*w = p->word;
	w->heard_us = now_us;
	return HEART_OK;
}

static enum heart_health health_now(const struct heart_tally *t, const struct heart_path *p,
				    int64_t now_us)
{
	if (p->own)
		return HEART_UP;
	if (p->heard_us)
		return now_us - p->heard_us < t->alarm_us ? HEART_UP : HEART_LOST;
	return now_us - t->begun_us < HEART_FIRST_US || now_us - t->begun_us < t->alarm_us
		       ? HEART_NEW
		       : HEART_LOST;
}

unsigned heart_tally_watch(struct heart_tally *t, int64_t now_us)
{
	unsigned changed = 0;

	for (unsigned i = 0; i < t->n_paths; i++) {
		struct heart_path *p = &t->paths[i];
		enum heart_health health = health_now(t, p, now_us);

		if (health == p->health)
			continue;
		p->health = health;
		p->n_lost += health == HEART_LOST;
		changed |= 1u << i;
	}
	return changed;
}

unsigned heart_tally_n_up(const struct heart_tally *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->n_paths; i++)
		n += t->paths[i].health == HEART_UP && !t->paths[i].own;
	return n;
}
