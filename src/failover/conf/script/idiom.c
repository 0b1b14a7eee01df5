/*
 * Idioms that ask for haproxy. See idiom.h. A command is one by its program and its arguments; a
 * shell text is one when it gives success with the process alive, failure with it dead, and
 * contains nothing else that could matter (shell_lite.h tries both).
 */
#include "failover/conf/script/idiom.h"

#include <ctype.h>
#include <sys/stat.h>

#include "failover/conf/script/shell_lite.h"

enum { SCRIPT_MAX = 4096 };

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static bool is_haproxy(const char *word)
{
	static const char *const forms[] = {"haproxy",	 "^haproxy$", "^haproxy",
					    "[h]aproxy", "haproxy$",  NULL};

	return one_of(word[0] == '/' ? base_name(word) : word, forms);
}

/* All of argv[1..] are flags of the list, or the process' name, which is there once.
 * zero: one of them must be the signal 0. */
static bool only_names(const char *const *argv, const char *const *flags, bool zero)
{
	unsigned n_names = 0;

	for (unsigned i = 1; argv[i]; i++) {
		if (zero && (strcmp(argv[i], "-0") == 0 || strcmp(argv[i], "-s0") == 0)) {
			zero = false;
		} else if (zero && argv[i + 1] && strcmp(argv[i + 1], "0") == 0 &&
			   (strcmp(argv[i], "-s") == 0 || strcmp(argv[i], "--signal") == 0)) {
			zero = false;
			i++;
		} else if (is_haproxy(argv[i])) {
			n_names++;
		} else if (!one_of(argv[i], flags)) {
			return false;
		}
	}
	return n_names == 1 && !zero;
}

static bool asks_unit(const char *const *argv, const char *verb)
{
	static const char *const flags[] = {"-q", "--quiet", NULL};
	static const char *const units[] = {"haproxy", "haproxy.service", NULL};
	bool has_verb = false, has_unit = false;

	for (unsigned i = 1; argv[i]; i++) {
		if (!has_verb && strcmp(argv[i], verb) == 0)
			has_verb = true;
		else if (!has_unit && one_of(argv[i], units))
			has_unit = true;
		else if (!one_of(argv[i], flags))
			return false;
	}
	return has_verb && has_unit;
}

bool failover_idiom_command(const char *const *argv)
{
	static const char *const killall[] = {"-q", "-e", "-v", "--quiet", "--exact", NULL};
	static const char *const pidof[] = {"-s", "-x", "-q", "-c", "-sx", NULL};
	static const char *const pgrep[] = {"-x", "-o", "-n",	   "-l",     "-a",  "-c",
					    "-f", "-q", "--exact", "--full", "-xq", NULL};
	const char *program = base_name(argv[0]);

	if (strcmp(program, "killall") == 0)
		return only_names(argv, killall, true);
	if (strcmp(program, "pkill") == 0)
		return only_names(argv, pgrep, true);
	if (strcmp(program, "pgrep") == 0)
		return only_names(argv, pgrep, false);
	if (strcmp(program, "pidof") == 0)
		return only_names(argv, pidof, false);
	if (strcmp(program, "systemctl") == 0)
		return asks_unit(argv, "is-active") || asks_unit(argv, "status");
	if (strcmp(program, "service") == 0 || strcmp(program, "rc-service") == 0)
		return asks_unit(argv, "status");
	return false;
}

static bool is_shell(const char *path)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash", "ksh", NULL};

	return one_of(base_name(path), shells);
}

static bool text_asks(struct arena *arena, const char *text)
{
	return failover_shell_lite(arena, text, true) == FAILOVER_SHELL_TRUE &&
	       failover_shell_lite(arena, text, false) == FAILOVER_SHELL_FALSE;
}

/* A script file: short, text, for a shell. */
static bool file_asks(struct conf_files *files, struct arena *arena, const char *path)
{
	const struct conf_file *file;
	char first[128];
	struct stat st;
	size_t len;

	/* A big program is not to be kept among the configuration's files. */
	if (!files->sealed &&
	    (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > SCRIPT_MAX))
		return false;
	if (path[0] != '/' || conf_files_read(files, path, &file) || file->bytes.len > SCRIPT_MAX ||
	    strlen(file->bytes.ptr) != file->bytes.len)
		return false;
	len = strcspn(file->bytes.ptr, "\n");
	if (strncmp(file->bytes.ptr, "#!", 2) != 0 || len >= sizeof(first))
		return false;
	memcpy(first, file->bytes.ptr, len);
	first[len] = '\0';
	return strstr(first, "sh") && text_asks(arena, file->bytes.ptr);
}

bool failover_idiom_asks(struct conf_files *files, struct arena *arena, const char *const *argv)
{
	if (strcmp(base_name(argv[0]), "timeout") == 0 && argv[1] && argv[2] &&
	    isdigit((unsigned char)argv[1][0]))
		argv += 2;
	if (failover_idiom_command(argv))
		return true;
	if (is_shell(argv[0]) && argv[1]) {
		if (argv[1][0] == '-' && strchr(argv[1], 'c') && argv[2] && !argv[3])
			return text_asks(arena, argv[2]);
		return !argv[2] && file_asks(files, arena, argv[1]);
	}
	return !argv[1] && file_asks(files, arena, argv[0]);
}
