/*
 * The steps of each protocol. See check_protocols.h. Wire formats: MySQL client/server protocol
 * (handshake v10, COM_QUIT), PostgreSQL 3.0 start-up, RESP, RFC 5321, RFC 4511 bind.
 */
#include "balancer/health/check_protocols.h"

#include <stdio.h>
#include <string.h>

struct list_of_steps {
	struct arena *arena;
	struct check_step *first, **tail;
};

static struct check_step *add_step(struct list_of_steps *l, enum check_step_kind kind)
{
	struct check_step *s = ARENA_NEW(l->arena, struct check_step);

	s->kind = kind;
	s->min_recv = -1;
	*l->tail = s;
	l->tail = &s->next;
	return s;
}

static void add_send(struct list_of_steps *l, const char *data, size_t len)
{
	add_step(l, CHECK_STEP_SEND)->data = arena_slice_dup(l->arena, (struct slice){data, len});
}

static void add_judge(struct list_of_steps *l, check_judge_fn *judge)
{
	add_step(l, CHECK_STEP_JUDGE)->judge = judge;
}

static int pass(struct check_outcome *out, const char *detail)
{
	out->result = CHECK_L7OK;
	out->code = 0;
	snprintf(out->detail, sizeof(out->detail), "%s", detail);
	return CHECK_PASSED;
}

static int fail(struct check_outcome *out, enum check_result result, int code, struct slice why)
{
	out->result = result;
	out->code = code;
	snprintf(out->detail, sizeof(out->detail), "%.*s", (int)why.len, why.ptr);
	return CHECK_FAILED;
}

static void take(struct slice *in, size_t len)
{
	in->ptr += len;
	in->len -= len;
}

static bool take_line(struct slice *in, struct slice *line)
{
	size_t at = slice_find(*in, '\n');

	if (at == in->len)
		return false;
	*line = (struct slice){in->ptr, at > 0 && in->ptr[at - 1] == '\r' ? at - 1 : at};
	take(in, at + 1);
	return true;
}

/* --- SMTP -------------------------------------------------------------------------------- */

static int judge_smtp(struct slice *in, bool at_end, struct check_outcome *out)
{
	struct slice line;

	while (take_line(in, &line)) {
		if (line.len < 3 || line.ptr[0] < '1' || line.ptr[0] > '5')
			return fail(out, CHECK_L7RSP, -1, line);
		if (line.len > 3 && line.ptr[3] == '-')
			continue;
		if (line.ptr[0] == '2')
			return pass(out, "");
		return fail(out, CHECK_L7STS,
			    (line.ptr[0] - '0') * 100 + (line.ptr[1] - '0') * 10 +
				    (line.ptr[2] - '0'),
			    line);
	}
	return at_end ? fail(out, CHECK_L7RSP, -1, SLICE("empty response")) : CHECK_MORE;
}

static void smtp_steps(struct list_of_steps *l, const struct check_conf *conf)
{
	const char *domain = conf->domain ? conf->domain : "HELO localhost";
	char hello[300];
	int len = snprintf(hello, sizeof(hello), "%s%s\r\n", strchr(domain, ' ') ? "" : "HELO ",
			   domain);

	add_judge(l, judge_smtp);
	add_send(l, hello, (size_t)len < sizeof(hello) ? (size_t)len : sizeof(hello) - 1);
	add_judge(l, judge_smtp);
	add_send(l, "QUIT\r\n", 6);
	add_judge(l, judge_smtp);
}

/* --- MySQL ------------------------------------------------------------------------------- */

/* One packet: 3 bytes of length, a sequence number, the payload. */
static int mysql_packet(struct slice *in, bool at_end, struct slice *payload,
			struct check_outcome *out)
{
	const unsigned char *p = (const unsigned char *)in->ptr;
	size_t len;

	if (in->len >= 5) {
		len = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
		if (len == 0 || len > 65536)
			return fail(out, CHECK_L7RSP, -1, SLICE("not a MySQL packet"));
		if (in->len >= 4 + len) {
			*payload = (struct slice){in->ptr + 4, len};
			take(in, 4 + len);
			return CHECK_PASSED;
		}
	}
	return at_end ? fail(out, CHECK_L7RSP, -1, SLICE("empty response")) : CHECK_MORE;
}

static int mysql_error(struct slice payload, struct check_outcome *out)
{
	int code = payload.len >= 3
			   ? (unsigned char)payload.ptr[1] | (unsigned char)payload.ptr[2] << 8
			   : -1;

	take(&payload, payload.len > 9 ? 9 : payload.len);
	return fail(out, CHECK_L7STS, code, payload);
}

static int judge_mysql(struct slice *in, bool at_end, bool hello, struct check_outcome *out)
{
	struct slice payload;
	int got = mysql_packet(in, at_end, &payload, out);

	if (got != CHECK_PASSED)
		return got;
	if ((unsigned char)payload.ptr[0] == 0xff)
		return mysql_error(payload, out);
	if (hello && payload.ptr[0] != 10)
		return fail(out, CHECK_L7RSP, -1, SLICE("unknown MySQL protocol version"));
	return pass(out, "MySQL server is ok");
}

static int judge_mysql_hello(struct slice *in, bool at_end, struct check_outcome *out)
{
	return judge_mysql(in, at_end, true, out);
}

static int judge_mysql_login(struct slice *in, bool at_end, struct check_outcome *out)
{
	return judge_mysql(in, at_end, false, out);
}

static void mysql_steps(struct list_of_steps *l, const struct check_conf *conf)
{
	size_t user_len = conf->user ? strlen(conf->user) : 0;
	char login[400] = {0};
	size_t body = 4 + 4 + 1 + 23 + user_len + 1 + 1; /* flags size charset 0.. user 0 auth */

	add_judge(l, judge_mysql_hello);
	if (!conf->user || user_len > 256)
		return;
	login[0] = (char)body;
	login[1] = (char)(body >> 8);
	login[3] = 1;			      /* sequence */
	memcpy(login + 4, "\x00\x82\0\0", 4); /* PROTOCOL_41 | SECURE_CONNECTION */
	memcpy(login + 8, "\0\0\0\1", 4);
	login[12] = 33; /* utf8 */
	memcpy(login + 36, conf->user, user_len);
	memcpy(login + 36 + user_len + 2, "\1\0\0\0\1", 5); /* COM_QUIT */
	login[4] = 0;
	add_send(l, login, 4 + body);
	add_judge(l, judge_mysql_login);
	add_send(l, "\1\0\0\0\1", 5);
}

/* --- PostgreSQL -------------------------------------------------------------------------- */

static int judge_pgsql(struct slice *in, bool at_end, struct check_outcome *out)
{
	if (in->len >= 9) {
		if (in->ptr[0] == 'R')
			return pass(out, "PostgreSQL server is ok");
		if (in->ptr[0] == 'E') {
			take(in, 6);
			in->len = strnlen(in->ptr, in->len);
			return fail(out, CHECK_L7RSP, -1, *in);
		}
		return fail(out, CHECK_L7RSP, -1, SLICE("PostgreSQL unknown error"));
	}
	return at_end ? fail(out, CHECK_L7RSP, -1, SLICE("empty response")) : CHECK_MORE;
}

static void pgsql_steps(struct list_of_steps *l, const struct check_conf *conf)
{
	const char *user = conf->user ? conf->user : "relais";
	char hello[300];
	size_t user_len = strlen(user) > 200 ? 200 : strlen(user);
	size_t len = 4 + 4 + 5 + user_len + 1 + 1;

	memset(hello, 0, sizeof(hello));
	hello[3] = (char)len;
	hello[5] = 3; /* protocol 3.0 */
	memcpy(hello + 8, "user", 5);
	memcpy(hello + 13, user, user_len);
	add_send(l, hello, len);
	add_judge(l, judge_pgsql);
}

/* --- Redis, LDAP ------------------------------------------------------------------------- */

static int judge_redis(struct slice *in, bool at_end, struct check_outcome *out)
{
	struct slice line;

	if (take_line(in, &line)) {
		if (slice_eq_str(line, "+PONG"))
			return pass(out, "Redis server is ok");
		return fail(out, CHECK_L7STS, -1, line);
	}
	return at_end ? fail(out, CHECK_L7RSP, -1, SLICE("empty response")) : CHECK_MORE;
}

/* BindResponse: 0x30 len ... 0x61 len 0x0a 0x01 code */
static int judge_ldap(struct slice *in, bool at_end, struct check_outcome *out)
{
	const unsigned char *p = (const unsigned char *)in->ptr;

	if (in->len >= 10) {
		const unsigned char *bind = memchr(p + 2, 0x61, in->len - 5);

		if (p[0] != 0x30 || !bind)
			return fail(out, CHECK_L7RSP, -1, SLICE("not an LDAPv3 response"));
		if (bind[4] != 0)
			return fail(out, CHECK_L7STS, bind[4], SLICE("LDAP bind refused"));
		return pass(out, "Success");
	}
	return at_end ? fail(out, CHECK_L7RSP, -1, SLICE("empty response")) : CHECK_MORE;
}

const struct check_step *check_protocol_steps(struct arena *arena, const struct check_conf *conf)
{
	struct list_of_steps l = {.arena = arena};

	l.tail = &l.first;
	switch (conf->kind) {
	case CHECK_SMTP:
		smtp_steps(&l, conf);
		break;
	case CHECK_MYSQL:
		mysql_steps(&l, conf);
		break;
	case CHECK_PGSQL:
		pgsql_steps(&l, conf);
		break;
	case CHECK_REDIS:
		add_send(&l, "*1\r\n$4\r\nPING\r\n", 14);
		add_judge(&l, judge_redis);
		break;
	case CHECK_LDAP: /* anonymous simple bind */
		add_send(&l, "0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00", 14);
		add_judge(&l, judge_ldap);
		break;
	default:
		return conf->steps;
	}
	return l.first;
}
