/*
 * Dates as HTTP writes them (IMF-fixdate, RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
 * Pure: the caller gives the time, and keeps the cache (one per thread), which is written once a
 * second however often it is asked.
 */
#ifndef RELAIS_HTTP_DATE_H
#define RELAIS_HTTP_DATE_H

#include <stdint.h>

#include "core/base/slice.h"

enum { HTTP_DATE_LEN = 29 };

struct http_date {
	int64_t unix_s; /* what text says; zero-initialised it says nothing yet */
	char text[HTTP_DATE_LEN + 1];
};

/* Years 1970 to 9999. The slice points into the cache. */
struct slice http_date_at(struct http_date *cache, int64_t unix_s);

#endif
