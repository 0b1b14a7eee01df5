/*
 * keepalived.conf into struct failover_conf: rows of all blocks, defaults from global_defs, names
 * resolved, everything cross-checked. Called by main/ at start and reload (unsealed files), and by
 * the failover process on the sealed set that the master saved; both get the same answer.
 */
#ifndef RELAIS_CONF_FAILOVER_CONF_H
#define RELAIS_CONF_FAILOVER_CONF_H

#include "core/conf/files.h"
#include "core/conf/keyword.h"
#include "failover/model/vrrp_conf.h"

struct block_node;

struct failover_conf_options {
	const char *config_id;	 /* keepalived's -i; NULL = the short host name */
	const char *script_path; /* where scripts without '/' are searched; NULL = $PATH */
	size_t expanded_max;	 /* see blocks_options; 0 = the default */
	/* Read like one more file: of `vip` sections (native/vip_native.h). NULL = none. */
	const struct block_node *statements;
};

/* Never NULL; good only when diags has no errors. Lives in arena. options may be NULL. */
struct failover_conf *failover_conf_parse(struct conf_files *files, const char *const *paths,
					  size_t n_paths, struct arena *arena,
					  struct conf_diags *diags,
					  const struct failover_conf_options *options);

/* Every table of rows, for the manual; ends with rows NULL. */
extern const struct conf_keyword_table failover_keyword_tables[];

#endif
