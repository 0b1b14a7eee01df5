/*
 * Persistence by stick tables. See sticky.h. Called by connect.c and response.c for backends with
 * stick rules only.
 */
#include "balancer/flow/sticky.h"

struct search {
	struct exchange *x;
	struct server_choice *choice;
};

static bool may_have(struct exchange *x, const struct server *s)
{
	const struct proxy_conf *conf = x->backend->conf;

	return server_is_reachable(s) || conf->options & PROXY_OPT_PERSIST ||
	       (conf->rules && rules_force_persist(conf->rules, &x->rules));
}

/* stick_server_fn */
static bool take_server(void *ctx, unsigned id)
{
	struct search *search = ctx;
	struct backend *b = search->x->backend->backend;

	if (search->choice->want) /* a cookie, or use-server */
		return true;
	for (unsigned i = 0; i < b->n_servers; i++) {
		struct server *s = &b->servers[i];

		if (s->conf->id != id || !may_have(search->x, s))
			continue;
		search->choice->want = s;
		return true;
	}
	return false;
}

static struct rule_input *input_of(struct exchange *x)
{
	struct rule_input *in = exchange_rule_input(x);

	if (x->steps == http_steps)
		in->req = &x->req;
	else if (x->session->in)
		in->payload = (struct slice){x->session->in->data, x->session->in->end};
	return in;
}

void sticky_choose(struct exchange *x, struct server_choice *choice)
{
	struct search search = {x, choice};

	x->stores = NULL;
	stick_request(x->backend->conf->stick_rules, input_of(x), &x->stores, take_server, &search);
}

void sticky_learn(struct exchange *x)
{
	const struct stick_rules *rules = x->backend->conf->stick_rules;
	struct rule_input *in;

	if (rules->response && x->steps == http_steps) {
		in = input_of(x);
		in->res = &x->res;
		stick_response(rules, in, &x->stores);
	}
	if (!x->server->conf->non_stick)
		stick_store(x->stores, x->server->conf->id, exchange_now(x));
}
