/*
 * Facts that a configuration's meaning hangs on and that are no file's bytes: what a glob matched,
 * whose uid a user name is, whether a script is there. They are noted among the files when first
 * asked, so that whoever parses the sealed set later (the failover process) is told the same.
 */
#ifndef RELAIS_CONF_FACTS_H
#define RELAIS_CONF_FACTS_H

#include "core/conf/files.h"

/* What was noted of (kind, key), or NULL. NUL-terminated, lives as long as files. */
const char *conf_fact_find(const struct conf_files *files, const char *kind, const char *key);
/* Notes it; a kind and key are noted once. Returns the noted value. */
const char *conf_fact_note(struct conf_files *files, const char *kind, const char *key,
			   const char *value);

#endif
