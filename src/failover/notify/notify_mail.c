/*
 * What mails say. See notify_mail.h. Subjects and bodies measured on Keepalived 2.2.7, which sends
 * none at its end.
 */
#include "failover/notify/notify_mail.h"

#include <stdio.h>
#include <string.h>

static bool is(const char *word, const char *other)
{
	return strcmp(word, other) == 0;
}

void notify_mail_send(struct mail_queue *queue, const struct failover_conf *conf, const char *kind,
		      const char *name, const char *word)
{
	bool group = is(kind, "GROUP"), master = is(word, "MASTER"), deleted = is(word, "DELETED");
	char about[128], what[64], body[128];

	if (!master && !deleted && !is(word, "BACKUP") && !is(word, "FAULT"))
		return;
	if (conf->no_email_faults && is(word, "FAULT"))
		return;
	snprintf(about, sizeof(about), "VRRP %s %s", group ? "Group" : "Instance", name);
	snprintf(what, sizeof(what), deleted ? "Deleted" : "Entering %s state", word);
	if (deleted)
		snprintf(body, sizeof(body), "=> VRRP Deleted at reload <=");
	else if (group)
		snprintf(body, sizeof(body),
			 "=> All VRRP group instances are now in %s state <=", word);
	else
		snprintf(body, sizeof(body), "=> VRRP Instance is %s owning VRRP VIPs <=",
			 master ? "now" : "no longer");
	mail_queue_send(queue, about, what, body);
}
