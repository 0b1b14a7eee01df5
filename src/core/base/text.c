/*
 * Bounded text building. Pure; any thread.
 */
#include "core/base/text.h"

#include <stdio.h>

void text_init(struct text *t, char *buf, size_t cap)
{
	*t = (struct text){.buf = buf, .cap = cap};
	if (cap)
		buf[0] = '\0';
}

void text_add(struct text *t, struct slice s)
{
	size_t room = t->cap > t->len ? t->cap - t->len - 1 : 0;

	if (t->cap == 0)
		return;
	if (s.len > room) {
		s.len = room;
		t->cut = true;
	}
	if (s.len)
		memcpy(t->buf + t->len, s.ptr, s.len);
	t->len += s.len;
	t->buf[t->len] = '\0';
}

void text_str(struct text *t, const char *str)
{
	text_add(t, slice_of(str));
}

void text_char(struct text *t, char c)
{
	text_add(t, (struct slice){&c, 1});
}

void text_uint(struct text *t, unsigned long long n)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	text_add(t, (struct slice){digits + at, sizeof(digits) - at});
}

void text_int(struct text *t, long long n)
{
	if (n < 0)
		text_char(t, '-');
	text_uint(t, n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n);
}

void text_vfmt(struct text *t, const char *fmt, va_list ap)
{
	size_t room = t->cap > t->len ? t->cap - t->len : 0;
	int len;

	if (room == 0)
		return;
	len = vsnprintf(t->buf + t->len, room, fmt, ap);
	if (len < 0)
		return;
	if ((size_t)len >= room) {
		t->cut = true;
		t->len = t->cap - 1;
	} else {
		t->len += (size_t)len;
	}
}

void text_fmt(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vfmt(t, fmt, ap);
	va_end(ap);
}
