/*
 * Finding the first byte of interest, 16 at a time where SSE2 is there (every x86-64), one at a
 * time elsewhere and in the shortest buffers. Nothing is read outside. Private to h1.
 */
#ifndef RELAIS_H1_SCAN_H
#define RELAIS_H1_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "balancer/http/name_lookup.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
static inline unsigned h1_bits(__m128i stop)
{
	return (unsigned)_mm_movemask_epi8(stop);
}

static inline __m128i h1_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Control characters, TAB and DEL included. */
static inline unsigned h1_control_bits(__m128i v)
{
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);

	return h1_bits(_mm_or_si128(low, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))));
}

/* What no request target may hold: control, blank, '#', DEL or above (negative, when signed). */
static inline unsigned h1_target_bits(__m128i v)
{
	__m128i bad = _mm_cmplt_epi8(v, _mm_set1_epi8(0x21));

	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
	return h1_bits(_mm_or_si128(bad, _mm_cmpeq_epi8(v, _mm_set1_epi8('#'))));
}

/* What ends a field name: ':', control or blank. */
static inline unsigned h1_name_bits(__m128i v)
{
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x20)), v);

	return h1_bits(_mm_or_si128(low, _mm_cmpeq_epi8(v, _mm_set1_epi8(':'))));
}
#endif

static inline bool h1_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static inline bool h1_ends_target(char c)
{
	return (unsigned char)c <= 0x20 || (unsigned char)c >= 0x7f || c == '#';
}

static inline bool h1_ends_name(char c)
{
	return (unsigned char)c <= 0x20 || c == ':';
}

/* h1_scan_WHAT(begin, p, end): the first byte of that kind from p, or end. begin is where readable
 * memory begins: the last bytes before end are looked at as part of the 16 that end there. */
#ifdef __SSE2__
#define H1_SCAN_WORDS(bits)                                                 \
	for (const char *last = end - 16; p <= last; p += 16) {             \
		unsigned hit = bits(h1_load(p));                            \
		if (hit)                                                    \
			return p + __builtin_ctz(hit);                      \
	}                                                                   \
	if (p < end && end - begin >= 16) {                                 \
		unsigned hit = bits(h1_load(end - 16)) >> (16 - (end - p)); \
		return hit ? p + __builtin_ctz(hit) : end;                  \
	}
#else
#define H1_SCAN_WORDS(bits) (void)begin;
#endif

#define H1_SCAN(name, bits, test)                                                         \
	static inline const char *name(const char *begin, const char *p, const char *end) \
	{                                                                                 \
		H1_SCAN_WORDS(bits)                                                       \
		while (p < end && !test(*p))                                              \
			p++;                                                              \
		return p;                                                                 \
	}

H1_SCAN(h1_scan_control, h1_control_bits, h1_is_control)
H1_SCAN(h1_scan_target, h1_target_bits, h1_ends_target)
H1_SCAN(h1_scan_name, h1_name_bits, h1_ends_name)

#ifdef __SSE2__
/* Letters, digits, '-', '.', ':'. */
static inline unsigned h1_plain_bits(__m128i v)
{
	__m128i letter, other, ok;

	letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	ok = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
	other = _mm_sub_epi8(v, _mm_set1_epi8('-'));
	other = _mm_cmpeq_epi8(_mm_min_epu8(other, _mm_set1_epi8(':' - '-')), other);
	other = _mm_andnot_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('/')), other);
	return h1_bits(_mm_or_si128(ok, other));
}

/* The header whose name is the first len bytes of the word, 2 to 16; OTHER if there is none. */
static inline unsigned h1_lookup_word(__m128i word, unsigned first, unsigned last, unsigned len)
{
	unsigned id = http_header_slot[HTTP_HEADER_HASH(first | 0x20, last | 0x20, len)];
	const struct http_header_row *row = &http_header_row[id];
	__m128i low = _mm_or_si128(word, _mm_set1_epi8(0x20));
	unsigned same = h1_bits(_mm_cmpeq_epi8(low, h1_load(row->name)));

	return row->len == len && (~same & ((1u << len) - 1)) == 0 ? id : HTTP_HEADER_OTHER;
}
#endif

/* Letters, digits, '-', '.', ':' alone? False says nothing: the careful way decides. Words are
 * taken from the front, and the last one again from the end. */
static inline bool h1_scan_plain_host(const char *p, size_t len)
{
#ifdef __SSE2__
	const char *last = p + len - 16;

	if (len < 8)
		return false;
	if (len < 16) {
		__m128i low = _mm_loadl_epi64((const __m128i *)(const void *)p);
		__m128i high = _mm_loadl_epi64((const __m128i *)(const void *)(p + len - 8));

		return h1_plain_bits(_mm_unpacklo_epi64(low, high)) == 0xffff;
	}
	for (; p < last; p += 16)
		if (h1_plain_bits(h1_load(p)) != 0xffff)
			return false;
	return h1_plain_bits(h1_load(last)) == 0xffff;
#else
	(void)p;
	(void)len;
	return false;
#endif
}

#endif
