/*
 * Running a proxy's rules: one list per phase, in file order, until an action decides. And the
 * lines that only choose: use_backend, use-server, force-persist, monitor fail.
 * Called by flow on the exchange's thread; nothing here allocates but in the exchange's arena.
 */
#include "balancer/rules/rule_set.h"

static void take_captures(const struct rule_set *set, struct rule_input *in, bool response)
{
	const struct http_message *msg = response ? in->res : in->req;

	for (unsigned slot = 0; slot < set->n_captures; slot++) {
		const struct rule_capture *cap = &set->captures[slot];
		struct http_cursor at = {0};

		if (cap->response != response || cap->header.text.len == 0)
			continue;
		while (http_message_find(msg, cap->header, &at)) {
			struct slice value = at.value;

			if (value.len > cap->len)
				value.len = cap->len;
			in->captures[slot] = arena_slice_dup(in->arena, value);
		}
	}
}

/* "NAME" stands for all cookies that start so, as in HAProxy; the first one counts. */
static struct slice find_cookie(const struct rule_set *set, const struct http_message *msg,
				bool response)
{
	struct slice name = slice_of(set->capture_cookie);
	struct http_cursor at = {0};

	while (http_message_find(
		msg, http_name_known(response ? HTTP_HEADER_SET_COOKIE : HTTP_HEADER_COOKIE),
		&at)) {
		struct slice rest = at.value;

		do {
			struct slice pair = slice_trim(slice_cut(&rest, ';'));

			if (slice_starts(pair, name))
				return pair;
		} while (rest.len > 0 && !response);
	}
	return (struct slice){NULL, 0};
}

static void take_cookie(const struct rule_set *set, struct rule_input *in, bool response)
{
	struct slice pair = find_cookie(set, response ? in->res : in->req, response);

	if (pair.len > set->capture_cookie_len)
		pair.len = set->capture_cookie_len;
	if (pair.len > 0)
		in->cookies[response] = arena_slice_dup(in->arena, pair);
}

/* What the log wants of a message is taken before the rules, which can use it or take it away. */
static void before_rules(const struct rule_set *set, enum rule_phase phase, struct rule_input *in)
{
	bool response = phase == RULE_HTTP_RESPONSE;

	in->phase = phase;
	if ((phase != RULE_HTTP_REQUEST && !response) || !in->frontend ||
	    in->frontend->rules != set || !(response ? in->res : in->req))
		return;
	if (in->captures && set->n_captures > 0)
		take_captures(set, in, response);
	if (set->capture_cookie)
		take_cookie(set, in, response);
}

static enum rule_outcome run_list(const struct rule_list *list, struct rule_input *in,
				  struct rule_verdict *verdict)
{
	for (unsigned i = 0; i < list->n; i++) {
		const struct rule *r = &list->rules[i];
		enum acl_result answer = rule_condition_eval(r->cond, in);
		enum rule_outcome outcome;

		if (answer == ACL_UNKNOWN)
			return RULE_WAIT;
		if (answer == ACL_FAIL)
			continue;
		outcome = r->run(r, in, verdict);
		if (outcome != RULE_CONTINUE)
			return outcome;
	}
	return RULE_CONTINUE;
}

static enum rule_outcome run_request(const struct rule_set *set, struct rule_input *in,
				     struct rule_verdict *verdict)
{
	enum rule_outcome outcome = run_list(&set->phase[RULE_HTTP_REQUEST], in, verdict);

	if (set->redirects.n > 0 && outcome <= RULE_ACCEPT) {
		enum rule_outcome redirected = run_list(&set->redirects, in, verdict);

		if (redirected != RULE_CONTINUE) /* `allow` does not keep from them */
			outcome = redirected;
	}
	if (outcome == RULE_REPLY) /* HAProxy logs no cookie with an answer of its own */
		in->cookies[0] = (struct slice){NULL, 0};
	return outcome;
}

enum rule_outcome rules_run(const struct rule_set *set, enum rule_phase phase,
			    struct rule_input *in, struct rule_verdict *verdict)
{
	if (!set)
		return RULE_CONTINUE;
	before_rules(set, phase, in);
	if (phase == RULE_HTTP_REQUEST)
		return run_request(set, in, verdict);
	return run_list(&set->phase[phase], in, verdict);
}

int rules_inspect_delay_ms(const struct rule_set *set)
{
	return set ? set->inspect_delay_ms : 0;
}

bool rules_has(const struct rule_set *set, enum rule_phase phase)
{
	if (!set)
		return false;
	return set->phase[phase].n > 0 || (phase == RULE_HTTP_REQUEST && set->redirects.n > 0) ||
	       ((set->n_captures > 0 || set->capture_cookie) &&
		(phase == RULE_HTTP_REQUEST || phase == RULE_HTTP_RESPONSE));
}

unsigned rules_n_captures(const struct rule_set *set)
{
	return set ? set->n_captures : 0;
}

unsigned rules_captures_split(const struct rule_set *set, const struct slice *captures,
			      bool response, struct slice *out)
{
	unsigned n = 0;

	for (unsigned slot = 0; set && slot < set->n_captures; slot++)
		if (set->captures[slot].response == response)
			out[n++] = captures ? captures[slot] : SLICE("");
	return n;
}

static bool holds(const struct rule_target *t, struct rule_input *in)
{
	return rule_condition_eval(t->cond, in) == ACL_PASS;
}

/* The first line that holds; name is set where it is a format. */
static const struct rule_target *choose(const struct rule_target *targets, unsigned n,
					struct rule_input *in, struct slice *name)
{
	in->phase = in->req ? RULE_HTTP_REQUEST : RULE_TCP_REQUEST;
	for (unsigned i = 0; i < n; i++) {
		if (!holds(&targets[i], in))
			continue;
		if (targets[i].format)
			*name = log_format_value(targets[i].format, in);
		return &targets[i];
	}
	return NULL;
}

const struct proxy_conf *rules_use_backend(const struct rule_set *set, struct rule_input *in)
{
	const struct proxy_conf *p = in->conf ? in->conf->proxies : NULL;
	const struct rule_target *t;
	struct slice name;

	t = set ? choose(set->backends, set->n_backends, in, &name) : NULL;
	if (!t || !t->format)
		return t ? t->resolved : NULL;
	while (p && !((p->sides & PROXY_BACKEND) && slice_eq_str(name, p->name)))
		p = p->next;
	return p;
}

const struct server_conf *rules_use_server(const struct rule_set *set, struct rule_input *in)
{
	const struct server_conf *s = in->backend ? in->backend->servers : NULL;
	const struct rule_target *t;
	struct slice name;

	t = set ? choose(set->servers, set->n_servers, in, &name) : NULL;
	if (!t || !t->format)
		return t ? t->resolved : NULL;
	while (s && !slice_eq_str(name, s->name))
		s = s->next;
	return s;
}

bool rules_ignore_persist(const struct rule_set *set, struct rule_input *in)
{
	for (unsigned i = 0; set && i < set->n_persists; i++)
		if (holds(&set->persists[i], in))
			return set->persists[i].ignore;
	return false;
}

bool rules_force_persist(const struct rule_set *set, struct rule_input *in)
{
	for (unsigned i = 0; set && i < set->n_persists; i++)
		if (holds(&set->persists[i], in))
			return !set->persists[i].ignore;
	return false;
}

bool rules_monitor_fail(const struct rule_set *set, struct rule_input *in)
{
	for (unsigned i = 0; set && i < set->n_monitor_fails; i++)
		if (holds(&set->monitor_fails[i], in))
			return true;
	return false;
}
