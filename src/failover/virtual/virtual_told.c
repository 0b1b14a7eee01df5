/*
 * Lines and mails of virtual servers. See virtual_told.h. Where Keepalived's mail of a lost quorum
 * has the signs of a gained one, this has those of its log.
 */
#include "failover/virtual/virtual_told.h"

#include <stdio.h>
#include <string.h>

static const struct virtual_server_conf *find_server(const struct virtual_conf *conf,
						     const char *section)
{
	const struct virtual_server_conf *v = conf->servers;

	while (v && (!v->served || strcmp(v->section, section) != 0))
		v = v->next;
	return v;
}

static const struct virtual_real_conf *find_real(const struct virtual_server_conf *v,
						 const char *name)
{
	const struct virtual_real_conf *r = v->reals;

	while (r && strcmp(r->name, name) != 0)
		r = r->next;
	return r;
}

/* Keepalived names the checker that has turned: here the first. */
static void write_body(const struct virtual_real_conf *r, const struct message_virtual *event,
		       struct virtual_told *out)
{
	static const char *const plain[] = {
		[VIRTUAL_TCP_CHECK] = "TCP CHECK",   [VIRTUAL_MISC_CHECK] = "MISC CHECK",
		[VIRTUAL_UDP_CHECK] = "UDP CHECK",   [VIRTUAL_PING_CHECK] = "ICMP CHECK",
		[VIRTUAL_DNS_CHECK] = "DNS_CHECK:",  [VIRTUAL_BFD_CHECK] = "BFD CHECK",
		[VIRTUAL_FILE_CHECK] = "FILE CHECK",
	};
	const char *name = r->checkers && !r->checkers->next ? plain[r->checkers->kind] : NULL;

	if (event->is_up)
		snprintf(out->body, sizeof(out->body),
			 "=> %s succeed on service <=", name ? name : "CHECK");
	else if (name)
		snprintf(out->body, sizeof(out->body), "=> %s failed on service <=", name);
	else
		snprintf(out->body, sizeof(out->body),
			 "=> CHECK failed on service : %s <=", event->reason);
}

static void write_quorum(const struct virtual_server_conf *v, const struct message_virtual *event,
			 struct virtual_told *out)
{
	bool up = event->is_up;
	unsigned long needed = up			   ? v->quorum + v->hysteresis
			       : v->quorum > v->hysteresis ? v->quorum - v->hysteresis
							   : 0;

	snprintf(out->body, sizeof(out->body),
		 "=> %s quorum %lu%c%lu=%lu %s %llu <=", up ? "Gained" : "Lost", v->quorum,
		 up ? '+' : '-', v->hysteresis, needed, up ? "<=" : ">",
		 (unsigned long long)event->weight);
}

bool virtual_told_write(const struct virtual_conf *conf, const struct message_virtual *event,
			struct virtual_told *out)
{
	const struct virtual_server_conf *v = find_server(conf, event->proxy);
	const struct virtual_real_conf *r =
		v && event->server[0] ? find_real(v, event->server) : NULL;

	*out = (struct virtual_told){.mail = false};
	if (!v || (event->server[0] && !r))
		return false;
	snprintf(out->what, sizeof(out->what), "%s", event->is_up ? "UP" : "DOWN");
	if (!r) {
		snprintf(out->line, sizeof(out->line), "VS %s %s\n", v->told_as, out->what);
		snprintf(out->about, sizeof(out->about), "Virtualserver %s", v->told_as);
		write_quorum(v, event, out);
		out->mail = v->alert;
	} else if (!event->is_start || conf->init_notifies) {
		snprintf(out->line, sizeof(out->line), "RS %s %s %s\n", r->label, v->told_as,
			 out->what);
		snprintf(out->about, sizeof(out->about), "Realserver %s of virtual server %s",
			 r->label, v->told_as);
		write_body(r, event, out);
		out->mail = r->alert && !event->is_start;
	}
	return true;
}
