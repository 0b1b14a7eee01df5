/*
 * Feeds service.h on the loop: the shared page's beats at the moments that matter, the master's
 * messages as they come. Tells the node when its verdict changes. Failover's thread only.
 */
#ifndef RELAIS_FAILOVER_SERVICE_WATCH_H
#define RELAIS_FAILOVER_SERVICE_WATCH_H

#include "core/loop/loop.h"
#include "failover/service.h"

struct service_watch {
	struct service service;
	struct loop *loop; /* borrowed, as all here */
	const struct shared_page *page;
	struct loop_timer timer;
	/* well false: resign for reason; true: take part again. */
	void (*on_change)(struct service_watch *w, bool well, const char *reason);
};

/* loop, page and on_change are set before. Does not call on_change: read the first verdict. */
void service_watch_start(struct service_watch *w);
void service_watch_tell(struct service_watch *w, enum service_event event);
void service_watch_stop(struct service_watch *w);

#endif
