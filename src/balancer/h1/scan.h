/*
 * Finding the first byte of interest, 16 at a time where SSE2 is there (every x86-64), one at a
 * time elsewhere and in the last 15 bytes: nothing is read behind the end. Private to h1.
 */
#ifndef RELAIS_H1_SCAN_H
#define RELAIS_H1_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* First control character (TAB and DEL included), or end. */
static inline const char *h1_scan_control(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i max = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f);

	for (const char *last = end - 16; p <= last; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, max), v);
		int hit = _mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(v, del)));

		if (hit)
			return p + __builtin_ctz((unsigned)hit);
	}
#endif
	for (; p < end; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			break;
	return p;
}

/* First byte that no request target may hold: control, blank, '#', DEL or above; or end. */
static inline const char *h1_scan_target(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i first = _mm_set1_epi8(0x21), del = _mm_set1_epi8(0x7f);
	const __m128i hash = _mm_set1_epi8('#');

	for (const char *last = end - 16; p <= last; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i bad = _mm_cmplt_epi8(v, first); /* signed: 0x80-0xff are below too */
		int hit;

		bad = _mm_or_si128(bad, _mm_cmpeq_epi8(v, del));
		bad = _mm_or_si128(bad, _mm_cmpeq_epi8(v, hash));
		hit = _mm_movemask_epi8(bad);
		if (hit)
			return p + __builtin_ctz((unsigned)hit);
	}
#endif
	for (; p < end; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || *p == '#')
			break;
	return p;
}

/* First ':' or control character or blank, or end: the end of a field name if it is one. */
static inline const char *h1_scan_name(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i blank = _mm_set1_epi8(0x20), colon = _mm_set1_epi8(':');

	for (const char *last = end - 16; p <= last; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i stop = _mm_cmpeq_epi8(_mm_min_epu8(v, blank), v);
		int hit = _mm_movemask_epi8(_mm_or_si128(stop, _mm_cmpeq_epi8(v, colon)));

		if (hit)
			return p + __builtin_ctz((unsigned)hit);
	}
#endif
	for (; p < end; p++)
		if ((unsigned char)*p <= 0x20 || *p == ':')
			break;
	return p;
}

#ifdef __SSE2__
static inline bool h1_plain_host16(__m128i v)
{
	__m128i letter, other, ok;

	letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	ok = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
	other = _mm_sub_epi8(v, _mm_set1_epi8('-'));
	other = _mm_cmpeq_epi8(_mm_min_epu8(other, _mm_set1_epi8(':' - '-')), other);
	other = _mm_andnot_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('/')), other);
	return _mm_movemask_epi8(_mm_or_si128(ok, other)) == 0xffff;
}
#endif

/* Letters, digits, '-', '.', ':' alone? False says nothing: the careful way decides. Words are
 * taken from the front, and the last one again from the end. */
static inline bool h1_plain_host(const char *p, size_t len)
{
#ifdef __SSE2__
	const char *last = p + len - 16;

	if (len < 8)
		return false;
	if (len < 16) {
		__m128i low = _mm_loadl_epi64((const __m128i *)(const void *)p);
		__m128i high = _mm_loadl_epi64((const __m128i *)(const void *)(p + len - 8));

		return h1_plain_host16(_mm_unpacklo_epi64(low, high));
	}
	for (; p < last; p += 16)
		if (!h1_plain_host16(_mm_loadu_si128((const __m128i *)(const void *)p)))
			return false;
	return h1_plain_host16(_mm_loadu_si128((const __m128i *)(const void *)last));
#else
	(void)p;
	(void)len;
	return false;
#endif
}

#endif
