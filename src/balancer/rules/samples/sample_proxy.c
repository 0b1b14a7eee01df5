/*
 * Samples of the running program: proxies and servers by name, how many, how busy. Numbers come
 * through rule_facts; names are found when the whole configuration is read.
 */
#include "balancer/rules/rule_set.h"
#include "balancer/rules/sample.h"

struct named {		  /* call->data */
	const void *what; /* struct proxy_conf or server_conf; NULL = the present one */
	struct slice text;
	char kind;
};

static bool check_named(struct rules_build *b, struct sample_call *call, char kind)
{
	struct named *n = ARENA_NEW(b->arena, struct named);
	struct rule_pending *p;

	call->data = n;
	n->kind = kind;
	n->text = call->args[0].str;
	if (!call->args[0].given || !b->set)
		return true;
	p = ARENA_NEW(b->arena, struct rule_pending);
	*p = (struct rule_pending){b->set->pending, b->at, n->text.ptr, kind, &n->what};
	b->set->pending = p;
	return true;
}

static bool check_backend(struct rules_build *b, struct sample_call *call)
{
	return check_named(b, call, 'b');
}

static bool check_frontend(struct rules_build *b, struct sample_call *call)
{
	return check_named(b, call, 'f');
}

static bool check_server(struct rules_build *b, struct sample_call *call)
{
	return check_named(b, call, 's');
}

static const struct proxy_conf *proxy_of(const struct sample_call *c, struct rule_input *in)
{
	const struct named *n = c->data;

	if (n->what)
		return n->what;
	if (c->args[0].given) { /* a log-format, compiled without names */
		for (const struct proxy_conf *p = in->conf ? in->conf->proxies : NULL; p;
		     p = p->next)
			if (slice_eq_str(n->text, p->name))
				return p;
		return NULL;
	}
	return n->kind == 'f' ? in->frontend : in->backend ? in->backend : in->frontend;
}

static const struct server_conf *server_of(const struct sample_call *c)
{
	return ((const struct named *)c->data)->what;
}

SAMPLE_GET(get_nbsrv)
{
	const struct proxy_conf *p = proxy_of(c, in);

	return p && in->facts && in->facts->servers_up &&
	       sample_give_num(out, SAMPLE_INT, in->facts->servers_up(in->facts_ctx, p));
}

static bool give_sessions(const struct sample_call *c, struct rule_input *in, bool fe,
			  struct sample *out)
{
	const struct proxy_conf *p = proxy_of(c, in);

	return p && in->facts && in->facts->sessions &&
	       sample_give_num(out, SAMPLE_INT, in->facts->sessions(in->facts_ctx, p, fe));
}

static bool give_rate(const struct sample_call *c, struct rule_input *in, bool fe,
		      struct sample *out)
{
	const struct proxy_conf *p = proxy_of(c, in);

	return p && in->facts && in->facts->session_rate &&
	       sample_give_num(out, SAMPLE_INT, in->facts->session_rate(in->facts_ctx, p, fe));
}

SAMPLE_GET(get_fe_conn)
{
	return give_sessions(c, in, true, out);
}

SAMPLE_GET(get_be_conn)
{
	return give_sessions(c, in, false, out);
}

SAMPLE_GET(get_fe_rate)
{
	return give_rate(c, in, true, out);
}

SAMPLE_GET(get_be_rate)
{
	return give_rate(c, in, false, out);
}

SAMPLE_GET(get_queue)
{
	const struct proxy_conf *p = proxy_of(c, in);

	return p && in->facts && in->facts->queued &&
	       sample_give_num(out, SAMPLE_INT, in->facts->queued(in->facts_ctx, p));
}

SAMPLE_GET(get_avg_queue)
{
	const struct proxy_conf *p = proxy_of(c, in);
	unsigned up, queued;

	if (!p || !in->facts || !in->facts->queued || !in->facts->servers_up)
		return false;
	up = in->facts->servers_up(in->facts_ctx, p);
	queued = in->facts->queued(in->facts_ctx, p);
	return sample_give_num(out, SAMPLE_INT, up ? (queued + up - 1) / up : queued * 10);
}

SAMPLE_GET(get_actconn)
{
	return in->facts && in->facts->connections &&
	       sample_give_num(out, SAMPLE_INT, in->facts->connections(in->facts_ctx));
}

SAMPLE_GET(get_srv_is_up)
{
	const struct server_conf *s = server_of(c);

	return s && in->facts && in->facts->server_is_up &&
	       sample_give_num(out, SAMPLE_BOOL, in->facts->server_is_up(in->facts_ctx, s));
}

SAMPLE_GET(get_srv_iweight)
{
	const struct server_conf *s = server_of(c);

	return s && sample_give_num(out, SAMPLE_INT, s->weight);
}

SAMPLE_GET(get_fe_name)
{
	return in->frontend && sample_give_str(out, slice_of(in->frontend->name));
}

SAMPLE_GET(get_be_name)
{
	return in->backend && sample_give_str(out, slice_of(in->backend->name));
}

SAMPLE_GET(get_srv_name)
{
	return in->server && sample_give_str(out, slice_of(in->server->name));
}

SAMPLE_GET(get_fe_id)
{
	return in->frontend && sample_give_num(out, SAMPLE_INT, in->frontend->id);
}

SAMPLE_GET(get_be_id)
{
	return in->backend && sample_give_num(out, SAMPLE_INT, in->backend->id);
}

SAMPLE_GET(get_srv_id)
{
	return in->server && sample_give_num(out, SAMPLE_INT, in->server->id);
}

SAMPLE_GET(get_fe_defbe)
{
	return in->frontend && in->frontend->default_backend &&
	       sample_give_str(out, slice_of(in->frontend->default_backend->name));
}

SAMPLE_GET(get_fe_client_timeout)
{
	return in->frontend && sample_give_num(out, SAMPLE_INT, in->frontend->timeout.client);
}

SAMPLE_GET(get_be_server_timeout)
{
	return in->backend && sample_give_num(out, SAMPLE_INT, in->backend->timeout.server);
}

SAMPLE_GET(get_be_tunnel_timeout)
{
	return in->backend && sample_give_num(out, SAMPLE_INT, in->backend->timeout.tunnel);
}

const struct sample_row sample_proxy_rows[] = {
	{"nbsrv", SAMPLE_INT, "S", 0, get_nbsrv, check_backend, "usable servers of a backend"},
	{"fe_conn", SAMPLE_INT, "S", 0, get_fe_conn, check_frontend, "sessions of a frontend"},
	{"be_conn", SAMPLE_INT, "S", 0, get_be_conn, check_backend, "sessions of a backend"},
	{"fe_sess_rate", SAMPLE_INT, "S", 0, get_fe_rate, check_frontend,
	 "new sessions per second of a frontend"},
	{"be_sess_rate", SAMPLE_INT, "S", 0, get_be_rate, check_backend,
	 "new sessions per second of a backend"},
	{"queue", SAMPLE_INT, "S", 0, get_queue, check_backend, "waiting in a backend's queues"},
	{"avg_queue", SAMPLE_INT, "S", 0, get_avg_queue, check_backend,
	 "waiting per usable server"},
	{"actconn", SAMPLE_INT, "", 0, get_actconn, NULL, "client connections of the process"},
	{"srv_is_up", SAMPLE_BOOL, "s", 0, get_srv_is_up, check_server, "a server is usable"},
	{"srv_iweight", SAMPLE_INT, "s", 0, get_srv_iweight, check_server, "a server's weight"},
	{"fe_name", SAMPLE_STR, "", 0, get_fe_name, NULL, "the frontend's name"},
	{"be_name", SAMPLE_STR, "", 0, get_be_name, NULL, "the backend's name"},
	{"srv_name", SAMPLE_STR, "", 0, get_srv_name, NULL, "the server's name"},
	{"fe_id", SAMPLE_INT, "", 0, get_fe_id, NULL, "the frontend's number"},
	{"be_id", SAMPLE_INT, "", 0, get_be_id, NULL, "the backend's number"},
	{"srv_id", SAMPLE_INT, "", 0, get_srv_id, NULL, "the server's number"},
	{"fe_defbe", SAMPLE_STR, "", 0, get_fe_defbe, NULL, "the frontend's default backend"},
	{"fe_client_timeout", SAMPLE_INT, "", 0, get_fe_client_timeout, NULL, "timeout client, ms"},
	{"be_server_timeout", SAMPLE_INT, "", 0, get_be_server_timeout, NULL, "timeout server, ms"},
	{"be_tunnel_timeout", SAMPLE_INT, "", 0, get_be_tunnel_timeout, NULL, "timeout tunnel, ms"},
	{.name = NULL},
};
