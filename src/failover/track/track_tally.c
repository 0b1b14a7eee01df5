/*
 * Rise and fall. See track_tally.h. Pure.
 */
#include "failover/track/track_tally.h"

void track_tally_init(struct track_tally *tally, int rise, int fall, bool init_fail)
{
	*tally = (struct track_tally){
		.verdict = init_fail ? TRACK_DOWN : TRACK_UNKNOWN,
		.fresh = true,
		.rise = rise > 0 ? rise : 1,
		.fall = fall > 0 ? fall : 1,
	};
}

bool track_tally_step(struct track_tally *tally, bool success)
{
	enum track_verdict before = tally->verdict, says = success ? TRACK_UP : TRACK_DOWN;

	if (tally->fresh) {
		tally->fresh = false;
		tally->verdict = says;
	} else if (says == tally->verdict) {
		tally->n_against = 0;
	} else if (++tally->n_against >= (success ? tally->rise : tally->fall)) {
		tally->verdict = says;
		tally->n_against = 0;
	}
	return tally->verdict != before;
}
