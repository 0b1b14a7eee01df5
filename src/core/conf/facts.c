/*
 * Facts among the files: each is a file of the name "fact:KIND:KEY" whose bytes are the value.
 * See facts.h. Used by the keepalived grammar and the failover's rows; one thread: whoever parses.
 */
#include "core/conf/facts.h"

static bool names(const char *path, const char *kind, const char *key)
{
	size_t kind_len = strlen(kind);

	return strncmp(path, "fact:", 5) == 0 && strncmp(path + 5, kind, kind_len) == 0 &&
	       path[5 + kind_len] == ':' && strcmp(path + 6 + kind_len, key) == 0;
}

const char *conf_fact_find(const struct conf_files *files, const char *kind, const char *key)
{
	for (const struct conf_file *f = files->first; f; f = f->next)
		if (names(f->path, kind, key))
			return f->bytes.ptr;
	return NULL;
}

const char *conf_fact_note(struct conf_files *files, const char *kind, const char *key,
			   const char *value)
{
	const char *noted = conf_fact_find(files, kind, key);

	if (noted)
		return noted;
	return conf_files_put(files, arena_printf(&files->arena, "fact:%s:%s", kind, key),
			      slice_of(value))
		->bytes.ptr;
}
