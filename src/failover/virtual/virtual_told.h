/*
 * What FIFOs and mails say of a change in a virtual server, in Keepalived's words, measured
 * on 2.2.7:
 *
 *   VS [192.0.2.10]:tcp:80 UP
 *   RS [192.0.2.31]:tcp:80 [192.0.2.10]:tcp:80 DOWN
 *   [lb1] Realserver [192.0.2.31]:tcp:80 of virtual server [192.0.2.10]:tcp:80 - DOWN
 *   [lb1] Virtualserver [192.0.2.10]:tcp:80 - UP
 *
 * Used by the failover process for what the balancer tells it. Pure.
 */
#ifndef RELAIS_VIRTUAL_VIRTUAL_TOLD_H
#define RELAIS_VIRTUAL_VIRTUAL_TOLD_H

#include "core/sys/message.h"
#include "failover/virtual/virtual_conf.h"

struct virtual_told {
	char line[256]; /* with its end; "" = FIFOs hear nothing of it */
	bool mail;
	char about[192], what[8], body[256];
};

/* False: there is no such virtual or real server. */
bool virtual_told_write(const struct virtual_conf *conf, const struct message_virtual *event,
			struct virtual_told *out);

#endif
