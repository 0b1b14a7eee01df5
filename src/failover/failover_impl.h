/*
 * What the files of the failover process share: the process' state and one node per VRRP instance.
 * Private to src/failover/. failover.c owns it and runs the loop; failover_nodes.c builds and ends
 * instances and carries out what they ask for; failover_reload.c changes the configuration.
 */
#ifndef RELAIS_FAILOVER_FAILOVER_IMPL_H
#define RELAIS_FAILOVER_FAILOVER_IMPL_H

#include <limits.h>

#include "core/log/log.h"
#include "core/loop/mailbox.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"
#include "failover/address/segment/announce_send.h"
#include "failover/address/segment/claims.h"
#include "failover/address/segment/duplicate.h"
#include "failover/address/hold.h"
#include "failover/address/keep.h"
#include "failover/address/vmac.h"
#include "failover/address/secondaries.h"
#include "failover/address/wall.h"
#include "failover/bfd/bfd.h"
#include "failover/failover.h"
#include "failover/heart/heart.h"
#include "failover/lease/etcd_lease.h"
#include "failover/notify/notify.h"
#include "failover/service_facts.h"
#include "failover/service_watch.h"
#include "failover/track/database_watch.h"
#include "failover/track/debounce.h"
#include "failover/track/file_watch.h"
#include "failover/track/linkbeat.h"
#include "failover/track/process_watch.h"
#include "failover/track/track.h"
#include "failover/track/witness.h"
#include "failover/vrrp/group.h"
#include "failover/transport/transport.h"

struct node { /* one VRRP instance */
	struct list link;
	struct failover *failover;
	struct vrrp_instance *inst; /* owned */
	struct shared_vip *page;    /* its slot */
	struct node_group *group;   /* NULL = none */
	struct log_gate conflicts;
	struct witness *witness;      /* owned; NULL = none is asked */
	struct runner_call hook_call; /* failover_promote.c */
	enum vrrp_hook hook;	      /* that it runs */
	struct etcd_user *lease;      /* owned; NULL = none is needed */
	struct heart *heart;	      /* owned; NULL = no second path */
	unsigned told;		      /* 1 + the state that scripts know from the process that
				       * handed over to us, while nodes start; 0 = none */
};

struct node_group {
	struct list link;
	struct failover *failover;
	struct vrrp_group *group; /* owned */
};

struct failover {
	const struct failover_setup *setup;
	const struct failover_conf *conf; /* in use; of the setup, or of current */
	struct loop *loop;
	struct links *links;
	struct links_watcher links_watcher;
	struct hold *hold;
	struct duplicate *duplicate;
	struct claims *claims;
	struct keep *keep;
	struct vmacs *vmacs;
	struct wall wall;
	int packet_fds[FAILOVER_PACKET_N]; /* those that use them own them; -1 = opened there */
	struct announce *announce;
	struct vrrp_pace *pace; /* of announcements, over all nodes */
	struct vrrp_transport *transport;
	struct hearts *hearts;
	struct etcd_leases *leases;
	struct list nodes, groups;
	struct service_watch service;
	struct service_facts facts;
	struct runner_link *runner; /* owned, as the two that use it */
	struct track *track;
	struct notify *notify;
	struct file_watch *files; /* owned, as the next */
	struct process_watch *processes;
	struct database_watch *databases; /* owned; failover_database.c */
	char dbrole[PATH_MAX];		  /* the path of relais-dbrole */
	struct bfd *bfd;		  /* owned, as the next three */
	struct debounce *debounce;
	struct linkbeat *linkbeat; /* NULL = nothing was asked yet */
	struct secondaries *secondaries;
	struct loop_timer statics; /* until what is tracked and static is looked at */
	bool resigned;		   /* as the seam last said */
	bool deleting;		   /* an instance that ends now is not stopped, but taken out */
	struct loop_fd master, signals;
	struct loop_timer beat;
	struct mailbox mail;	/* for the reload's thread */
	struct reload *reload;	/* owned; the one that is being read */
	struct reload *current; /* owned; whose configuration is in use; NULL = the setup's */
	int next_reload;	/* files that came meanwhile; -1 = none */
	struct loop_fd *names;	/* owned; failover_alone.c */
	size_t n_names;
	bool stopping;
	bool resume;		    /* goes on where another process was */
	struct loop_fd heir;	    /* who may take over from us; fd -1 = nobody; failover_heir.c */
	struct channel_message msg; /* of the master, while it is looked at */
};

/* failover.c: all have left; ends the loop. */
void failover_end(struct failover *f);

/* failover_alone.c: whether nobody else here runs one of our virtual routers; waits for one that
 * ends. False after a line that says who it is. At a reload it is only said. */
bool failover_alone_take(struct failover *f);
void failover_alone_listen(struct failover *f); /* when there is a loop */
void failover_alone_reload(struct failover *f);
void failover_alone_release(struct failover *f);

/* failover_heir.c. A MESSAGE_FAILOVER_HEIR: takes the descriptor. */
void failover_heir_meet(struct failover *f, int fd);
void failover_heir_forget(struct failover *f);
/* The other side, of a process that has setup->heir_fd. Ask waits until the other one holds still
 * and what it leaves is on our page; take says that we have it and waits until it is gone, false
 * when it goes on itself after all. */
enum failover_heir { FAILOVER_HEIR_GIVEN, FAILOVER_HEIR_NOTHING, FAILOVER_HEIR_STOP };
enum failover_heir failover_heir_ask(struct failover *f);
bool failover_heir_take(struct failover *f);
/* For node->told. */
unsigned failover_heir_told(const struct failover *f, const struct shared_vip *was);

/* failover_packets.c: packet_fds, before those that use them. */
void failover_packets_open(struct failover *f);

/* failover_database.c: open behind the runner's link; one of the instances' ops. */
void failover_database_open(struct failover *f);
void failover_database_ask(void *ctx, struct vrrp_instance *inst);

/* failover_virtual.c: what the balancer tells of virtual servers, for FIFOs and mails. */
void failover_virtual_tell(struct failover *f, const void *payload, size_t len);

/* failover_promote.c: four of the instances' ops; and who runs must not be told any more. */
bool failover_hook_run(void *ctx, struct vrrp_instance *inst, enum vrrp_hook hook);
void failover_hook_cancel(void *ctx, struct vrrp_instance *inst);
void failover_hook_rested(void *ctx, struct vrrp_instance *inst);
void failover_hook_forget(struct node *node);
/* All instances leave in order. False: failover_end is called when their hooks have ended. */
bool failover_leave(struct failover *f, const char *reason);

/* failover_nodes.c */
void failover_nodes_build(struct failover *f);
/* before: what the process that died had published; NULL = a fresh start. */
void failover_nodes_start(struct failover *f, const struct shared_vip *before, unsigned n_before);
void failover_nodes_stop(struct failover *f, const char *reason);
void failover_nodes_free(struct failover *f);
/* Backends, frontends and servers, as the balancer says now. */
void failover_facts_changed(struct failover *f);
void failover_service_changed(struct failover *f, bool well, const char *reason);
/* This script is answered from the seam and must not be run. Without proxies the question is meant
 * for a real haproxy beside us, and it is run like any other. */
bool failover_answers_script(const struct failover *f, const struct vrrp_script_conf *script);
void failover_note_vips(struct failover *f, const struct failover_conf *conf);
struct node *failover_node_new(struct failover *f, const struct vrrp_instance_conf *conf);
void failover_node_free(struct node *node);
/* Asks the witnesses of its configuration, which may be another now. */
void failover_node_watch(struct node *node);
/* Tells a new node what is known: its link, tracked interfaces, the seam. */
void failover_node_brief(struct node *node);
/* (Re)makes groups and their membership as the configuration in use says. */
void failover_groups_join(struct failover *f);

/* failover_operator.c: a MESSAGE_FAILOVER_VIP. */
void failover_operator_vip(struct failover *f, const void *payload, size_t len);

/* failover_holdings.c: what a master holds, addresses, routes and rules, and the static ones. */
bool failover_holdings_prepare(struct failover *f); /* before the links are read */
bool failover_holdings_open(struct failover *f);    /* false with errno, both */
void failover_holdings_close(struct failover *f);   /* takes nothing away */
void failover_holdings_take(struct node *node, const struct vrrp_instance_conf *conf);
void failover_holdings_give(struct node *node);
/* The node became master: asks for other holders where it took over from silence. */
void failover_holdings_mastered(struct node *node);
void failover_holdings_static(struct failover *f); /* as f->conf says */
void failover_holdings_give_static(struct failover *f);
/* f->conf is the new one, and the old one is about to end. */
void failover_holdings_reload(struct failover *f);
/* What an earlier life held and nobody has taken again. */
void failover_holdings_sweep(struct failover *f);
void failover_holdings_sweep_configured(const struct failover_conf *conf);

/* failover_scripts.c. Open when the nodes are built, before they start; close when they are gone.
 */
void failover_scripts_open(struct failover *f);
void failover_scripts_start_watch(struct failover *f); /* when the rights are given up */
void failover_scripts_close(struct failover *f);
void failover_scripts_reload(struct failover *f); /* f->conf is the new one */
/* What notify is told. known: scripts have been told already, FIFOs are opened anew. */
void failover_scripts_state(struct failover *f, const struct vrrp_instance *inst,
			    enum vrrp_state to, bool known);
void failover_scripts_group_state(struct failover *f, const struct vrrp_group *group,
				  enum vrrp_state to, bool known);
void failover_scripts_priority(struct failover *f, const struct vrrp_instance *inst);
void failover_scripts_rx_lower(struct failover *f, const struct vrrp_instance *inst);

/* failover_static.c: something static may have gone or come; and for instances that are new. */
void failover_static_look_soon(struct failover *f);
void failover_static_tell(struct failover *f);

/* failover_links.c. Open before the nodes are built; close when they are gone. */
bool failover_links_open(struct failover *f);	    /* false with errno */
void failover_links_start_beat(struct failover *f); /* when the rights are given up */
void failover_links_changed(struct failover *f, const struct links_link *l, bool gone);
void failover_links_address(struct failover *f, const struct rtnl_address *a); /* came or went */
void failover_links_brief(struct node *node);	/* its own and those that it tracks */
void failover_links_reload(struct failover *f); /* f->conf is the new one */
void failover_links_close(struct failover *f);

/* failover_bfd.c. Open when the nodes are built, before they start; close when they have stopped,
 * and before their configuration ends. */
void failover_bfd_open(struct failover *f);
void failover_bfd_reload(struct failover *f); /* f->conf is the new one */
void failover_bfd_close(struct failover *f);

/* failover_reload.c. Takes the descriptor. */
void failover_reload_begin(struct failover *f, int fd);
/* Waits for a parser that runs. After the nodes are gone: their configuration ends. */
void failover_reload_fini(struct failover *f);

/* failover_rights.c: each does what it may and logs what it cannot. */
void failover_rights_realtime(const struct failover_conf *conf);
/* False: addresses could not be added. */
bool failover_rights_suffice(void);
void failover_rights_lock_memory(void);
void failover_rights_drop(void);

#endif
