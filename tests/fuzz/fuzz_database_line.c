/*
 * Foreign bytes into what failover reads of relais-dbrole (failover/track/database_line.c): what is
 * accepted must come back the same when it is written and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "failover/track/database_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct database_line first, again;
	char text[DATABASE_LINE_MAX];
	size_t len;

	if (!database_line_read((struct slice){(const char *)data, size}, &first))
		return 0;
	len = database_line_write(&first, text);
	if (len >= sizeof(text) || text[len - 1] != '\n' ||
	    !database_line_read((struct slice){text, len - 1}, &again) ||
	    again.asked_us != first.asked_us || again.role != first.role ||
	    strcmp(again.note, first.note) != 0)
		abort();
	return 0;
}
