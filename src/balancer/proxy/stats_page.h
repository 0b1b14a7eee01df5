/*
 * The stats page as flow sees it: a request on a proxy's `stats uri` goes to admin/, which answers
 * with complete HTTP bytes. Wired by main/ through struct balancer_setup.
 */
#ifndef RELAIS_PROXY_STATS_PAGE_H
#define RELAIS_PROXY_STATS_PAGE_H

#include "balancer/http/message.h"
#include "balancer/proxy/proxy_conf.h"

struct stats_page_request {
	const struct proxy_conf *proxy; /* whose `stats` lines rule */
	const struct http_message *req;
	const char *service; /* of `use-service`; NULL = the stats page */
	struct arena *arena; /* lives until the reply is written */
};

struct stats_page_reply {
	struct slice bytes; /* status line to the end of the body; in the arena */
	int status;
	bool close; /* the bytes say Connection: close */
};

struct stats_page_ops {
	bool (*answer)(const struct stats_page_request *request, struct stats_page_reply *reply);
};

#endif
