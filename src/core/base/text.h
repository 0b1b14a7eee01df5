/*
 * Bounded text: append to a fixed buffer; what does not fit is cut and remembered. Always
 * NUL-terminated. For log lines, admin answers and message building.
 */
#ifndef RELAIS_BASE_TEXT_H
#define RELAIS_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/slice.h"

struct text {
	char *buf;	 /* borrowed */
	size_t cap, len; /* cap counts the NUL */
	bool cut;	 /* something did not fit */
};

void text_init(struct text *t, char *buf, size_t cap);
void text_add(struct text *t, struct slice s);
void text_str(struct text *t, const char *str);
void text_char(struct text *t, char c);
void text_uint(struct text *t, unsigned long long n);
void text_int(struct text *t, long long n);
void text_fmt(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vfmt(struct text *t, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

#endif
