/*
 * Matching processes. See process_match.h.
 */
#include "failover/track/process_match.h"

#include <string.h>

enum { COMM_LEN = 15 };

bool process_match_name(const struct vrrp_process_conf *p, const char *comm)
{
	return strncmp(p->process, comm, COMM_LEN) == 0;
}

/* The next argument, or NULL at the end. */
static const char *take(const char **at, const char *end)
{
	const char *word = *at, *nul = word < end ? memchr(word, '\0', (size_t)(end - word)) : NULL;

	if (!nul)
		return NULL;
	*at = nul + 1;
	return word;
}

/* The whole path, or only its last part where the configuration says no path. */
static bool is_program(const char *wanted, const char *word)
{
	const char *slash = strrchr(word, '/');

	return strcmp(wanted, word) == 0 ||
	       (slash && !strchr(wanted, '/') && strcmp(wanted, slash + 1) == 0);
}

bool process_match_command(const struct vrrp_process_conf *p, const char *command, size_t len)
{
	const char *at = command, *end = command + len, *word = take(&at, end);

	if (!word || !is_program(p->process, word))
		return false;
	for (const char *const *arg = p->args; *arg; arg++) {
		bool may_go_on = p->match == VRRP_PROCESS_INITIAL && !arg[1];

		word = take(&at, end);
		if (!word || (may_go_on ? strncmp(*arg, word, strlen(*arg)) : strcmp(*arg, word)))
			return false;
	}
	/* With param_match and no arguments: there must be none. */
	if (p->match != VRRP_PROCESS_EXACT && p->args[0])
		return true;
	return take(&at, end) == NULL;
}
