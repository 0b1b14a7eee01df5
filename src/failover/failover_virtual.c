/*
 * Changes of virtual servers: the balancer sees them, and tells them through the master
 * (MESSAGE_FAILOVER_VIRTUAL), because FIFOs and mails are this process'. What it says of servers
 * that the configuration here does not have any more, or not yet, is dropped.
 */
#include <string.h>

#include "failover/failover_impl.h"
#include "failover/virtual/virtual_told.h"

void failover_virtual_tell(struct failover *f, const void *payload, size_t len)
{
	struct message_virtual event;
	struct virtual_told told;

	if (len != sizeof(event) || !f->notify)
		return;
	memcpy(&event, payload, sizeof(event));
	event.proxy[sizeof(event.proxy) - 1] = '\0';
	event.server[sizeof(event.server) - 1] = '\0';
	event.reason[sizeof(event.reason) - 1] = '\0';
	if (virtual_told_write(f->conf->virtual_servers, &event, &told) && told.line[0])
		notify_virtual(f->notify, told.line, told.mail ? told.about : NULL, told.what,
			       told.body);
}
