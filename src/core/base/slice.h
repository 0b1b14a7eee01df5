/*
 * A borrowed run of bytes: pointer and length, never NUL-terminated by contract.
 * Who owns the bytes is said where the slice is a member.
 */
#ifndef RELAIS_BASE_SLICE_H
#define RELAIS_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_of(const char *str)
{
	return (struct slice){str, str ? strlen(str) : 0};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_eq_str(struct slice a, const char *str)
{
	return slice_eq(a, slice_of(str));
}

static inline bool slice_starts(struct slice a, struct slice prefix)
{
	return a.len >= prefix.len && memcmp(a.ptr, prefix.ptr, prefix.len) == 0;
}

/* ASCII case-insensitive, as header names and host names compare. */
bool slice_case_eq(struct slice a, struct slice b);

/* Without spaces and tabs at both ends. */
struct slice slice_trim(struct slice a);

/* Offset of the first c, or a.len. */
size_t slice_find(struct slice a, char c);

/* Cuts *rest at the first sep: returns what stands before it; *rest is what stands after
 * (empty at the end). */
struct slice slice_cut(struct slice *rest, char sep);

/* A whole unsigned decimal number no greater than max; false for anything else. */
bool slice_to_uint(struct slice a, unsigned long long max, unsigned long long *out);

#endif
