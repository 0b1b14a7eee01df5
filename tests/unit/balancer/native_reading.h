/*
 * A haproxy.cfg in a string, as some of the balancer's rooms read it. Included by one test program
 * each: what was read lasts until tear_down.
 */
#ifndef RELAIS_TESTS_NATIVE_READING_H
#define RELAIS_TESTS_NATIVE_READING_H

#include <stdio.h>
#include <string.h>

#include "../core/conf_room.h"
#include "balancer/proxy/proxy_parse.h"

/* parts end with NULL. offline: names are not looked up. */
static inline struct balancer_conf *read_native(const char *text,
						const struct conf_part *const *parts, bool offline)
{
	static const char *const paths[] = {"t.cfg"};
	const struct balancer_parse how = {
		.files = &files,
		.paths = paths,
		.n_paths = 1,
		.parts = parts,
		.arena = &arena,
		.diags = &diags,
		.local_peer = "me",
		.offline = offline,
	};

	conf_files_put(&files, paths[0], slice_of(text));
	files.sealed = true;
	return balancer_conf_parse(&how);
}

/* There is a diagnostic at that line whose text holds what. */
static inline void expect(enum conf_severity severity, unsigned line, const char *what)
{
	for (const struct conf_diag *g = diags.first; g; g = g->next) {
		if (g->severity == severity && g->place.line == line && strstr(g->text, what))
			return;
	}
	conf_diags_print(&diags, stderr, true);
	fail_msg("nothing of '%s' at line %u", what, line);
}

#endif
