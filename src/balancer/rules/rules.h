/*
 * Rules: what a configuration lets happen to a message. Samples (fetches) feed converters, ACLs,
 * conditions, actions and log-format; all typed and compiled once at load, evaluated without
 * sockets, clock or log. flow fills a rule_input stage by stage and carries out the verdict.
 */
#ifndef RELAIS_RULES_RULES_H
#define RELAIS_RULES_RULES_H

#include "balancer/http/message.h"
#include "balancer/proxy/proxy_conf.h"

struct rule_set;     /* all rules of one proxy */
struct stick_tracks; /* stick/stick_track.h: entries that are counted in */
struct stick_house;  /* stick/stick_rules.h: the process' tables */
struct rule_vars;    /* set-var: names and values of one exchange, in its arena */

/* Facts about the running program that samples may ask for. ctx is the filler's. */
struct rule_facts {
	unsigned (*servers_up)(void *ctx, const struct proxy_conf *backend); /* nbsrv */
	unsigned (*sessions)(void *ctx, const struct proxy_conf *proxy,
			     bool fe); /* fe_conn, be_conn */
	unsigned (*session_rate)(void *ctx, const struct proxy_conf *proxy, bool fe);
	bool (*server_is_up)(void *ctx, const struct server_conf *server); /* srv_is_up */
	unsigned (*queued)(void *ctx, const struct proxy_conf *backend);   /* queue */
	unsigned (*connections)(void *ctx);				   /* actconn */
};

enum rule_phase {
	RULE_TCP_CONNECTION, /* tcp-request connection */
	RULE_TCP_SESSION,
	RULE_TCP_REQUEST, /* tcp-request content */
	RULE_HTTP_REQUEST,
	RULE_HTTP_RESPONSE,
	RULE_HTTP_AFTER_RESPONSE,
	RULE_PHASES,
};

struct rule_input {
	const struct balancer_conf *conf;
	const struct proxy_conf *frontend, *backend; /* backend: once chosen */
	const struct server_conf *server;	     /* once chosen */
	const struct listener_conf *listener;
	const struct addr *client, *local;	      /* src, dst of the client's connection */
	struct http_message *req, *res;		      /* NULL until parsed; actions edit them */
	struct slice payload;			      /* first bytes, for tcp content rules */
	bool payload_complete;			      /* no more will come (inspect-delay over) */
	int64_t wall_us;			      /* CLOCK_REALTIME */
	int64_t now_us;				      /* the loop's */
	const struct stick_house *stick;	      /* tables of the process; NULL in tests */
	struct arena *arena;			      /* the exchange's */
	struct rule_vars *vars;			      /* NULL until the first set-var */
	struct stick_tracks *session_tracks, *tracks; /* NULL until the first track-sc */
	struct slice *captures;			      /* by slot; frontend's n_captures; or NULL */
	const struct rule_facts *facts;
	void *facts_ctx;
	struct log_record *record; /* for log-format aliases in expressions */
	bool later_request;	   /* not the first one of its connection */

	/* written by rules_run */
	enum rule_phase phase;
	bool wants_more;		/* the answer may change with more payload */
	struct slice cookies[2];	/* capture cookie: of the request, of the response */
	struct slice path, path_target; /* of req, and the target it was cut from */
};

enum rule_outcome {
	RULE_CONTINUE, /* all rules passed */
	RULE_ACCEPT,   /* stop evaluating, go on */
	RULE_WAIT,     /* a tcp rule needs more bytes or the end of inspect_delay_ms */
	RULE_DENY,     /* answer status (or verdict.reply) */
	RULE_TARPIT,   /* the same after timeout tarpit */
	RULE_REJECT,   /* close without a word */
	RULE_SILENT_DROP,
	RULE_REPLY,   /* verdict.reply: redirect, return, auth: complete HTTP bytes */
	RULE_SERVICE, /* verdict.service answers: a part of relais itself */
};

struct rule_verdict {
	int status;	       /* DENY, TARPIT, REPLY */
	struct slice reply;    /* in the exchange's arena; len 0 = the proxy's error page */
	bool close;	       /* the reply ends the connection */
	const char *service;   /* SERVICE: "prometheus-exporter" */
	const char *log_level; /* set-log-level; NULL = unchanged */
};

enum rule_outcome rules_run(const struct rule_set *set, enum rule_phase phase,
			    struct rule_input *in, struct rule_verdict *verdict);
int rules_inspect_delay_ms(const struct rule_set *set);
bool rules_has(const struct rule_set *set, enum rule_phase phase);
/* Slots of a frontend, requests' and responses' mixed; rule_input.captures has as many. */
unsigned rules_n_captures(const struct rule_set *set);
/* Those of one side, in order, for a log record; out has room for rules_n_captures. */
unsigned rules_captures_split(const struct rule_set *set, const struct slice *captures,
			      bool response, struct slice *out);

/* use_backend lines: the first whose condition holds, else NULL (then default_backend). A name
 * made by log-format that does not exist yields NULL too. */
const struct proxy_conf *rules_use_backend(const struct rule_set *set, struct rule_input *in);
/* use-server lines: a server of in->backend or NULL. */
const struct server_conf *rules_use_server(const struct rule_set *set, struct rule_input *in);
/* force-persist / ignore-persist, whichever line holds first: is the cookie to be ignored? Is it
 * to be followed to a server that is down? */
bool rules_ignore_persist(const struct rule_set *set, struct rule_input *in);
bool rules_force_persist(const struct rule_set *set, struct rule_input *in);
/* monitor fail conditions. */
bool rules_monitor_fail(const struct rule_set *set, struct rule_input *in);

#endif
