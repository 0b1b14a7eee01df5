/*
 * Converters between texts and their encodings: %XX, hexadecimal, base64, JSON. Results are made in
 * the exchange's arena. RFC 3986 2.1, RFC 4648, RFC 8259 7.
 */
#include <ctype.h>

#include "balancer/rules/sample.h"

static int hex_value(char c)
{
	return c >= '0' && c <= '9'		    ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

SAMPLE_CONVERT(url_dec)
{
	bool in_form = c->args[0].num != 0;
	char *buf = sample_room(in, s->str.len);
	size_t len = 0;

	if (!buf)
		return false;
	for (size_t i = 0; i < s->str.len; i++) {
		char ch = s->str.ptr[i];

		if (ch == '?')
			in_form = true;
		if (ch == '+' && in_form) {
			ch = ' ';
		} else if (ch == '%') {
			if (i + 2 >= s->str.len || hex_value(s->str.ptr[i + 1]) < 0 ||
			    hex_value(s->str.ptr[i + 2]) < 0)
				return false;
			ch = (char)(hex_value(s->str.ptr[i + 1]) * 16 +
				    hex_value(s->str.ptr[i + 2]));
			i += 2;
		}
		buf[len++] = ch;
	}
	s->str = (struct slice){buf, len};
	return true;
}

static const char hex_upper[] = "0123456789ABCDEF";

SAMPLE_CONVERT(url_enc)
{
	char *buf = sample_room(in, s->str.len * 3);
	size_t len = 0;

	if (!buf)
		return false;
	for (size_t i = 0; i < s->str.len; i++) {
		unsigned char ch = (unsigned char)s->str.ptr[i];

		if (isalnum(ch) || (ch && strchr("-._~", ch))) {
			buf[len++] = (char)ch;
			continue;
		}
		buf[len++] = '%';
		buf[len++] = hex_upper[ch >> 4];
		buf[len++] = hex_upper[ch & 15];
	}
	s->str = (struct slice){buf, len};
	return true;
}

SAMPLE_CONVERT(to_hex)
{
	char *buf = sample_room(in, s->str.len * 2);

	if (!buf)
		return false;
	for (size_t i = 0; i < s->str.len; i++) {
		buf[2 * i] = hex_upper[(unsigned char)s->str.ptr[i] >> 4];
		buf[2 * i + 1] = hex_upper[s->str.ptr[i] & 15];
	}
	return sample_give_str(s, (struct slice){buf, s->str.len * 2});
}

SAMPLE_CONVERT(hex_to_int)
{
	int64_t n = 0;

	for (size_t i = 0; i < s->str.len; i++) {
		if (hex_value(s->str.ptr[i]) < 0)
			return false;
		n = n << 4 | hex_value(s->str.ptr[i]);
	}
	return sample_give_num(s, SAMPLE_INT, n);
}

/* RFC 4648; url takes the second alphabet and no padding. */
static bool encode_base64(struct rule_input *in, struct sample *s, bool url)
{
	static const char common[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	char digits[64], *buf = sample_room(in, s->str.len / 3 * 4 + 4);
	const unsigned char *p = (const unsigned char *)s->str.ptr;
	size_t len = 0;

	if (!buf)
		return false;
	memcpy(digits, common, 62);
	digits[62] = url ? '-' : '+';
	digits[63] = url ? '_' : '/';
	for (size_t i = 0; i < s->str.len; i += 3) {
		size_t left = s->str.len - i;
		unsigned n = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
			     (left > 2 ? p[i + 2] : 0u);

		for (unsigned k = 0; k < 4; k++) {
			if (k <= left)
				buf[len++] = digits[n >> (18 - 6 * k) & 63];
			else if (!url)
				buf[len++] = '=';
		}
	}
	return sample_give_str(s, (struct slice){buf, len});
}

static int base64_value(char ch)
{
	return ch >= 'A' && ch <= 'Z'	? ch - 'A'
	       : ch >= 'a' && ch <= 'z' ? ch - 'a' + 26
	       : ch >= '0' && ch <= '9' ? ch - '0' + 52
	       : ch == '+' || ch == '-' ? 62
	       : ch == '/' || ch == '_' ? 63
					: -1;
}

bool sample_decode_base64(struct rule_input *in, struct sample *s)
{
	char *buf = sample_room(in, s->str.len);
	unsigned n = 0, n_bits = 0;
	size_t len = 0;

	if (!buf)
		return false;
	while (s->str.len > 0 && s->str.ptr[s->str.len - 1] == '=')
		s->str.len--;
	for (size_t i = 0; i < s->str.len; i++) {
		if (base64_value(s->str.ptr[i]) < 0)
			return false;
		n = n << 6 | (unsigned)base64_value(s->str.ptr[i]);
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			buf[len++] = (char)(n >> n_bits);
		}
	}
	s->type = SAMPLE_BIN;
	s->str = (struct slice){buf, len};
	return true;
}

SAMPLE_CONVERT(base64)
{
	return encode_base64(in, s, false);
}

SAMPLE_CONVERT(ub64enc)
{
	return encode_base64(in, s, true);
}

SAMPLE_CONVERT(b64dec)
{
	return sample_decode_base64(in, s);
}

/* A JSON string's inside, bytes above 127 as \u00XX (input "ascii") or as they are. */
SAMPLE_CONVERT(json)
{
	bool ascii = !c->args[0].given || slice_eq_str(c->args[0].str, "ascii");
	char *buf = sample_room(in, s->str.len * 6);
	size_t len = 0;

	if (!buf)
		return false;
	for (size_t i = 0; i < s->str.len; i++) {
		unsigned char ch = (unsigned char)s->str.ptr[i];
		static const char plain[] = "\"\\/\b\f\n\r\t", letters[] = "\"\\/bfnrt";
		const char *at = ch ? strchr(plain, ch) : NULL;

		if (at) {
			buf[len++] = '\\';
			buf[len++] = letters[at - plain];
		} else if (ch < 32 || ch == 127 || (ch > 127 && ascii)) {
			memcpy(buf + len, "\\u00", 4);
			buf[len + 4] = (char)tolower(hex_upper[ch >> 4]);
			buf[len + 5] = (char)tolower(hex_upper[ch & 15]);
			len += 6;
		} else {
			buf[len++] = (char)ch;
		}
	}
	s->str = (struct slice){buf, len};
	return true;
}

static bool check_json(struct rules_build *b, struct sample_call *call)
{
	if (!call->args[0].given || slice_eq_str(call->args[0].str, "ascii") ||
	    slice_starts(call->args[0].str, SLICE("utf8")))
		return true;
	rules_error(b, "json: the input is ascii, utf8, utf8s, utf8p or utf8ps");
	return false;
}

const struct converter_row converter_code_rows[] = {
	{"url_dec", SAMPLE_STR, SAMPLE_STR, "I", url_dec, NULL, "%XX decoded"},
	{"url_enc", SAMPLE_STR, SAMPLE_STR, "S", url_enc, NULL, "%XX encoded"},
	{"hex", SAMPLE_BIN, SAMPLE_STR, "", to_hex, NULL, "in hexadecimal"},
	{"hex2i", SAMPLE_STR, SAMPLE_INT, "", hex_to_int, NULL, "from hexadecimal"},
	{"base64", SAMPLE_BIN, SAMPLE_STR, "", base64, NULL, "in base64"},
	{"b64dec", SAMPLE_STR, SAMPLE_BIN, "", b64dec, NULL, "from base64"},
	{"ub64enc", SAMPLE_BIN, SAMPLE_STR, "", ub64enc, NULL, "in base64url"},
	{"ub64dec", SAMPLE_STR, SAMPLE_BIN, "", b64dec, NULL, "from base64url"},
	{"json", SAMPLE_STR, SAMPLE_STR, "S", json, check_json, "the inside of a JSON string"},
	{.name = NULL},
};
