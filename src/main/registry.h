/*
 * Every table of keywords and commands of the program, in one visible place. Rooms define rows;
 * here they are put in the order in which they are asked and finished. The first part that has a
 * keyword wins, so proxy_part_obsolete, which knows what is not served yet, stands last.
 */
#ifndef RELAIS_MAIN_REGISTRY_H
#define RELAIS_MAIN_REGISTRY_H

#include <stdio.h>

#include "admin/command.h"
#include "balancer/proxy/proxy_parse.h"

/* The native grammar's parts; ends with NULL. */
extern const struct conf_part *const registry_balancer_parts[];

/* The balancer's half of a configuration, from files and directories as -f had them. Always a
 * configuration; it may be used when diags->n_errors is 0. local_peer: -L, or NULL. */
struct balancer_conf *registry_balancer_parse(struct conf_files *files, const char *const *paths,
					      size_t n_paths, struct arena *arena,
					      struct conf_diags *diags, const char *local_peer);
/* Every runtime command; ends with NULL. */
extern const struct admin_command *const registry_commands[];

/* All keywords of both grammars and all runtime commands as a manual in Markdown. */
void registry_manual_print(FILE *out);

#endif
