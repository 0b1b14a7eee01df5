/*
 * Asks third parties (witness { ... } of an instance) at short intervals whether they answer: an
 * echo request, or a TCP connection that is closed at once. What counts is when a question was
 * asked that somebody answered; what that allows is vrrp/instance.c's matter. One per instance.
 * Failover's thread only. Needs CAP_NET_RAW.
 */
#ifndef RELAIS_TRACK_WITNESS_H
#define RELAIS_TRACK_WITNESS_H

#include "core/loop/loop.h"
#include "failover/model/vrrp_conf.h"

struct witness;

/* A witness has answered what was asked at asked_us (of the loop). */
typedef void witness_fn(void *ctx, int64_t asked_us);

/* list is borrowed; period_us is clamped to 5 ms .. 1 s. Asks at once. */
struct witness *witness_new(struct loop *loop, const struct vrrp_witness_conf *list,
			    int64_t period_us, witness_fn *answered, void *ctx);
void witness_free(struct witness **w);

#endif
