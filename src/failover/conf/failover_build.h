/*
 * The state of parsing a keepalived.conf, and what the *_conf.c files offer each other. Private to
 * this room. One thread: whoever parses.
 */
#ifndef RELAIS_CONF_FAILOVER_BUILD_H
#define RELAIS_CONF_FAILOVER_BUILD_H

#include "core/conf/blocks/blocks.h"
#include "core/conf/native.h"
#include "failover/conf/failover_conf.h"

enum failover_section { /* bits of conf_keyword.sections in this room's tables */
			FAILOVER_TOP = 1 << 0,
			FAILOVER_GLOBAL = 1 << 1,
			FAILOVER_INSTANCE = 1 << 2,
			FAILOVER_GROUP = 1 << 3,
			FAILOVER_SCRIPT = 1 << 4,
			FAILOVER_PROCESS = 1 << 5,
			FAILOVER_AUTH = 1 << 6,
			FAILOVER_FILE = 1 << 7,
			FAILOVER_BFD = 1 << 8,
			FAILOVER_GARP = 1 << 9,
			FAILOVER_TRACK_GROUP = 1 << 10,
			FAILOVER_SIGNING = 1 << 12,
			/* failover/virtual: virtual_server and what stands in it */
			FAILOVER_VIRTUAL = 1 << 16,
			FAILOVER_REAL = 1 << 17,
			FAILOVER_TCP_CHECK = 1 << 18,
			FAILOVER_HTTP_CHECK = 1 << 19,
			FAILOVER_SSL_CHECK = 1 << 20,
			FAILOVER_SMTP_CHECK = 1 << 21,
			FAILOVER_DNS_CHECK = 1 << 22,
			FAILOVER_MISC_CHECK = 1 << 23,
			FAILOVER_PING_CHECK = 1 << 24,
			FAILOVER_UDP_CHECK = 1 << 25,
			FAILOVER_FILE_CHECK = 1 << 26,
			FAILOVER_BFD_CHECK = 1 << 27,
			FAILOVER_URL = 1 << 28,
			FAILOVER_SSL = 1 << 29,
			FAILOVER_SMTP_HOST = 1 << 30,
};

enum { FAILOVER_UNSET = -1 }; /* a number that no keyword has set */

struct failover_user {
	uint32_t uid, gid;
	bool set;
};

struct failover_build {
	struct conf_ctx ctx; /* root: conf; extra: this */
	struct failover_conf *conf;
	const struct failover_conf_options *options;
	struct failover_user script_user;   /* script_user, or the default */
	bool script_user_bad;		    /* script_user names nobody: no default then */
	struct vrrp_instance_conf defaults; /* what global_defs says for all instances */
	struct addr mcast_group4, mcast_group6;
	const struct conf_line *fifo_script, *vrrp_fifo_script, *lvs_fifo_script; /* or NULL */
	const struct conf_line *startup_script, *shutdown_script;
	const struct conf_line *alert_line; /* the first word that asks for mail; NULL = none */
	int alert_any, alert_vrrp, alert_checker; /* 1 = on, -1 = off, 0 = not said */
	struct vrrp_instance_conf **instance_tail;
	struct vrrp_group_conf **group_tail;
	struct vrrp_script_conf **script_tail;
	struct vrrp_process_conf **process_tail;
	struct vrrp_file_conf **file_tail;
	const char *vmac_prefix, *vmac_addr_prefix; /* NULL = vrrp; that of vmac_prefix */
	uint32_t next_rule4, next_rule6;	    /* preferences of rules that name none */
	enum failover_section section;		    /* of the rows being walked */
	struct failover_track_group *track_groups;  /* track_group_conf.c */
	bool poll_links;			    /* linkbeat_use_polling of the file */
	bool version_said;			    /* by the instance being read */
	bool globals_done;			    /* the pass over global_defs is over */
};

static inline struct failover_build *failover_build_of(struct conf_ctx *ctx)
{
	return ctx->extra;
}

#define FAILOVER_WARN(ctx, line, word, ...) \
	conf_warn((ctx)->diags, block_word_place(line, word), __VA_ARGS__)
#define FAILOVER_ADVISE(ctx, line, word, ...) \
	conf_advise((ctx)->diags, block_word_place(line, word), __VA_ARGS__)
#define FAILOVER_ERROR(ctx, line, word, ...) \
	conf_error((ctx)->diags, block_word_place(line, word), __VA_ARGS__)

/* ---- failover_rows.c: walking ---- */

/* Applies the rows of the section to the statements. where names the block in messages. */
void failover_rows_walk(struct failover_build *b, const struct block_node *nodes,
			enum failover_section section, const char *where, void *target);
/* For lists whose statements are no keywords: says so when one opens a block. */
void failover_rows_no_block(struct conf_ctx *ctx, const struct block_node *node);
/* Words behind the n-th are not used: a warning. */
void failover_rows_extra(struct conf_ctx *ctx, const struct conf_line *line, unsigned n);

/* ---- failover_values.c: what words say; on failure a warning that names what happens instead ----
 */

bool failover_value_int(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			long long min, long long max, long long *out, const char *instead);
/* Seconds with up to six decimals. */
bool failover_value_seconds(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			    int64_t min_us, int64_t max_us, int64_t *out, const char *instead);
/* Nothing = true; on off true false yes no. */
bool failover_value_bool(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			 bool *out);
/* An address; a prefix length behind it says nothing here. */
bool failover_value_host(const char *text, struct addr *out);
/* `weight N [reverse|noreverse]` from the word `weight` on, -most..most. False when it is unusable.
 */
bool failover_value_weight(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			   long long most, int *weight, bool *reverse);

/* ---- the files of this room, in order of use ---- */

/* script_conf.c. words: index of the script's text; USER and GROUP may follow it when user is
 * NULL. False (with a warning) when it cannot be run: out->argv is NULL then. */
bool failover_script_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			  const struct failover_user *user, struct script_conf *out);
/* This script or process only asks for haproxy: it is answered by the heartbeat. */
void failover_note_idiom(struct failover_build *b, struct vrrp_script_conf *conf,
			 const struct conf_line *line);
bool failover_user_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			struct failover_user *out);
/* After all globals: the user of scripts that name none. */
void failover_user_default(struct failover_build *b);

/* global_conf.c: what needs all of global_defs. */
void failover_globals_finish(struct failover_build *b);
/* smtp_conf.c, house_conf.c: their parts of it. */
void failover_mail_finish(struct failover_build *b);
void failover_mail_check(struct failover_build *b); /* when all is read */
void failover_house_init(struct failover_build *b);
void failover_house_finish(struct failover_build *b);

/* vip_conf.c: one line of virtual_ipaddress; NULL when it is left out. */
struct vip_conf *failover_vip_read(struct conf_ctx *ctx, const struct conf_line *line);

/* track_list.c. Where a new row goes in the list of the instance or group; NULL, with a warning,
 * when one of that kind and name is there. */
struct vrrp_track_conf **failover_track_slot(struct conf_ctx *ctx, const struct conf_line *line,
					     void *target, enum vrrp_track_kind kind,
					     const char *name);
/* What stands behind the name of a row whose kind, name and place are set; false: it is left out.
 */
typedef bool failover_track_fn(struct conf_ctx *ctx, const struct conf_line *line,
			       struct vrrp_track_conf *row);
/* A block with a row in each line. */
void failover_track_rows(struct conf_ctx *ctx, const struct conf_line *line, void *target,
			 enum vrrp_track_kind kind, failover_track_fn *fill);

/* track_conf.c */
void failover_track_interfaces(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void failover_track_scripts(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void failover_track_bfds(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void failover_track_files(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void failover_track_processes(struct conf_ctx *ctx, const struct conf_line *line, void *target);

/* The words `compare` and `nocompare` of a row; false: it is another word. */
bool failover_track_compare(const char *word, struct vrrp_track_conf *t);

/* track_service_conf.c: what the balancer beside us does */
void failover_track_backends(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void failover_track_frontends(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void failover_track_servers(struct conf_ctx *ctx, const struct conf_line *line, void *target);

/* track_database_conf.c */
extern const struct conf_keyword failover_database_rows[];
/* hooks_conf.c */
void failover_hooks_default(struct vrrp_hooks_conf *hooks);
/* After the groups are joined. */
void failover_hooks_check(struct failover_build *b, const struct vrrp_instance_conf *inst);

/* signing_conf.c: a file with keys in it. NULL, with an error, when it cannot be read; a warning
 * when others can read it too. */
const struct conf_file *failover_key_file_read(struct conf_ctx *ctx, struct conf_place place,
					       const char *path);

/* witness_conf.c: after the groups are joined. */
extern const struct conf_keyword failover_witness_rows[];
void failover_leases_finish(struct failover_build *b);

/* heart/heart_conf.c: after the instances are settled. */
void failover_heartbeats_finish(struct failover_build *b);
/* vmac_conf.c: after the instances are settled. */
void failover_vmacs_finish(struct failover_build *b);
/* links_conf.c: when instances and groups are settled. */
void failover_links_finish(struct failover_build *b);
/* track_group_conf.c: when instances are known; before groups, which look at their tracks. */
void failover_track_groups_finish(struct failover_build *b);
/* instance_conf.c, group_conf.c: after everything is read. */
void failover_instances_finish(struct failover_build *b);
void failover_groups_finish(struct failover_build *b);

extern const struct conf_keyword failover_top_rows[], failover_global_rows[],
	failover_instance_rows[], failover_group_rows[], failover_script_rows[],
	failover_watch_rows[], failover_auth_rows[], failover_notify_rows[],
	failover_unserved_rows[], failover_vmac_rows[], failover_signing_rows[],
	failover_hooks_rows[], failover_smtp_rows[], failover_house_rows[],
	failover_heart_rows[], /* heart/heart_conf.c */
	failover_compat_rows[], failover_garp_rows[], failover_links_rows[],
	failover_track_group_rows[], failover_bfd_rows[], /* bfd/bfd_conf.c */
	failover_static_rows[];				  /* the last: route/static_conf.c */

/* ---- failover/virtual ---- */

extern const struct conf_keyword virtual_server_rows[], virtual_real_rows[], virtual_checker_rows[],
	virtual_times_rows[], virtual_url_rows[], virtual_group_rows[];

/* virtual_finish.c: before anything, and after everything is read. */
void virtual_servers_begin(struct failover_build *b);
void virtual_servers_finish(struct failover_build *b);
/* Any script of theirs; NULL = none. */
const struct script_conf *virtual_servers_script(const struct failover_conf *conf);

#endif
