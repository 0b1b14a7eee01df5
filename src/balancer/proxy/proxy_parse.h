/*
 * Reading the balancer's configuration: the native grammar's sections and rows of this room, and
 * what its *_conf.c files share while they fill struct proxy_conf. Other rooms' rows get the same
 * targets (struct proxy_conf *, struct global_conf *) and need only proxy_conf.h.
 */
#ifndef RELAIS_PROXY_PROXY_PARSE_H
#define RELAIS_PROXY_PROXY_PARSE_H

#include "balancer/proxy/proxy_conf.h"
#include "core/conf/native.h"

/* A keyword that needs `mode http`, remembered until the mode is known. */
struct proxy_http_line {
	struct proxy_http_line *next;
	const struct conf_keyword *row;
	struct conf_place place;
};

/* A proxy (or defaults) being read. conf comes first: rows get &conf as their target. */
struct proxy_build {
	struct proxy_conf conf;
	struct proxy_build *next; /* all of them, defaults too, in file order */
	bool is_defaults;
	struct server_conf default_server;
	struct listener_conf **listener_tail;
	struct server_conf **server_tail;
	struct log_target **log_tail;
	bool log_global;
	struct proxy_http_line *http_lines;
	struct check_build *checks; /* health/check_conf.c's */
};

struct proxy_parse { /* ctx->extra */
	struct balancer_conf *conf;
	struct proxy_build *builds, **build_tail;
	struct proxy_build *defaults; /* the one that counts for the next proxy */
	struct log_target **global_log_tail;
	struct listener_conf **stats_socket_tail;
	struct proxy_conf **proxy_tail;
	struct userlist_conf **userlist_tail;
	unsigned n_listeners, n_servers; /* of all proxies; bounded */
	struct group_wait *group_waits;	 /* userlist_conf.c's */
	bool ssl_server_verify_none;
};

struct proxy_build *proxy_build_of(struct proxy_conf *conf);
struct proxy_parse *proxy_parse_of(const struct conf_ctx *ctx);
/* The frontend or backend of that name, or NULL; sides: one of enum proxy_side. */
struct proxy_conf *proxy_conf_find(const struct balancer_conf *conf, const char *name,
				   unsigned sides);

/* Rows of this room, by file. */
extern const struct conf_part proxy_part_global, proxy_part_tuning, proxy_part_proxy,
	proxy_part_options, proxy_part_bind, proxy_part_server, proxy_part_balance,
	proxy_part_quorum, proxy_part_log, proxy_part_stats, proxy_part_userlist,
	proxy_part_obsolete;
/* All sections of the native grammar; ends with name NULL. */
extern const struct conf_section proxy_sections[];
/* Lists of options on a line, for the manual. */
extern const struct conf_option bind_options[], server_options[];

/* What one configuration may have: a wrong range is said, not carried out. */
enum { PROXY_LISTENERS_MAX = 200000, PROXY_SERVERS_MAX = 50000 };

/* Reads a bind line's addresses and options, from words[1] on; appends to *tail. kind names the
 * line in messages. False when something was wrong. */
bool bind_conf_read(struct conf_ctx *ctx, const struct conf_line *line, struct listener_conf tmpl,
		    const char *kind, struct listener_conf ***tail);
/* <user>[:<group>] <command> from words[i] on. False: an error was reported. */
bool command_conf_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
		       struct command_conf *out);
void server_conf_defaults(struct server_conf *server);
/* ADDRESS [usesrc clientip] [interface NAME] from words[i] on: how many words it took. */
unsigned source_conf_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned i,
			  struct addr *source, const char **interface, bool *usesrc);
/* `log` in global and in proxies. NULL: an error was reported. */
struct log_target *log_conf_read(struct conf_ctx *ctx, const struct conf_line *line);
/* After everything is read: names, inheritance from global, warnings. */
void proxy_conf_finish(struct conf_ctx *ctx, void *root);

struct balancer_parse {
	struct conf_files *files;
	const char *const *paths; /* files and directories, as -f had them */
	size_t n_paths;
	const struct conf_part *const *parts; /* of all rooms; ends with NULL */
	struct arena *arena;
	struct conf_diags *diags;
	const char *local_peer; /* -L; NULL = the host's name */
	bool offline;		/* names in addresses are not looked up */
};

/* Always a configuration; it may be used when diags->n_errors is 0. */
struct balancer_conf *balancer_conf_parse(const struct balancer_parse *how);

#endif
