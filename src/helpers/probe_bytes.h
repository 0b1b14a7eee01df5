/*
 * What relais-probe sends and how it judges what comes back: Keepalived's words for bytes, and the
 * few bytes of DNS and ICMP that a probe needs. Pure. RFC 1035 4.1, RFC 792, RFC 4443 4.
 */
#ifndef RELAIS_HELPERS_PROBE_BYTES_H
#define RELAIS_HELPERS_PROBE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROBE_BYTES_MAX = 1472 };

struct probe_bytes {
	uint8_t value[PROBE_BYTES_MAX], mask[PROBE_BYTES_MAX]; /* mask 0xf0: the low digit is any */
	size_t len;
};

/* Hexadecimal digits in words: two are a byte, one that is left at a word's end is one too; x or X,
 * where any is true, stands for any digit. False: something else is there, or too much. */
bool probe_bytes_parse(struct probe_bytes *out, const char *text, bool any);
/* Over the shorter of the two, as Keepalived does. */
bool probe_bytes_match(const struct probe_bytes *want, const uint8_t *got, size_t len);

/* A question. type: "SOA". 0: there is no such type, or name is none. */
size_t probe_dns_write(uint8_t *buf, size_t cap, uint16_t id, const char *type, const char *name);
enum probe_verdict { PROBE_NOT_OURS, PROBE_GOOD, PROBE_BAD };
/* Good: an answer with the code NOERROR, whatever it holds. *rcode: of one that is bad. */
enum probe_verdict probe_dns_judge(const uint8_t *got, size_t len, uint16_t id, unsigned *rcode);

enum { PROBE_ECHO_LEN = 32 };
void probe_echo_write(uint8_t buf[static PROBE_ECHO_LEN], bool v6, uint16_t id, uint16_t sequence);
/* got begins with the ICMP header. any_id: the kernel has set its own. */
bool probe_echo_is_reply(const uint8_t *got, size_t len, bool v6, uint16_t id, uint16_t sequence,
			 bool any_id);

#endif
