/*
 * Requests to etcd and its answers. See etcd_message.h. The few fields that count are found by
 * their names: "name":"value" cannot stand in a JSON string without a backslash before its quotes.
 */
#include "failover/lease/etcd_message.h"

#include <string.h>

#include "core/base/text.h"

static void add_base64(struct text *t, const char *s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i += 3) {
		uint32_t n = (uint32_t)(uint8_t)s[i] << 16;

		if (i + 1 < len)
			n |= (uint32_t)(uint8_t)s[i + 1] << 8;
		if (i + 2 < len)
			n |= (uint8_t)s[i + 2];
		text_char(t, digits[n >> 18]);
		text_char(t, digits[n >> 12 & 63]);
		text_char(t, i + 1 < len ? digits[n >> 6 & 63] : '=');
		text_char(t, i + 2 < len ? digits[n & 63] : '=');
	}
}

static void add_lock(struct text *t, const struct etcd_ask *ask)
{
	text_str(t, "{\"compare\":[{\"target\":\"CREATE\",\"result\":\"EQUAL\","
		    "\"create_revision\":\"0\",\"key\":\"");
	add_base64(t, ask->name);
	text_str(t, "\"}],\"success\":[{\"request_put\":{\"key\":\"");
	add_base64(t, ask->name);
	text_str(t, "\",\"value\":\"");
	add_base64(t, ask->who);
	text_fmt(t, "\",\"lease\":\"%llu\"}}],\"failure\":[{\"request_range\":{\"key\":\"",
		 (unsigned long long)ask->id);
	add_base64(t, ask->name);
	text_str(t, "\"}}]}");
}

size_t etcd_request(char out[static ETCD_REQUEST_MAX], const struct etcd_ask *ask)
{
	static const char *const paths[] = {[ETCD_NONE] = "",
					    [ETCD_GRANT] = "/v3/lease/grant",
					    [ETCD_LOCK] = "/v3/kv/txn",
					    [ETCD_RENEW] = "/v3/lease/keepalive",
					    [ETCD_REVOKE] = "/v3/lease/revoke"};
	char buf[ETCD_REQUEST_MAX];
	struct text body, head;

	text_init(&body, buf, sizeof(buf));
	if (ask->op == ETCD_GRANT)
		text_fmt(&body, "{\"TTL\":\"%u\"}", ask->ttl_s);
	else if (ask->op == ETCD_LOCK)
		add_lock(&body, ask);
	else
		text_fmt(&body, "{\"ID\":\"%llu\"}", (unsigned long long)ask->id);
	text_init(&head, out, ETCD_REQUEST_MAX);
	text_fmt(&head,
		 "POST %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/json\r\n"
		 "Content-Length: %zu\r\n\r\n",
		 paths[ask->op], ask->host, body.len);
	text_add(&head, (struct slice){buf, body.len});
	return body.cut || head.cut ? 0 : head.len;
}

/* ---- answers ---- */

static const char *find(struct slice in, const char *what)
{
	return in.len ? memmem(in.ptr, in.len, what, strlen(what)) : NULL;
}

/* "name":"123" */
static bool number(struct slice body, const char *name, uint64_t *out)
{
	const char *at = find(body, name), *end = body.ptr + body.len;
	unsigned long long n;
	const char *from;

	if (!at)
		return false;
	at += strlen(name);
	for (from = at; at < end && *at >= '0' && *at <= '9'; at++)
		;
	if (at == end || *at != '"' ||
	    !slice_to_uint((struct slice){from, (size_t)(at - from)}, INT64_MAX, &n))
		return false;
	*out = n;
	return true;
}

static unsigned to_ttl(uint64_t n)
{
	return n > 86400 ? 86400 : (unsigned)n;
}

static int interpret(struct slice body, enum etcd_op op, struct etcd_answer *out)
{
	uint64_t n;

	switch (op) {
	case ETCD_GRANT:
		if (!number(body, "\"ID\":\"", &out->id) || !number(body, "\"TTL\":\"", &n))
			return -1;
		out->ttl_s = to_ttl(n);
		out->ok = out->id > 0 && n > 0;
		return 1;
	case ETCD_LOCK:
		out->ok = find(body, "\"succeeded\":true") != NULL;
		out->has_other = !out->ok && number(body, "\"lease\":\"", &out->id);
		return find(body, "\"header\":") ? 1 : -1;
	case ETCD_RENEW: /* without TTL: the lease has ended */
		if (!find(body, "\"result\":"))
			return -1;
		out->ok = number(body, "\"TTL\":\"", &n) && n > 0;
		out->ttl_s = out->ok ? to_ttl(n) : 0;
		return 1;
	default:
		out->ok = true;
		return 1;
	}
}

int etcd_read(const char *bytes, size_t len, bool ended, enum etcd_op op, struct etcd_answer *out)
{
	struct slice all = {bytes, len}, head, body, field;
	unsigned long long expect = 0;
	const char *at = find(all, "\r\n\r\n");
	bool known = false;

	memset(out, 0, sizeof(*out));
	if (len >= 5 && memcmp(bytes, "HTTP/", 5) != 0)
		return -1;
	if (!at)
		return ended ? -1 : 0;
	head = (struct slice){bytes, (size_t)(at - bytes)};
	body = (struct slice){at + 4, len - head.len - 4};
	if (head.len < 12 || memcmp(head.ptr + 8, " 200", 4) != 0)
		return -1;
	at = find(head, "\r\nContent-Length: ");
	if (at) {
		at += strlen("\r\nContent-Length: ");
		field = (struct slice){at, (size_t)(head.ptr + head.len - at)};
		at = memchr(field.ptr, '\r', field.len);
		if (at)
			field.len = (size_t)(at - field.ptr);
		known = slice_to_uint(field, ETCD_REPLY_MAX, &expect);
	}
	if (!ended && known && body.len < expect)
		return 0;
	/* A stream of one: a line is a message. */
	if (!ended && !known && !find(body, "\n"))
		return 0;
	return interpret(body, op, out);
}
