/*
 * Values of samples: addresses, numbers and texts, and their meaning as one another.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "balancer/rules/sample.h"
#include "core/base/text.h"

bool sample_give_addr(struct sample *out, const struct addr *a)
{
	if (!a || a->len == 0)
		return false;
	if (a->sa.sa_family == AF_INET) {
		out->addr.v6 = false;
		memcpy(out->addr.byte, &a->in4.sin_addr, 4);
	} else if (a->sa.sa_family == AF_INET6) {
		out->addr.v6 = true;
		memcpy(out->addr.byte, &a->in6.sin6_addr, 16);
	} else {
		return false;
	}
	out->type = SAMPLE_ADDR;
	return true;
}

bool sample_addr_parse(struct sample_addr *a, struct slice text)
{
	struct sample s;
	struct addr addr;

	if (text.len > 0 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = (struct slice){text.ptr + 1, text.len - 2};
	if (!addr_parse_ip(&addr, text, 0) || !sample_give_addr(&s, &addr))
		return false;
	*a = s.addr;
	return true;
}

static char *add_byte(char *at, unsigned byte)
{
	if (byte >= 100)
		*at++ = (char)('0' + byte / 100);
	if (byte >= 10)
		*at++ = (char)('0' + byte / 10 % 10);
	*at++ = (char)('0' + byte % 10);
	return at;
}

size_t sample_addr_text(const struct sample_addr *a, char *buf)
{
	char *at = buf;

	if (a->v6)
		return inet_ntop(AF_INET6, a->byte, buf, ADDR_TEXT_MAX) ? strlen(buf) : 0;
	for (unsigned i = 0; i < 4; i++) {
		at = add_byte(at, a->byte[i]);
		*at++ = i < 3 ? '.' : '\0';
	}
	return (size_t)(at - buf) - 1;
}

bool sample_text_to_int(struct slice text, int64_t *num)
{
	bool negative = text.len > 1 && text.ptr[0] == '-';
	unsigned long long n;

	if (negative || (text.len > 1 && text.ptr[0] == '+'))
		text = (struct slice){text.ptr + 1, text.len - 1};
	if (!slice_to_uint(text, INT64_MAX, &n))
		return false;
	*num = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool to_text(struct sample *s, struct rule_input *in)
{
	char buf[ADDR_TEXT_MAX];
	struct text t;

	switch (s->type) {
	case SAMPLE_STR:
	case SAMPLE_BIN:
		break;
	case SAMPLE_BOOL:
		s->str = s->num ? SLICE("1") : SLICE("0");
		break;
	case SAMPLE_INT:
		text_init(&t, buf, sizeof(buf));
		text_int(&t, s->num);
		s->str = arena_slice_dup(in->arena, (struct slice){buf, t.len});
		break;
	case SAMPLE_ADDR:
		s->str = arena_slice_dup(in->arena,
					 (struct slice){buf, sample_addr_text(&s->addr, buf)});
		break;
	case SAMPLE_ANY:
		return false;
	}
	s->type = SAMPLE_STR;
	return s->str.ptr != NULL;
}

/* As on the wire: 4 or 16 bytes of an address, 8 of a number. */
static bool to_bytes(struct sample *s, struct rule_input *in)
{
	char buf[16];
	size_t len = 0;

	if (s->type == SAMPLE_ADDR) {
		len = s->addr.v6 ? 16 : 4;
		memcpy(buf, s->addr.byte, len);
	} else if (s->type == SAMPLE_INT || s->type == SAMPLE_BOOL) {
		for (; len < 8; len++)
			buf[len] = (char)(s->num >> (56 - 8 * len));
	} else {
		s->type = SAMPLE_BIN;
		return true;
	}
	s->str = arena_slice_dup(in->arena, (struct slice){buf, len});
	s->type = SAMPLE_BIN;
	return s->str.ptr != NULL;
}

/* Numbers in messages count as far as they are one, as HAProxy reads them: "5x" is 5, "x" is 0. */
static int64_t leading_number(struct slice text)
{
	bool negative = text.len > 0 && text.ptr[0] == '-';
	int64_t n = 0;

	for (size_t i = negative || (text.len > 0 && text.ptr[0] == '+') ? 1 : 0; i < text.len;
	     i++) {
		unsigned digit = (unsigned char)text.ptr[i] - '0';

		if (digit > 9)
			break;
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
			return negative ? INT64_MIN : INT64_MAX;
	}
	return negative ? -n : n;
}

static bool to_number(struct sample *s, enum sample_type type)
{
	int64_t num;

	switch (s->type) {
	case SAMPLE_BOOL:
	case SAMPLE_INT:
		num = s->num;
		break;
	case SAMPLE_STR:
	case SAMPLE_BIN:
		if (type == SAMPLE_BOOL &&
		    (slice_eq_str(s->str, "true") || slice_eq_str(s->str, "false")))
			num = s->str.len == 4;
		else
			num = leading_number(s->str);
		break;
	case SAMPLE_ADDR:
		if (s->addr.v6)
			return false;
		num = (int64_t)((uint32_t)s->addr.byte[0] << 24 | (uint32_t)s->addr.byte[1] << 16 |
				(uint32_t)s->addr.byte[2] << 8 | s->addr.byte[3]);
		break;
	case SAMPLE_ANY:
	default:
		return false;
	}
	s->type = type;
	s->num = type == SAMPLE_BOOL ? num != 0 : num;
	return true;
}

static bool to_addr(struct sample *s)
{
	struct sample_addr a = {0};

	if (s->type == SAMPLE_INT) {
		for (unsigned i = 0; i < 4; i++)
			a.byte[i] = (uint8_t)(s->num >> (24 - 8 * i));
	} else if ((s->type != SAMPLE_STR && s->type != SAMPLE_BIN) ||
		   !sample_addr_parse(&a, s->str)) {
		return false;
	}
	s->type = SAMPLE_ADDR;
	s->addr = a;
	return true;
}

bool sample_cast(struct sample *s, enum sample_type type, struct rule_input *in)
{
	if (s->type == type || type == SAMPLE_ANY)
		return true;
	switch (type) {
	case SAMPLE_STR:
		return to_text(s, in);
	case SAMPLE_BIN:
		return to_bytes(s, in);
	case SAMPLE_BOOL:
	case SAMPLE_INT:
		return to_number(s, type);
	case SAMPLE_ADDR:
		return to_addr(s);
	default:
		return false;
	}
}
