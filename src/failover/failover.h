/*
 * The failover process: one thread at real-time priority that runs all VRRP instances of the node,
 * holds their addresses, and listens to the master. Forked by the master (main/watch.c), which
 * calls failover_main in the child and makes its result the exit status.
 */
#ifndef RELAIS_FAILOVER_FAILOVER_H
#define RELAIS_FAILOVER_FAILOVER_H

#include "core/conf/files.h"
#include "core/sys/shared_page.h"
#include "failover/model/vrrp_conf.h"

/* A configuration from files; owned by the arena given. NULL with diagnostics. */
typedef struct failover_conf *failover_parse_fn(struct conf_files *files, struct conf_diags *diags,
						struct arena *arena);

struct failover_setup { /* everything is borrowed and lives as long as the process */
	const struct failover_conf *conf;
	int master_fd; /* channel.h: RELOAD, STOP, BALANCER_*; end of file = the master is gone */
	int runner_fd; /* channel.h: RUN, RUN_EXIT; -1 = no scripts can be run */
	struct shared_page *page;
	int seam_fd;		  /* eventfd of the balancers: a fact has changed; -1 = none */
	bool resume;		  /* another failover process died: go on where it was */
	bool replaces;		  /* others that run the same are told to end (-sf, -st) */
	int heir_fd;		  /* channel.h: the failover process to take over from; -1 = none */
	failover_parse_fn *parse; /* for reloads; NULL = they are refused */
	/* FAILOVER_PACKET_N packet sockets that the master keeps for whoever follows, -1 = it has
	 * none yet and is sent ours; NULL = nobody keeps them. Copies, of this process' namespace.
	 */
	const int *packet_fds;
};

enum failover_packet { /* a packet socket's use */
		       FAILOVER_PACKET_ANNOUNCE,
		       FAILOVER_PACKET_CLAIMS_ARP,
		       FAILOVER_PACKET_CLAIMS_ND,
		       FAILOVER_PACKET_DUPLICATE_ARP,
		       FAILOVER_PACKET_DUPLICATE_ND,
		       FAILOVER_PACKET_N,
};

enum { FAILOVER_BEAT_US = 50000 }; /* shared_page.failover_beat_us moves at least this often */

/* Runs until it is told to stop, or the master is gone. Leaves no address behind. Exit status. */
int failover_main(const struct failover_setup *setup);

#endif
