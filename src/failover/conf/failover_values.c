/*
 * Values of words in keepalived.conf. See failover_build.h. Keepalived goes on with a default where
 * a value is out of its range, so these warn and say what is taken instead.
 */
#include <errno.h>
#include <stdlib.h>

#include "failover/conf/failover_build.h"

bool failover_value_int(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			long long min, long long max, long long *out, const char *instead)
{
	const char *text = word < line->n_words ? line->words[word].text : "";
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (!*text || *end || errno || n < min || n > max) {
		FAILOVER_WARN(ctx, line, word, "'%s': '%s' is not a number from %lld to %lld, %s",
			      line->words[0].text, text, min, max, instead);
		return false;
	}
	*out = n;
	return true;
}

static bool read_seconds(const char *text, int64_t *out)
{
	int64_t us = 0, unit = 1000000;
	const char *p = text + (*text == '+');

	for (; *p >= '0' && *p <= '9'; p++) {
		if (us > INT64_C(1000000000000000))
			return false;
		us = us * 10 + (*p - '0') * INT64_C(1000000);
	}
	if ((p == text || p[-1] == '+') && *p != '.')
		return false;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++) {
			unit /= 10;
			us += (*p - '0') * unit;
		}
	}
	*out = us;
	return !*p && strcmp(text, ".") != 0;
}

bool failover_value_seconds(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			    int64_t min_us, int64_t max_us, int64_t *out, const char *instead)
{
	const char *text = word < line->n_words ? line->words[word].text : "";
	int64_t us;

	if (!read_seconds(text, &us) || us < min_us || us > max_us) {
		FAILOVER_WARN(ctx, line, word, "'%s': '%s' is not a time from %g to %g seconds, %s",
			      line->words[0].text, text, (double)min_us / 1e6, (double)max_us / 1e6,
			      instead);
		return false;
	}
	*out = us;
	return true;
}

bool failover_value_bool(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			 bool *out)
{
	static const char *const yes[] = {"on", "true", "yes", NULL};
	static const char *const no[] = {"off", "false", "no", NULL};

	*out = true;
	if (word >= line->n_words)
		return true;
	for (unsigned i = 0; yes[i]; i++) { /* ON and True are no such words for Keepalived */
		if (strcmp(line->words[word].text, yes[i]) == 0)
			return true;
		if (strcmp(line->words[word].text, no[i]) == 0) {
			*out = false;
			return true;
		}
	}
	FAILOVER_WARN(ctx, line, word, "'%s': '%s' is neither on nor off, left out",
		      line->words[0].text, line->words[word].text);
	return false;
}

bool failover_value_host(const char *text, struct addr *out)
{
	return addr_parse_ip(out, (struct slice){text, strcspn(text, "/")}, 0);
}

bool failover_value_weight(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			   long long most, int *weight, bool *reverse)
{
	long long n;

	if (strcmp(line->words[word].text, "weight") != 0) {
		FAILOVER_WARN(ctx, line, word, "'%s' is not understood here, left out",
			      line->words[word].text);
		return false;
	}
	if (!failover_value_int(ctx, line, word + 1, -most, most, &n, "left out"))
		return false;
	*weight = (int)n;
	if (word + 2 >= line->n_words)
		return true;
	if (strcmp(line->words[word + 2].text, "reverse") == 0)
		*reverse = true;
	else if (word == 0) /* of what is tracked itself: nothing is there that it could undo */
		FAILOVER_WARN(ctx, line, word + 2, "'%s' behind a weight is not understood here",
			      line->words[word + 2].text);
	else if (strcmp(line->words[word + 2].text, "noreverse") == 0 ||
		 strcmp(line->words[word + 2].text, "no_reverse") == 0)
		*reverse = false;
	else
		FAILOVER_WARN(ctx, line, word + 2, "'%s' behind a weight is not understood",
			      line->words[word + 2].text);
	return true;
}
