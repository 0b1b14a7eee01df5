/*
 * What a configuration says of the failover: plain data, frozen after parsing, owned by the
 * configuration's arena. Filled by the failover rooms (keepalived.conf) and later by native `vip`
 * sections; read by vrrp/, address/, track/, notify/. Times in microseconds unless named otherwise.
 */
#ifndef RELAIS_MODEL_VRRP_CONF_H
#define RELAIS_MODEL_VRRP_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/conf/diag.h"
#include "core/mail/mail_conf.h"
#include "failover/model/route_conf.h"

/* One address to hold. Defaults: prefix 32/128, the instance's interface. */
struct vip_conf {
	struct vip_conf *next;
	struct addr address;
	unsigned prefix_len;
	const char *dev;	     /* NULL = the instance's interface */
	const char *label;	     /* NULL = none */
	const char *scope;	     /* NULL = global */
	struct addr broadcast, peer; /* len 0 = none */
	bool broadcast_auto, nodad, noprefixroute, home, mngtmpaddr, autojoin, no_track;
	bool use_vmac;		 /* as written; dev names the interface that it comes to */
	int64_t preferred_lft_s; /* -1 = forever */
	const char *track_group; /* of a static one; NULL = none */
	struct conf_place place;
};

/* An interface with a virtual MAC address (RFC 9568 7.3): a macvlan in private mode on base. */
struct vmac_conf {
	struct vmac_conf *next;
	const char *name, *base;
	uint8_t mac[6];
	int family; /* of the addresses that go on it */
};

/* A script to run: argv built at load, run by the runner as uid:gid. */
struct script_conf {
	const char *const *argv; /* NULL-terminated */
	const char *text;	 /* as configured, for logs */
	uint32_t uid, gid;
	struct conf_place place;
};

struct vrrp_script_conf { /* vrrp_script */
	struct vrrp_script_conf *next;
	const char *name;
	struct script_conf script;
	int64_t interval_us, timeout_us; /* timeout 0 = interval */
	int weight;			 /* -254..254; 0 = failure is a fault */
	bool weight_reverse;
	int rise, fall;
	bool init_fail;
	bool is_process;    /* made of a vrrp_track_process: tracked as VRRP_TRACK_PROCESS */
	bool absent;	    /* asks_balancer, and its file is not there */
	bool asks_balancer; /* an idiom for "does haproxy live", answered by the heartbeat */
	struct conf_place place;
};

struct vrrp_process_conf { /* vrrp_track_process */
	struct vrrp_process_conf *next;
	const char *name;
	const char *process;	 /* its name, or its command line's first word */
	const char *const *args; /* NULL-terminated */
	enum {
		VRRP_PROCESS_EXACT,   /* all arguments are the same */
		VRRP_PROCESS_PARTIAL, /* the first ones are */
		VRRP_PROCESS_INITIAL, /* and the last of them may go on */
	} match;
	bool by_command; /* the command line counts, not the name */
	int weight;	 /* default 0 */
	bool weight_reverse;
	unsigned quorum, quorum_max; /* how many must run, may run */
	int64_t up_delay_us, down_delay_us;
	struct conf_place place;
};

struct vrrp_file_conf { /* track_file: a number in a file */
	struct vrrp_file_conf *next;
	const char *name, *path;
	int weight; /* the number's factor, default 1; 0 = any number but 0 is a fault */
	bool weight_reverse;
	bool init, overwrite; /* init_file */
	long long init_value;
	struct conf_place place;
};

enum vrrp_database_kind { VRRP_DATABASE_PGSQL, VRRP_DATABASE_MYSQL, VRRP_DATABASE_REDIS };

struct vrrp_database_conf { /* track_pgsql, track_mysql, track_redis: a server's role */
	struct vrrp_database_conf *next;
	const char *name; /* made of the rest, its own: "pgsql primary 127.0.0.1:5432" */
	enum vrrp_database_kind kind;
	bool replica;	  /* the role that is wanted; else primary */
	bool cold;	  /* runs only where it is primary: need not answer before `promote` */
	bool galera;	  /* mysql: and in a cluster that is in order */
	const char *host; /* or the socket's path; NULL = the library's own default */
	unsigned port;	  /* 0 = the library's own default */
	const char *user, *password_file, *dbname; /* NULL = none */
	int64_t interval_us, timeout_us;
	int rise, fall;
	uint32_t uid, gid; /* who asks */
	struct conf_place place;
};

struct vrrp_bfd_conf { /* bfd_instance */
	struct vrrp_bfd_conf *next;
	const char *name;
	struct addr neighbor, source; /* source: len 0 = as the kernel chooses */
	const char *interface;	      /* NULL = any */
	int64_t min_rx_us, min_tx_us; /* what we can take, what we want to send while Up */
	int64_t idle_tx_us;	      /* what we want to send else, at least 1 s */
	unsigned multiplier;	      /* 1..255 */
	bool passive, multihop;	      /* multihop: RFC 5883, another port */
	bool for_vrrp, for_checker;   /* whom it is for: by default both */
	int ttl;		      /* TTL or hop limit of what goes out */
	int min_ttl;		      /* of what comes in; 0 = any */
	int weight;
	bool weight_reverse;
	struct conf_place place;
};

struct vrrp_static_conf { /* something static that instances track (track_group); one of the three
			   */
	struct vrrp_static_conf *next;
	const char *name; /* of its rows VRRP_TRACK_STATIC */
	const struct vip_conf *vip;
	const struct route_conf *route;
	const struct rule_conf *rule;
};

enum vrrp_linkbeat {
	VRRP_LINKBEAT_NONE,
	VRRP_LINKBEAT_MII,
	VRRP_LINKBEAT_ETHTOOL,
	VRRP_LINKBEAT_IOCTL
};

struct vrrp_link_conf { /* interface_up_down_delays, linkbeat_interfaces */
	struct vrrp_link_conf *next;
	const char *name;
	int64_t down_us, up_us;	 /* how long it must last */
	enum vrrp_linkbeat beat; /* what is tried first */
	struct conf_place place;
};

enum vrrp_track_kind {
	VRRP_TRACK_INTERFACE,
	VRRP_TRACK_SCRIPT,
	VRRP_TRACK_PROCESS,
	VRRP_TRACK_FILE,
	VRRP_TRACK_BFD,
	VRRP_TRACK_STATIC,  /* see vrrp_static_conf */
	VRRP_TRACK_BACKEND, /* these three: of the balancer beside us */
	VRRP_TRACK_FRONTEND,
	VRRP_TRACK_SERVER,
	VRRP_TRACK_DATABASE,
};

/* track_interface / track_script / ... row of an instance or a sync group. */
struct vrrp_track_conf {
	struct vrrp_track_conf *next;
	enum vrrp_track_kind kind;
	const char *name; /* interface, script, backend, frontend, or BACKEND/SERVER */
	const struct vrrp_script_conf *script;	   /* VRRP_TRACK_SCRIPT, resolved */
	const struct vrrp_database_conf *database; /* VRRP_TRACK_DATABASE */
	int weight;				   /* 0 = fault when down */
	unsigned min;				   /* VRRP_TRACK_BACKEND: down below so many */
	bool weight_set, reverse;
	signed char compare; /* 1: a fault only if a peer is better; -1 not; 0 = as the instance */
	struct conf_place place;
};

struct vrrp_peer_conf { /* unicast_peer */
	struct vrrp_peer_conf *next;
	struct addr address;
	int min_ttl, max_ttl; /* 0 = unset */
};

enum { VRRP_ENDPOINTS_MAX = 5 };

struct vrrp_witness_conf { /* row of witness { ... } */
	struct vrrp_witness_conf *next;
	struct addr address; /* with the port where it is TCP */
	bool tcp;	     /* else an echo request */
};

struct vrrp_lease_conf { /* etcd rows of witness { ... }, of one name */
	const char *name;
	unsigned ttl_s, n_endpoints;
	struct addr endpoints[VRRP_ENDPOINTS_MAX];
};

struct vrrp_heartbeat_conf { /* row of heartbeat { ... } */
	struct vrrp_heartbeat_conf *next;
	struct addr address; /* of a peer; len 0 = everybody on dev */
	const char *dev;
	unsigned port;
};

struct vrrp_notify_conf { /* NULL argv = none */
	struct script_conf any, master, backup, fault, stop;
	struct script_conf rx_lower; /* notify_master_rx_lower_pri */
	struct script_conf deleted;  /* notify_deleted: taken out, or made anew, by a reload */
	bool says_deleted;	     /* DELETED is said then, not FAULT */
	bool priority_changes;	     /* MASTER_PRIORITY, BACKUP_PRIORITY to the FIFOs */
};

/* What is run in the order of a takeover and of a leave (promote.h). NULL argv = none. */
struct vrrp_hooks_conf {
	struct script_conf fence, promote, demote;
	int64_t fence_timeout_us, promote_timeout_us, demote_timeout_us;
};

struct vrrp_garp_conf {
	int64_t delay_us, refresh_us, lower_prio_delay_us;
	int repeat, refresh_repeat, lower_prio_repeat;
	int64_t interval_us, gna_interval_us; /* between two packets on an interface; 0 = none */
	int64_t extra_us; /* garp_extra_if: between two on other interfaces; 0 = never */
	bool extra_all;	  /* not only on those with a virtual MAC */
};

struct garp_group_conf { /* garp_group: interfaces behind one switch */
	struct garp_group_conf *next;
	const char *const *interfaces;		   /* NULL-terminated */
	int64_t garp_interval_us, gna_interval_us; /* -1 = as without the group */
	struct conf_place place;
};

enum vrrp_auth { VRRP_AUTH_NONE = 0, VRRP_AUTH_PASS = 1, VRRP_AUTH_AH = 2 };

enum { VRRP_KEY_LEAST = 32, VRRP_KEY_MOST = 64 }; /* bytes */

struct vrrp_key_conf { /* `key` of auth_hmac, or a line of a key-file */
	struct vrrp_key_conf *next;
	unsigned id; /* 1..255 */
	size_t len;
	uint8_t bytes[VRRP_KEY_MOST];
};

struct vrrp_signing_conf {		    /* auth_type HMAC, auth_hmac */
	struct vrrp_key_conf *keys;	    /* what others may sign with, in file order */
	const struct vrrp_key_conf *active; /* what we sign with */
	int64_t window_us; /* how far a sender's clock may be from ours; 0 = no clock is asked */
	bool allow_old;	   /* unsigned adverts are taken too */
	bool send_old;	   /* and sent, before each signed one */
};

/* The group in the checksum's pseudo-header instead of the peer, as Keepalived up to 1.3.6. */
enum vrrp_old_checksum {
	VRRP_OLD_CHECKSUM_AUTO, /* to who was heard with it */
	VRRP_OLD_CHECKSUM_SEND,
	VRRP_OLD_CHECKSUM_NEVER, /* nor taken */
};

struct vrrp_instance_conf { /* vrrp_instance */
	struct vrrp_instance_conf *next;
	const char *name;
	const char *interface;
	unsigned vrid;	   /* 1..255 */
	int family;	   /* AF_INET or AF_INET6, from the first VIP (or unicast_src_ip) */
	unsigned version;  /* 2 or 3; IPv6 is always 3 */
	unsigned priority; /* 1..255, default 100 */
	bool wants_master; /* state MASTER */
	int64_t advert_us; /* v2: whole seconds; v3: 10 ms .. 40.95 s */
	bool nopreempt;
	int64_t preempt_delay_us;
	int64_t flap_hold_us; /* most that preemption waits when mastership is lost often; 0 = off
			       */
	enum vrrp_auth auth;
	char auth_pass[8];		   /* padded with NUL */
	struct vrrp_signing_conf *signing; /* NULL = adverts are not signed; auth is for old ones */
	struct addr src; /* mcast_src_ip or unicast_src_ip; len 0 = the interface's own */
	struct vrrp_peer_conf *peers; /* non-NULL = unicast */
	struct addr mcast_group;      /* len 0 = 224.0.0.18 / ff02::12 */
	int unicast_ttl;	      /* 0 = 255 */
	bool check_unicast_src, track_src_ip, dont_track_primary, strict;
	bool accept;	 /* else packets to the addresses are dropped; not for an owner */
	bool accept_set; /* accept or no_accept was written */
	bool skip_check_adv_addr, lower_prio_no_advert, higher_prio_send_advert;
	bool fault_no_peer;		     /* unicast_fault_no_peer */
	bool checksum_as_v2;		     /* v3 IPv4 checksum without pseudo-header */
	enum vrrp_old_checksum old_checksum; /* v3 IPv4 unicast */
	bool promote_secondaries,
		linkbeat;	 /* of the interface; linkbeat: see failover_conf.links */
	bool owner_ignores;	 /* as address owner hears nobody */
	unsigned others_highest; /* timer_expired_backup: highest priority of the others; 0 = unset
				  */
	const char
		*vmac; /* the interface of failover_conf.vmacs where the addresses are; or NULL */
	bool vmac_xmit_base;	      /* but adverts go over `interface` */
	bool use_vmac, use_vmac_addr; /* as written, as the next two */
	uint8_t vmac_mac[6];
	unsigned vmac_mac_len;			/* 0 = by VRID, 5 = its last octet by VRID, 6 */
	unsigned down_adverts;			/* 3 */
	struct vrrp_witness_conf *witnesses;	/* NULL = none is asked */
	struct vrrp_lease_conf *lease;		/* only its holder may be MASTER; NULL = none */
	struct vrrp_heartbeat_conf *heartbeats; /* NULL = no second path */
	struct slice heartbeat_key;		/* empty = heartbeats are not signed */
	int compare; /* of tracks that do not say: 1, 0, or -1 = what the balancer does; without
			heartbeats not beside a lease or hooks */
	int64_t compare_delay_us;  /* a peer may find the same fault within that; -1 = 1 s with
				      heartbeats, else 0 */
	bool vip_probe;		   /* ask for other holders after a takeover from silence */
	int vip_lifetime_s;	   /* see vrrp_lifetime_s; -1 = by advert_us */
	struct vip_conf *vips;	   /* advertised */
	struct vip_conf *excluded; /* held, not advertised */
	struct route_conf *routes; /* both move with the addresses */
	struct rule_conf *rules;
	struct vrrp_track_conf *tracks;
	struct vrrp_garp_conf garp;
	struct vrrp_notify_conf notify;
	struct vrrp_hooks_conf hooks;
	struct vrrp_group_conf *group; /* NULL = none */
	bool smtp_alert;
	int rx_buf_bytes; /* kernel_rx_buf_size; 0 = by policy */
	struct conf_place place;
};

/* Where adverts go out and come in. */
static inline const char *vrrp_conf_wire(const struct vrrp_instance_conf *conf)
{
	return conf->vmac && !conf->vmac_xmit_base ? conf->vmac : conf->interface;
}

struct vrrp_group_conf { /* vrrp_sync_group */
	struct vrrp_group_conf *next;
	const char *name;
	const char *const *member_names; /* NULL-terminated */
	struct vrrp_track_conf *tracks;
	struct vrrp_notify_conf notify;
	bool tracking_weight; /* sync_group_tracking_weight */
	bool smtp_alert;
	struct conf_place place;
};

struct house_conf;

struct failover_conf {
	struct arena *arena; /* owner of everything here; borrowed */
	const char *router_id;
	struct vrrp_instance_conf *instances; /* in file order, as all lists here */
	struct vrrp_group_conf *groups;
	struct vrrp_script_conf *scripts;
	struct vrrp_process_conf *processes;
	struct vrrp_file_conf *files;
	struct vrrp_database_conf *databases;
	struct vrrp_bfd_conf *bfds;
	struct garp_group_conf *garp_groups;
	struct vrrp_link_conf *links;
	struct vrrp_static_conf *statics;
	struct vmac_conf *vmacs;      /* of all instances */
	struct vip_conf *static_vips; /* these three do not move: there while failover runs */
	struct route_conf *static_routes;
	struct rule_conf *static_rules;
	struct virtual_conf *virtual_servers; /* failover/virtual/ */
	const char *wall_table;		      /* nftables: our table's name; NULL = relais */
	int wall_priority;		      /* nftables_priority */
	const char *net_namespace;     /* of the failover process and the runner; NULL = ours */
	const char *default_interface; /* of static addresses that name none */
	int64_t startup_delay_us;
	int64_t delay_after_boot_us; /* of the machine; the longer of both counts */
	int rt_priority;	     /* 0 = default */
	const char *notify_fifo, *vrrp_notify_fifo, *lvs_notify_fifo; /* NULL = none */
	struct script_conf notify_fifo_script, vrrp_notify_fifo_script,
		lvs_notify_fifo_script;				   /* argv NULL = none */
	uint32_t fifo_uid, fifo_gid, vrrp_fifo_uid, vrrp_fifo_gid; /* owners of FIFOs we make */
	uint32_t lvs_fifo_uid, lvs_fifo_gid;
	bool fifo_states_on_reload; /* the states are written to the FIFOs at a reload too */
	bool script_security;
	bool scripts_unsecured; /* there are scripts, and no enable_script_security */
	struct mail_conf mail;
	bool no_email_faults, no_checker_emails; /* of what mail tells */
	int smtp_alert_checker;	  /* of servers that say nothing else: 1, 0; -1 = real ones do */
	bool rs_init_notifies;	  /* real servers that begin as up are told of */
	struct house_conf *house; /* house.h; never NULL */
	unsigned n_instances;
};

/* vrrp_startup_delay or what is left of vrrp_delay_after_boot, whichever is longer. */
static inline int64_t vrrp_start_delay_us(const struct failover_conf *conf, int64_t since_boot_us)
{
	int64_t left_us = conf->delay_after_boot_us - since_boot_us;

	return left_us > conf->startup_delay_us ? left_us : conf->startup_delay_us;
}

#endif
