/*
 * How many real haproxy.cfg are read today. The files are not part of this repository: they lie in
 * RELAIS_SHARED_CONFIGS, or beside the source tree in ../shared/configs; without them the test says
 * so and passes. Covers main/registry.h.
 *
 * A file counts as read when nothing but this machine's state is wrong with it: names that do not
 * resolve, users, certificates and error pages that are not here. Names are looked up in an empty
 * network namespace where that may be made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "main/registry.h"

enum { FLOOR = 28, REASONS_MAX = 256, PATH_LEN = 512 };

struct reason {
	char text[64];
	unsigned n_files, last_file;
};

static struct reason reasons[REASONS_MAX];
static unsigned n_reasons, n_files, n_read;
static char dir[PATH_LEN];

/* Wrong only here: the same file is fine where its owner runs it. */
static bool is_of_this_machine(const char *text)
{
	static const char *const signs[] = {"cannot be resolved", "there is no such user",
					    "there is no such group", "cannot be read: No such"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (strstr(text, signs[i]))
			return true;
	}
	return false;
}

static void add_reason(const char *text)
{
	char name[sizeof(reasons[0].text)];
	const char *quote = strchr(text, '\''), *end = quote ? strchr(quote + 1, '\'') : NULL;
	unsigned i;

	if (end)
		snprintf(name, sizeof(name), "%.*s", (int)(end - quote - 1), quote + 1);
	else
		snprintf(name, sizeof(name), "%s", text);
	for (i = 0; i < n_reasons && strcmp(reasons[i].text, name) != 0; i++)
		;
	if (i == REASONS_MAX)
		return;
	if (i == n_reasons)
		memcpy(reasons[n_reasons++].text, name, sizeof(name));
	if (reasons[i].last_file != n_files) {
		reasons[i].last_file = n_files;
		reasons[i].n_files++;
	}
}

static bool read_one(const char *path)
{
	struct arena arena;
	struct conf_files files;
	struct conf_diags diags;
	bool read = true;

	arena_init(&arena, 0);
	conf_files_init(&files);
	conf_diags_init(&diags);
	n_files++;
	registry_balancer_parse(&files, &path, 1, &arena, &diags, NULL);
	for (const struct conf_diag *g = diags.first; g; g = g->next) {
		if (g->severity != CONF_ERROR || is_of_this_machine(g->text))
			continue;
		read = false;
		add_reason(g->text);
		assert_true(g->place.file != NULL);
	}
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	arena_fini(&arena);
	return read;
}

/* What haproxy 2.6 said, from INDEX.tsv: true when it refused the file for what it says. */
static bool refused_by_haproxy(const char *name)
{
	char path[2 * PATH_LEN], line[4096];
	bool refused = false;
	FILE *index;

	snprintf(path, sizeof(path), "%s/INDEX.tsv", dir);
	index = fopen(path, "r");
	if (!index)
		return false;
	while (fgets(line, sizeof(line), index)) {
		size_t len = strlen(name);

		if (strncmp(line, name, len) == 0 && line[len] == '\t')
			refused = strstr(line, "\tinvalid-on-") != NULL;
	}
	fclose(index);
	return refused;
}

static int by_count(const void *a, const void *b)
{
	return (int)((const struct reason *)b)->n_files - (int)((const struct reason *)a)->n_files;
}

static int is_cfg(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 4 && strcmp(e->d_name + len - 4, ".cfg") == 0;
}

static void real_files_are_read(void **state)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_cfg, alphasort);

	(void)state;
	if (n <= 0) {
		printf("no real configurations in %s: nothing to count\n", dir);
		skip();
	}
	for (int i = 0; i < n; i++) {
		char path[2 * PATH_LEN];
		bool read;

		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		read = read_one(path);
		n_read += read;
		if (read && refused_by_haproxy(entries[i]->d_name))
			fail_msg("%s is read, but haproxy 2.6 refuses it", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	qsort(reasons, n_reasons, sizeof(reasons[0]), by_count);
	for (unsigned i = 0; i < n_reasons; i++)
		printf("  %3u files wait for: %s\n", reasons[i].n_files, reasons[i].text);
	printf("%u of %u haproxy files read\n", n_read, n_files);
	assert_true(n_read >= FLOOR);
}

static void the_manual_has_every_room(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	registry_manual_print(out);
	fclose(out);
	for (size_t i = 0; registry_balancer_parts[i]; i++)
		assert_non_null(strstr(text, registry_balancer_parts[i]->name));
	assert_non_null(strstr(text, "| `timeout client <time>` | defaults, frontend, listen |"));
	free(text);
}

/* Some row serves this one in the same section. */
static bool is_served(const struct conf_keyword *row)
{
	const struct conf_part *const *part;

	for (part = registry_balancer_parts; *part; part++)
		for (const struct conf_keyword *r = (*part)->rows; r && r->name; r++)
			if (r->type != CONF_UNSERVED && (r->sections & row->sections) &&
			    strcmp(r->name, row->name) == 0)
				return true;
	return false;
}

static void what_is_served_is_not_called_unserved(void **state)
{
	const struct conf_part *const *part;

	(void)state;
	for (part = registry_balancer_parts; *part; part++)
		for (const struct conf_keyword *r = (*part)->rows; r && r->name; r++)
			if (r->type == CONF_UNSERVED && is_served(r))
				fail_msg("%s is served", r->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_files_are_read),
		cmocka_unit_test(the_manual_has_every_room),
		cmocka_unit_test(what_is_served_is_not_called_unserved),
	};
	const char *from = getenv("RELAIS_SHARED_CONFIGS");

	snprintf(dir, sizeof(dir), "%s", from ? from : RELAIS_SOURCE_ROOT "/../shared/configs");
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		printf("no network namespace of our own: names may be asked for\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
