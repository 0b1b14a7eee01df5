/*
 * The calendar without the C library: no locale, no time zone, no lock.
 */
#include "balancer/http/date.h"

static char *put_number(char *p, int64_t n, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		p[i] = (char)('0' + n % 10);
		n /= 10;
	}
	return p + digits;
}

static char *put_text(char *p, const char *text, size_t len)
{
	memcpy(p, text, len);
	return p + len;
}

/* Days since 1970-01-01 to a date of the Gregorian calendar, in years that begin in March so that
 * the leap day is the last of a year. */
static void civil(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	int64_t shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t from_march = (5 * of_year + 2) / 153;

	*day = of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = year_of_era + era * 400 + (*month <= 2);
}

struct slice http_date_at(struct http_date *cache, int64_t unix_s)
{
	static const char day_name[] = "ThuFriSatSunMonTueWed";
	static const char month_name[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t days = unix_s / 86400, second = unix_s % 86400, year, month, day;
	char *p = cache->text;

	if (cache->unix_s == unix_s && *p)
		return (struct slice){cache->text, HTTP_DATE_LEN};
	civil(days, &year, &month, &day);
	p = put_text(p, day_name + days % 7 * 3, 3);
	p = put_text(p, ", ", 2);
	p = put_number(p, day, 2);
	*p++ = ' ';
	p = put_text(p, month_name + (month - 1) * 3, 3);
	*p++ = ' ';
	p = put_number(p, year, 4);
	*p++ = ' ';
	p = put_number(p, second / 3600, 2);
	*p++ = ':';
	p = put_number(p, second / 60 % 60, 2);
	*p++ = ':';
	p = put_number(p, second % 60, 2);
	put_text(p, " GMT", 5);
	cache->unix_s = unix_s;
	return (struct slice){cache->text, HTTP_DATE_LEN};
}
