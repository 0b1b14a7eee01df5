/*
 * Converters of dates: seconds since 1970 to text.
 */
#include <time.h>

#include "balancer/rules/sample.h"
#include "core/base/text.h"

static bool give_text(struct rule_input *in, struct sample *s, const char *buf, size_t len)
{
	struct slice copy = arena_slice_dup(in->arena, (struct slice){buf, len});

	return copy.ptr && sample_give_str(s, copy);
}

static bool format_date(const struct sample_call *c, struct rule_input *in, struct sample *s,
			bool local)
{
	time_t t = (time_t)(s->num + c->args[1].num);
	char buf[256];
	struct tm tm;

	if (!(local ? localtime_r(&t, &tm) : gmtime_r(&t, &tm)))
		return false;
	return give_text(in, s, buf, strftime(buf, sizeof(buf), c->args[0].str.ptr, &tm));
}

SAMPLE_CONVERT(ltime)
{
	return format_date(c, in, s, true);
}

SAMPLE_CONVERT(utime)
{
	return format_date(c, in, s, false);
}

/* RFC 9110 5.6.7; not strftime, whose names follow the locale. */
SAMPLE_CONVERT(http_date)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t date = s->num + c->args[0].num, unit = c->args[1].num;
	time_t t = (time_t)(date / unit);
	char buf[64];
	struct text out;
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return false;
	text_init(&out, buf, sizeof(buf));
	text_fmt(&out, "%.3s, %02d %.3s %04d %02d:%02d:%02d", days + 3 * tm.tm_wday, tm.tm_mday,
		 months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (unit > 1)
		text_fmt(&out, ".%lld", (long long)(date % unit));
	text_str(&out, " GMT");
	return give_text(in, s, buf, out.len);
}

static bool check_unit(struct rules_build *b, struct sample_call *call)
{
	struct slice unit = call->args[1].given ? call->args[1].str : SLICE("s");

	call->args[1].num = slice_eq_str(unit, "s")    ? 1
			    : slice_eq_str(unit, "ms") ? 1000
			    : slice_eq_str(unit, "us") ? 1000000
						       : 0;
	if (call->args[1].num == 0)
		rules_error(b, "http_date: the unit is s, ms or us");
	return call->args[1].num != 0;
}

const struct converter_row converter_date_rows[] = {
	{"ltime", SAMPLE_INT, SAMPLE_STR, "sI", ltime, NULL, "local date, by strftime"},
	{"utime", SAMPLE_INT, SAMPLE_STR, "sI", utime, NULL, "universal date, by strftime"},
	{"http_date", SAMPLE_INT, SAMPLE_STR, "IS", http_date, check_unit, "as HTTP writes dates"},
	{.name = NULL},
};
