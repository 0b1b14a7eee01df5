/*
 * keepalived.data: the configuration and the state of each instance and group as keepalived's
 * SIGUSR1 writes them, whose lines monitoring greps. Called by keepalived_dump.c.
 */
#ifndef RELAIS_MAIN_KEEPALIVED_DATA_H
#define RELAIS_MAIN_KEEPALIVED_DATA_H

#include <stdio.h>

#include "core/sys/shared_page.h"
#include "failover/model/vrrp_conf.h"

void keepalived_data_put(FILE *out, const struct failover_conf *conf,
			 const struct shared_page *page);

/* All zero, and in INIT, when it is not on the page yet. */
void keepalived_data_find(const struct shared_page *page, const char *name, struct shared_vip *out);
/* enum vrrp_state, whose order is keepalived's. */
int keepalived_data_state(const struct shared_vip *v);
int keepalived_data_want(const struct vrrp_instance_conf *i, const struct shared_vip *v);
/* MASTER and with its addresses, which hooks may keep away. */
bool keepalived_data_holds(const struct shared_vip *v);
/* Of the router that is master beside us; 0 = we are, or nobody was heard. */
unsigned keepalived_data_master_priority(const struct shared_vip *v);

#endif
