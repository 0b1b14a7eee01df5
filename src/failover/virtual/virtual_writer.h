/*
 * The text that grows, line by line, each with its place in keepalived.conf. Private to this room.
 */
#ifndef RELAIS_VIRTUAL_VIRTUAL_WRITER_H
#define RELAIS_VIRTUAL_VIRTUAL_WRITER_H

#include <stdarg.h>
#include <stdio.h>

#include "failover/virtual/virtual_text.h"

struct virtual_writer {
	struct arena *arena;
	struct conf_diags *diags;
	const char *probe; /* virtual_conf.probe */
	FILE *out;
	struct conf_place *places;
	unsigned n_lines, places_cap;
};

/* A line of a section, or a section's own. */
void virtual_line(struct virtual_writer *w, struct conf_place place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Text as one word of the native grammar, in the arena. */
const char *virtual_word(struct arena *arena, const char *text);
/* "5s", "1500ms": never 0. */
const char *virtual_time(struct arena *arena, int64_t us);
/* A name of a section or server: what may not stand there becomes '_'. */
const char *virtual_name(struct arena *arena, const char *text);
/* "uid:gid" and the command line, as two words. */
const char *virtual_script(struct arena *arena, const struct script_conf *script);

/* virtual_check_text.c: what one checker comes to. */
struct virtual_check_text {
	const char *const *lines; /* of its section, n_lines of them */
	unsigned n_lines;
	const char *words; /* of its server line: "check inter 3s ..." */
	bool apart;	   /* cannot stand where traffic goes through */
};

/* Whether there is what it needs. */
bool virtual_check_served(const struct virtual_writer *w,
			  const struct virtual_checker_conf *checker);
/* port: where it connects if neither says so. False: a checker that is not served. */
bool virtual_check_write(const struct virtual_writer *w, const struct virtual_real_conf *real,
			 const struct virtual_checker_conf *checker, unsigned port,
			 struct virtual_check_text *out);
/* virtual_probe_text.c: the line of a checker that relais-probe carries out. */
const char *virtual_probe_line(const struct virtual_writer *w, const struct virtual_real_conf *real,
			       const struct virtual_checker_conf *checker, unsigned port);

#endif
