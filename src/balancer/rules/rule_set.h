/*
 * The rules of one proxy, as compiled. Inside the room rules/.
 */
#ifndef RELAIS_RULES_RULE_SET_H
#define RELAIS_RULES_RULE_SET_H

#include "balancer/rules/acl.h"
#include "balancer/rules/log_format.h"

struct rule;
typedef enum rule_outcome rule_run_fn(const struct rule *rule, struct rule_input *in,
				      struct rule_verdict *verdict);

struct rule {
	rule_run_fn *run;
	const struct rule_condition *cond; /* NULL = always */
	const void *data;		   /* the action's own */
	const struct action_row *action;
	struct conf_place place;
};

struct rule_list {
	struct rule *rules;
	unsigned n;
};

struct rule_target { /* use_backend, use-server, force-persist, monitor fail */
	const struct rule_condition *cond;
	const char *name;		 /* static */
	const struct log_format *format; /* or made per request */
	const void *resolved;		 /* struct proxy_conf or server_conf */
	bool ignore;			 /* ignore-persist */
	struct conf_place place;
};

struct rule_capture { /* a slot */
	bool response;
	unsigned len;
	struct http_name header; /* capture request|response header; len 0 = by rule */
};

/* A proxy or server that an expression names, found when all is read. */
struct rule_pending {
	struct rule_pending *next;
	struct conf_place place;
	const char *name;
	char kind; /* 'f'rontend, 'b'ackend, 's'erver, 'u'serlist, stick 't'able */
	const void **out;
};

struct rule_log_text { /* a log format until the proxy's mode is known */
	const char *text;
	struct conf_place at;
	const struct log_format *slot; /* what the proxy points at while this text counts */
};

struct rule_set {
	struct rule_list phase[RULE_PHASES];
	struct rule_list redirects; /* the keyword `redirect`: behind http-request */
	struct acl *acls;
	struct rule_target *backends, *servers, *persists, *monitor_fails;
	unsigned n_backends, n_servers, n_persists, n_monitor_fails;
	struct rule_capture *captures; /* request slots and response slots mixed, by slot */
	unsigned n_captures;
	const char *capture_cookie;
	unsigned capture_cookie_len;
	int inspect_delay_ms;
	struct rule_log_text log_format, error_log_format;
	struct rule_pending *pending;
};

#endif
