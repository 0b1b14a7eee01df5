/*
 * Samples of the first bytes of a TCP session: their length, parts of them, and what a TLS
 * ClientHello says (RFC 8446 4.1.2, RFC 6066 3, RFC 7301) before anybody has answered it.
 */
#include "balancer/rules/sample.h"

static void may_change(struct rule_input *in)
{
	if (!in->payload_complete)
		in->wants_more = true;
}

SAMPLE_GET(get_len)
{
	may_change(in);
	return sample_give_num(out, SAMPLE_INT, (int64_t)in->payload.len);
}

SAMPLE_GET(get_wait_end)
{
	if (!in->payload_complete) {
		in->wants_more = true;
		return false;
	}
	return sample_give_num(out, SAMPLE_BOOL, 1);
}

SAMPLE_GET(get_payload)
{
	size_t at = (size_t)c->args[0].num, len = (size_t)c->args[1].num;

	if (at > in->payload.len || (len > 0 && at + len > in->payload.len)) {
		may_change(in);
		return false;
	}
	if (len == 0) {
		may_change(in);
		len = in->payload.len - at;
	}
	sample_give_str(out, (struct slice){in->payload.ptr + at, len});
	out->type = SAMPLE_BIN;
	return true;
}

static bool check_payload(struct rules_build *b, struct sample_call *call)
{
	for (unsigned i = 0; i < 2; i++) {
		if (call->args[i].num < 0 || call->args[i].num > 1 << 20) {
			rules_error(b, "payload: offset and length are between 0 and 1048576");
			return false;
		}
	}
	return true;
}

/* ---- ClientHello -------------------------------------------------------------------------- */

struct reader {
	const unsigned char *at, *end;
	bool bad; /* ended too early */
};

static unsigned take(struct reader *r, unsigned n_bytes)
{
	unsigned value = 0;

	if ((size_t)(r->end - r->at) < n_bytes) {
		r->bad = true;
		r->at = r->end;
		return 0;
	}
	while (n_bytes--)
		value = value << 8 | *r->at++;
	return value;
}

/* What the next length field of n_bytes covers. */
static struct reader take_block(struct reader *r, unsigned n_bytes)
{
	unsigned len = take(r, n_bytes);
	struct reader inner = {r->at, r->at, r->bad};

	if ((size_t)(r->end - r->at) < len) {
		r->bad = inner.bad = true;
		inner.end = r->end;
		return inner;
	}
	inner.end = r->at = r->at + len;
	return inner;
}

struct hello {
	unsigned version;
	struct reader extensions;
};

enum hello_found { HELLO_NO, HELLO_MORE, HELLO_YES };

/* One record that holds the whole message, as all clients send it. */
static enum hello_found read_hello(struct rule_input *in, struct hello *h)
{
	struct reader r = {(const unsigned char *)in->payload.ptr,
			   (const unsigned char *)in->payload.ptr + in->payload.len, false};
	struct reader record, message;

	if (in->payload.len > 0 && *r.at != 0x16)
		return HELLO_NO;
	if (in->payload.len < 6)
		return HELLO_MORE;
	take(&r, 3);
	record = take_block(&r, 2);
	if (take(&record, 1) != 1)
		return HELLO_NO;
	message = take_block(&record, 3);
	if (r.bad)
		return HELLO_MORE;
	if (message.bad)
		return HELLO_NO;
	h->version = take(&message, 2);
	for (unsigned i = 0; i < 8; i++)
		take(&message, 4); /* random */
	take_block(&message, 1);   /* session */
	take_block(&message, 2);   /* ciphers */
	take_block(&message, 1);   /* compression */
	if (message.bad)
		return HELLO_NO;
	h->extensions = message.at == message.end ? message : take_block(&message, 2);
	return HELLO_YES;
}

static bool look_at_hello(struct rule_input *in, struct hello *h)
{
	enum hello_found found = read_hello(in, h);

	if (found == HELLO_MORE)
		may_change(in);
	return found == HELLO_YES;
}

static bool find_extension(struct hello *h, unsigned type, struct reader *body)
{
	while (!h->extensions.bad && h->extensions.at < h->extensions.end) {
		unsigned t = take(&h->extensions, 2);

		*body = take_block(&h->extensions, 2);
		if (h->extensions.bad)
			return false;
		if (t == type)
			return true;
	}
	return false;
}

SAMPLE_GET(get_hello_type)
{
	struct hello h;

	return look_at_hello(in, &h) && sample_give_num(out, SAMPLE_INT, 1);
}

SAMPLE_GET(get_hello_version)
{
	struct hello h;

	return look_at_hello(in, &h) &&
	       sample_give_num(out, SAMPLE_INT,
			       (int64_t)(h.version >> 8) << 16 | (h.version & 255));
}

SAMPLE_GET(get_hello_sni)
{
	struct reader body, list, name;
	struct hello h;

	if (!look_at_hello(in, &h) || !find_extension(&h, 0, &body))
		return false;
	list = take_block(&body, 2);
	if (take(&list, 1) != 0)
		return false;
	name = take_block(&list, 2);
	if (body.bad || list.bad)
		return false;
	return sample_give_str(out,
			       (struct slice){(const char *)name.at, (size_t)(name.end - name.at)});
}

SAMPLE_GET(get_hello_alpn)
{
	struct reader body, list, name;
	struct hello h;
	size_t len = 0;
	char *buf;

	if (!look_at_hello(in, &h) || !find_extension(&h, 16, &body))
		return false;
	list = take_block(&body, 2);
	buf = arena_alloc(in->arena, (size_t)(list.end - list.at) + 1);
	if (!buf)
		return false;
	while (!list.bad && list.at < list.end) {
		name = take_block(&list, 1);
		if (len > 0)
			buf[len++] = ',';
		memcpy(buf + len, name.at, (size_t)(name.end - name.at));
		len += (size_t)(name.end - name.at);
	}
	return sample_give_str(out, (struct slice){buf, len});
}

/* "Cookie: mstshash=VALUE" in a remote desktop's connection request (MS-RDPBCGR 2.2.1.1). */
SAMPLE_GET(get_rdp_cookie)
{
	struct slice rest = in->payload, value, name = c->args[0].str;

	if (rest.len < 11) {
		may_change(in);
		return false;
	}
	if (rest.ptr[0] != 3 || (unsigned char)rest.ptr[5] != 0xe0)
		return false;
	rest = (struct slice){rest.ptr + 11, rest.len - 11};
	if (!memmem(rest.ptr, rest.len, "\r\n", 2)) {
		may_change(in);
		return false;
	}
	rest.len = slice_find(rest, '\r');
	if (!slice_starts(rest, SLICE("Cookie: ")))
		return false;
	rest = (struct slice){rest.ptr + 8, rest.len - 8};
	value = rest;
	rest = slice_cut(&value, '=');
	return (name.len == 0 || slice_case_eq(rest, name)) && sample_give_str(out, value);
}

#define PAYLOAD SAMPLE_FROM_PAYLOAD

const struct sample_row sample_payload_rows[] = {
	{"req.len", SAMPLE_INT, "", PAYLOAD, get_len, NULL, "bytes received so far"},
	{"req_len", SAMPLE_INT, "", PAYLOAD, get_len, NULL, "req.len"},
	{"wait_end", SAMPLE_BOOL, "", PAYLOAD, get_wait_end, NULL, "the inspection's time is over"},
	{"req.payload", SAMPLE_BIN, "ii", PAYLOAD, get_payload, check_payload,
	 "a part of the bytes"},
	{"payload", SAMPLE_BIN, "ii", PAYLOAD, get_payload, check_payload, "req.payload"},
	{"req.ssl_hello_type", SAMPLE_INT, "", PAYLOAD, get_hello_type, NULL,
	 "1 for a ClientHello"},
	{"req_ssl_hello_type", SAMPLE_INT, "", PAYLOAD, get_hello_type, NULL, "req.ssl_hello_type"},
	{"req.ssl_ver", SAMPLE_INT, "", PAYLOAD, get_hello_version, NULL,
	 "version of a ClientHello"},
	{"req_ssl_ver", SAMPLE_INT, "", PAYLOAD, get_hello_version, NULL, "req.ssl_ver"},
	{"req.ssl_sni", SAMPLE_STR, "", PAYLOAD, get_hello_sni, NULL, "name asked for in TLS"},
	{"req_ssl_sni", SAMPLE_STR, "", PAYLOAD, get_hello_sni, NULL, "req.ssl_sni"},
	{"req.ssl_alpn", SAMPLE_STR, "", PAYLOAD, get_hello_alpn, NULL, "protocols offered in TLS"},
	{"req.rdp_cookie", SAMPLE_STR, "S", PAYLOAD, get_rdp_cookie, NULL,
	 "a remote desktop's cookie"},
	{"rdp_cookie", SAMPLE_STR, "S", PAYLOAD, get_rdp_cookie, NULL, "req.rdp_cookie"},
	{"req_rdp_cookie", SAMPLE_STR, "S", PAYLOAD, get_rdp_cookie, NULL, "req.rdp_cookie"},
	{.name = NULL},
};
