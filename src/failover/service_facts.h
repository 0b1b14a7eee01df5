/*
 * What VIPs track of the service: backends, frontends and servers of the balancer beside us, read
 * from the active balancer's slot of the shared page whenever its eventfd says that something has
 * changed there. A balancer that is being replaced, or has not checked a server yet, has no say:
 * what was known before stays, for SERVICE_FACTS_GRACE_US after it came. Failover's thread only.
 */
#ifndef RELAIS_FAILOVER_SERVICE_FACTS_H
#define RELAIS_FAILOVER_SERVICE_FACTS_H

#include "core/loop/loop.h"
#include "core/sys/shared_page.h"
#include "failover/model/vrrp_conf.h"

enum { SERVICE_FACTS_GRACE_US = 3000000 };

struct service_facts {
	struct loop *loop; /* borrowed, as the page */
	const struct shared_page *page;
	struct loop_fd wake;			    /* the eventfd, borrowed; -1 = none */
	struct loop_timer timer;		    /* the grace's end */
	int64_t grace_until_us;			    /* unproven facts do not count before */
	void (*on_change)(struct service_facts *s); /* ask again for every row */
};

/* Which kind of fact a row asks for; false: none, it is tracked elsewhere. */
bool service_fact_kind(const struct vrrp_track_conf *row, enum shared_fact_kind *kind);

/* loop, page, wake.fd and on_change are set before. on_change is not called. 0 or -errno. */
int service_facts_start(struct service_facts *s);
void service_facts_stop(struct service_facts *s);
/* Another balancer serves: its grace begins, on_change is called. */
void service_facts_renew(struct service_facts *s);
/* A vrrp_track_ask_fn; ctx is the struct service_facts. */
int service_facts_ask(void *ctx, const struct vrrp_track_conf *row);

#endif
