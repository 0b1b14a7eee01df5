/*
 * Tracking: `track-sc0 src` ties a session or an exchange to an entry of a table, in which what it
 * does is counted from then on. Three places: sc0, sc1, sc2.
 */
#ifndef RELAIS_STICK_TRACK_H
#define RELAIS_STICK_TRACK_H

#include "balancer/rules/rules.h"
#include "balancer/stick/stick_table.h"

enum { STICK_COUNTERS = 3 };

enum stick_event { /* each has a count and a rate */
		   STICK_EVENT_CONNECTION,
		   STICK_EVENT_SESSION,
		   STICK_EVENT_REQUEST,
		   STICK_EVENT_ERROR,	/* the client's fault */
		   STICK_EVENT_FAILURE, /* the server's */
		   STICK_EVENT_BYTES_IN,
		   STICK_EVENT_BYTES_OUT,
};

struct stick_track {
	struct stick_table *table; /* NULL = nothing is tracked */
	struct stick_entry *entry; /* referenced */
};

struct stick_tracks { /* of a session: allocated by the first rule; or of an exchange, in its arena
		       */
	struct stick_track sc[STICK_COUNTERS];
};

/* Of the exchange, or else of its session; NULL = not tracked. */
const struct stick_track *stick_track_find(const struct rule_input *in, unsigned counter);
/* From here on; does nothing if that counter tracks something already. */
void stick_track_begin(struct rule_input *in, unsigned counter, struct stick_table *table,
		       const struct stick_key *key);
/* In all entries that are tracked. tracks may be NULL. */
void stick_tracks_count(const struct stick_tracks *tracks, enum stick_event event, int64_t n,
			int64_t now_us);
/* It is over: fewer connections, and the entries may go. */
void stick_tracks_end(const struct stick_tracks *tracks, int64_t now_us);

#endif
