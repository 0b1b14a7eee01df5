/*
 * See stick_track.h. Rules before the first byte (tcp-request connection, session) tie the session,
 * all later ones the exchange: with keep-alive each request tracks anew.
 */
#include "balancer/stick/stick_track.h"

#include <stdlib.h>

static const struct {
	enum stick_data count, rate;
} events[] = {
	[STICK_EVENT_CONNECTION] = {STICK_CONN_CNT, STICK_CONN_RATE},
	[STICK_EVENT_SESSION] = {STICK_SESS_CNT, STICK_SESS_RATE},
	[STICK_EVENT_REQUEST] = {STICK_HTTP_REQ_CNT, STICK_HTTP_REQ_RATE},
	[STICK_EVENT_ERROR] = {STICK_HTTP_ERR_CNT, STICK_HTTP_ERR_RATE},
	[STICK_EVENT_FAILURE] = {STICK_HTTP_FAIL_CNT, STICK_HTTP_FAIL_RATE},
	[STICK_EVENT_BYTES_IN] = {STICK_BYTES_IN_CNT, STICK_BYTES_IN_RATE},
	[STICK_EVENT_BYTES_OUT] = {STICK_BYTES_OUT_CNT, STICK_BYTES_OUT_RATE},
};

static void count(const struct stick_hand *hand, enum stick_event event, int64_t n, int64_t now_us)
{
	stick_add(hand, events[event].count, 0, n, now_us);
	stick_add(hand, events[event].rate, 0, n, now_us);
}

const struct stick_track *stick_track_find(const struct rule_input *in, unsigned counter)
{
	if (in->tracks && in->tracks->sc[counter].table)
		return &in->tracks->sc[counter];
	if (in->session_tracks && in->session_tracks->sc[counter].table)
		return &in->session_tracks->sc[counter];
	return NULL;
}

static struct stick_tracks *tracks_of(struct rule_input *in)
{
	if (in->phase <= RULE_TCP_SESSION) {
		if (!in->session_tracks)
			in->session_tracks = calloc(1, sizeof(*in->session_tracks));
		return in->session_tracks;
	}
	if (!in->tracks)
		in->tracks = ARENA_NEW(in->arena, struct stick_tracks);
	return in->tracks;
}

/* A response that is tracked only now has a status that counts. */
static void count_status(const struct stick_hand *hand, int status, int64_t now_us)
{
	if (status >= 400 && status < 500)
		count(hand, STICK_EVENT_ERROR, 1, now_us);
	else if (status >= 500 && status != 501 && status != 505)
		count(hand, STICK_EVENT_FAILURE, 1, now_us);
}

void stick_track_begin(struct rule_input *in, unsigned counter, struct stick_table *table,
		       const struct stick_key *key)
{
	struct stick_tracks *tracks;
	struct stick_hand hand;

	if (stick_track_find(in, counter))
		return;
	tracks = tracks_of(in);
	if (!tracks || !stick_open(table, key, true, in->now_us, &hand))
		return;
	stick_touch(&hand, in->now_us);
	tracks->sc[counter] = (struct stick_track){table, stick_ref(&hand)};
	stick_add(&hand, STICK_CONN_CUR, 0, 1, in->now_us);
	count(&hand, STICK_EVENT_CONNECTION, 1, in->now_us);
	if (in->req)
		count(&hand, STICK_EVENT_REQUEST, 1, in->now_us);
	if (in->res)
		count_status(&hand, in->res->status, in->now_us);
	stick_close(&hand);
}

void stick_tracks_count(const struct stick_tracks *tracks, enum stick_event event, int64_t n,
			int64_t now_us)
{
	for (unsigned i = 0; tracks && n > 0 && i < STICK_COUNTERS; i++) {
		struct stick_hand hand;

		if (!tracks->sc[i].table)
			continue;
		stick_open_entry(tracks->sc[i].table, tracks->sc[i].entry, &hand);
		count(&hand, event, n, now_us);
		stick_close(&hand);
	}
}

void stick_tracks_end(const struct stick_tracks *tracks, int64_t now_us)
{
	for (unsigned i = 0; tracks && i < STICK_COUNTERS; i++) {
		struct stick_hand hand;

		if (!tracks->sc[i].table)
			continue;
		stick_open_entry(tracks->sc[i].table, tracks->sc[i].entry, &hand);
		stick_add(&hand, STICK_CONN_CUR, 0, -1, now_us);
		stick_touch(&hand, now_us);
		stick_unref(&hand);
		stick_close(&hand);
	}
}
