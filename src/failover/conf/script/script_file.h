/*
 * The file behind a script's first word: where it is, whether it may be run, whether others than
 * root could change it. Noted as a fact, so that the failover process, which may not look, is told
 * the same. Private to this room.
 */
#ifndef RELAIS_SCRIPT_SCRIPT_FILE_H
#define RELAIS_SCRIPT_SCRIPT_FILE_H

#include "failover/conf/failover_build.h"

enum failover_script_verdict {
	FAILOVER_SCRIPT_OK,
	FAILOVER_SCRIPT_UNSAFE,	 /* somebody else than root may write to it or to its path */
	FAILOVER_SCRIPT_MISSING, /* not there, no file, or not executable */
};

struct failover_script_file {
	const char *path; /* found in the search path, or as given */
	enum failover_script_verdict verdict;
};

void failover_script_file_look(struct failover_build *b, const char *name,
			       struct failover_script_file *out);

#endif
