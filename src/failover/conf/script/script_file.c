/*
 * Looking at scripts' files at load. See script_file.h.
 */
#include "failover/conf/script/script_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/conf/facts.h"

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static bool is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

/* The first executable of that name in the search path; the name itself when there is none. */
static const char *search(struct failover_build *b, const char *name)
{
	const char *path = b->options->script_path ? b->options->script_path : getenv("PATH");
	struct slice rest = slice_of(path && *path ? path : default_path);

	if (strchr(name, '/'))
		return name;
	while (rest.len > 0) {
		struct slice dir = slice_cut(&rest, ':');
		const char *full =
			arena_printf(b->ctx.arena, "%.*s/%s", (int)dir.len, dir.ptr, name);

		if (dir.len > 0 && dir.ptr[0] == '/' && is_executable(full))
			return full;
	}
	return name;
}

/* Whether only root can write to the file and to every directory above it. */
static bool is_roots_own(const char *path)
{
	char *real = realpath(path, NULL);
	bool own = real != NULL;
	struct stat st;

	while (own) {
		char *slash = strrchr(real, '/');
		bool sticky;

		own = stat(*real ? real : "/", &st) == 0;
		sticky = S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX);
		if (own && (st.st_uid != 0 || ((st.st_mode & S_IWOTH) && !sticky) ||
			    ((st.st_mode & S_IWGRP) && st.st_gid != 0 && !sticky)))
			own = false;
		if (!*real || !slash)
			break;
		*slash = '\0';
	}
	free(real);
	return own;
}

void failover_script_file_look(struct failover_build *b, const char *name,
			       struct failover_script_file *out)
{
	static const char letters[] = "oum"; /* of the verdicts, before the path in the fact */
	const char *noted = conf_fact_find(b->ctx.files, "script", name);
	const char *path;
	enum failover_script_verdict verdict = FAILOVER_SCRIPT_MISSING;

	if (!noted && !b->ctx.files->sealed) {
		path = search(b, name);
		if (is_executable(path))
			verdict = is_roots_own(path) ? FAILOVER_SCRIPT_OK : FAILOVER_SCRIPT_UNSAFE;
		noted = conf_fact_note(b->ctx.files, "script", name,
				       arena_printf(b->ctx.arena, "%c%s", letters[verdict], path));
	}
	out->path = name;
	out->verdict = FAILOVER_SCRIPT_MISSING;
	if (!noted || !*noted)
		return;
	out->verdict = (enum failover_script_verdict)(strchr(letters, noted[0]) - letters);
	out->path = noted + 1;
}
