/*
 * Replacement texts of regsub, replace-header and their like.
 */
#include "balancer/rules/substitute.h"

struct regex *rules_regex(struct rules_build *b, struct slice text, bool ignore_case)
{
	char err[128];
	struct regex *re = regex_compile_in(b->arena, text, ignore_case, err, sizeof(err));

	if (!re)
		rules_error(b, "regular expression '%.*s': %s", (int)text.len, text.ptr, err);
	return re;
}

void rules_substitute(struct text *out, struct slice replacement, const struct slice *groups)
{
	for (size_t i = 0; i < replacement.len; i++) {
		char c = replacement.ptr[i];

		if (c == '\\' && i + 1 < replacement.len) {
			c = replacement.ptr[++i];
			if (c >= '0' && c <= '9') {
				text_add(out, groups[c - '0']);
				continue;
			}
		}
		text_char(out, c);
	}
}
