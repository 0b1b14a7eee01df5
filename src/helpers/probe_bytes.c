/*
 * Bytes of probes. See probe_bytes.h.
 */
#include "helpers/probe_bytes.h"

#include <ctype.h>
#include <string.h>

enum { DNS_HEAD = 12, DNS_LABEL_MAX = 63, DNS_NAME_MAX = 255, ICMP_HEAD = 8 };

/* ---- words of hexadecimal digits ---- */

static bool take_digit(char c, bool any, unsigned *value, unsigned *mask)
{
	*mask = 0xf;
	if (c >= '0' && c <= '9')
		*value = (unsigned)(c - '0');
	else if (isxdigit((unsigned char)c))
		*value = (unsigned)(tolower((unsigned char)c) - 'a') + 10;
	else if (any && (c == 'x' || c == 'X'))
		*value = *mask = 0;
	else
		return false;
	return true;
}

bool probe_bytes_parse(struct probe_bytes *out, const char *text, bool any)
{
	*out = (struct probe_bytes){.len = 0};
	while (*text) {
		unsigned value, mask, low, low_mask;

		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		if (out->len == PROBE_BYTES_MAX || !take_digit(*text++, any, &value, &mask))
			return false;
		if (!*text || isspace((unsigned char)*text)) {
			mask |= 0xf0; /* a digit alone: the high one is 0 */
		} else {
			if (!take_digit(*text++, any, &low, &low_mask))
				return false;
			value = value << 4 | low;
			mask = mask << 4 | low_mask;
		}
		out->value[out->len] = (uint8_t)value;
		out->mask[out->len++] = (uint8_t)mask;
	}
	return true;
}

bool probe_bytes_match(const struct probe_bytes *want, const uint8_t *got, size_t len)
{
	for (size_t i = 0; i < len && i < want->len; i++)
		if ((got[i] & want->mask[i]) != want->value[i])
			return false;
	return true;
}

/* ---- DNS ---- */

static unsigned dns_type(const char *name)
{
	static const struct {
		const char *name;
		unsigned type;
	} types[] = {{"A", 1},	 {"NS", 2},   {"CNAME", 5}, {"SOA", 6},
		     {"MX", 15}, {"TXT", 16}, {"AAAA", 28}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	return 0;
}

/* Labels behind their lengths; 0: it is no name. */
static size_t dns_name_write(uint8_t *at, const char *name)
{
	size_t len = 0;

	if (strcmp(name, ".") == 0)
		name = "";
	while (*name) {
		size_t label = strcspn(name, ".");

		if (label == 0 || label > DNS_LABEL_MAX || len + label + 2 > DNS_NAME_MAX)
			return 0;
		at[len++] = (uint8_t)label;
		memcpy(at + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	at[len++] = 0;
	return len;
}

size_t probe_dns_write(uint8_t *buf, size_t cap, uint16_t id, const char *type, const char *name)
{
	unsigned number = dns_type(type);
	size_t len;

	if (!number || cap < DNS_HEAD + DNS_NAME_MAX + 4)
		return 0;
	memset(buf, 0, DNS_HEAD);
	buf[0] = (uint8_t)(id >> 8);
	buf[1] = (uint8_t)id;
	buf[2] = 1; /* recursion desired */
	buf[5] = 1; /* one question */
	len = dns_name_write(buf + DNS_HEAD, name);
	if (!len)
		return 0;
	len += DNS_HEAD;
	buf[len++] = 0;
	buf[len++] = (uint8_t)number;
	buf[len++] = 0;
	buf[len++] = 1; /* IN */
	return len;
}

enum probe_verdict probe_dns_judge(const uint8_t *got, size_t len, uint16_t id, unsigned *rcode)
{
	if (len < DNS_HEAD || (got[0] << 8 | got[1]) != id || !(got[2] & 0x80))
		return PROBE_NOT_OURS;
	*rcode = got[3] & 0xf;
	return *rcode ? PROBE_BAD : PROBE_GOOD;
}

/* ---- ICMP ---- */

void probe_echo_write(uint8_t buf[static PROBE_ECHO_LEN], bool v6, uint16_t id, uint16_t sequence)
{
	uint32_t sum = 0;

	for (unsigned i = ICMP_HEAD; i < PROBE_ECHO_LEN; i++)
		buf[i] = (uint8_t)i;
	buf[0] = v6 ? 128 : 8;
	buf[1] = buf[2] = buf[3] = 0;
	buf[4] = (uint8_t)(id >> 8);
	buf[5] = (uint8_t)id;
	buf[6] = (uint8_t)(sequence >> 8);
	buf[7] = (uint8_t)sequence;
	if (v6)
		return; /* the kernel sums, its pseudo-header has addresses */
	for (unsigned i = 0; i < PROBE_ECHO_LEN; i += 2)
		sum += (uint32_t)(buf[i] << 8 | buf[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16)) & 0xffff;
	buf[2] = (uint8_t)(sum >> 8);
	buf[3] = (uint8_t)sum;
}

bool probe_echo_is_reply(const uint8_t *got, size_t len, bool v6, uint16_t id, uint16_t sequence,
			 bool any_id)
{
	return len >= ICMP_HEAD && got[0] == (v6 ? 129 : 0) && got[1] == 0 &&
	       (any_id || (got[4] << 8 | got[5]) == id) && (got[6] << 8 | got[7]) == sequence;
}
