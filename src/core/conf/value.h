/*
 * Values of the native grammar's words: numbers, times, sizes, choices, users, addresses. The
 * conf_word_* functions read words[i] of a line, report what is wrong, and return false; the
 * conf_text_* functions are their pure halves (NULL, or what is wrong as a phrase).
 */
#ifndef RELAIS_CONF_VALUE_H
#define RELAIS_CONF_VALUE_H

#include "core/base/addr.h"
#include "core/conf/native.h"

/* "10" or "10ms": one number, one unit (us ms s m h d), never two; bare numbers count unit_us. */
const char *conf_text_time(const char *text, int64_t unit_us, int64_t *out_us);
/* k m g, powers of 1024. */
const char *conf_text_size(const char *text, uint64_t *out);
const char *conf_text_int(const char *text, long long min, long long max, long long *out);

bool conf_word_int(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, long long min,
		   long long max, int *out);
bool conf_word_time_ms(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		       long long min_ms, long long max_ms, int *out_ms);
/* Bare numbers are seconds. */
bool conf_word_time_s(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		      long long min_s, long long max_s, int *out_s);
bool conf_word_size(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, uint64_t min,
		    uint64_t max, uint64_t *out);
/* Place of words[i] in names (NULL-terminated), with the nearest one in the error. */
bool conf_word_choice(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		      const char *const *names, unsigned *out);
/* Not empty; a copy in ctx->arena. */
bool conf_word_string(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		      const char **out);
bool conf_word_user(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, uint32_t *uid);
bool conf_word_group(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, uint32_t *gid);

/*
 * Addresses: [ipv4@|ipv6@]HOST[:PORT[-PORT]|:+N|:-N], "*" and "" for any, "[v6]:port" or a bare
 * IPv6 address (its last colon starts the port, as HAProxy reads it), unix@PATH, /PATH, abns@NAME,
 * fd@N, sockpair@N, prefixes stream+ and dgram+/udp@ where allowed.
 */
enum conf_address_flag {
	CONF_ADDRESS_PORT = 1,	      /* a port may stand there */
	CONF_ADDRESS_PORT_NEEDED = 2, /* it must, for IP addresses */
	CONF_ADDRESS_RANGE = 4,	      /* LOW-HIGH may */
	CONF_ADDRESS_OFFSET = 8,      /* +N, -N may */
	CONF_ADDRESS_UNIX = 16,	      /* paths and abns@ may */
	CONF_ADDRESS_FD = 32,	      /* fd@N, sockpair@N may */
	CONF_ADDRESS_DGRAM = 64,      /* a datagram address: log targets */
	CONF_ADDRESS_RESOLVE = 128,   /* names are looked up; failing that, an error */
	CONF_ADDRESS_LAZY = 256,      /* names that do not resolve are left for later: unresolved */
};

struct conf_address {
	struct addr addr;	      /* len 0 for fd@ and when unresolved; with port_low */
	unsigned port_low, port_high; /* 0 = none; equal when not a range */
	bool has_port;
	bool is_offset; /* offset counts */
	int offset;
	int fd; /* fd@, sockpair@; -1 = none */
	bool sockpair;
	bool unresolved;  /* LAZY only */
	const char *host; /* a name that was (or was not) looked up, in the arena; NULL = literal */
};

bool conf_address_parse(struct conf_ctx *ctx, struct conf_place at, const char *text,
			unsigned flags, struct conf_address *out);

#endif
