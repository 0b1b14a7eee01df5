/*
 * Keys as bytes. See stick_key.h. An IPv4 address fits a table of IPv6 (mapped) and, the other way
 * round, a mapped one a table of IPv4, as in HAProxy.
 */
#include "balancer/stick/stick_key.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

#include "core/base/text.h"

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool from_address(struct stick_key *key, enum stick_key_type type,
			 const struct sample_addr *a)
{
	bool is_mapped = a->v6 && memcmp(a->byte, mapped, sizeof(mapped)) == 0;

	if (type == STICK_KEY_IP) {
		if (a->v6 && !is_mapped)
			return false;
		key->len = 4;
		memcpy(key->bytes, a->byte + (a->v6 ? 12 : 0), 4);
		return true;
	}
	key->len = 16;
	if (a->v6) {
		memcpy(key->bytes, a->byte, 16);
	} else {
		memcpy(key->bytes, mapped, 12);
		memcpy(key->bytes + 12, a->byte, 4);
	}
	return true;
}

static bool from_bytes(struct stick_key *key, const struct stick_table_conf *conf, struct slice s)
{
	uint32_t most = conf->key_len < STICK_KEY_MAX ? conf->key_len : STICK_KEY_MAX;

	if (s.len == 0)
		return false;
	key->len = s.len < most ? (uint32_t)s.len : most;
	memcpy(key->bytes, s.ptr, key->len);
	if (conf->type == STICK_KEY_BINARY) {
		memset(key->bytes + key->len, 0, most - key->len);
		key->len = most;
	}
	return true;
}

static void from_number(struct stick_key *key, int64_t num)
{
	uint32_t n = (uint32_t)num;

	key->len = sizeof(n);
	memcpy(key->bytes, &n, sizeof(n));
}

bool stick_key_from_sample(struct stick_key *key, const struct stick_table_conf *conf,
			   struct sample *s, struct rule_input *in)
{
	switch (conf->type) {
	case STICK_KEY_IP:
	case STICK_KEY_IPV6:
		return sample_cast(s, SAMPLE_ADDR, in) && from_address(key, conf->type, &s->addr);
	case STICK_KEY_INTEGER:
		if (!sample_cast(s, SAMPLE_INT, in))
			return false;
		from_number(key, s->num);
		return true;
	case STICK_KEY_STRING:
		return sample_cast(s, SAMPLE_STR, in) && from_bytes(key, conf, s->str);
	default:
		return sample_cast(s, SAMPLE_BIN, in) && from_bytes(key, conf, s->str);
	}
}

bool stick_key_from_addr(struct stick_key *key, const struct stick_table_conf *conf,
			 const struct addr *a)
{
	struct sample s;

	return conf->type <= STICK_KEY_IPV6 && sample_give_addr(&s, a) &&
	       from_address(key, conf->type, &s.addr);
}

static bool from_hex(struct stick_key *key, const struct stick_table_conf *conf, struct slice text)
{
	char bytes[STICK_KEY_MAX];
	size_t n = 0;

	if (text.len % 2 || text.len / 2 > sizeof(bytes))
		return false;
	for (; n < text.len / 2; n++) {
		char pair[3] = {text.ptr[2 * n], text.ptr[2 * n + 1], '\0'};

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			return false;
		bytes[n] = (char)strtoul(pair, NULL, 16);
	}
	return from_bytes(key, conf, (struct slice){bytes, n});
}

bool stick_key_from_text(struct stick_key *key, const struct stick_table_conf *conf,
			 struct slice text)
{
	struct sample_addr a;
	int64_t num;

	switch (conf->type) {
	case STICK_KEY_IP:
	case STICK_KEY_IPV6:
		return sample_addr_parse(&a, text) && from_address(key, conf->type, &a);
	case STICK_KEY_INTEGER:
		if (!sample_text_to_int(text, &num))
			return false;
		from_number(key, num);
		return true;
	case STICK_KEY_STRING:
		return from_bytes(key, conf, text);
	default:
		return from_hex(key, conf, text);
	}
}

/* What would disturb a line of `show table` is shown as a backslash and hexadecimal. */
static void put_string(struct text *t, const struct stick_key *key)
{
	for (uint32_t i = 0; i < key->len; i++) {
		unsigned char c = key->bytes[i];

		if (c == ' ' || c == '\\' || c < 0x20 || c > 0x7e)
			text_fmt(t, "\\x%02X", c);
		else
			text_fmt(t, "%c", c);
	}
}

size_t stick_key_text(const struct stick_key *key, const struct stick_table_conf *conf, char *buf,
		      size_t len)
{
	char host[INET6_ADDRSTRLEN];
	struct text t;
	uint32_t num;

	text_init(&t, buf, len);
	switch (conf->type) {
	case STICK_KEY_IP:
		text_str(&t, inet_ntop(AF_INET, key->bytes, host, sizeof(host)));
		break;
	case STICK_KEY_IPV6:
		text_str(&t, inet_ntop(AF_INET6, key->bytes, host, sizeof(host)));
		break;
	case STICK_KEY_INTEGER:
		memcpy(&num, key->bytes, sizeof(num));
		text_fmt(&t, "%u", num);
		break;
	case STICK_KEY_STRING:
		put_string(&t, key);
		break;
	case STICK_KEY_BINARY:
		for (uint32_t i = 0; i < key->len; i++)
			text_fmt(&t, "%02X", key->bytes[i]);
		break;
	}
	return t.len;
}
