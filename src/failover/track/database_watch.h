/*
 * Tracked databases at run time: for each one that is configured a relais-dbrole is kept running by
 * the runner, asks the server again and again over one connection, and writes a line each time
 * (database_line.h). Its lines are counted by rise and fall and told. One that says nothing for too
 * long or ends is a database that does not answer, and is started anew.
 *
 * Order of calls: new, configure at a reload, free. All on the failover's thread; nothing waits.
 */
#ifndef RELAIS_TRACK_DATABASE_WATCH_H
#define RELAIS_TRACK_DATABASE_WATCH_H

#include "core/loop/runner_link.h"
#include "failover/vrrp/instance.h"

struct database_watch;

/* Each time it was asked, also when nothing has changed. */
typedef void database_told_fn(void *ctx, const struct vrrp_database_conf *db,
			      const struct vrrp_role *role);

struct database_watch_setup { /* all borrowed */
	struct loop *loop;
	struct runner_link *link;
	database_told_fn *told;
	void *ctx;
	const char *tool; /* path of relais-dbrole; NULL = it is not installed */
};

struct database_watch *database_watch_new(const struct database_watch_setup *setup,
					  const struct failover_conf *conf);
void database_watch_free(struct database_watch **watch);
/* Those that stay what they were go on. */
void database_watch_configure(struct database_watch *watch, const struct failover_conf *conf);
/* Ask this one now, and not when its interval is over. Unknown names are ignored. */
void database_watch_ask(struct database_watch *watch, const char *name);

#endif
