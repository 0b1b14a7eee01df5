/*
 * Listening sockets belong to the master: it opens them before the balancer starts, hands the same
 * ones to each balancer that follows, and so a reload or a crash refuses no connection.
 */
#ifndef RELAIS_MAIN_LISTENERS_H
#define RELAIS_MAIN_LISTENERS_H

#include "balancer/proxy/proxy_conf.h"
#include "core/conf/diag.h"

/*
 * Opens every listener of conf (its fd member), taking over from old (may be NULL) each socket
 * whose address and options are the same. All or nothing: on false, diags say which could not be
 * opened and everything opened here is closed again; old is untouched.
 */
bool listeners_open(struct balancer_conf *conf, const struct balancer_conf *old,
		    struct conf_diags *diags);
/* Every listener, of runtime sockets too. */
void listeners_each(const struct balancer_conf *conf,
		    void (*each)(void *ctx, const struct listener_conf *l), void *ctx);
/* Closes those of old that conf (may be NULL) did not take over. */
void listeners_close_unused(const struct balancer_conf *old, const struct balancer_conf *conf);

#endif
