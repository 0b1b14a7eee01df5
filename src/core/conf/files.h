/*
 * The files a configuration was read from, kept whole: diagnostics may quote them, and on a reload
 * the master hands the same bytes to the failover process (which has no right to open files), so
 * that both halves read one and the same configuration.
 */
#ifndef RELAIS_CONF_FILES_H
#define RELAIS_CONF_FILES_H

#include "core/base/arena.h"

struct conf_file {
	struct conf_file *next;
	const char *path;   /* as asked for */
	struct slice bytes; /* NUL-terminated behind the end */
};

struct conf_files {
	struct arena arena; /* owns everything */
	struct conf_file *first, **tail;
	bool sealed; /* only what is here can be read */
};

enum { CONF_FILE_MAX = 16 << 20 };

void conf_files_init(struct conf_files *files);
void conf_files_fini(struct conf_files *files);
/* Reads (once) and remembers. 0, -errno, or -EFBIG over CONF_FILE_MAX bytes. */
int conf_files_read(struct conf_files *files, const char *path, const struct conf_file **out);
/* Puts bytes in under a name, as if they had been read from there (embedded defaults, tests). */
const struct conf_file *conf_files_put(struct conf_files *files, const char *path,
				       struct slice bytes);
/* All files into a new memfd (returned; caller closes) or -errno. */
int conf_files_save(const struct conf_files *files);
/* Fills an empty, thereafter sealed set from such a memfd. 0 or -errno. */
int conf_files_load(struct conf_files *files, int fd);

#endif
