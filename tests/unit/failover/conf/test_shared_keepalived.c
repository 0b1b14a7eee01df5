/*
 * How many keepalived.conf files of public projects are read: a yardstick that grows. The files
 * are not ours and stand outside this repository (RELAIS_SHARED_CONFIGS, else ../shared/configs);
 * without them there is nothing to measure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failover/conf/failover_conf.h"

/* Keepalived takes all of these files (INDEX.tsv: valid, or accepted with complaints), so what is
 * not served yet is the only error that any of them may give. */
enum { LEAST = 40 };

static const char *folder(void)
{
	const char *dir = getenv("RELAIS_SHARED_CONFIGS");

	return dir ? dir : RELAIS_SOURCE_ROOT "/../shared/configs";
}

/* The words between quotes of "'x' is not supported ...", each once. */
static void note_missing(const struct conf_diags *diags, char *missing, size_t cap)
{
	for (const struct conf_diag *d = diags->first; d; d = d->next) {
		const char *end = d->severity == CONF_ERROR && d->text[0] == '\''
					  ? strchr(d->text + 1, '\'')
					  : NULL;
		char word[64];

		if (d->severity == CONF_ERROR)
			assert_non_null(strstr(d->text, "is not supported by relais yet"));
		if (!end)
			continue;
		snprintf(word, sizeof(word), " %.*s,", (int)(end - d->text - 1), d->text + 1);
		if (!strstr(missing, word) && strlen(missing) + strlen(word) < cap)
			strcat(missing, word);
	}
}

static bool read_one(const char *path, char *missing, size_t cap)
{
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	bool good;

	conf_files_init(&files);
	conf_diags_init(&diags);
	arena_init(&arena, 0);
	failover_conf_parse(&files, &path, 1, &arena, &diags, NULL);
	good = diags.n_errors == 0;
	note_missing(&diags, missing, cap);
	conf_diags_print(&diags, stdout, getenv("RELAIS_SHOW_WARNINGS") != NULL);
	arena_fini(&arena);
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	return good;
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static void most_real_files_are_read(void **state)
{
	struct dirent **entries;
	char missing[2048] = "";
	int n = scandir(folder(), &entries, is_conf, alphasort), n_read = 0;

	(void)state;
	if (n < 0) {
		printf("no %s: not measured\n", folder());
		skip();
	}
	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", folder(), entries[i]->d_name);
		n_read += read_one(path, missing, sizeof(missing));
		free(entries[i]);
	}
	free(entries);
	printf("%d of %d keepalived files read; not served yet:%s\n", n_read, n,
	       missing[0] ? missing : " nothing");
	assert_in_range(n_read, LEAST, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_real_files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
