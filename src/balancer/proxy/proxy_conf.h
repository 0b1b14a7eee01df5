/*
 * What a configuration says of the balancer: plain data, frozen after parsing, in the
 * configuration's arena. Filled by the keyword rows of proxy/ and of the rooms that own a part;
 * read by accept, flow, server, health, admin. No runtime state here: that is proxy.h and server.h.
 */
#ifndef RELAIS_PROXY_PROXY_CONF_H
#define RELAIS_PROXY_PROXY_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "balancer/balance/balance.h"
#include "core/base/addr.h"
#include "core/conf/diag.h"
#include "core/log/target.h"

struct rule_set;	 /* rules/rules.h: compiled http-request, http-response, use_backend ... */
struct log_format;	 /* rules/log_format.h: compiled log-format */
struct stick_table_conf; /* stick/stick_table.h: stick-table */
struct stick_rules;	 /* stick/stick_conf.h: stick on, ... */
struct check_step;	 /* health/check_conf.h: http-check, tcp-check rules */

enum proxy_mode { PROXY_MODE_TCP, PROXY_MODE_HTTP };

enum proxy_side { PROXY_FRONTEND = 1, PROXY_BACKEND = 2 }; /* listen = both */

/* Bits of proxy_conf.options; each an `option` keyword. */
enum proxy_option {
	PROXY_OPT_REDISPATCH = 1 << 0,
	PROXY_OPT_DONTLOGNULL = 1 << 1,
	PROXY_OPT_FORWARDFOR = 1 << 2,
	PROXY_OPT_HTTP_SERVER_CLOSE = 1 << 3,
	PROXY_OPT_HTTPCLOSE = 1 << 4,
	PROXY_OPT_HTTPLOG = 1 << 5,
	PROXY_OPT_TCPLOG = 1 << 6,
	PROXY_OPT_LOGASAP = 1 << 7,
	PROXY_OPT_ABORTONCLOSE = 1 << 8,
	PROXY_OPT_CLITCPKA = 1 << 9,
	PROXY_OPT_SRVTCPKA = 1 << 10,
	PROXY_OPT_ALLBACKUPS = 1 << 11,
	PROXY_OPT_DONTLOG_NORMAL = 1 << 12,
	PROXY_OPT_LOG_SEPARATE_ERRORS = 1 << 13,
	PROXY_OPT_LOG_HEALTH_CHECKS = 1 << 14,
	PROXY_OPT_HTTP_BUFFER_REQUEST = 1 << 15,
	PROXY_OPT_PREFER_LAST_SERVER = 1 << 16,
	PROXY_OPT_NOLINGER = 1 << 18,
	PROXY_OPT_PERSIST = 1 << 19,
	PROXY_OPT_HTTP_KEEP_ALIVE = 1 << 20,
	PROXY_OPT_SPLICE_OFF = 1 << 21,	 /* `no option splice-auto`: copying only */
	PROXY_OPT_HTTPLOG_CLF = 1 << 22, /* with HTTPLOG: `option httplog clf` */
};

enum proxy_state_from { PROXY_STATE_NONE, PROXY_STATE_GLOBAL, PROXY_STATE_LOCAL };

enum proxy_http_reuse { PROXY_REUSE_SAFE, PROXY_REUSE_NEVER };

struct proxy_timeouts { /* milliseconds; 0 = not set, waits for ever */
	int client, client_fin, connect, server, server_fin, queue, check;
	int http_request, http_keep_alive, tunnel, tarpit;
};

struct listener_conf { /* one address of a bind line; port ranges are several */
	struct listener_conf *next;
	struct proxy_conf *proxy; /* borrowed */
	struct addr addr;	  /* len 0 when inherited */
	int inherited_fd;	  /* fd@N, sockpair@N; -1 = none */
	const char *name;	  /* bind ... name X; NULL = none */
	const char *interface;	  /* SO_BINDTODEVICE */
	/* vip@NAME: a VRRP instance; addr has the port only, until both halves are read and one
	 * listener for each address of it takes its place. NULL = none. */
	const char *vip;
	bool v4v6, v6only, transparent, defer_accept;
	bool freebind;	      /* set after parsing for addresses that a VIP of ours has */
	int maxconn, backlog; /* 0 = the proxy's */
	int mode;	      /* Unix socket's permission bits; -1 = as umask says */
	uint32_t uid, gid;    /* Unix socket's owner; UINT32_MAX = unchanged */
	bool is_stats;	      /* global `stats socket`: the runtime API */
	int stats_level;      /* 1 user, 2 operator, 3 admin */
	int fd;		      /* the open socket: the master's; -1 until opened */
	struct conf_place place;
};

/* Run by the runner. argv NULL = none. */
struct command_conf {
	const char *const *argv; /* NULL-terminated */
	const char *text;	 /* as configured */
	uint32_t uid, gid;
};

struct quorum_conf { /* the weight of the servers that are up */
	unsigned long long weight, hysteresis;
	struct command_conf up, down;
	bool at_stop;  /* a stop runs what a loss of all servers would */
	bool at_start; /* a start runs notify_up of servers that begin as up */
};

/* What the check line of the backend says, unless check_steps rule. */
enum server_check_kind {
	CHECK_TCP, /* connect only */
	CHECK_HTTP,
	CHECK_TCP_STEPS,
	CHECK_SSL_HELLO,
	CHECK_SMTP,
	CHECK_MYSQL,
	CHECK_PGSQL,
	CHECK_REDIS,
	CHECK_LDAP,
	CHECK_EXTERNAL,
	CHECK_FAILOVER, /* what the failover process sees */
};

struct check_conf { /* of a backend: option httpchk, http-check, ... Owned by health/check_conf.c */
	enum server_check_kind kind;
	struct check_step *steps;		      /* NULL = the kind's own */
	const char *method, *uri, *version, *headers; /* option httpchk METHOD URI VERSION */
	const char *user;			      /* mysql-check, pgsql-check */
	const char *domain;			      /* smtpchk */
	const char *command, *path;		      /* external-check */
	struct command_conf script;		      /* option script-check, instead of command */
	int script_timeout_ms;
	bool script_is_weight; /* its exit status from 2 on */
	/* option failover-check: a bfd_instance or a track_file, and what its number counts; 0 =
	 * any number but 0 is a fault */
	const char *seen_name;
	bool seen_is_file;
	int seen_weight; /* reversed: less than 0, or seen_reverse where it is 0 */
	bool seen_reverse;
};

enum server_observe { OBSERVE_NONE, OBSERVE_LAYER4, OBSERVE_LAYER7 };
enum server_on_error {
	ON_ERROR_FASTINTER,
	ON_ERROR_FAIL_CHECK,
	ON_ERROR_SUDDEN_DEATH,
	ON_ERROR_MARK_DOWN
};

enum server_init_state {			 /* at start, when it is checked */
			 SERVER_INIT_UP,	 /* until one check fails */
			 SERVER_INIT_FULLY_UP,	 /* until `fall` do */
			 SERVER_INIT_DOWN,	 /* until one is good */
			 SERVER_INIT_FULLY_DOWN, /* until `rise` are */
};

struct server_conf { /* a server line over its default-server */
	struct server_conf *next;
	struct proxy_conf *proxy; /* borrowed */
	const char *name;
	unsigned id;	  /* from 1 within its backend, or `id` */
	struct addr addr; /* port 0 = the client's port; len 0 = its name did not resolve: down */
	const char *host; /* the name it was looked up by; NULL = a literal */
	bool init_addr_none;   /* init-addr: a name that does not resolve is no error */
	struct addr init_addr; /* init-addr: the address taken instead; len 0 = none */
	int port_offset;       /* "+N" / "-N" ports: map_ports, added to the client's port */
	bool map_ports;
	int weight;			  /* 0..256, default 1 */
	int maxconn, minconn, maxqueue;	  /* 0 = unlimited */
	bool backup, disabled, non_stick; /* non_stick: no stick table learns it */
	const char *cookie;		  /* NULL = none */
	const char *redir;		  /* NULL = none */
	bool check;
	int inter_ms, fastinter_ms, downinter_ms; /* 2000, 0, 0 = as inter */
	int rise, fall;				  /* 2, 3 */
	struct addr check_addr;			  /* len 0 = addr */
	int check_port;				  /* 0 = addr's */
	bool check_ssl, check_ssl_set, ssl, verify_none;
	const char *check_sni, *ca_file, *check_alpn;
	enum server_observe observe;
	enum server_on_error on_error;
	int error_limit;	     /* 10 */
	bool shutdown_sessions_down; /* on-marked-down shutdown-sessions */
	bool shutdown_backups_up;    /* on-marked-up shutdown-backup-sessions */
	int slowstart_ms;
	int init_state;	    /* enum server_init_state */
	const char *track;  /* backend/server, several between commas: up while all are */
	struct addr source; /* len 0 = none */
	const char *source_interface;
	bool source_usesrc_client;
	int pool_max_conn; /* -1 = unlimited idle connections */
	int pool_purge_ms; /* 5000 */
	int quorum_weight; /* -1 = weight */
	struct command_conf notify_up, notify_down;
	struct conf_place place;
};

struct cookie_conf {	  /* cookie NAME insert ... */
	const char *name; /* NULL = no persistence by cookie */
	bool insert, rewrite, prefix, indirect, nocache, postonly, preserve, httponly, secure;
	const char *domain, *attr;
	int maxidle_s, maxlife_s;
};

struct stats_conf { /* stats uri, ... of a proxy */
	bool enabled;
	const char *uri; /* /haproxy?stats */
	const char *realm;
	const char *const *auth; /* "user:password", NULL-terminated; NULL = open */
	int refresh_s;
	bool hide_version;
	const char *node, *desc;
};

struct errorfile { /* errorfile 503 /etc/... : raw HTTP bytes */
	struct errorfile *next;
	int status;
	struct slice bytes;
};

struct proxy_conf {
	struct proxy_conf *next;
	const char *name;
	unsigned id;	/* place in file order from 1, or `id` */
	unsigned sides; /* enum proxy_side bits */
	enum proxy_mode mode;
	bool disabled;
	bool is_virtual; /* of a virtual server in keepalived.conf */
	uint64_t options;
	struct proxy_timeouts timeout;
	int maxconn; /* frontend; 0 = global's */
	int fullconn, backlog, retries;
	int redispatch_interval; /* option redispatch N; -1 = at the last retry */
	struct listener_conf *listeners;
	struct proxy_conf *default_backend; /* resolved; NULL = itself or none */
	const char *default_backend_name;
	struct rule_set *rules;		      /* all rules of this proxy; NULL = none */
	struct stick_table_conf *stick_table; /* NULL = none */
	struct stick_rules *stick_rules;      /* of a backend; NULL = none */

	const struct balance_algorithm *balance;
	struct server_conf *servers; /* file order */
	unsigned n_servers;
	struct quorum_conf *quorum; /* NULL = one server is enough */
	struct cookie_conf cookie;
	struct check_conf check;
	struct addr source; /* source ADDR for servers; len 0 = none */
	const char *source_interface;
	bool source_usesrc_client; /* usesrc clientip */

	struct addr_net forwardfor_except; /* base.len 0 = none */
	const char *forwardfor_header;	   /* X-Forwarded-For */
	bool forwardfor_if_none;
	const char *monitor_uri;
	const char *description;
	enum proxy_http_reuse http_reuse;
	enum proxy_state_from state_from; /* load-server-state-from-file */
	const char *state_file;		  /* server-state-file-name; NULL = the backend's name */

	struct log_target *log_targets; /* linked; NULL = no traffic log */
	struct log_format *log_format;	/* compiled; NULL = the default connect log line */
	struct log_format *error_log_format;
	const char *log_tag; /* NULL = "relais" or global's */
	struct stats_conf stats;
	struct errorfile *errorfiles;
	struct conf_place place;
};

struct userlist_conf { /* userlist NAME: who may pass `auth` */
	struct userlist_conf *next;
	const char *name;
	struct user_conf {
		struct user_conf *next;
		const char *name, *password;
		bool hashed;		   /* password is crypt(3)'s */
		const char *const *groups; /* NULL-terminated */
	} * users;
};

struct global_conf {
	int maxconn;	   /* 0 = from the fd limit */
	int nbthread;	   /* 0 = cores allowed */
	uint32_t uid, gid; /* UINT32_MAX = unchanged */
	const char *chroot, *pidfile, *node, *description, *log_tag;
	bool daemon, quiet, zero_warning;
	int hard_stop_after_ms, stats_timeout_ms;
	struct log_target *log_targets;
	struct listener_conf *stats_sockets; /* is_stats */
	uint64_t bufsize;		     /* tune.bufsize, 16384 */
	int maxhdr;			     /* tune.http.maxhdr, 101 */
	int max_accept;			     /* tune.maxaccept, 0 = default */
	bool external_check;
	bool external_check_env;	     /* preserve-env */
	const char *state_file, *state_base; /* server-state-file, -base; NULL = none */
	const char *log_hostname;
	int ulimit_n;
};

struct balancer_conf {
	struct arena *arena; /* owner of everything here; borrowed */
	struct global_conf global;
	struct proxy_conf *proxies; /* file order, without defaults sections */
	unsigned n_proxies;
	struct userlist_conf *userlists;
};

#endif
