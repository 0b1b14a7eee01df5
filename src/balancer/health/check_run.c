/*
 * One check on the wire: connect, TLS where asked for, then the steps in order. Called by check.c;
 * runs on the checks' thread. It ends in exactly one check_finished or check_cut.
 *
 *	connecting ─► (handshake) ─► step ─► step ─► ... ─► finished
 *	     └─ a `connect` step among them starts over on a new connection
 */
#include "balancer/health/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_event(struct conn *conn);

static void drop_connection(struct check *c)
{
	tls_client_free(&c->tls);
	if (c->phase != CHECK_IDLE)
		conn_abort(&c->conn);
}

static void clean_up(struct check *c)
{
	if (c->phase == CHECK_RUNNING)
		runner_link_cancel(c->runner, &c->call);
	else
		drop_connection(c);
	c->phase = CHECK_IDLE;
	free(c->request);
	free(c->answer);
	c->request = c->answer = NULL;
	loop_timer_clear(c->loop, &c->timer);
}

void check_cut(struct check *c)
{
	clean_up(c);
}

static void finish(struct check *c, const struct check_outcome *outcome)
{
	clean_up(c);
	check_finished(c, outcome);
}

static void finish_with(struct check *c, enum check_result result, const char *detail)
{
	struct check_outcome o = {.result = result, .code = -1};

	snprintf(o.detail, sizeof(o.detail), "%s", detail);
	finish(c, &o);
}

static void finish_connect_error(struct check *c, int err)
{
	bool ours = err == EMFILE || err == ENFILE || err == ENOMEM || err == ENOBUFS ||
		    err == EADDRNOTAVAIL;

	finish_with(c, ours ? CHECK_SOCKERR : CHECK_L4CON, strerror(err));
}

static bool wants_tls(const struct check *c)
{
	if (c->step && c->step->kind == CHECK_STEP_CONNECT && !c->step->use_defaults)
		return c->step->ssl;
	return c->conf->check_ssl_set ? c->conf->check_ssl
				      : c->conf->ssl || c->kind->kind == CHECK_SSL_HELLO;
}

/* Where this connection goes: the step's, the check's, or the server's address and port. */
static struct addr target_of(const struct check *c)
{
	const struct check_step *s =
		c->step && c->step->kind == CHECK_STEP_CONNECT ? c->step : NULL;
	struct addr to = c->conf->check_addr.len ? c->conf->check_addr : c->conf->addr;
	unsigned port =
		c->conf->check_port ? (unsigned)c->conf->check_port : addr_port(&c->conf->addr);

	if (s && s->addr.len)
		to = s->addr;
	addr_set_port(&to, s && s->port ? (unsigned)s->port : port);
	return to;
}

static void open_connection(struct check *c)
{
	const struct addr *source =
		c->conf->source.len ? &c->conf->source : &c->conf->proxy->source;
	struct addr to = target_of(c);
	struct conn_target target = {
		.addr = &to,
		.source = source->len ? source : NULL,
		.source_interface = c->conf->source_interface,
		.silent = !c->step && c->kind->kind != CHECK_HTTP && !wants_tls(c),
	};
	int err = conn_open(&c->conn, c->loop, &target, check_event);

	if (err) {
		finish_connect_error(c, -err);
		return;
	}
	c->phase = CHECK_CONNECTING;
	c->answer_len = 0;
	c->answer_ended = false;
	loop_timer_set(c->loop, &c->timer, loop_now_us(c->loop) + c->connect_us);
}

static void start_tls(struct check *c)
{
	const struct check_step *s =
		c->step && c->step->kind == CHECK_STEP_CONNECT ? c->step : NULL;
	struct tls_client_conf conf = {
		.sni = s && s->sni ? s->sni : c->conf->check_sni,
		.alpn = s && s->alpn ? s->alpn : c->conf->check_alpn,
		.ca_file = c->conf->ca_file,
		.verify = !c->conf->verify_none && c->conf->ca_file,
	};
	char err[96];

	c->tls = tls_client_new(c->conn.lfd.fd, &conf, err, sizeof(err));
	if (!c->tls) {
		finish_with(c, CHECK_SOCKERR, err);
		return;
	}
	c->used_tls = true;
	c->phase = CHECK_HANDSHAKE;
}

/* The connection stands: the connect step, if that is where we are, is done. */
static void begin_talking(struct check *c)
{
	c->phase = CHECK_TALKING;
	if (c->step && c->step->kind == CHECK_STEP_CONNECT)
		c->step = c->step->next;
	loop_timer_set(c->loop, &c->timer, loop_now_us(c->loop) + c->answer_us);
}

static ssize_t wire_write(struct check *c, const char *buf, size_t len)
{
	struct iovec iov = {(void *)(uintptr_t)buf, len};

	return c->tls ? tls_client_write(c->tls, buf, len) : conn_writev(&c->conn, &iov, 1);
}

static ssize_t wire_read(struct check *c, char *buf, size_t len)
{
	return c->tls ? tls_client_read(c->tls, buf, len) : conn_read(&c->conn, buf, len);
}

enum progress { WAITING, MOVED, OVER };

/* Puts a step's bytes into c->request once. */
static bool prepare_request(struct check *c)
{
	if (c->request)
		return true;
	c->request = malloc(CHECK_REQUEST_MAX);
	if (!c->request)
		return false;
	c->request_at = 0;
	if (c->step && c->step->kind == CHECK_STEP_SEND) {
		c->request_len = c->step->data.len;
		if (c->request_len > CHECK_REQUEST_MAX)
			return false;
		memcpy(c->request, c->step->data.ptr, c->request_len);
		return true;
	}
	c->request_len =
		check_request_write(c, c->step, c->request, CHECK_REQUEST_MAX, &c->head_only);
	return c->request_len > 0;
}

static enum progress do_send(struct check *c)
{
	if (!prepare_request(c)) {
		finish_with(c, CHECK_SOCKERR, "the request does not fit");
		return OVER;
	}
	while (c->request_at < c->request_len) {
		ssize_t n =
			wire_write(c, c->request + c->request_at, c->request_len - c->request_at);

		if (n == -EAGAIN)
			return WAITING;
		if (n <= 0) {
			finish_with(c, CHECK_L4CON, "connection lost while sending");
			return OVER;
		}
		c->request_at += (size_t)n;
	}
	free(c->request);
	c->request = NULL;
	c->spoke = true;
	c->step = c->step ? c->step->next : NULL;
	return MOVED;
}

static bool read_more(struct check *c)
{
	if (!c->answer)
		c->answer = malloc(c->answer_max);
	if (!c->answer)
		return false;
	while (c->answer_len < c->answer_max && !c->answer_ended) {
		ssize_t n = wire_read(c, c->answer + c->answer_len, c->answer_max - c->answer_len);

		if (n == -EAGAIN)
			break;
		if (n <= 0)
			c->answer_ended = true;
		else
			c->answer_len += (size_t)n;
	}
	return true;
}

static enum check_verdict judge(struct check *c, struct slice *in, bool at_end,
				struct check_outcome *out)
{
	bool http = c->kind->kind == CHECK_HTTP;

	out->result = CHECK_L7OK;
	out->code = -1;
	out->detail[0] = '\0';
	if (c->step && c->step->kind == CHECK_STEP_JUDGE)
		return (enum check_verdict)c->step->judge(in, at_end, out);
	if (http)
		return check_match_http(c->step, c->answer, c->answer_len, at_end, c->head_only,
					out);
	return check_match_tcp(c->step, *in, at_end, out);
}

static enum progress do_expect(struct check *c, bool last_word)
{
	struct check_outcome out;
	enum check_verdict verdict;
	struct slice in;
	bool at_end;

	if (!read_more(c)) {
		finish_with(c, CHECK_SOCKERR, "out of memory");
		return OVER;
	}
	at_end = c->answer_ended || c->answer_len == c->answer_max;
	in = (struct slice){c->answer, c->answer_len};
	verdict = judge(c, &in, at_end, &out);
	if (verdict == CHECK_MORE)
		return WAITING;
	if (verdict == CHECK_FAILED) {
		if (c->step && c->step->comment)
			snprintf(out.detail, sizeof(out.detail), "%s", c->step->comment);
		finish(c, &out);
		return OVER;
	}
	if (last_word || !c->step->next) {
		finish(c, &out);
		return OVER;
	}
	/* what a protocol's answer did not use belongs to the next one; tcp-check looks at all */
	if (c->step->kind == CHECK_STEP_JUDGE) {
		memmove(c->answer, in.ptr, in.len);
		c->answer_len = in.len;
	}
	c->step = c->step->next;
	return MOVED;
}

/* All steps are done and none has judged. */
static enum progress do_end(struct check *c)
{
	struct check_outcome out = {.result = CHECK_L4OK, .code = -1};

	if (c->kind->kind == CHECK_HTTP && !c->spoke)
		return do_send(c);
	if (c->kind->kind == CHECK_HTTP)
		return do_expect(c, true);
	if (c->spoke)
		out.result = CHECK_L7OK;
	else if (c->used_tls)
		out.result = CHECK_L6OK;
	finish(c, &out);
	return OVER;
}

static enum progress do_step(struct check *c)
{
	/* an HTTP check that says what to expect but not what to send sends the default first */
	if (c->kind->kind == CHECK_HTTP && !c->spoke && c->step &&
	    c->step->kind == CHECK_STEP_EXPECT) {
		const struct check_step *expect = c->step;
		enum progress p;

		c->step = NULL;
		p = do_send(c);
		if (p != OVER)
			c->step = expect;
		return p;
	}
	if (!c->step)
		return do_end(c);
	switch (c->step->kind) {
	case CHECK_STEP_CONNECT:
		drop_connection(c);
		open_connection(c);
		return OVER;
	case CHECK_STEP_SEND:
	case CHECK_STEP_HTTP_SEND:
		return do_send(c);
	case CHECK_STEP_EXPECT:
	case CHECK_STEP_JUDGE:
		return do_expect(c, false);
	}
	return OVER;
}

static void handshake(struct check *c)
{
	char err[96];
	int got = tls_client_handshake(c->tls, err, sizeof(err));

	if (got == -EAGAIN)
		return;
	if (got < 0) {
		finish_with(c, CHECK_L6RSP, err);
		return;
	}
	begin_talking(c);
}

static void check_event(struct conn *conn)
{
	struct check *c = container_of(conn, struct check, conn);

	if (c->phase == CHECK_CONNECTING) {
		if (conn->flags & CONN_CONNECTING)
			return;
		if (conn->flags & CONN_ERROR) {
			finish_connect_error(c, conn->err);
			return;
		}
		if (wants_tls(c))
			start_tls(c);
		else
			begin_talking(c);
	}
	if (c->phase == CHECK_HANDSHAKE)
		handshake(c);
	while (c->phase == CHECK_TALKING && do_step(c) == MOVED)
		;
}

void check_begin(struct check *c)
{
	c->step = c->steps;
	c->used_tls = c->spoke = false;
	c->started_us = loop_now_us(c->loop);
	if (c->kind->kind == CHECK_EXTERNAL)
		check_external_begin(c);
	else if (c->kind->kind == CHECK_FAILOVER)
		check_failover_begin(c);
	else
		open_connection(c);
}

void check_timer_expired(struct loop *loop, struct loop_timer *timer)
{
	struct check *c = container_of(timer, struct check, timer);

	(void)loop;
	switch (c->phase) {
	case CHECK_IDLE:
		check_begin(c);
		break;
	case CHECK_CONNECTING:
		finish_with(c, CHECK_L4TOUT, "");
		break;
	case CHECK_HANDSHAKE:
		finish_with(c, CHECK_L6TOUT, "");
		break;
	case CHECK_RUNNING:
		check_external_expired(c);
		break;
	case CHECK_TALKING:
		finish_with(c, CHECK_L7TOUT, c->step && c->step->comment ? c->step->comment : "");
		break;
	}
}
