/*
 * Steps that only TCP sessions take: tcp-request content rules, with the wait for first bytes that
 * they may ask for, and the choice of the backend.
 */
#include "balancer/flow/exchange.h"

#include <errno.h>

/* More of the client's first bytes into its buffer. false: no room or no memory. */
static bool peek_more(struct session *s)
{
	if (!s->in)
		s->in = worker_buffer_take(s->worker, 1);
	if (!s->in)
		return false;
	while (s->client.flags & CONN_READABLE && s->in->end < s->in->cap) {
		ssize_t n =
			conn_read(&s->client, s->in->data + s->in->end, s->in->cap - s->in->end);

		if (n <= 0)
			break;
		s->in->end += (uint32_t)n;
	}
	return s->in->end < s->in->cap;
}

static flow_result carry_out(enum rule_outcome outcome)
{
	switch (outcome) {
	case RULE_CONTINUE:
	case RULE_ACCEPT:
		return FLOW_NEXT;
	default:
		return flow_fail(REASON_REJECTED);
	}
}

static flow_result step_content(struct exchange *x)
{
	const struct rule_set *rules = x->frontend->conf->rules;
	struct session *s = x->session;
	struct rule_verdict verdict = {0};
	struct rule_input *in;
	enum rule_outcome outcome;
	bool more;

	x->head_us = s->accept_us;
	if (!rules || !rules_has(rules, RULE_TCP_REQUEST))
		return FLOW_NEXT;
	more = peek_more(s);
	if (s->client.flags & CONN_ERROR)
		return flow_fail(REASON_CLIENT_ABORT);
	in = exchange_rule_input(x);
	if (s->in)
		in->payload = (struct slice){s->in->data, s->in->end};
	in->payload_complete = x->expired || !more || s->client.flags & CONN_READ_END ||
			       rules_inspect_delay_ms(rules) <= 0;
	outcome = rules_run(rules, RULE_TCP_REQUEST, in, &verdict);
	if (outcome == RULE_WAIT && !in->payload_complete) {
		exchange_deadline(x, flow_deadline(s->accept_us, rules_inspect_delay_ms(rules)));
		return FLOW_WAIT;
	}
	x->head_us = exchange_now(x);
	return carry_out(outcome == RULE_WAIT ? RULE_CONTINUE : outcome);
}

static flow_result step_backend(struct exchange *x)
{
	const struct proxy_conf *conf = x->frontend->conf, *chosen = NULL;
	struct proxy *p = NULL;

	if (conf->rules)
		chosen = rules_use_backend(conf->rules, exchange_rule_input(x));
	if (!chosen)
		chosen = conf->default_backend;
	if (!chosen && conf->sides & PROXY_BACKEND)
		p = x->frontend;
	else if (chosen)
		p = house_proxy(x->worker->house, chosen);
	if (!p || !p->backend)
		return flow_fail(REASON_NO_BACKEND);
	exchange_set_backend(x, p);
	return FLOW_NEXT;
}

const struct flow_step tcp_steps[] = {
	[TCP_STEP_CONTENT] = {"content", step_content, 'R'},
	[TCP_STEP_BACKEND] = {"backend", step_backend, 'R'},
	[TCP_STEP_ASSIGN] = {"assign", step_assign, 'Q'},
	[TCP_STEP_CONNECT] = {"connect", step_connect, 'C'},
	[TCP_STEP_TUNNEL] = {"tunnel", step_tunnel, 'D'},
};
