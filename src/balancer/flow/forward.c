/*
 * The request goes out: fields that belong to one connection are replaced by ours, X-Forwarded-For
 * and the persistence cookie are seen to, and the head leaves with what there is of the body in one
 * writev. The step `send`; taken again on a fresh connection if a reused one turns out dead.
 */
#include "balancer/flow/connect.h"
#include "balancer/flow/http.h"
#include "balancer/flow/persist.h"

#define BIT(id) (1ull << HTTP_HEADER_##id)

static const uint64_t hop_fields = BIT(CONNECTION) | BIT(KEEP_ALIVE) | BIT(PROXY_CONNECTION) |
				   BIT(TE) | BIT(HTTP2_SETTINGS) | BIT(UPGRADE);

/* The only Connection field of a message that has no other field of the hop, or NULL. */
static const struct http_field *lone_connection(const struct http_message *msg, uint32_t *place)
{
	const struct http_field *found = NULL;

	if ((msg->seen & hop_fields) != BIT(CONNECTION) || msg->added.n > 0)
		return NULL;
	for (uint32_t i = 0; i < msg->received.n; i++) {
		const struct http_field *f = &msg->received.entry[i];

		if (f->id != HTTP_HEADER_CONNECTION)
			continue;
		if (found || f->mark != HTTP_FIELD_KEPT)
			return NULL;
		found = f;
		*place = i;
	}
	return found;
}

bool forward_drop_hop(struct http_message *msg, bool keeps)
{
	struct http_cursor at = {0};
	const struct http_field *f;
	struct slice value;

	if (!(msg->seen & hop_fields))
		return false;
	f = lone_connection(msg, &at.place);
	if (f) { /* by far the most frequent: one token, and it says what we would say */
		value = (struct slice){msg->received.base + f->value_at, f->value_len};
		if (slice_case_eq(value, SLICE("keep-alive"))) {
			if (!keeps)
				http_message_drop_at(msg, &at);
			return keeps;
		}
		if (slice_case_eq(value, SLICE("close"))) {
			http_message_drop_at(msg, &at);
			return false;
		}
	}
	http_message_drop_hop(msg, msg->upgrade);
	return false;
}

static bool wants_forwarded_for(struct exchange *x, const struct proxy_conf **by)
{
	const struct proxy_conf *fe = x->frontend->conf, *be = x->backend->conf;

	*by = be->options & PROXY_OPT_FORWARDFOR ? be : fe;
	return (fe->options | be->options) & PROXY_OPT_FORWARDFOR;
}

static bool add_forwarded_for(struct exchange *x)
{
	const struct proxy_conf *by;
	char text[ADDR_TEXT_MAX];
	struct http_name name;

	if (!wants_forwarded_for(x, &by))
		return true;
	exchange_client_addr(x);
	if (x->client_addr.sa.sa_family == AF_UNIX)
		return true;
	if (by->forwardfor_except.base.len && addr_net_has(&by->forwardfor_except, &x->client_addr))
		return true;
	name = by->forwardfor_header ? http_name_of(slice_of(by->forwardfor_header))
				     : http_name_known(HTTP_HEADER_X_FORWARDED_FOR);
	if (by->forwardfor_if_none && http_message_has(&x->req, name))
		return true;
	return http_message_add(&x->req, name, slice_of(addr_host_text(&x->client_addr, text)));
}

/* Is the server's connection to end with this exchange? */
static bool closes_server(const struct exchange *x)
{
	return (x->frontend->conf->options | x->backend->conf->options) &
	       (PROXY_OPT_HTTP_SERVER_CLOSE | PROXY_OPT_HTTPCLOSE);
}

static bool set_connection(struct exchange *x, bool says_keep)
{
	const struct http_name name = http_name_known(HTTP_HEADER_CONNECTION);

	if (x->req.upgrade)
		return http_message_add(&x->req, name, SLICE("Upgrade"));
	if (x->no_reuse)
		return http_message_add(&x->req, name, SLICE("close"));
	if (x->req.minor == 0 && !says_keep)
		return http_message_add(&x->req, name, SLICE("keep-alive"));
	return true;
}

static bool edit(struct exchange *x)
{
	bool says_keep;

	if (x->edited)
		return true;
	x->edited = true;
	x->no_reuse = closes_server(x);
	says_keep = forward_drop_hop(&x->req, !x->no_reuse);
	if (x->backend->conf->cookie.name && !persist_edit_request(x))
		return false;
	return add_forwarded_for(x) && set_connection(x, says_keep);
}

int http_head_runs(struct exchange *x, const struct http_message *msg, struct iovec *iov)
{
	int n = http_message_iov(msg, iov, HTTP_IOV_MAX);
	size_t len;
	char *flat;

	if (n >= 0)
		return n;
	len = http_message_len(msg);
	flat = arena_alloc(&x->arena, len);
	if (!flat)
		return 0;
	iov[0] = (struct iovec){flat, http_message_write(msg, flat, len)};
	return 1;
}

flow_result step_send(struct exchange *x)
{
	struct iovec iov[HTTP_IOV_MAX + 1];
	int n;

	if (!edit(x))
		return flow_fail(REASON_NO_MEMORY);
	n = http_head_runs(x, &x->req, iov);
	if (n == 0)
		return flow_fail(REASON_NO_MEMORY);
	x->up.to = &x->sc->conn;
	x->up.no_splice =
		(x->backend->conf->options | x->frontend->conf->options) & PROXY_OPT_SPLICE_OFF;
	if (x->up.pending_len > 0)
		iov[n++] = (struct iovec){(void *)(uintptr_t)x->up.pending, x->up.pending_len};
	x->up.pending_len = 0;
	x->request_sent = true;
	x->server_us = exchange_now(x);
	switch (way_write(&x->up, x->worker, iov, n)) {
	case WAY_DONE:
		x->up_done = x->up.body.done;
		return FLOW_NEXT;
	case WAY_TO_ERROR:
		if (x->reused && connect_is_replayable(x))
			return connect_replace(x);
		x->up_done = true; /* perhaps it has said why: `answer` looks */
		x->session->close_after = true;
		return FLOW_NEXT;
	case WAY_NO_MEMORY:
		return flow_fail(REASON_NO_MEMORY);
	default:
		return FLOW_NEXT;
	}
}
