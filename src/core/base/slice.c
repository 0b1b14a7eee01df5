/*
 * Slices: comparing and cutting borrowed bytes. Pure; any thread.
 */
#include "core/base/slice.h"

static unsigned char lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

bool slice_case_eq(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	return true;
}

struct slice slice_trim(struct slice a)
{
	while (a.len > 0 && (a.ptr[0] == ' ' || a.ptr[0] == '\t')) {
		a.ptr++;
		a.len--;
	}
	while (a.len > 0 && (a.ptr[a.len - 1] == ' ' || a.ptr[a.len - 1] == '\t'))
		a.len--;
	return a;
}

size_t slice_find(struct slice a, char c)
{
	const char *hit = a.len ? memchr(a.ptr, c, a.len) : NULL;

	return hit ? (size_t)(hit - a.ptr) : a.len;
}

struct slice slice_cut(struct slice *rest, char sep)
{
	size_t at = slice_find(*rest, sep);
	struct slice head = {rest->ptr, at};
	size_t skip = at < rest->len ? at + 1 : at;

	rest->ptr += skip;
	rest->len -= skip;
	return head;
}

bool slice_to_uint(struct slice a, unsigned long long max, unsigned long long *out)
{
	unsigned long long value = 0;

	if (a.len == 0)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		unsigned digit = (unsigned)((unsigned char)a.ptr[i] - '0');

		if (digit > 9 || value > (max - digit) / 10 || max < digit)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}
