/*
 * PCRE2 behind three functions. Match data is per thread, made at the first match.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/base/regex.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

struct regex {
	pcre2_code *code;
};

static _Thread_local pcre2_match_data *match_data;

struct regex *regex_compile(struct slice pattern, bool ignore_case, char *err, size_t err_len)
{
	uint32_t options = ignore_case ? PCRE2_CASELESS : 0;
	PCRE2_SIZE at;
	int code;
	struct regex *re = malloc(sizeof(*re));

	if (!re) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	re->code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, options, &code, &at, NULL);
	if (!re->code) {
		PCRE2_UCHAR text[128];

		pcre2_get_error_message(code, text, sizeof(text));
		snprintf(err, err_len, "%s at character %zu", (char *)text, at + 1);
		free(re);
		return NULL;
	}
	pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
	return re;
}

void regex_free(struct regex **re)
{
	if (*re) {
		pcre2_code_free((*re)->code);
		free(*re);
	}
	*re = NULL;
}

static void free_deferred(void *arg)
{
	struct regex *re = arg;

	regex_free(&re);
}

struct regex *regex_compile_in(struct arena *arena, struct slice pattern, bool ignore_case,
			       char *err, size_t err_len)
{
	struct regex *re = regex_compile(pattern, ignore_case, err, err_len);

	if (re)
		arena_defer(arena, free_deferred, re);
	return re;
}

int regex_groups(const struct regex *re, struct slice subject,
		 struct slice groups[static REGEX_GROUPS_MAX])
{
	PCRE2_SIZE *at;
	int n;

	if (!match_data)
		match_data = pcre2_match_data_create(REGEX_GROUPS_MAX, NULL);
	if (!match_data)
		return 0;
	n = pcre2_match(re->code, (PCRE2_SPTR)(subject.ptr ? subject.ptr : ""), subject.len, 0, 0,
			match_data, NULL);
	if (n < 0)
		return 0;
	if (n == 0)
		n = REGEX_GROUPS_MAX;
	at = pcre2_get_ovector_pointer(match_data);
	for (int i = 0; i < REGEX_GROUPS_MAX; i++) {
		bool set = i < n && at[2 * i] != PCRE2_UNSET && at[2 * i + 1] >= at[2 * i];

		groups[i] = set ? (struct slice){subject.ptr + at[2 * i], at[2 * i + 1] - at[2 * i]}
				: (struct slice){NULL, 0};
	}
	return n;
}

void regex_thread_end(void)
{
	pcre2_match_data_free(match_data);
	match_data = NULL;
}

bool regex_match(const struct regex *re, struct slice subject)
{
	struct slice groups[REGEX_GROUPS_MAX];

	return regex_groups(re, subject, groups) > 0;
}
