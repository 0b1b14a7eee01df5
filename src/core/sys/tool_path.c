/* Finds helper executables from the place of the running program. See tool_path.h. */
#include "core/sys/tool_path.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool try_path(const char *dir, const char *between, const char *name, char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s/%s%s", dir, between, name);

	return n > 0 && (size_t)n < cap && access(out, X_OK) == 0;
}

bool tool_path_find(const char *name, char *out, size_t cap)
{
	char dir[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	char *slash;

	if (n > 0) {
		dir[n] = '\0';
		slash = strrchr(dir, '/');
		if (slash) {
			*slash = '\0';
			if (try_path(dir, "", name, out, cap) ||
			    try_path(dir, "../libexec/relais/", name, out, cap))
				return true;
		}
	}
	if (cap > 0)
		out[0] = '\0';
	return false;
}
