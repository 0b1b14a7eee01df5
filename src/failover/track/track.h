/*
 * Tracked scripts at run time: each one that some instance or group tracks is run again and again
 * by the runner, its results are counted, and a change is told. Links are tracked by whoever sees
 * them (failover.c), scripts that the seam answers are left to it.
 *
 * Order of calls: new, then the first runs start at once; configure at a reload; free. All on the
 * failover's thread.
 */
#ifndef RELAIS_TRACK_TRACK_H
#define RELAIS_TRACK_TRACK_H

#include "core/loop/runner_link.h"
#include "failover/track/track_tally.h"
#include "failover/model/vrrp_conf.h"

struct track;

struct track_ops {
	/* A script's verdict is known, or has changed. */
	void (*changed)(void *ctx, const struct vrrp_script_conf *script, bool up);
	/* Somebody else answers for this script now: it is not run. NULL = nobody ever does. */
	bool (*answered)(void *ctx, const struct vrrp_script_conf *script);
};

/* conf, link, ops and ctx are borrowed. conf lives until configure or free. */
struct track *track_new(struct loop *loop, struct runner_link *link, const struct track_ops *ops,
			void *ctx, const struct failover_conf *conf);
void track_free(struct track **track);
/* Scripts that stay what they were keep their verdict; others start anew. */
void track_configure(struct track *track, const struct failover_conf *conf);
/* Calls changed for all that is known: for an instance that is new. */
void track_tell(struct track *track);
/* TRACK_UNKNOWN also when nobody tracks it. */
enum track_verdict track_verdict(const struct track *track, const struct vrrp_script_conf *script);

#endif
