/*
 * One configuration, whole: the balancer's half, the failover's half, the files both came from, and
 * the checks that need both. Loaded at start, at each reload, by -c, and (from sealed files) by the
 * failover process.
 */
#ifndef RELAIS_MAIN_CONFIG_H
#define RELAIS_MAIN_CONFIG_H

#include "balancer/proxy/proxy_conf.h"
#include "core/conf/files.h"
#include "core/sys/shared_page.h"
#include "failover/virtual/virtual_text.h"
#include "failover/model/vrrp_conf.h"
#include "main/args.h"

struct config {
	struct arena arena; /* owner of all below but the files */
	struct conf_files files;
	struct conf_diags diags;
	struct balancer_conf *balancer; /* NULL: no balancer half */
	struct failover_conf *failover; /* NULL: no failover half */
	struct shared_want *wants;	/* what of the balancer half the failover half tracks */
	unsigned n_wants;
	bool interface_absent;			 /* of an instance, on this machine now */
	const struct virtual_text *virtual_text; /* NULL: no virtual server is served */
};

/* Never NULL; usable when diags.n_errors is 0. */
struct config *config_load(const struct args *args);
/* The same from files that another process of relais saved (conf_files_save). */
struct config *config_load_saved(const struct args *args, int fd);
void config_free(struct config **config);

/* config_seam.c: fills wants; a name that the balancer half does not have is an error. */
void config_seam_check(struct config *config);

/* config_listeners.c: what binds mean once both halves are read. */
void config_listeners_settle(struct config *config);

/* config_virtual.c: the virtual servers as a file of the balancer's; false when there are none.
 * alone: there is no haproxy.cfg. */
bool config_virtual_write(struct config *config, bool alone);
extern const char config_virtual_file[];
/* After the balancer's half is parsed: what it holds and says of virtual servers is at its place in
 * keepalived.conf; after its binds are settled: none takes another's. */
void config_virtual_place(struct config *config);
void config_virtual_settle(struct config *config);

/* The failover half again, from files that the master handed over. NULL with diagnostics. Matches
 * failover_setup.parse. */
struct failover_conf *config_parse_failover(struct conf_files *files, struct conf_diags *diags,
					    struct arena *arena);

#endif
