/*
 * What keepalived's signals write: keepalived.data (SIGUSR1), keepalived.stats (SIGUSR2) and
 * keepalived.json (36) in /tmp, or where state_dump_file and its kin say, mode 0600. The JSON has
 * keepalived's fields, which exporters parse.
 */
#ifndef RELAIS_MAIN_KEEPALIVED_DUMP_H
#define RELAIS_MAIN_KEEPALIVED_DUMP_H

#include <stdio.h>

#include "core/sys/shared_page.h"
#include "failover/model/vrrp_conf.h"

enum keepalived_dump_kind { KEEPALIVED_DUMP_DATA, KEEPALIVED_DUMP_STATS, KEEPALIVED_DUMP_JSON };

/* dir: NULL = /tmp. Logs what cannot be written. conf NULL: nothing to say, an empty list. */
void keepalived_dump(const struct failover_conf *conf, const struct shared_page *page,
		     enum keepalived_dump_kind kind, const char *dir);

#endif
