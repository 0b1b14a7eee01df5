/*
 * Virtual servers after everything is read: groups resolved, defaults filled in, contradictions
 * settled as Keepalived does, and what relais does not serve said by name.
 */
#include "failover/virtual/virtual_build.h"

static const char *const method_names[] = {"NAT", "DR", "TUN"};
static const char *const checker_names[] = {"TCP_CHECK",  "HTTP_GET",  "SSL_GET",   "SMTP_CHECK",
					    "MISC_CHECK", "DNS_CHECK", "UDP_CHECK", "PING_CHECK",
					    "FILE_CHECK", "BFD_CHECK"};

/* What Keepalived says too; what only relais says. */
#define SAY(b, v, ...)	  conf_warn((b)->ctx.diags, (v)->place, __VA_ARGS__)
#define ADVISE(b, v, ...) conf_advise((b)->ctx.diags, (v)->place, __VA_ARGS__)

void virtual_servers_begin(struct failover_build *b)
{
	b->conf->virtual_servers = ARENA_NEW(b->ctx.arena, struct virtual_conf);
}

static void resolve_group(struct failover_build *b, struct virtual_server_conf *v)
{
	const struct virtual_group_conf *g = b->conf->virtual_servers->groups;

	if (!v->group_name)
		return;
	while (g && strcmp(g->name, v->group_name) != 0)
		g = g->next;
	v->group = g;
	v->addresses = g ? g->addresses : NULL;
	if (!g)
		ADVISE(b, v,
		       "there is no virtual_server_group '%s': this virtual_server is left out",
		       v->group_name);
}

static int family_of(const struct virtual_server_conf *v)
{
	for (const struct virtual_address_conf *a = v->addresses; a; a = a->next)
		if (!a->is_fwmark)
			return a->first.sa.sa_family;
	return AF_UNSPEC;
}

static void settle_defaults(struct failover_build *b, struct virtual_server_conf *v)
{
	bool mark = v->addresses && v->addresses->is_fwmark;

	if (v->protocol == VIRTUAL_NO_PROTOCOL && !mark) {
		SAY(b, v,
		    "virtual_server %s names no protocol: it is taken as UDP, as Keepalived "
		    "does; write 'protocol TCP'",
		    v->label);
		v->protocol = VIRTUAL_UDP;
	} else if (v->protocol != VIRTUAL_NO_PROTOCOL && mark) {
		SAY(b, v, "virtual_server %s: a fwmark has no protocol", v->label);
	}
	if (v->ops && v->protocol != VIRTUAL_UDP)
		SAY(b, v, "virtual_server %s: 'ops' is for UDP only, left out", v->label);
	if (!v->scheduler) {
		SAY(b, v, "virtual_server %s names no scheduler: wlc is taken", v->label);
		v->scheduler = "wlc";
	}
	if (v->method == VIRTUAL_UNSET) {
		bool all = v->reals;

		for (const struct virtual_real_conf *r = v->reals; r; r = r->next)
			all = all && r->method != VIRTUAL_UNSET;
		if (!all)
			SAY(b, v, "virtual_server %s names no lvs_method: NAT is taken", v->label);
		v->method = VIRTUAL_NAT;
	}
}

static const struct vrrp_file_conf *track_file(const struct failover_build *b, const char *name)
{
	const struct vrrp_file_conf *f = b->conf->files;

	while (f && strcmp(f->name, name) != 0)
		f = f->next;
	return f;
}

static bool is_bfd(const struct failover_build *b, const char *name)
{
	const struct vrrp_bfd_conf *s = b->conf->bfds;

	while (s && (!s->for_checker || strcmp(s->name, name) != 0))
		s = s->next;
	return s;
}

/* False, and said: what it looks at is not there. */
static bool settle_seen(struct failover_build *b, struct virtual_checker_conf *c)
{
	const struct vrrp_file_conf *f;

	if (c->kind == VIRTUAL_BFD_CHECK && !is_bfd(b, c->name)) {
		SAY(b, c, "there is no bfd_instance '%s': this checker is left out", c->name);
		return false;
	}
	if (c->kind != VIRTUAL_FILE_CHECK)
		return true;
	f = track_file(b, c->name);
	if (!f) {
		SAY(b, c, "there is no track_file '%s': this checker is left out", c->name);
		return false;
	}
	if (!c->file_weight_set) {
		c->file_weight = f->weight;
		c->file_reverse = f->weight_reverse;
	}
	return true;
}

static void settle_checkers(struct failover_build *b, struct virtual_real_conf *r)
{
	for (struct virtual_checker_conf **at = &r->checkers; *at;) {
		struct virtual_checker_conf *c = *at;

		if (!settle_seen(b, c)) {
			*at = c->next;
			continue;
		}
		virtual_times_inherit(&c->times, &r->times);
		if (c->fwmark && !virtual_is_probe(c->kind))
			ADVISE(b, c,
			       "'fwmark' of %s is without effect: only checks by ICMP and UDP "
			       "carry a mark",
			       checker_names[c->kind]);
		at = &c->next;
	}
}

/* Without a port it has that of its virtual server. */
static void settle_port(const struct virtual_server_conf *v, struct virtual_real_conf *r)
{
	if (addr_port(&r->addr) == 0 && !v->group && !v->addresses->is_fwmark)
		addr_set_port(&r->addr, addr_port(&v->addresses->first));
}

static bool is_there_before(const struct virtual_server_conf *v, const struct virtual_real_conf *r)
{
	const struct virtual_real_conf *o = v->reals;

	while (o != r && !addr_eq(&o->addr, &r->addr, true))
		o = o->next;
	return o != r;
}

/* Leaves out those that cannot be: of the other family, or there twice. */
static void settle_reals(struct failover_build *b, struct virtual_server_conf *v)
{
	int family = family_of(v);

	for (struct virtual_real_conf **at = &v->reals; *at;) {
		struct virtual_real_conf *r = *at;

		if (r->method == VIRTUAL_UNSET)
			r->method = v->method;
		if (family != AF_UNSPEC && r->method != VIRTUAL_TUN &&
		    r->addr.sa.sa_family != family) {
			SAY(b, r,
			    "this real_server is not of its virtual server's address family, "
			    "left out");
			*at = r->next;
			continue;
		}
		settle_port(v, r);
		if (is_there_before(v, r)) {
			SAY(b, r, "this real_server is there already: the first counts");
			*at = r->next;
			continue;
		}
		if (r->weight == VIRTUAL_UNSET)
			r->weight = v->weight;
		virtual_times_inherit(&r->times, &v->times);
		settle_checkers(b, r);
		at = &r->next;
	}
}

static void settle_quorum(struct failover_build *b, struct virtual_server_conf *v)
{
	unsigned long long sum = 0;

	for (const struct virtual_real_conf *r = v->reals; r; r = r->next)
		sum += (unsigned long long)r->weight;
	if (v->quorum > sum) {
		SAY(b, v,
		    "virtual_server %s: its quorum of %lu is more than its real servers' "
		    "%llu, which is taken",
		    v->label, v->quorum, sum);
		v->quorum = (unsigned long)sum;
	}
	if (v->hysteresis && v->hysteresis >= v->quorum) {
		SAY(b, v,
		    "virtual_server %s: hysteresis %lu is not less than the quorum %lu: %lu "
		    "is taken",
		    v->label, v->hysteresis, v->quorum, v->quorum ? v->quorum - 1 : 0);
		v->hysteresis = v->quorum ? v->quorum - 1 : 0;
	}
}

/* Without a word real servers send mail, and virtual servers none. */
static void settle_alerts(struct failover_build *b, struct virtual_server_conf *v)
{
	int checker = b->conf->smtp_alert_checker;

	if (v->alert == VIRTUAL_UNSET)
		v->alert = checker > 0;
	for (struct virtual_real_conf *r = v->reals; r; r = r->next)
		if (r->alert == VIRTUAL_UNSET)
			r->alert = checker != 0;
}

/* Says why an address cannot be listened on; whether one is left. */
static bool has_listener(struct failover_build *b, const struct virtual_server_conf *v)
{
	bool any = false;

	for (const struct virtual_address_conf *a = v->addresses; a; a = a->next) {
		if (a->is_fwmark)
			ADVISE(b, a,
			       "a fwmark is not served by relais: it has no IPVS, connections "
			       "are taken by address and port");
		else if (addr_port(&a->first) == 0 && !v->persistence_us)
			SAY(b, a,
			    "a virtual server without a port is only for persistent services, "
			    "left out");
		else if (addr_port(&a->first) == 0)
			ADVISE(b, a,
			       "a virtual server without a port is not served by relais: it "
			       "listens on ports, name them");
		else
			any = true;
	}
	return any;
}

static bool is_checked_by(const struct virtual_server_conf *v, enum virtual_checker_kind kind)
{
	for (const struct virtual_real_conf *r = v->reals; r; r = r->next)
		for (const struct virtual_checker_conf *c = r->checkers; c; c = c->next)
			if (c->kind == kind)
				return true;
	return false;
}

static bool has_protocol(struct failover_build *b, const struct virtual_server_conf *v)
{
	if (v->protocol == VIRTUAL_TCP || v->protocol == VIRTUAL_NO_PROTOCOL)
		return true;
	ADVISE(b, v, "virtual_server %s: protocol %s is not served by relais, left out%s", v->label,
	       v->protocol == VIRTUAL_UDP ? "UDP" : "SCTP",
	       is_checked_by(v, VIRTUAL_DNS_CHECK) ? ", and its DNS_CHECK with it" : "");
	return false;
}

static void say_method(struct failover_build *b, const struct virtual_server_conf *v)
{
	int odd = v->method;

	for (const struct virtual_real_conf *r = v->reals; r && odd == VIRTUAL_NAT; r = r->next)
		odd = r->method;
	if (odd != VIRTUAL_NAT)
		ADVISE(b, v,
		       "virtual_server %s: lvs_method %s is not served by relais, it is proxied "
		       "as all others",
		       v->label, method_names[odd]);
}

static void settle(struct failover_build *b, struct virtual_server_conf *v)
{
	resolve_group(b, v);
	if (!v->addresses)
		return;
	if (v->reals || v->sorry)
		settle_defaults(b, v);
	settle_reals(b, v);
	if (v->sorry)
		settle_port(v, v->sorry);
	if (!v->reals) {
		SAY(b, v, "virtual_server %s has no real servers, left out", v->label);
		return;
	}
	settle_quorum(b, v);
	settle_alerts(b, v);
	v->served = has_protocol(b, v) && has_listener(b, v);
	if (!v->served)
		return;
	virtual_names_settle(b, v);
	say_method(b, v);
}

void virtual_servers_finish(struct failover_build *b)
{
	bool said = false;

	b->conf->virtual_servers->init_notifies = b->conf->rs_init_notifies;
	for (struct virtual_server_conf *v = b->conf->virtual_servers->servers; v; v = v->next) {
		settle(b, v);
		if (v->served && !said)
			ADVISE(b, v,
			       "virtual servers are proxied by relais' balancer, not routed by "
			       "IPVS: real servers see this node's address as the client's, and "
			       "answer to it");
		said |= v->served;
	}
}

static const struct script_conf *script_of_real(const struct virtual_real_conf *r)
{
	const struct virtual_checker_conf *c = r->checkers;

	while (c && !c->script.argv)
		c = c->next;
	return c ? &c->script : r->notify_up.argv ? &r->notify_up : &r->notify_down;
}

const struct script_conf *virtual_servers_script(const struct failover_conf *conf)
{
	const struct virtual_server_conf *v = conf->virtual_servers->servers;

	for (; v; v = v->next) {
		if (v->quorum_up.argv || v->quorum_down.argv)
			return v->quorum_up.argv ? &v->quorum_up : &v->quorum_down;
		for (const struct virtual_real_conf *r = v->reals; r; r = r->next)
			if (script_of_real(r)->argv)
				return script_of_real(r);
	}
	return NULL;
}
