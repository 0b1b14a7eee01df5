/*
 * Rows of the checkers of a real server. Target: struct checker_block.
 */
#include <ctype.h>
#include <limits.h>

#include "failover/virtual/virtual_build.h"

enum { REPLY_MOST = 255 };

struct checker_block {
	struct virtual_checker_conf checker; /* first: rows of times and urls get it */
	const struct conf_line *script_line;
	struct failover_user user;
	bool bad_user;
};

static const struct {
	const char *name;
	enum virtual_checker_kind kind;
	enum failover_section section;
} kinds[] = {
	{"TCP_CHECK", VIRTUAL_TCP_CHECK, FAILOVER_TCP_CHECK},
	{"HTTP_GET", VIRTUAL_HTTP_GET, FAILOVER_HTTP_CHECK},
	{"SSL_GET", VIRTUAL_SSL_GET, FAILOVER_SSL_CHECK},
	{"SMTP_CHECK", VIRTUAL_SMTP_CHECK, FAILOVER_SMTP_CHECK},
	{"MISC_CHECK", VIRTUAL_MISC_CHECK, FAILOVER_MISC_CHECK},
	{"DNS_CHECK", VIRTUAL_DNS_CHECK, FAILOVER_DNS_CHECK},
	{"UDP_CHECK", VIRTUAL_UDP_CHECK, FAILOVER_UDP_CHECK},
	{"PING_CHECK", VIRTUAL_PING_CHECK, FAILOVER_PING_CHECK},
	{"FILE_CHECK", VIRTUAL_FILE_CHECK, FAILOVER_FILE_CHECK},
	{"BFD_CHECK", VIRTUAL_BFD_CHECK, FAILOVER_BFD_CHECK},
};

/* ---- where a checker connects ---- */

static void read_ip(struct conf_ctx *ctx, const struct conf_line *line, struct addr *out)
{
	if (!addr_parse_ip(out, slice_of(line->words[1].text), 0)) {
		out->len = 0;
		FAILOVER_WARN(ctx, line, 1, "'%s' is no IP address, left out", line->words[1].text);
	}
	failover_rows_extra(ctx, line, 2);
}

static void read_connect_ip(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_ip(ctx, line, &((struct checker_block *)target)->checker.connect);
}

static void read_bindto(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_ip(ctx, line, &((struct checker_block *)target)->checker.bind);
}

static void read_port(struct conf_ctx *ctx, const struct conf_line *line, unsigned *out)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 65535, &n, "left out"))
		*out = (unsigned)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_connect_port(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_port(ctx, line, &((struct checker_block *)target)->checker.connect_port);
}

static void read_bind_port(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_port(ctx, line, &((struct checker_block *)target)->checker.bind_port);
}

static void read_bind_if(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (line->words[1].text[0])
		((struct checker_block *)target)->checker.bind_if = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_fwmark(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 0, UINT_MAX, &n, "left out"))
		((struct checker_block *)target)->checker.fwmark = (unsigned long)n;
	failover_rows_extra(ctx, line, 2);
}

void virtual_log_all_read(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	bool on;

	(void)target;
	if (failover_value_bool(ctx, line, 1, &on) && on)
		FAILOVER_ADVISE(ctx, line, 0,
				"'%s' is without effect: a failed check that changes something is "
				"logged",
				line->words[0].text);
	failover_rows_extra(ctx, line, 2);
}

/* ---- HTTP_GET, SSL_GET, SMTP_CHECK ---- */

static void read_http_protocol(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_checker_conf *c = &((struct checker_block *)target)->checker;
	const char *text = line->words[1].text;

	if (strcmp(text, "1.1") == 0) {
		c->http_version = "HTTP/1.1";
	} else if (strcmp(text, "1.0") == 0 || strcmp(text, "1.0C") == 0) {
		c->http_version = "HTTP/1.0";
		c->http_close = text[3] != '\0';
	} else {
		FAILOVER_WARN(ctx, line, 1, "'%s' is none of 1.0, 1.0C, 1.1, left out", text);
	}
	failover_rows_extra(ctx, line, 2);
}

static void read_fast_recovery(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	bool on;

	(void)target;
	failover_value_bool(ctx, line, 1, &on);
	failover_rows_extra(ctx, line, 2);
}

static void read_sni(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct checker_block *)target)->checker.enable_sni = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_helo(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct checker_block *)target)->checker.helo = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

/* host { connect_ip ... }: the old way to say where an SMTP_CHECK connects. */
static void read_smtp_host(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_rows_extra(ctx, line, 1);
	failover_rows_walk(failover_build_of(ctx), block_node_of(line)->children,
			   FAILOVER_SMTP_HOST, "host", target);
}

/* ---- MISC_CHECK ---- */

static void read_misc_path(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct checker_block *)target)->script_line = line;
	failover_rows_extra(ctx, line, 2);
}

static void read_misc_timeout(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_seconds(ctx, line, 1, 0, INT_MAX * 1000000LL,
			       &((struct checker_block *)target)->checker.script_timeout_us,
			       "left out");
	failover_rows_extra(ctx, line, 2);
}

static void read_misc_dynamic(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	bool on;

	if (failover_value_bool(ctx, line, 1, &on))
		((struct checker_block *)target)->checker.dynamic = on;
	failover_rows_extra(ctx, line, 2);
}

static void read_misc_user(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct checker_block *block = target;

	block->bad_user = !failover_user_read(ctx, line, 1, &block->user);
	failover_rows_extra(ctx, line, 3);
}

/* ---- DNS_CHECK, UDP_CHECK, FILE_CHECK, BFD_CHECK ---- */

static void read_name(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct checker_block *)target)->checker.name = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_dns_type(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	static const char *const types[] = {"A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", NULL};

	for (const char *const *t = types; *t; t++) {
		if (strcmp(*t, line->words[1].text) == 0) {
			((struct checker_block *)target)->checker.dns_type = *t;
			return;
		}
	}
	FAILOVER_WARN(ctx, line, 1, "'%s' is no type that DNS_CHECK knows", line->words[1].text);
}

/* NULL, and said: there are other things than digits. */
static const char *read_hex(struct conf_ctx *ctx, const struct conf_line *line, const char *allowed)
{
	for (unsigned i = 1; i < line->n_words; i++) {
		if (strspn(line->words[i].text, allowed) == strlen(line->words[i].text))
			continue;
		FAILOVER_WARN(ctx, line, i, "'%s' are no hexadecimal digits", line->words[i].text);
		return NULL;
	}
	return conf_line_join(ctx->arena, line, 1);
}

static void read_payload(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct checker_block *)target)->checker.payload =
		read_hex(ctx, line, "0123456789abcdefABCDEF");
}

static void read_reply(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	((struct checker_block *)target)->checker.reply =
		read_hex(ctx, line, "0123456789abcdefABCDEFxX");
}

static void read_length(struct conf_ctx *ctx, const struct conf_line *line, unsigned *out)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 0, 65535, &n, "left out"))
		*out = (unsigned)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_reply_least(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_length(ctx, line, &((struct checker_block *)target)->checker.reply_least);
}

static void read_reply_most(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_length(ctx, line, &((struct checker_block *)target)->checker.reply_most);
}

static void read_weight(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_checker_conf *c = &((struct checker_block *)target)->checker;

	c->file_weight_set =
		failover_value_weight(ctx, line, 0, INT_MAX, &c->file_weight, &c->file_reverse);
}

/* ---- the block ---- */

static void finish_script(struct conf_ctx *ctx, const struct conf_line *line,
			  struct checker_block *block)
{
	struct failover_build *b = failover_build_of(ctx);

	if (!block->script_line)
		FAILOVER_WARN(ctx, line, 0, "this MISC_CHECK has no misc_path, left out");
	else if (!block->bad_user &&
		 failover_script_read(ctx, block->script_line, 1,
				      block->user.set ? &block->user : &b->script_user,
				      &block->checker.script))
		return;
	if (block->script_line)
		FAILOVER_ADVISE(ctx, line, 0, "this MISC_CHECK is left out: nothing is run");
	block->checker.script.argv = NULL;
}

/* Whether the block says enough to be of use. */
static bool is_whole(struct conf_ctx *ctx, const struct conf_line *line,
		     struct checker_block *block)
{
	const struct virtual_checker_conf *c = &block->checker;

	switch (c->kind) {
	case VIRTUAL_HTTP_GET:
	case VIRTUAL_SSL_GET:
		if (!c->urls)
			FAILOVER_WARN(ctx, line, 0, "this %s has no url, left out",
				      line->words[0].text);
		return c->urls;
	case VIRTUAL_MISC_CHECK:
		finish_script(ctx, line, block);
		return c->script.argv;
	case VIRTUAL_BFD_CHECK:
	case VIRTUAL_FILE_CHECK:
		if (!c->name)
			FAILOVER_WARN(ctx, line, 0,
				      "this %s does not say what it looks at, left out",
				      line->words[0].text);
		return c->name;
	default:
		return true;
	}
}

void virtual_checker_read(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct virtual_checker_conf **tail = &((struct virtual_real_conf *)target)->checkers;
	struct checker_block *block = ARENA_NEW(ctx->arena, struct checker_block);
	size_t k = 0;

	while (strcmp(kinds[k].name, line->words[0].text) != 0)
		k++; /* the row's name is one of them */
	virtual_times_init(&block->checker.times);
	block->checker.kind = kinds[k].kind;
	block->checker.http_version = "HTTP/1.0";
	block->checker.dns_type = "SOA";
	block->checker.reply_most = REPLY_MOST;
	block->checker.place = block_word_place(line, 0);
	failover_rows_extra(ctx, line, 1);
	failover_rows_walk(failover_build_of(ctx), block_node_of(line)->children, kinds[k].section,
			   kinds[k].name, block);
	if (!is_whole(ctx, line, block))
		return;
	while (*tail)
		tail = &(*tail)->next;
	*tail = &block->checker;
}

#define CONNECTING	    VIRTUAL_IN_CONNECTING
#define PLACES		    (CONNECTING | FAILOVER_SMTP_HOST)
#define HTTP		    (FAILOVER_HTTP_CHECK | FAILOVER_SSL_CHECK)
#define CHECKER(word, text) VIRTUAL_ROW(FAILOVER_REAL, word, virtual_checker_read, "{ ... }", text)

const struct conf_keyword virtual_checker_rows[] = {
	CHECKER("TCP_CHECK", "good when a connection is made"),
	CHECKER("HTTP_GET", "good when pages are as they should be"),
	CHECKER("SSL_GET", "the same over TLS"),
	CHECKER("SMTP_CHECK", "good when a mail server greets"),
	CHECKER("MISC_CHECK", "good when a script says so"),
	CHECKER("DNS_CHECK", "good when a name server answers, over UDP"),
	CHECKER("UDP_CHECK", "good when nothing says that the port is closed, or a reply comes"),
	CHECKER("PING_CHECK", "good when an ICMP echo comes back"),
	CHECKER("FILE_CHECK", "the number in a track_file: a fault, or a weight"),
	CHECKER("BFD_CHECK", "good while a bfd_instance is up"),
	VIRTUAL_ROW(PLACES, "connect_ip", read_connect_ip, "<address>", "instead of the server's"),
	VIRTUAL_ROW(PLACES, "connect_port", read_connect_port, "<port>", "instead of the server's"),
	VIRTUAL_ROW(PLACES, "bindto", read_bindto, "<address>", "where checks come from"),
	VIRTUAL_ROW(PLACES, "bind_port", read_bind_port, "<port>", "where checks come from"),
	VIRTUAL_ROW(PLACES, "bind_if", read_bind_if, "<interface>", "where checks come from"),
	VIRTUAL_ROW(PLACES, "fwmark", read_fwmark, "<number>",
		    "of its packets: DNS_CHECK, UDP_CHECK, PING_CHECK"),
	VIRTUAL_ROW(VIRTUAL_IN_CHECKERS, "log_all_failures", virtual_log_all_read, "[<bool>]",
		    "failed checks that change something are always logged"),
	VIRTUAL_ROW(HTTP, "url", virtual_url_read, "{ ... }", "a page; there may be several"),
	VIRTUAL_ROW(HTTP, "http_protocol", read_http_protocol, "1.0|1.0C|1.1",
		    "the version, 1.0 by default"),
	VIRTUAL_ROW(HTTP, "fast_recovery", read_fast_recovery, "[<bool>]",
		    "without effect: all pages are always asked for at once"),
	VIRTUAL_ROW(HTTP, "enable_sni", read_sni, NULL, "the host is named in the handshake"),
	VIRTUAL_ROW(FAILOVER_SMTP_CHECK, "helo_name", read_helo, "<name>", "who greets"),
	VIRTUAL_ROW(FAILOVER_SMTP_CHECK, "host", read_smtp_host, "{ ... }",
		    "an old way to say where it connects"),
	VIRTUAL_ROW(FAILOVER_MISC_CHECK, "misc_path", read_misc_path, "<command>", "what is run"),
	VIRTUAL_ROW(FAILOVER_MISC_CHECK, "misc_timeout", read_misc_timeout, "<seconds>",
		    "longer is a failure, delay_loop by default"),
	VIRTUAL_ROW(FAILOVER_MISC_CHECK, "misc_dynamic", read_misc_dynamic, "[<bool>]",
		    "an exit status from 2 on is a weight and two"),
	VIRTUAL_ROW(FAILOVER_MISC_CHECK, "user", read_misc_user, "<user> [<group>]",
		    "who runs it, script_user by default"),
	VIRTUAL_ROW(FAILOVER_DNS_CHECK, "type", read_dns_type, "<type>", "of the question"),
	VIRTUAL_ROW(FAILOVER_DNS_CHECK, "name", read_name, "<name>",
		    "what is asked for, . by default"),
	VIRTUAL_ROW(FAILOVER_BFD_CHECK, "name", read_name, "<name>", "a bfd_instance"),
	VIRTUAL_ROW(FAILOVER_FILE_CHECK, "track_file", read_name, "<name>", "a track_file"),
	VIRTUAL_ROW(FAILOVER_FILE_CHECK, "weight", read_weight, "<n> [reverse]", "its factor"),
	VIRTUAL_ROW(FAILOVER_UDP_CHECK, "payload", read_payload, "<digits> ...",
		    "what is sent, random by default"),
	VIRTUAL_ROW(FAILOVER_UDP_CHECK, "require_reply", read_reply, "[<digits> ...]",
		    "the answer; x is any digit"),
	VIRTUAL_ROW(FAILOVER_UDP_CHECK, "min_reply_length", read_reply_least, "<n>",
		    "of it, 0 by default"),
	VIRTUAL_ROW(FAILOVER_UDP_CHECK, "max_reply_length", read_reply_most, "<n>",
		    "of it, 255 by default"),
	{.name = NULL},
};
