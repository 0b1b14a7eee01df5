/*
 * Counting a script's results into up and down. Pure. As Keepalived 2.2.7 was seen to do: the very
 * first result decides at once, whatever rise and fall say; afterwards `fall` failures in a row
 * make it down and `rise` successes in a row make it up.
 */
#ifndef RELAIS_TRACK_TRACK_TALLY_H
#define RELAIS_TRACK_TRACK_TALLY_H

#include <stdbool.h>

enum track_verdict { TRACK_UNKNOWN, TRACK_UP, TRACK_DOWN };

struct track_tally {
	enum track_verdict verdict;
	bool fresh; /* no result yet */
	int rise, fall;
	int n_against; /* results in a row that speak against the verdict */
};

/* init_fail: down until the first result, instead of unknown. */
void track_tally_init(struct track_tally *tally, int rise, int fall, bool init_fail);
/* Takes one result; true when the verdict has changed. */
bool track_tally_step(struct track_tally *tally, bool success);

#endif
