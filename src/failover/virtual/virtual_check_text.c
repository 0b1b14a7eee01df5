/*
 * One checker as lines of a backend and words of a server line. See virtual_writer.h.
 *
 * A real server that is up goes down when 1 + retry checks in a row fail, delay_before_retry apart;
 * one that is down comes up at the first good one. All pages of a checker are asked for in one
 * check.
 */
#include "failover/virtual/virtual_writer.h"

#include <string.h>

enum {
	LINES_MAX = 256,
	CONNECT_US = 5000000,
	LOOP_US = 60000000,
	RETRY_US = 1000000,
	RETRY_HTTP_US = 3000000,
	RETRY_DNS = 3,
};

/* What Keepalived says there, 2.2.7: mail servers may have an exception for it. */
#define KEEPALIVED_HELO "smtpchecker.keepalived.org"

struct lines {
	const struct virtual_writer *w;
	struct arena *arena;
	const char **all;
	unsigned n;
};

static void add(struct lines *l, const char *text)
{
	if (l->n < LINES_MAX)
		l->all[l->n++] = text;
}

static int64_t or_default(int64_t value, int64_t other)
{
	return value == VIRTUAL_UNSET ? other : value;
}

static bool is_http(const struct virtual_checker_conf *c)
{
	return c->kind == VIRTUAL_HTTP_GET || c->kind == VIRTUAL_SSL_GET;
}

/* % begins a variable in a header's value */
static const char *header_value(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, 2 * strlen(text) + 1), *at = out;

	for (; *text; text++) {
		if (*text == '%')
			*at++ = '%';
		*at++ = *text;
	}
	*at = '\0';
	return virtual_word(arena, out);
}

/* What virtualhost says, the url's first; NULL = nothing. */
static const char *named_host(const struct virtual_checker_conf *c,
			      const struct virtual_url_conf *u)
{
	const char *host = u->host ? u->host : c->times.host;

	return host && *host ? host : NULL;
}

static const char *host_of(struct arena *arena, const struct virtual_real_conf *real,
			   const struct virtual_checker_conf *c, const struct virtual_url_conf *u)
{
	char text[ADDR_TEXT_MAX];
	struct addr at = c->connect.len ? c->connect : real->addr;
	unsigned port = c->connect_port ? c->connect_port : addr_port(&real->addr);

	if (named_host(c, u))
		return named_host(c, u);
	if (!port)
		return arena_strdup(arena, addr_host_text(&at, text));
	addr_set_port(&at, port);
	return arena_strdup(arena, addr_text(&at, text));
}

/* A digest says all of a page, its status then matters only where it is written. */
static void add_status(struct lines *l, const struct virtual_url_conf *u)
{
	const char *list = "";

	if (!u->n_status && u->digest)
		return;
	for (unsigned i = 0; i < u->n_status; i++)
		list = arena_printf(l->arena, "%s%s%d-%d", list, i ? "," : "", u->status[i].from,
				    u->status[i].to);
	add(l, arena_printf(l->arena, "http-check expect status %s", *list ? list : "200-299"));
}

static void add_url(struct lines *l, const struct virtual_real_conf *real,
		    const struct virtual_checker_conf *c, const struct virtual_url_conf *u)
{
	bool tls = c->kind == VIRTUAL_SSL_GET;
	const char *host = host_of(l->arena, real, c, u), *named = named_host(c, u);

	add(l, arena_printf(l->arena, "http-check connect %s%s%s", tls ? "ssl" : "default",
			    tls && c->enable_sni && named ? " sni " : "",
			    tls && c->enable_sni && named ? virtual_word(l->arena, named) : ""));
	add(l, arena_printf(l->arena,
			    "http-check send meth GET uri %s ver %s hdr Host %s hdr User-Agent "
			    "KeepAliveClient%s",
			    virtual_word(l->arena, u->path), c->http_version,
			    header_value(l->arena, host),
			    c->http_close ? " hdr Connection close" : ""));
	add_status(l, u);
	if (u->digest)
		add(l, arena_printf(l->arena, "http-check expect md5 %s", u->digest));
	if (u->regex)
		add(l,
		    arena_printf(l->arena, "http-check expect %srstring %s",
				 u->regex_no_match ? "! " : "", virtual_word(l->arena, u->regex)));
}

static void add_kind(struct lines *l, const struct virtual_real_conf *real,
		     const struct virtual_checker_conf *c, unsigned port)
{
	int64_t most = c->script_timeout_us ? c->script_timeout_us
					    : or_default(c->times.delay_loop_us, LOOP_US);

	switch (c->kind) {
	case VIRTUAL_HTTP_GET:
	case VIRTUAL_SSL_GET:
		add(l, "option httpchk");
		for (const struct virtual_url_conf *u = c->urls; u; u = u->next)
			add_url(l, real, c, u);
		break;
	case VIRTUAL_SMTP_CHECK:
		add(l, arena_printf(l->arena, "option smtpchk HELO %s",
				    virtual_word(l->arena,
						 c->helo && *c->helo ? c->helo : KEEPALIVED_HELO)));
		break;
	case VIRTUAL_MISC_CHECK:
		add(l, arena_printf(l->arena, "option script-check %s timeout %s%s",
				    virtual_script(l->arena, &c->script),
				    virtual_time(l->arena, most), c->dynamic ? " dynamic" : ""));
		break;
	case VIRTUAL_DNS_CHECK:
	case VIRTUAL_UDP_CHECK:
	case VIRTUAL_PING_CHECK:
		add(l, virtual_probe_line(l->w, real, c, port));
		break;
	case VIRTUAL_FILE_CHECK:
		add(l, arena_printf(l->arena, "option failover-check file %s weight %d%s",
				    virtual_word(l->arena, c->name), c->file_weight,
				    c->file_reverse ? " reverse" : ""));
		break;
	case VIRTUAL_BFD_CHECK:
		add(l, arena_printf(l->arena, "option failover-check bfd %s",
				    virtual_word(l->arena, c->name)));
		break;
	case VIRTUAL_TCP_CHECK:
		break;
	}
}

/* "192.0.2.1:0": a source without a port of its own. */
static const char *source_of(struct arena *arena, const struct virtual_checker_conf *c,
			     const struct virtual_real_conf *real)
{
	char text[ADDR_TEXT_MAX];
	struct addr from = c->bind;

	if (!from.len &&
	    !addr_parse_ip(&from,
			   real->addr.sa.sa_family == AF_INET ? SLICE("0.0.0.0") : SLICE("::"), 0))
		return "";
	addr_set_port(&from, c->bind_port);
	return arena_printf(arena, " source %s%s%s", addr_text(&from, text),
			    c->bind_if ? " interface " : "",
			    c->bind_if ? virtual_word(arena, c->bind_if) : "");
}

/* By TCP, so that the balancer itself connects. */
static bool connects(const struct virtual_checker_conf *c)
{
	return c->kind <= VIRTUAL_SMTP_CHECK;
}

static bool is_seen(const struct virtual_checker_conf *c) /* by the failover process, at once */
{
	return c->kind >= VIRTUAL_FILE_CHECK;
}

static int retry_of(const struct virtual_checker_conf *c)
{
	if (c->times.retry != VIRTUAL_UNSET)
		return c->times.retry;
	return c->kind == VIRTUAL_MISC_CHECK ? 0 : c->kind == VIRTUAL_DNS_CHECK ? RETRY_DNS : 1;
}

static int64_t again_of(const struct virtual_checker_conf *c, int64_t loop_us)
{
	int64_t by_default = is_http(c)			    ? RETRY_HTTP_US
			     : c->kind == VIRTUAL_DNS_CHECK ? loop_us
							    : RETRY_US;

	return or_default(c->times.delay_before_retry_us, by_default);
}

static const char *words_of(struct arena *arena, const struct virtual_real_conf *real,
			    const struct virtual_checker_conf *c, bool apart)
{
	int64_t loop_us = or_default(c->times.delay_loop_us, LOOP_US);
	int retry = retry_of(c);
	char text[ADDR_TEXT_MAX];
	const char *words = arena_printf(
		arena, "check inter %s fastinter %s rise 1 fall %d", virtual_time(arena, loop_us),
		virtual_time(arena, again_of(c, loop_us)), retry + (retry < INT32_MAX));

	if (is_seen(c))
		return "check inter 100ms rise 1 fall 1";
	if (c->times.alpha == 1)
		words = arena_printf(arena, "%s init-state down", words);
	if (!connects(c))
		return words;
	if (c->connect.len)
		words = arena_printf(arena, "%s addr %s", words, addr_host_text(&c->connect, text));
	if (c->connect_port)
		words = arena_printf(arena, "%s port %u", words, c->connect_port);
	return apart ? arena_printf(arena, "%s%s", words, source_of(arena, c, real)) : words;
}

bool virtual_check_served(const struct virtual_writer *w, const struct virtual_checker_conf *c)
{
	return !virtual_is_probe(c->kind) || w->probe;
}

bool virtual_check_write(const struct virtual_writer *w, const struct virtual_real_conf *real,
			 const struct virtual_checker_conf *c, unsigned port,
			 struct virtual_check_text *out)
{
	struct arena *arena = w->arena;
	struct lines l = {
		.w = w, .arena = arena, .all = ARENA_ARRAY(arena, const char *, LINES_MAX)};
	const char *wait = virtual_time(arena, or_default(c->times.connect_timeout_us, CONNECT_US));

	if (!virtual_check_served(w, c))
		return false;
	if (connects(c)) {
		add(&l, arena_printf(arena, "timeout connect %s", wait));
		add(&l, arena_printf(arena, "timeout check %s", wait));
	}
	add_kind(&l, real, c, port);
	out->lines = l.all;
	out->n_lines = l.n;
	out->apart = connects(c) && (c->bind.len || c->bind_port || c->bind_if);
	out->words = words_of(arena, real, c, out->apart);
	if (!c->connect_port && addr_port(&real->addr) == 0 && connects(c))
		out->words = arena_printf(arena, "%s port %u", out->words, port);
	return true;
}
