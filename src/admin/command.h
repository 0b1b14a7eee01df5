/*
 * Runtime commands are rows: words, level, arguments, one line of doc, function. `help`, the manual
 * and relaisctl's completion come from them. Tables are listed in main/registry.c and given to
 * admin_setup once per balancer process.
 */
#ifndef RELAIS_ADMIN_COMMAND_H
#define RELAIS_ADMIN_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum admin_level { ADMIN_USER = 1, ADMIN_OPERATOR, ADMIN_ADMIN };

enum { ADMIN_TABLES_MAX = 16, ADMIN_WORDS_MAX = 64, ADMIN_LINE_MAX = 16384, ADMIN_WAITS_MAX = 8 };

struct admin_reply;

/* An answer that another process gives. poll: prints it, or false: not there yet. */
struct admin_wait {
	bool (*poll)(struct admin_reply *reply, uint64_t ticket);
	uint64_t ticket;
};

struct admin_reply {
	FILE *out; /* a memory stream: what is printed is the answer */
	enum admin_level level;
	bool quit, toggle_prompt;
	struct admin_wait waits[ADMIN_WAITS_MAX]; /* the answer is complete when none is left */
	unsigned n_waits;
};

struct admin_command {
	const char *words; /* "show info" */
	enum admin_level level;
	const char *args; /* as help shows them; "" = none */
	const char *doc;
	/* argv[0] is the first word after `words`; argc counts from there. */
	void (*run)(struct admin_reply *reply, int argc, char **argv);
};

/* Tables end with a row whose words is NULL; the array of tables with NULL. Both borrowed. */
void admin_setup(const struct admin_command *const *tables);

/* Runs one line (commands separated by ';') and writes each answer followed by an empty line.
 * line is cut up in place. */
void admin_run_line(struct admin_reply *reply, char *line);

/* Asks all that are still waited for; true when none is left. */
bool admin_poll(struct admin_reply *reply);

/* A row for every command: name, level, arguments, doc; as markdown. */
void admin_print_manual(const struct admin_command *const *tables, FILE *out);

extern const struct admin_command admin_show_commands[];	/* show_info.c */
extern const struct admin_command admin_stat_commands[];	/* show_stat.c */
extern const struct admin_command admin_server_commands[];	/* servers.c */
extern const struct admin_command admin_table_commands[];	/* tables.c */
extern const struct admin_command admin_vip_commands[];		/* show_vip.c */
extern const struct admin_command admin_bfd_commands[];		/* show_bfd.c */
extern const struct admin_command admin_process_commands[];	/* process.c */
extern const struct admin_command admin_vip_control_commands[]; /* vip_control.c */

#endif
