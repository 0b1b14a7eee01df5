/*
 * Whether processes run (vrrp_track_process). A thread of ordinary priority looks, so that reading
 * a long /proc cannot hold up an advertisement: told by the kernel of every start and end where it
 * may be (proc connector, CAP_NET_ADMIN in the first namespaces), else once a second. The counts
 * come to the failover's thread, where delays and quorums make verdicts of them.
 */
#ifndef RELAIS_TRACK_PROCESS_WATCH_H
#define RELAIS_TRACK_PROCESS_WATCH_H

#include "core/loop/loop.h"
#include "failover/model/vrrp_conf.h"

struct process_watch;

/* A verdict is known, or has changed. */
typedef void process_watch_fn(void *ctx, const struct vrrp_process_conf *process, bool up);

/* The first counts are told when the thread has them. conf lives until configure or free. To be
 * called when the process has only the rights that it keeps: the thread gets the same. */
struct process_watch *process_watch_new(struct loop *loop, process_watch_fn *changed, void *ctx,
					const struct failover_conf *conf);
void process_watch_free(struct process_watch **watch);
void process_watch_configure(struct process_watch *watch, const struct failover_conf *conf);
/* Tells every verdict: for an instance that is new. */
void process_watch_tell(struct process_watch *watch);

#endif
