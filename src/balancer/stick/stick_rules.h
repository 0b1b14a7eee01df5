/*
 * Stick tables at work: all tables of the process, and the rules by which a request finds the
 * server that its client had before. Called by flow on the exchange's thread.
 */
#ifndef RELAIS_STICK_RULES_H
#define RELAIS_STICK_RULES_H

#include "balancer/stick/stick_conf.h"

struct stick_house; /* all tables of the process; shared by its threads */

/* NULL: no memory. */
struct stick_house *stick_house_new(const struct balancer_conf *conf);
void stick_house_free(struct stick_house **house);
struct stick_table *stick_house_table(const struct stick_house *house,
				      const struct stick_table_conf *conf);
unsigned stick_house_count(const struct stick_house *house);
struct stick_table *stick_house_at(const struct stick_house *house, unsigned i);
/* Takes entries away whose time is over. From one thread, once a second. */
void stick_house_tick(const struct stick_house *house, int64_t now_us);

struct stick_stores; /* what is to be learnt once the server is known; in the exchange's arena */

/* Does this server take the request? Then it is the one. */
typedef bool stick_server_fn(void *ctx, unsigned server_id);

/* Runs a backend's rules over a request: asks for the server of each entry that matches until one
 * is taken, and remembers what is to be stored. */
void stick_request(const struct stick_rules *rules, struct rule_input *in,
		   struct stick_stores **stores, stick_server_fn *server, void *ctx);
/* And over the response: store-response lines. */
void stick_response(const struct stick_rules *rules, struct rule_input *in,
		    struct stick_stores **stores);
/* The server is known: learn it. stores may be NULL. */
void stick_store(const struct stick_stores *stores, unsigned server_id, int64_t now_us);

#endif
