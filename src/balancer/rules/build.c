/*
 * Small help for the compilers of this room: arrays that grow in the configuration's arena, files.
 */
#include "balancer/rules/build.h"

#include <string.h>

void *rules_grow(struct arena *arena, void *items, unsigned n, size_t item_len)
{
	char *bigger;

	if (n == 0 || (n & (n - 1)) != 0) { /* room doubles at each power of two */
		if (n == 0)
			return arena_zalloc(arena, item_len);
		return items;
	}
	bigger = arena_zalloc(arena, item_len * n * 2);
	memcpy(bigger, items, item_len * n);
	return bigger;
}

bool rules_read_file(struct rules_build *b, const char *path, struct slice *bytes)
{
	const struct conf_file *file;
	int rc;

	if (!b->files) {
		rules_error(b, "a file ('%s') cannot be read here", path);
		return false;
	}
	rc = conf_files_read(b->files, path, &file);
	if (rc != 0) {
		rules_error(b, "cannot read '%s': %s", path, strerror(-rc));
		return false;
	}
	*bytes = file->bytes;
	return true;
}
