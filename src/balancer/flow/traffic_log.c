/*
 * The end of an exchange in numbers and words: counters, and the traffic log's line. Called by
 * exchange.c once per exchange (and by the transfer steps, early, with `option logasap`).
 *
 * Times are those of HAProxy's manual 8.4, in milliseconds; -1 says that a phase was not reached.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "balancer/flow/exchange.h"

void traffic_count_reason(struct exchange *x, enum reason reason)
{
	struct proxy_counters *fe = x->fe, *be = x->be;
	struct server_counters *s = x->server ? &x->server->counters : NULL;

	switch ((enum reason_counter)reason_rows[reason].counter) {
	case REASON_COUNTS_NONE:
	case REASON_COUNTS_CLIENT_TIMEOUT:
		break;
	case REASON_COUNTS_CLIENT_ABORT:
		proxy_count(&fe->client_aborts, 1);
		if (be)
			proxy_count(&be->client_aborts, 1);
		if (s)
			atomic_fetch_add_explicit(&s->client_aborts, 1, memory_order_relaxed);
		break;
	case REASON_COUNTS_FAILED_REQUEST:
		proxy_count(&fe->failed_requests, 1);
		break;
	case REASON_COUNTS_DENIED_REQUEST:
		proxy_count(&fe->denied_requests, 1);
		if (be && be != fe)
			proxy_count(&be->denied_requests, 1);
		break;
	case REASON_COUNTS_DENIED_RESPONSE:
		proxy_count(&fe->denied_responses, 1);
		proxy_count(&be->denied_responses, 1);
		if (x->server)
			atomic_fetch_add_explicit(&x->server->counters.denied_responses, 1,
						  memory_order_relaxed);
		break;
	case REASON_COUNTS_FAILED_CONNECT:
		if (be)
			proxy_count(&be->failed_connects, 1);
		break;
	case REASON_COUNTS_FAILED_RESPONSE:
		proxy_count(&be->failed_responses, 1);
		break;
	case REASON_COUNTS_SERVER_ABORT:
		proxy_count(&be->server_aborts, 1);
		if (s)
			atomic_fetch_add_explicit(&s->server_aborts, 1, memory_order_relaxed);
		break;
	}
}

static void count_bytes(struct exchange *x)
{
	x->bytes_in = x->steps == http_steps && !x->request_sent ? x->bytes_in : x->up.moved;
	x->bytes_out = x->down.moved;
	proxy_count(&x->fe->bytes_in, x->bytes_in);
	proxy_count(&x->fe->bytes_out, x->bytes_out);
	if (x->be) {
		proxy_count(&x->be->bytes_in, x->bytes_in);
		proxy_count(&x->be->bytes_out, x->bytes_out);
	}
	if (x->server) {
		atomic_fetch_add_explicit(&x->server->counters.bytes_in, x->bytes_in,
					  memory_order_relaxed);
		atomic_fetch_add_explicit(&x->server->counters.bytes_out, x->bytes_out,
					  memory_order_relaxed);
	}
}

static int64_t span_ms(int64_t from_us, int64_t to_us)
{
	return from_us && to_us ? (to_us - from_us) / 1000 : -1;
}

static void fill_times(const struct exchange *x, struct log_record *rec, int64_t end_us)
{
	const struct session *s = x->session;
	int64_t start = s->n_requests > 1 ? s->idle_us : s->accept_us;
	bool is_http = x->steps == http_steps;

	rec->th_ms = 0;
	rec->ti_ms = is_http ? span_ms(start, x->first_byte_us) : 0;
	rec->tr_req_ms = is_http ? span_ms(x->first_byte_us, x->head_us) : -1;
	rec->tq_ms = rec->ti_ms < 0 || rec->tr_req_ms < 0 ? -1 : rec->ti_ms + rec->tr_req_ms;
	rec->tw_ms = span_ms(x->head_us, x->assigned_us);
	rec->tc_ms = span_ms(x->assigned_us, x->connected_us);
	rec->tr_ms = is_http ? span_ms(x->connected_us, x->answered_us) : -1;
	rec->tt_ms = span_ms(start, end_us);
	rec->ta_ms = is_http && rec->ti_ms > 0 ? rec->tt_ms - rec->ti_ms : rec->tt_ms;
	rec->tu_ms = rec->ta_ms;
	rec->td_ms = is_http ? span_ms(x->answered_us, end_us) : span_ms(x->connected_us, end_us);
	rec->accept_wall_us = s->accept_us + s->worker->wall_offset_us;
	rec->request_wall_us =
		(x->first_byte_us ? x->first_byte_us : start) + s->worker->wall_offset_us;
}

static const char seen_flag[] = {
	[COOKIE_SEEN_NONE] = 'N', [COOKIE_SEEN_VALID] = 'V',  [COOKIE_SEEN_INVALID] = 'I',
	[COOKIE_SEEN_DOWN] = 'D', [COOKIE_SEEN_UNUSED] = 'U', [COOKIE_SEEN_EXPIRED] = 'E',
	[COOKIE_SEEN_OLD] = 'O',
};

static void fill_flags(const struct exchange *x, struct log_record *rec)
{
	bool cookie = x->backend && x->backend->conf->cookie.name;

	rec->flags[0] = reason_rows[x->reason].flag;
	rec->flags[1] = x->reason == REASON_NONE ? '-' : (char)x->phase;
	rec->flags[2] = cookie ? seen_flag[x->cookie_seen] : '-';
	rec->flags[3] = !cookie ? '-' : x->cookie_done ? x->cookie_done : x->answered ? 'N' : '-';
	rec->flags[4] = '\0';
}

/* httplog and tcplog show the client's address alone: two system calls less. */
static bool wants_addresses(const struct proxy_conf *conf)
{
	return conf->log_format || !(conf->options & (PROXY_OPT_HTTPLOG | PROXY_OPT_TCPLOG));
}

static void fill_names(struct exchange *x, struct log_record *rec)
{
	struct session *s = x->session;

	rec->client = exchange_client_addr(x);
	rec->bind_name = s->listener->conf->name;
	rec->frontend = x->frontend->conf->name;
	rec->backend = x->backend ? x->backend->conf->name : x->frontend->conf->name;
	rec->server_name = x->server ? x->server->conf->name : x->is_stats ? "<STATS>" : "<NOSRV>";
	rec->server = x->server ? &x->server->conf->addr : NULL;
	if (!wants_addresses(x->frontend->conf))
		return;
	rec->local = exchange_local_addr(x);
	if (x->sc && conn_is_open(&x->sc->conn)) {
		x->source_addr.len = sizeof(x->source_addr.un);
		getsockname(x->sc->conn.lfd.fd, &x->source_addr.sa, &x->source_addr.len);
		rec->server_src = &x->source_addr;
	}
}

/* A line that is written at the end no longer counts its own session behind the frontend. */
static void fill_counts(const struct exchange *x, struct log_record *rec, bool early)
{
	const struct worker *w = x->worker;
	unsigned own = early ? 0 : 1;

	rec->actconn = w->house->totals->connections;
	rec->feconn = x->frontend->fe_current;
	rec->beconn = x->counted_be ? x->backend->be_current - own : 0;
	rec->srvconn = x->server ? x->server->current - own : 0;
	rec->retries = x->n_retries;
	rec->redispatched = x->redispatched;
	rec->srv_queue = x->server ? x->server->queued : 0;
	rec->backend_queue = x->backend ? x->backend->queued : 0;
	rec->req_count = x->session->n_requests;
	rec->pid = (uint64_t)getpid();
	rec->log_count = w->n_logged;
}

/* The slots of both sides, in order: requests' first. */
static void fill_captures(struct exchange *x, struct log_record *rec)
{
	const struct rule_set *rules = x->frontend->conf->rules;
	unsigned n = rules_n_captures(rules);
	struct slice *list;

	if (n == 0 || !(list = ARENA_ARRAY(&x->arena, struct slice, n)))
		return;
	rec->captures_req = list;
	rec->n_captures_req = rules_captures_split(rules, x->rules.captures, false, list);
	rec->captures_res = list + rec->n_captures_req;
	rec->n_captures_res =
		rules_captures_split(rules, x->rules.captures, true, list + rec->n_captures_req);
}

static void fill(struct exchange *x, struct log_record *rec, bool early)
{
	memset(rec, 0, sizeof(*rec));
	fill_names(x, rec);
	fill_times(x, rec, early ? exchange_now(x) : x->end_us);
	fill_flags(x, rec);
	fill_counts(x, rec, early);
	rec->status = x->status ? x->status : -1;
	rec->bytes_read = x->down.moved;
	rec->bytes_uploaded = x->up.moved;
	rec->request_line = x->request_line.len ? x->request_line : SLICE("<BADREQ>");
	rec->cookie_req = x->rules.cookies[0];
	rec->cookie_res = x->rules.cookies[1];
	fill_captures(x, rec);
	rec->logged_early = early;
	rec->hostname = x->worker->house->conf->global.log_hostname;
}

static const struct log_format *format_of(const struct proxy_conf *conf)
{
	if (conf->log_format)
		return conf->log_format;
	if (conf->options & PROXY_OPT_HTTPLOG)
		return log_format_builtin('h');
	if (conf->options & PROXY_OPT_TCPLOG)
		return log_format_builtin('t');
	return log_format_builtin('d');
}

static enum log_level level_of(const struct exchange *x)
{
	static const char *const names[] = {"emerg",   "alert",	 "crit", "err",
					    "warning", "notice", "info", "debug"};

	for (unsigned i = 0; x->log_level && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], x->log_level) == 0)
			return (enum log_level)i;
	if (x->frontend->conf->options & PROXY_OPT_LOG_SEPARATE_ERRORS &&
	    (x->reason != REASON_NONE || x->status >= 500))
		return LOG_LEVEL_ERR;
	return LOG_LEVEL_INFO;
}

static bool is_silent(const struct exchange *x)
{
	uint64_t options = x->frontend->conf->options;
	bool null = x->steps == http_steps ? !x->request_line.len && !x->first_byte_us
					   : x->up.moved == 0 && x->down.moved == 0;

	if (x->log_level && strcmp(x->log_level, "silent") == 0)
		return true;
	if (null && options & PROXY_OPT_DONTLOGNULL)
		return true;
	return options & PROXY_OPT_DONTLOG_NORMAL && x->reason == REASON_NONE &&
	       x->n_retries == 0 && !x->redispatched && x->status < 500;
}

/* Refused input is worth its reason in the operator's log, but not a line for each. */
static void tell_refusal(struct exchange *x)
{
	char from[ADDR_TEXT_MAX];
	unsigned held;

	if (!x->h1_error ||
	    !log_gate_open(&x->worker->refusals, exchange_now(x), 10, 1000000, &held))
		return;
	log_warn("%s %s from %s refused: %s%s", x->frontend->conf->name,
		 x->request_sent ? "response to a request" : "request",
		 addr_text(exchange_client_addr(x), from), h1_error_text(x->h1_error),
		 held ? " (and more, not shown)" : "");
}

static void send_line(struct exchange *x, bool early)
{
	const struct proxy_conf *conf = x->frontend->conf;
	struct worker *w = x->worker;
	struct log_record rec;
	struct rule_input *in = NULL;
	struct text line;

	fill(x, &rec, early);
	if (conf->log_format) {
		in = exchange_rule_input(x);
		in->req = x->head_us && x->steps == http_steps ? &x->req : NULL;
		in->record = &rec;
	}
	text_init(&line, w->scratch, 8192);
	log_format_write(format_of(conf), &rec, in, &line);
	log_targets_send(&w->log, conf->log_targets, level_of(x),
			 conf->log_tag			  ? conf->log_tag
			 : w->house->conf->global.log_tag ? w->house->conf->global.log_tag
							  : "relais",
			 w->house->conf->global.log_hostname, worker_now_us(w) + w->wall_offset_us,
			 (struct slice){line.buf, line.len});
	w->n_logged++;
}

void traffic_log_write(struct exchange *x, bool early)
{
	if (!early) {
		if (x->steps == http_steps && !x->first_byte_us && x->reason == REASON_NONE)
			return; /* woken for nothing */
		count_bytes(x);
		tell_refusal(x);
	}
	if (!x->log_wanted || x->logged || is_silent(x))
		return;
	x->logged = true;
	send_line(x, early);
}
