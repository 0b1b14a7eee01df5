/*
 * The variables of log-format (%ci, %TR, ...), one small function each over struct log_record. No
 * printf here: a log line is written for every request. Dates are made once per second and thread.
 */
#include "balancer/rules/log_alias.h"

#include <stdlib.h>
#include <time.h>

/* ---- texts -------------------------------------------------------------------------------- */

static const char hex[] = "0123456789ABCDEF";

static void put_escaped(struct slice text, struct text *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\' || text.ptr[i] == ']')
			log_put_char(out, '\\');
		log_put_char(out, text.ptr[i]);
	}
}

void log_put_text(const struct log_op *op, struct slice text, struct text *out)
{
	if (op->flags == 0) {
		if (text.len > 0)
			log_put(out, text);
		else if (op->in_log)
			log_put_char(out, '-');
		return;
	}
	if (op->flags & LOG_QUOTE)
		log_put_char(out, '"');
	else if (text.len == 0 && op->in_log)
		log_put_char(out, '-');
	if (op->flags & LOG_ESCAPE)
		put_escaped(text, out);
	else
		log_put(out, text);
	if (op->flags & LOG_QUOTE)
		log_put_char(out, '"');
}

static void put_str(const struct log_op *op, const char *str, struct text *out)
{
	log_put_text(op, str ? slice_of(str) : SLICE(""), out);
}

/* Bytes that would not confuse a reader of logs; in captured headers, not what stands between them
 * either. Others become #XX. */
static const bool plain_byte[2][256] = {
	{[32 ... 33] = true, [36 ... 126] = true},
	{[32 ... 33] = true, [36 ... 122] = true, [126] = true},
};

static void put_encoded(struct slice text, bool header, struct text *out)
{
	while (text.len > 0) {
		size_t n = 0;

		while (n < text.len && plain_byte[header][(unsigned char)text.ptr[n]])
			n++;
		log_put(out, (struct slice){text.ptr, n});
		if (n < text.len) {
			log_put_char(out, '#');
			log_put_char(out, hex[(unsigned char)text.ptr[n] >> 4]);
			log_put_char(out, hex[text.ptr[n] & 15]);
			n++;
		}
		text = (struct slice){text.ptr + n, text.len - n};
	}
}

static void put_request_text(const struct log_op *op, struct slice text, struct text *out)
{
	if (op->flags & LOG_QUOTE)
		log_put_char(out, '"');
	put_encoded(text, false, out);
	if (op->flags & LOG_QUOTE)
		log_put_char(out, '"');
}

/* ---- numbers ------------------------------------------------------------------------------ */

static void put_hex(unsigned long long n, struct text *out)
{
	unsigned digits = 4;

	while (digits < 16 && n >> (4 * digits))
		digits++;
	while (digits-- > 0)
		log_put_char(out, hex[n >> (4 * digits) & 15]);
}

static void put_num(const struct log_op *op, unsigned long long n, struct text *out)
{
	if (op->flags & LOG_HEX)
		put_hex(n, out);
	else
		log_put_uint(out, n);
}

static void put_ms(int64_t ms, struct text *out)
{
	if (ms < 0)
		log_put_char(out, '-');
	log_put_uint(out, ms < 0 ? 0 - (unsigned long long)ms : (unsigned long long)ms);
}

#define NUMBER(fn, expr)                                                                      \
	static void fn(const struct log_op *op, const struct log_record *r, struct text *out) \
	{                                                                                     \
		(void)op;                                                                     \
		log_put_uint(out, (expr));                                                    \
	}
#define HEX_NUMBER(fn, expr)                                                                  \
	static void fn(const struct log_op *op, const struct log_record *r, struct text *out) \
	{                                                                                     \
		put_num(op, (unsigned long long)(expr), out);                                 \
	}
#define MILLISECONDS(fn, expr)                                                                \
	static void fn(const struct log_op *op, const struct log_record *r, struct text *out) \
	{                                                                                     \
		(void)op;                                                                     \
		put_ms((expr), out);                                                          \
	}
#define OPEN_MILLISECONDS(fn, expr)                                                           \
	static void fn(const struct log_op *op, const struct log_record *r, struct text *out) \
	{                                                                                     \
		(void)op;                                                                     \
		if (r->logged_early)                                                          \
			log_put_char(out, '+');                                               \
		put_ms((expr), out);                                                          \
	}
#define STRING(fn, expr)                                                                      \
	static void fn(const struct log_op *op, const struct log_record *r, struct text *out) \
	{                                                                                     \
		put_str(op, (expr), out);                                                     \
	}

NUMBER(put_ac, r->actconn)
NUMBER(put_fc, r->feconn)
NUMBER(put_bc, r->beconn)
NUMBER(put_sc, r->srvconn)
NUMBER(put_sq, r->srv_queue)
NUMBER(put_bq, r->backend_queue)
NUMBER(put_upload, r->bytes_uploaded)
HEX_NUMBER(put_lc, r->log_count)
HEX_NUMBER(put_rt, r->req_count)
HEX_NUMBER(put_pid, r->pid)
HEX_NUMBER(put_stamp, r->accept_wall_us / 1000000)
MILLISECONDS(put_tc, r->tc_ms)
MILLISECONDS(put_td, r->td_ms)
MILLISECONDS(put_th, r->th_ms)
MILLISECONDS(put_ti, r->ti_ms)
MILLISECONDS(put_tq, r->tq_ms)
MILLISECONDS(put_tr_req, r->tr_req_ms)
MILLISECONDS(put_tr_res, r->tr_ms)
MILLISECONDS(put_tw, r->tw_ms)
OPEN_MILLISECONDS(put_ta, r->ta_ms)
OPEN_MILLISECONDS(put_tt, r->tt_ms)
OPEN_MILLISECONDS(put_tu, r->tu_ms)
STRING(put_frontend, r->frontend)
STRING(put_backend, r->backend)
STRING(put_server, r->server_name)
STRING(put_host, r->hostname)
STRING(put_bind_name, r->bind_name)
STRING(put_message, r->message)

static void put_nothing(const struct log_op *op, const struct log_record *r, struct text *out)
{
	(void)r;
	put_str(op, NULL, out);
}

static void put_status(const struct log_op *op, const struct log_record *r, struct text *out)
{
	(void)op;
	put_ms(r->status, out);
}

static void put_bytes(const struct log_op *op, const struct log_record *r, struct text *out)
{
	(void)op;
	if (r->logged_early)
		log_put_char(out, '+');
	log_put_uint(out, r->bytes_read);
}

static void put_retries(const struct log_op *op, const struct log_record *r, struct text *out)
{
	(void)op;
	if (r->redispatched)
		log_put_char(out, '+');
	log_put_uint(out, r->retries);
}

static void put_accept_ms(const struct log_op *op, const struct log_record *r, struct text *out)
{
	unsigned ms = (unsigned)(r->accept_wall_us / 1000 % 1000);

	(void)op;
	log_put_char(out, (char)('0' + ms / 100));
	log_put_char(out, (char)('0' + ms / 10 % 10));
	log_put_char(out, (char)('0' + ms % 10));
}

static void put_transport_name(const struct log_op *op, const struct log_record *r,
			       struct text *out)
{
	struct log_op plain = *op;

	if (!r->frontend_ssl) {
		put_str(op, r->frontend, out);
		return;
	}
	plain.flags &= (uint8_t)~LOG_QUOTE;
	if (op->flags & LOG_QUOTE)
		log_put_char(out, '"');
	put_str(&plain, r->frontend, out);
	log_put_str(out, op->flags & LOG_QUOTE ? "~\"" : "~");
}

/* ---- addresses ---------------------------------------------------------------------------- */

static void put_ip(const struct log_op *op, const struct addr *a, struct text *out)
{
	char buf[ADDR_TEXT_MAX];
	struct sample s;

	if (!a || a->len == 0) {
		put_str(op, NULL, out);
	} else if (!sample_give_addr(&s, a)) {
		put_str(op, "unix", out);
	} else if (op->flags & LOG_HEX) {
		for (unsigned i = 0; i < (s.addr.v6 ? 16u : 4u); i++) {
			log_put_char(out, hex[s.addr.byte[i] >> 4]);
			log_put_char(out, hex[s.addr.byte[i] & 15]);
		}
	} else {
		log_put_text(op, (struct slice){buf, sample_addr_text(&s.addr, buf)}, out);
	}
}

static void put_port(const struct log_op *op, const struct addr *a, struct text *out)
{
	if (!a || a->len == 0)
		put_str(op, NULL, out);
	else
		put_num(op, a->sa.sa_family == AF_UNIX ? 1 : addr_port(a), out);
}

#define ADDRESS(ip_fn, port_fn, a)                                                                 \
	static void ip_fn(const struct log_op *op, const struct log_record *r, struct text *out)   \
	{                                                                                          \
		put_ip(op, (a), out);                                                              \
	}                                                                                          \
	static void port_fn(const struct log_op *op, const struct log_record *r, struct text *out) \
	{                                                                                          \
		put_port(op, (a), out);                                                            \
	}

ADDRESS(put_ci, put_cp, r->client)
ADDRESS(put_fi, put_fp, r->local)
ADDRESS(put_bi, put_bp, r->server_src)
ADDRESS(put_si, put_sp, r->server)

/* ---- dates -------------------------------------------------------------------------------- */

enum { DATE_LEN = 20 };

struct date_text {
	int64_t second; /* + 1, so that all-zero is none */
	char text[24];	/* "22/Nov/2026:09:46:17" */
	char zone[6];	/* "+0100" */
};

static const struct date_text *date_of(int64_t wall_us, bool local)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static _Thread_local struct date_text cache[2][2]; /* accept and request may differ */
	int64_t second = wall_us / 1000000;
	struct date_text *d = &cache[local][second & 1];
	time_t t = (time_t)second;
	struct text out;
	struct tm tm;

	if (d->second == second + 1)
		return d;
	d->second = second + 1;
	if (local)
		localtime_r(&t, &tm);
	else
		gmtime_r(&t, &tm);
	text_init(&out, d->text, sizeof(d->text));
	text_fmt(&out, "%02d/%.3s/%04d:%02d:%02d:%02d", tm.tm_mday, months + 3 * tm.tm_mon,
		 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	text_init(&out, d->zone, sizeof(d->zone));
	text_fmt(&out, "%c%02ld%02ld", tm.tm_gmtoff < 0 ? '-' : '+', labs(tm.tm_gmtoff) / 3600,
		 labs(tm.tm_gmtoff) / 60 % 60);
	return d;
}

static void put_date_ms(int64_t wall_us, struct text *out)
{
	unsigned ms = (unsigned)(wall_us / 1000 % 1000);
	char tail[4] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
			(char)('0' + ms % 10)};

	log_put(out, (struct slice){date_of(wall_us, true)->text, DATE_LEN});
	log_put(out, (struct slice){tail, sizeof(tail)});
}

static void put_date_zone(int64_t wall_us, bool local, struct text *out)
{
	const struct date_text *d = date_of(wall_us, local);

	log_put_str(out, d->text);
	log_put_char(out, ' ');
	log_put_str(out, d->zone);
}

#define DATES(ms_fn, gmt_fn, local_fn, wall_us)                                                   \
	static void ms_fn(const struct log_op *op, const struct log_record *r, struct text *out)  \
	{                                                                                         \
		(void)op;                                                                         \
		put_date_ms((wall_us), out);                                                      \
	}                                                                                         \
	static void gmt_fn(const struct log_op *op, const struct log_record *r, struct text *out) \
	{                                                                                         \
		(void)op;                                                                         \
		put_date_zone((wall_us), false, out);                                             \
	}                                                                                         \
	static void local_fn(const struct log_op *op, const struct log_record *r,                 \
			     struct text *out)                                                    \
	{                                                                                         \
		(void)op;                                                                         \
		put_date_zone((wall_us), true, out);                                              \
	}

DATES(put_t, put_T, put_Tl, r->accept_wall_us)
DATES(put_request_t, put_trg, put_trl, r->request_wall_us ? r->request_wall_us : r->accept_wall_us)

/* ---- session and request ------------------------------------------------------------------ */

static void put_ts(const struct log_op *op, const struct log_record *r, struct text *out)
{
	(void)op;
	log_put(out, (struct slice){r->flags, 2});
}

static void put_tsc(const struct log_op *op, const struct log_record *r, struct text *out)
{
	(void)op;
	log_put(out, (struct slice){r->flags, 4});
}

static const struct slice bad_request = {"<BADREQ>", 8};

static bool is_bad(const struct log_record *r)
{
	return r->request_line.len == 0 || slice_eq(r->request_line, bad_request);
}

static void put_request(const struct log_op *op, const struct log_record *r, struct text *out)
{
	put_request_text(op, is_bad(r) ? bad_request : r->request_line, out);
}

enum part { PART_METHOD, PART_URI, PART_PATH, PART_PATH_ONLY, PART_QUERY, PART_VERSION };

static struct slice part_of(struct slice line, enum part part)
{
	struct slice rest = line, method = slice_cut(&rest, ' '), uri = slice_cut(&rest, ' ');
	size_t query = slice_find(uri, '?');
	char *scheme;

	switch (part) {
	case PART_METHOD:
		return method;
	case PART_URI:
		return uri;
	case PART_QUERY:
		return (struct slice){uri.ptr + query, uri.len - query};
	case PART_VERSION:
		return rest;
	case PART_PATH:
	case PART_PATH_ONLY:
	default:
		uri.len = query;
		scheme = memmem(uri.ptr, uri.len, "://", 3);
		if (part == PART_PATH_ONLY && scheme) {
			uri.len -= (size_t)(scheme + 3 - uri.ptr);
			uri.ptr = scheme + 3;
			uri.ptr += slice_find(uri, '/');
			uri.len -= slice_find((struct slice){scheme + 3, uri.len}, '/');
		}
		return uri;
	}
}

#define PART(fn, part)                                                                         \
	static void fn(const struct log_op *op, const struct log_record *r, struct text *out)  \
	{                                                                                      \
		put_request_text(op, is_bad(r) ? bad_request : part_of(r->request_line, part), \
				 out);                                                         \
	}

PART(put_method, PART_METHOD)
PART(put_uri, PART_URI)
PART(put_path, PART_PATH)
PART(put_path_only, PART_PATH_ONLY)
PART(put_query, PART_QUERY)
PART(put_version, PART_VERSION)

static void put_cookie_req(const struct log_op *op, const struct log_record *r, struct text *out)
{
	log_put_text(op, r->cookie_req, out);
}

static void put_cookie_res(const struct log_op *op, const struct log_record *r, struct text *out)
{
	log_put_text(op, r->cookie_res, out);
}

static void put_captures(const struct log_op *op, const struct slice *list, unsigned n,
			 struct text *out)
{
	if (n == 0)
		return;
	log_put_str(out, op->flags & LOG_QUOTE ? "\"{" : "{");
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			log_put_char(out, '|');
		put_encoded(list[i], true, out);
	}
	log_put_str(out, op->flags & LOG_QUOTE ? "}\"" : "}");
}

/* Common log style: one text per capture. */
static void put_captures_clf(const struct log_op *op, const struct slice *list, unsigned n,
			     struct text *out)
{
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			log_put_char(out, ' ');
		if (list[i].len == 0) {
			log_put_str(out, op->flags & LOG_QUOTE ? "\"\"" : "-");
			continue;
		}
		if (op->flags & LOG_QUOTE)
			log_put_char(out, '"');
		put_encoded(list[i], true, out);
		if (op->flags & LOG_QUOTE)
			log_put_char(out, '"');
	}
}

#define CAPTURES(fn, clf_fn, side)                                                                \
	static void fn(const struct log_op *op, const struct log_record *r, struct text *out)     \
	{                                                                                         \
		put_captures(op, r->captures_##side, r->n_captures_##side, out);                  \
	}                                                                                         \
	static void clf_fn(const struct log_op *op, const struct log_record *r, struct text *out) \
	{                                                                                         \
		put_captures_clf(op, r->captures_##side, r->n_captures_##side, out);              \
	}

CAPTURES(put_hr, put_hrl, req)
CAPTURES(put_hs, put_hsl, res)

const struct log_alias log_aliases[] = {
	{"B", false, put_bytes, "bytes from server to client"},
	{"CC", true, put_cookie_req, "cookie captured in the request"},
	{"CS", true, put_cookie_res, "cookie captured in the response"},
	{"H", false, put_host, "our host name"},
	{"HM", true, put_method, "method"},
	{"HP", true, put_path, "target without the query"},
	{"HPO", true, put_path_only, "path alone"},
	{"HQ", true, put_query, "query with its ?"},
	{"HU", true, put_uri, "target"},
	{"HV", true, put_version, "HTTP version"},
	{"ID", false, put_nothing, "unique id"},
	{"ST", false, put_status, "status"},
	{"T", false, put_T, "accept date, universal"},
	{"Ta", true, put_ta, "time of the request, first byte to last, ms"},
	{"Tc", false, put_tc, "time to connect to the server, ms"},
	{"Td", false, put_td, "time of data transfer, ms"},
	{"Th", false, put_th, "time of handshakes, ms"},
	{"Ti", true, put_ti, "idle time before the request, ms"},
	{"Tl", false, put_Tl, "accept date, local"},
	{"Tq", true, put_tq, "Th + Ti + TR"},
	{"TR", true, put_tr_req, "time to receive the request, ms"},
	{"Tr", true, put_tr_res, "time of the server's response, ms"},
	{"Ts", false, put_stamp, "accept date, seconds since 1970"},
	{"Tt", false, put_tt, "whole time since accept, ms"},
	{"Tu", false, put_tu, "whole time as the user sees it, ms"},
	{"Tw", false, put_tw, "time in queues, ms"},
	{"U", false, put_upload, "bytes from client to server"},
	{"ac", false, put_ac, "connections of the process"},
	{"b", false, put_backend, "backend"},
	{"bc", false, put_bc, "sessions of the backend"},
	{"bi", false, put_bi, "our address towards the server"},
	{"bp", false, put_bp, "our port towards the server"},
	{"bq", false, put_bq, "place in the backend's queue"},
	{"ci", false, put_ci, "client's address"},
	{"cp", false, put_cp, "client's port"},
	{"f", false, put_frontend, "frontend"},
	{"fc", false, put_fc, "sessions of the frontend"},
	{"fi", false, put_fi, "address the client connected to"},
	{"fp", false, put_fp, "port the client connected to"},
	{"ft", false, put_transport_name, "frontend, with ~ for TLS"},
	{"hr", false, put_hr, "captured request headers"},
	{"hrl", false, put_hrl, "captured request headers, common log style"},
	{"hs", false, put_hs, "captured response headers"},
	{"hsl", false, put_hsl, "captured response headers, common log style"},
	{"lc", false, put_lc, "number of the frontend's log line"},
	{"ms", false, put_accept_ms, "milliseconds of the accept date"},
	{"pid", false, put_pid, "process id"},
	{"r", true, put_request, "request line"},
	{"rc", false, put_retries, "retries, with + after a redispatch"},
	{"rt", false, put_rt, "number of the request"},
	{"s", false, put_server, "server"},
	{"sc", false, put_sc, "sessions of the server"},
	{"si", false, put_si, "server's address"},
	{"sp", false, put_sp, "server's port"},
	{"sq", false, put_sq, "place in the server's queue"},
	{"sslc", false, put_nothing, "TLS cipher"},
	{"sslv", false, put_nothing, "TLS version"},
	{"t", false, put_t, "accept date with milliseconds"},
	{"tr", true, put_request_t, "request date with milliseconds"},
	{"trg", true, put_trg, "request date, universal"},
	{"trl", true, put_trl, "request date, local"},
	{"ts", false, put_ts, "how the session ended"},
	{"tsc", true, put_tsc, "how the session ended, and its cookie"},
	{" bind", false, put_bind_name, "listener (in built-in formats)"},
	{" message", false, put_message, "what went wrong (in built-in formats)"},
	{.name = NULL},
};
