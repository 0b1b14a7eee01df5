/*
 * What the files of this room offer each other while keepalived.conf is read. Sections of the rows
 * are bits above those of failover_build.h. One thread: whoever parses.
 */
#ifndef RELAIS_VIRTUAL_VIRTUAL_BUILD_H
#define RELAIS_VIRTUAL_VIRTUAL_BUILD_H

#include "failover/conf/failover_build.h"
#include "failover/virtual/virtual_conf.h"

enum {
	VIRTUAL_IN_CHECKERS = FAILOVER_TCP_CHECK | FAILOVER_HTTP_CHECK | FAILOVER_SSL_CHECK |
			      FAILOVER_SMTP_CHECK | FAILOVER_DNS_CHECK | FAILOVER_MISC_CHECK |
			      FAILOVER_PING_CHECK | FAILOVER_UDP_CHECK,
	VIRTUAL_IN_CONNECTING = VIRTUAL_IN_CHECKERS & ~FAILOVER_MISC_CHECK,
	VIRTUAL_IN_SERVERS = FAILOVER_VIRTUAL | FAILOVER_REAL,
};

#define VIRTUAL_ROW(where, word, how, what, text)                                                 \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.doc = text, .since = "0.1"                                                       \
	}

/* virtual_times_conf.c */
void virtual_times_init(struct virtual_times *times);
/* What is unset is taken from above. */
void virtual_times_inherit(struct virtual_times *times, const struct virtual_times *from);

/* virtual_address_conf.c. False, and said: it is no address, or no port. */
bool virtual_address_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			  bool port_zero, struct addr *out);
void virtual_scripts_read(struct conf_ctx *ctx, const struct conf_line *line,
			  struct script_conf *out);

/* virtual_names.c: of a virtual server that is served, and of its real servers. */
void virtual_names_settle(struct failover_build *b, struct virtual_server_conf *v);

/* checker_conf.c: a block in real_server. */
void virtual_checker_read(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void virtual_log_all_read(struct conf_ctx *ctx, const struct conf_line *line, void *target);
/* url_conf.c */
void virtual_url_read(struct conf_ctx *ctx, const struct conf_line *line, void *target);
/* real_conf.c */
void virtual_real_read(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void virtual_sorry_read(struct conf_ctx *ctx, const struct conf_line *line, void *target);
struct virtual_real_conf *virtual_real_new(struct conf_ctx *ctx, const struct conf_line *line);

#endif
