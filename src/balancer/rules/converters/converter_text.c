/*
 * Converters of texts. Results that are a part of the input point into it; others are made in the
 * exchange's arena.
 */
#include <ctype.h>

#include "balancer/rules/sample.h"
#include "balancer/rules/substitute.h"
#include "core/base/text.h"

static bool map_bytes(struct rule_input *in, struct sample *s, int (*map)(int))
{
	char *buf = sample_room(in, s->str.len);

	if (!buf)
		return false;
	for (size_t i = 0; i < s->str.len; i++)
		buf[i] = (char)map((unsigned char)s->str.ptr[i]);
	s->str.ptr = buf;
	return true;
}

SAMPLE_CONVERT(to_lower)
{
	return map_bytes(in, s, tolower);
}

SAMPLE_CONVERT(to_upper)
{
	return map_bytes(in, s, toupper);
}

SAMPLE_CONVERT(length)
{
	return sample_give_num(s, SAMPLE_INT, (int64_t)s->str.len);
}

static bool is_one_of(struct slice set, char c)
{
	return memchr(set.ptr, c, set.len) != NULL;
}

SAMPLE_CONVERT(trim_left)
{
	while (s->str.len > 0 && is_one_of(c->args[0].str, s->str.ptr[0])) {
		s->str.ptr++;
		s->str.len--;
	}
	return true;
}

SAMPLE_CONVERT(trim_right)
{
	while (s->str.len > 0 && is_one_of(c->args[0].str, s->str.ptr[s->str.len - 1]))
		s->str.len--;
	return true;
}

SAMPLE_CONVERT(cut_crlf)
{
	s->str.len = slice_find(s->str, '\r');
	s->str.len = slice_find(s->str, '\n');
	return true;
}

/* ---- field and word ----------------------------------------------------------------------- */

struct piece {
	size_t from, to;
};

/* The next piece at or behind *at; false behind the last one. */
static bool next_piece(struct slice text, struct slice delims, bool words, size_t *at,
		       struct piece *p)
{
	while (words && *at < text.len && is_one_of(delims, text.ptr[*at]))
		(*at)++;
	if (*at > text.len || (words && *at == text.len))
		return false;
	p->from = p->to = *at;
	while (p->to < text.len && !is_one_of(delims, text.ptr[p->to]))
		p->to++;
	*at = p->to + 1;
	return true;
}

static bool pick_pieces(const struct sample_call *c, struct sample *s, bool words)
{
	int64_t index = c->args[0].num, count = c->args[2].given ? c->args[2].num : 1;
	int64_t n = 0, first, last;
	struct piece p, span = {0, 0};
	bool found = false;
	size_t at = 0;

	if (index < 0)
		while (next_piece(s->str, c->args[1].str, words, &at, &p))
			n++;
	first = index > 0 ? index : count == 0 ? 1 : n + index + 2 - count;
	last = index < 0 ? n + index + 1 : count == 0 ? INT64_MAX : index + count - 1;
	if (last < 1)
		return false;
	at = 0;
	for (n = 1; n <= last && next_piece(s->str, c->args[1].str, words, &at, &p); n++) {
		if (n < first)
			continue;
		span.from = found ? span.from : p.from;
		span.to = p.to;
		found = true;
	}
	s->str = (struct slice){s->str.ptr + span.from, span.to - span.from};
	return found;
}

SAMPLE_CONVERT(field)
{
	return pick_pieces(c, s, false);
}

SAMPLE_CONVERT(word)
{
	return pick_pieces(c, s, true);
}

static bool check_index(struct rules_build *b, struct sample_call *call)
{
	if (call->args[0].num == 0)
		rules_error(b, "field, word: the index counts from 1 or -1");
	return call->args[0].num != 0;
}

SAMPLE_CONVERT(bytes)
{
	int64_t from = c->args[0].num;

	if (from < 0 || (uint64_t)from > s->str.len)
		return false;
	s->str = (struct slice){s->str.ptr + from, s->str.len - (size_t)from};
	if (c->args[1].given && (uint64_t)c->args[1].num < s->str.len)
		s->str.len = (size_t)c->args[1].num;
	return true;
}

/* ---- joining ------------------------------------------------------------------------------ */

static bool check_var_arg(struct rules_build *b, struct sample_call *call)
{
	struct rule_var_name *name = ARENA_NEW(b->arena, struct rule_var_name);

	if (!call->args[1].given)
		return true;
	call->data = name;
	return rule_var_parse(b, call->args[1].str, name);
}

static bool join(struct rule_input *in, struct sample *s, const struct slice *parts, unsigned n)
{
	size_t len = s->str.len, at = s->str.len;
	char *buf;

	for (unsigned i = 0; i < n; i++)
		len += parts[i].len;
	buf = sample_room(in, len);
	if (!buf)
		return false;
	memcpy(buf, s->str.ptr, s->str.len);
	for (unsigned i = 0; i < n; i++) {
		memcpy(buf + at, parts[i].ptr ? parts[i].ptr : "", parts[i].len);
		at += parts[i].len;
	}
	s->str = (struct slice){buf, len};
	return true;
}

static struct slice var_text(const struct sample_call *c, struct rule_input *in)
{
	struct sample v;

	if (!c->data || !rule_var_get(c->data, in, &v) || !sample_cast(&v, SAMPLE_STR, in))
		return SLICE("");
	return v.str;
}

SAMPLE_CONVERT(concat)
{
	struct slice parts[] = {c->args[0].str, var_text(c, in), c->args[2].str};

	return join(in, s, parts, 3);
}

SAMPLE_CONVERT(add_item)
{
	struct slice var = var_text(c, in);
	struct slice parts[] = {s->str.len > 0 ? c->args[0].str : SLICE(""), var, c->args[2].str};

	if (var.len == 0 && c->args[2].str.len == 0)
		return true;
	return join(in, s, parts, 3);
}

SAMPLE_CONVERT(iif)
{
	return sample_give_str(s, s->num ? c->args[0].str : c->args[1].str);
}

/* ---- regsub ------------------------------------------------------------------------------- */

struct regsub {
	struct regex *re;
	bool all, anchored;
};

static bool check_regsub(struct rules_build *b, struct sample_call *call)
{
	struct regsub *r = ARENA_NEW(b->arena, struct regsub);
	bool ignore_case = false;

	for (size_t i = 0; i < call->args[2].str.len; i++) {
		if (call->args[2].str.ptr[i] == 'i')
			ignore_case = true;
		else if (call->args[2].str.ptr[i] == 'g')
			r->all = true;
		else
			rules_error(b, "regsub: unknown flag '%c'", call->args[2].str.ptr[i]);
	}
	r->anchored = call->args[0].str.len > 0 && call->args[0].str.ptr[0] == '^';
	r->re = rules_regex(b, call->args[0].str, ignore_case);
	call->data = r;
	return r->re != NULL;
}

SAMPLE_CONVERT(regsub)
{
	const struct regsub *r = c->data;
	struct slice groups[REGEX_GROUPS_MAX], rest = s->str;
	size_t cap = s->str.len * 4 + c->args[1].str.len + 1024;
	char *buf = sample_room(in, cap);
	struct text out;

	if (!buf)
		return false;
	text_init(&out, buf, cap);
	while (regex_groups(r->re, rest, groups) > 0) {
		size_t before = (size_t)(groups[0].ptr - rest.ptr);

		text_add(&out, (struct slice){rest.ptr, before});
		rules_substitute(&out, c->args[1].str, groups);
		before += groups[0].len;
		if (groups[0].len == 0) { /* an empty match moves on by one */
			if (before < rest.len)
				text_char(&out, rest.ptr[before]);
			before++;
		}
		rest = before < rest.len ? (struct slice){rest.ptr + before, rest.len - before}
					 : SLICE("");
		if (!r->all || r->anchored || rest.len == 0)
			break;
	}
	text_add(&out, rest);
	s->str = (struct slice){buf, out.len};
	return !out.cut;
}

/* ---- Host values -------------------------------------------------------------------------- */

static size_t port_at(struct slice host)
{
	size_t at = host.len;

	while (at > 0 && host.ptr[at - 1] >= '0' && host.ptr[at - 1] <= '9')
		at--;
	return at > 0 && host.ptr[at - 1] == ':' && slice_find(host, ':') == at - 1 ? at
	       : at > 1 && host.ptr[at - 1] == ':' && host.ptr[at - 2] == ']'	    ? at
										    : 0;
}

SAMPLE_CONVERT(host_only)
{
	size_t at = port_at(s->str);

	if (at > 0)
		s->str.len = at - 1;
	return map_bytes(in, s, tolower);
}

SAMPLE_CONVERT(port_only)
{
	size_t at = port_at(s->str);
	int64_t port = 0;

	if (at > 0 && at < s->str.len)
		sample_text_to_int((struct slice){s->str.ptr + at, s->str.len - at}, &port);
	return sample_give_num(s, SAMPLE_INT, port);
}

SAMPLE_CONVERT(compare)
{
	struct sample v;
	size_t n;
	int rc;

	if (!rule_var_get(c->data, in, &v) || !sample_cast(&v, SAMPLE_STR, in))
		return false;
	n = s->str.len < v.str.len ? s->str.len : v.str.len;
	rc = memcmp(s->str.ptr, v.str.ptr, n);
	if (rc == 0)
		rc = s->str.len < v.str.len ? -1 : s->str.len > v.str.len;
	return sample_give_num(s, SAMPLE_INT, rc < 0 ? -1 : rc > 0);
}

static bool check_compare(struct rules_build *b, struct sample_call *call)
{
	struct rule_var_name *name = ARENA_NEW(b->arena, struct rule_var_name);

	call->data = name;
	return rule_var_parse(b, call->args[0].str, name);
}

SAMPLE_CONVERT(set_var)
{
	return rule_var_set(c->data, in, *s);
}

SAMPLE_CONVERT(unset_var)
{
	rule_var_unset(c->data, in);
	return true;
}

const struct converter_row converter_text_rows[] = {
	{"lower", SAMPLE_STR, SAMPLE_STR, "", to_lower, NULL, "in small letters"},
	{"upper", SAMPLE_STR, SAMPLE_STR, "", to_upper, NULL, "in capitals"},
	{"length", SAMPLE_STR, SAMPLE_INT, "", length, NULL, "number of bytes"},
	{"ltrim", SAMPLE_STR, SAMPLE_STR, "s", trim_left, NULL, "without these at the start"},
	{"rtrim", SAMPLE_STR, SAMPLE_STR, "s", trim_right, NULL, "without these at the end"},
	{"cut_crlf", SAMPLE_STR, SAMPLE_STR, "", cut_crlf, NULL, "up to the first line's end"},
	{"field", SAMPLE_STR, SAMPLE_STR, "isI", field, check_index, "fields between delimiters"},
	{"word", SAMPLE_STR, SAMPLE_STR, "isI", word, check_index, "words between delimiters"},
	{"bytes", SAMPLE_BIN, SAMPLE_BIN, "iI", bytes, NULL, "some bytes"},
	{"concat", SAMPLE_STR, SAMPLE_STR, "SSS", concat, check_var_arg,
	 "a text, a variable, a text behind it"},
	{"add_item", SAMPLE_STR, SAMPLE_STR, "sSS", add_item, check_var_arg,
	 "another item of a list"},
	{"iif", SAMPLE_BOOL, SAMPLE_STR, "SS", iif, NULL, "one text if true, another if not"},
	{"regsub", SAMPLE_STR, SAMPLE_STR, "sSS", regsub, check_regsub,
	 "replaces what a regex matches"},
	{"host_only", SAMPLE_STR, SAMPLE_STR, "", host_only, NULL, "a Host value without port"},
	{"port_only", SAMPLE_STR, SAMPLE_INT, "", port_only, NULL,
	 "the port of a Host value, or 0"},
	{"strcmp", SAMPLE_STR, SAMPLE_INT, "s", compare, check_compare, "order against a variable"},
	{"set-var", SAMPLE_ANY, SAMPLE_ANY, "s", set_var, check_compare, "also stores it"},
	{"unset-var", SAMPLE_ANY, SAMPLE_ANY, "s", unset_var, check_compare, "forgets a variable"},
	{.name = NULL},
};

const char *const converter_unserved[] = {
	"51d.*",	 "aes_gcm_dec", "be2dec",  "be2hex",	"capture-req",
	"capture-res",	 "da-csv-conv", "debug",   "digest",	"fix_is_valid",
	"fix_tag_value", "hmac",	"htonl",   "in_table",	"json_query",
	"jwt_*",	 "language",	"map_*",   "mqtt_*",	"protobuf",
	"secure_memcmp", "sha1",	"sha2",	   "srv_queue", "table_*",
	"ungrpc",	 "wt6",		"lua.*",   "ms_utime",	"ms_ltime",
	"us_utime",	 "us_ltime",	"bytes_*", "param",	"ip.*",
	"when",		 "rfc7239_*",	"x509_*",  "nbsrv",	NULL,
};
