/*
 * Values of the native grammar's words. See value.h. Called by rows' parse functions and by the
 * plain row types, at load, in one thread.
 */
#include "core/conf/value.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>

static const struct {
	const char *name;
	int64_t us;
} time_units[] = {
	{"us", 1},
	{"ms", 1000},
	{"s", 1000000},
	{"m", 60 * 1000000LL},
	{"h", 3600 * 1000000LL},
	{"d", 86400 * 1000000LL},
};

static const char *digits(const char *text, unsigned long long *out, const char **rest)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return "a number is expected";
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno)
		return "the number is too large";
	*rest = end;
	return NULL;
}

const char *conf_text_time(const char *text, int64_t unit_us, int64_t *out_us)
{
	unsigned long long n;
	const char *unit, *wrong = digits(text, &n, &unit);
	int64_t us = *text ? 0 : unit_us;

	if (wrong)
		return wrong;
	if (!*unit)
		us = unit_us;
	for (size_t i = 0; i < sizeof(time_units) / sizeof(time_units[0]); i++) {
		if (strcmp(unit, time_units[i].name) == 0)
			us = time_units[i].us;
	}
	if (!us)
		return "units of time are us, ms, s, m, h and d";
	if (n > (unsigned long long)(INT64_MAX / us))
		return "the time is too long";
	*out_us = (int64_t)n * us;
	return NULL;
}

const char *conf_text_size(const char *text, uint64_t *out)
{
	unsigned long long n;
	const char *unit, *wrong = digits(text, &n, &unit);
	unsigned shift = 0;

	if (wrong)
		return wrong;
	switch (tolower((unsigned char)*unit)) {
	case '\0':
		break;
	case 'k':
		shift = 10;
		break;
	case 'm':
		shift = 20;
		break;
	case 'g':
		shift = 30;
		break;
	default:
		return "units of size are k, m and g";
	}
	if (*unit && unit[1])
		return "units of size are k, m and g";
	if (n > UINT64_MAX >> shift)
		return "the size is too large";
	*out = (uint64_t)n << shift;
	return NULL;
}

const char *conf_text_int(const char *text, long long min, long long max, long long *out)
{
	char *end;

	if (!isdigit((unsigned char)*text) &&
	    !((*text == '-' || *text == '+') && isdigit((unsigned char)text[1])))
		return "a number is expected";
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (*end)
		return "a number is expected";
	if (errno || *out < min || *out > max)
		return "out of range";
	return NULL;
}

static bool wrong_value(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			const char *what)
{
	if (!conf_line_word(line, i)[0])
		conf_ctx_error(ctx, line, i, "'%s' needs a value", ctx->keyword->name);
	else
		conf_ctx_error(ctx, line, i, "'%s' cannot be '%s': %s", ctx->keyword->name,
			       conf_line_word(line, i), what);
	return false;
}

bool conf_word_int(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, long long min,
		   long long max, int *out)
{
	const char *text = conf_line_word(line, i), *wrong;
	long long v;

	if (min == 0 && max == 0)
		max = INT_MAX;
	wrong = conf_text_int(text, min, max, &v);
	if (wrong && text[0] && strcmp(wrong, "out of range") == 0)
		wrong = arena_printf(ctx->arena, "allowed are %lld to %lld", min, max);
	if (wrong)
		return wrong_value(ctx, line, i, wrong);
	*out = (int)v;
	return true;
}

static bool word_time(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		      const long long bounds[2], int64_t unit_us, int *out)
{
	long long max = bounds[1] ? bounds[1] : INT_MAX;
	const char *name = unit_us == 1000 ? "ms" : "s";
	int64_t us, v;
	const char *wrong = conf_text_time(conf_line_word(line, i), unit_us, &us);

	if (wrong)
		return wrong_value(ctx, line, i, wrong);
	/* Shorter than one unit is not "none": it becomes one unit. */
	v = us > 0 && us < unit_us ? 1 : us / unit_us;
	if (v < bounds[0] || v > max)
		return wrong_value(ctx, line, i,
				   arena_printf(ctx->arena, "allowed are %lld%s to %lld%s",
						bounds[0], name, max, name));
	*out = (int)v;
	return true;
}

bool conf_word_time_ms(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		       long long min_ms, long long max_ms, int *out_ms)
{
	return word_time(ctx, line, i, (long long[]){min_ms, max_ms}, 1000, out_ms);
}

bool conf_word_time_s(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		      long long min_s, long long max_s, int *out_s)
{
	return word_time(ctx, line, i, (long long[]){min_s, max_s}, 1000000, out_s);
}

bool conf_word_size(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, uint64_t min,
		    uint64_t max, uint64_t *out)
{
	uint64_t v;
	const char *wrong = conf_text_size(conf_line_word(line, i), &v);

	if (wrong)
		return wrong_value(ctx, line, i, wrong);
	if (v < min || (max && v > max))
		return wrong_value(
			ctx, line, i,
			max ? arena_printf(ctx->arena, "allowed are %llu to %llu",
					   (unsigned long long)min, (unsigned long long)max)
			    : arena_printf(ctx->arena, "%llu at least", (unsigned long long)min));
	*out = v;
	return true;
}

bool conf_word_choice(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		      const char *const *names, unsigned *out)
{
	const char *word = conf_line_word(line, i), *near, *list = "";

	for (unsigned n = 0; names[n]; n++) {
		if (strcmp(word, names[n]) == 0) {
			*out = n;
			return true;
		}
		list = arena_printf(ctx->arena, "%s%s%s", list, n ? ", " : "", names[n]);
	}
	near = conf_nearest(word, names);
	return wrong_value(
		ctx, line, i,
		near ? arena_printf(ctx->arena, "did you mean '%s'? (one of: %s)", near, list)
		     : arena_printf(ctx->arena, "one of: %s", list));
}

bool conf_word_string(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		      const char **out)
{
	const char *word = conf_line_word(line, i);

	if (!word[0])
		return wrong_value(ctx, line, i, "");
	*out = arena_strdup(ctx->arena, word);
	return true;
}

bool conf_word_user(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, uint32_t *uid)
{
	const char *word = conf_line_word(line, i);
	const struct passwd *user = word[0] ? getpwnam(word) : NULL;

	if (!user)
		return wrong_value(ctx, line, i, "there is no such user");
	*uid = user->pw_uid;
	return true;
}

bool conf_word_group(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, uint32_t *gid)
{
	const char *word = conf_line_word(line, i);
	const struct group *group = word[0] ? getgrnam(word) : NULL;

	if (!group)
		return wrong_value(ctx, line, i, "there is no such group");
	*gid = group->gr_gid;
	return true;
}
