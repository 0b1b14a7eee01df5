/*
 * Foreign bytes as the note of a failover process of another build. Whatever is read from them must
 * come out again when it is written and read once more.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/sys/shared_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct shared_page *page, *again;
	size_t cap, len;
	uint8_t *bytes;

	if (!page)
		page = shared_page_new();
	if (!again)
		again = shared_page_new();
	if (!page || !again || size > 65536)
		return 0;
	bytes = malloc(size ? size : 1); /* exact: a byte too far is seen */
	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	shared_note_read(page, bytes, size);
	free(bytes);
	cap = shared_note_cap(page);
	bytes = malloc(cap);
	len = bytes ? shared_note_write(page, bytes, cap) : 0;
	if (bytes && (len == 0 || !shared_note_read(again, bytes, len)))
		abort();
	free(bytes);
	for (uint32_t i = 0; i < atomic_load(&again->n_vips); i++)
		if (strcmp(page->vips[i].name, again->vips[i].name) != 0 ||
		    memcmp(page->vips[i].moves, again->vips[i].moves,
			   sizeof(page->vips[i].moves)) != 0)
			abort();
	shared_page_forget(page);
	shared_page_forget(again);
	return 0;
}
