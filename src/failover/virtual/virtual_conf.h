/*
 * What a configuration says of virtual servers (Keepalived's LVS blocks): plain data, frozen after
 * parsing, owned by the configuration's arena. Filled by this room; turned into the balancer's
 * grammar by virtual_text.c, because relais serves them by proxying. Times in microseconds.
 */
#ifndef RELAIS_VIRTUAL_VIRTUAL_CONF_H
#define RELAIS_VIRTUAL_VIRTUAL_CONF_H

#include "core/base/addr.h"
#include "failover/model/vrrp_conf.h"

enum { VIRTUAL_UNSET = -1 };

/* What may be said of a virtual server, a real server and a checker; each is the next one's
 * default. The first member of all three, so that one row serves them. */
struct virtual_times {
	int64_t connect_timeout_us, delay_loop_us, delay_before_retry_us; /* or VIRTUAL_UNSET */
	int64_t warmup_us;
	int retry;		/* further checks before it is down; or VIRTUAL_UNSET */
	int alpha;		/* down until a check was good: 0, 1, VIRTUAL_UNSET */
	const char *host;	/* virtualhost; NULL = unset */
	int inhibit_on_failure; /* 0, 1, VIRTUAL_UNSET; not of checkers */
};

enum virtual_checker_kind {
	VIRTUAL_TCP_CHECK,
	VIRTUAL_HTTP_GET,
	VIRTUAL_SSL_GET,
	VIRTUAL_SMTP_CHECK,
	VIRTUAL_MISC_CHECK,
	VIRTUAL_DNS_CHECK, /* this and the next two by relais-probe */
	VIRTUAL_UDP_CHECK,
	VIRTUAL_PING_CHECK,
	VIRTUAL_FILE_CHECK, /* this and the next by the failover process */
	VIRTUAL_BFD_CHECK,
};

/* By relais-probe, which the runner runs. */
static inline bool virtual_is_probe(enum virtual_checker_kind kind)
{
	return kind >= VIRTUAL_DNS_CHECK && kind <= VIRTUAL_PING_CHECK;
}

enum { VIRTUAL_STATUS_MAX = 16, VIRTUAL_DIGEST_LEN = 32 };

struct virtual_url_conf {
	struct virtual_url_conf *next;
	const char *path;
	const char *digest; /* 32 hexadecimal digits in small letters, MD5 of the body; NULL = none
			     */
	struct {
		int from, to;
	} status[VIRTUAL_STATUS_MAX];
	unsigned n_status;
	const char *host;  /* virtualhost; NULL = the checker's */
	const char *regex; /* with its options written into it; NULL = none */
	bool regex_no_match;
	struct conf_place place;
};

struct virtual_checker_conf {
	struct virtual_times times;
	struct virtual_checker_conf *next;
	enum virtual_checker_kind kind;
	struct addr connect; /* connect_ip; len 0 = the real server's */
	unsigned connect_port;
	struct addr bind; /* bindto, with bind_port; len 0 = none */
	unsigned bind_port;
	const char *bind_if;
	unsigned long fwmark;	       /* 0 = none */
	struct virtual_url_conf *urls; /* HTTP_GET, SSL_GET */
	const char *http_version;      /* "HTTP/1.0", "HTTP/1.1" */
	bool http_close, enable_sni;
	const char *helo;	   /* SMTP_CHECK */
	struct script_conf script; /* MISC_CHECK; argv NULL = it cannot be run */
	int64_t script_timeout_us; /* 0 = the delay_loop */
	bool dynamic;		   /* its exit status is a weight */
	const char *name; /* of what BFD_CHECK and FILE_CHECK look at; DNS_CHECK: what is asked */
	int file_weight;  /* FILE_CHECK, with file_reverse: of it or of its track_file */
	bool file_weight_set, file_reverse;
	const char *dns_type;	     /* "SOA" */
	const char *payload, *reply; /* UDP_CHECK, digits as written; NULL = random bytes, none */
	unsigned reply_least, reply_most;
	struct conf_place place;
};

enum virtual_method { VIRTUAL_NAT, VIRTUAL_DR, VIRTUAL_TUN };

struct virtual_real_conf { /* real_server, sorry_server */
	struct virtual_times times;
	struct virtual_real_conf *next;
	struct addr addr;  /* port 0: of a group, the client's */
	const char *name;  /* of its line in virtual_text.h, and what FIFOs call it */
	const char *label; /* "[192.0.2.31]:tcp:80" */
	int alert;	   /* smtp_alert: 0, 1, VIRTUAL_UNSET until all is read */
	long long weight;  /* or VIRTUAL_UNSET */
	unsigned long uthreshold, lthreshold;	   /* connections; 0 = no limit */
	struct script_conf notify_up, notify_down; /* argv NULL = none */
	int method; /* enum virtual_method, or VIRTUAL_UNSET: the virtual server's */
	struct virtual_checker_conf *checkers;
	struct conf_place place;
};

struct virtual_address_conf { /* what a virtual server is reached by */
	struct virtual_address_conf *next;
	struct addr first; /* with its port; the rest of a range follows it */
	unsigned n;	   /* how many addresses */
	bool is_fwmark;	   /* none: packets with a mark */
	struct conf_place place;
};

struct virtual_group_conf { /* virtual_server_group */
	struct virtual_group_conf *next;
	const char *name;
	struct virtual_address_conf *addresses;
	struct conf_place place;
};

enum virtual_protocol { VIRTUAL_NO_PROTOCOL, VIRTUAL_TCP, VIRTUAL_UDP, VIRTUAL_SCTP };

struct virtual_server_conf {
	struct virtual_times times;
	struct virtual_server_conf *next;
	const char *group_name;			/* NULL = none */
	const struct virtual_group_conf *group; /* resolved */
	struct virtual_address_conf *addresses; /* its own, or the group's */
	const char *label;			/* for messages: "192.0.2.1 80", "group web" */
	const char *section;			/* its name in virtual_text.h; NULL = not served */
	const char *told_as;			/* in FIFOs: "[192.0.2.1]:tcp:80", "[web]:0" */
	int alert;				/* as a real server's */
	const char *scheduler;			/* "wlc" */
	struct conf_place scheduler_at;
	int method; /* enum virtual_method, or VIRTUAL_UNSET */
	enum virtual_protocol protocol;
	int64_t persistence_us;	   /* 0 = none */
	unsigned persistence_bits; /* of the client's address; 0 = all */
	bool omega, ops;
	unsigned long quorum, hysteresis;
	struct script_conf quorum_up, quorum_down; /* argv NULL = none */
	long long weight;			   /* of real servers that say none */
	struct virtual_real_conf *sorry;	   /* NULL = none */
	struct virtual_real_conf *reals;	   /* file order */
	bool served;				   /* else it was said why not */
	struct conf_place place;
};

struct virtual_conf {
	bool init_notifies; /* rs_init_notifies */
	const char
		*probe; /* the path of relais-probe, set by who has the text written; NULL = none */
	struct virtual_server_conf *servers; /* file order */
	struct virtual_group_conf *groups;
	int64_t tcp_us, tcp_fin_us;  /* lvs_timeouts; 0 = the kernel's: 15 and 2 minutes */
	const char *tls_certificate; /* SSL { }: its place in messages; NULL = none */
};

#endif
