/*
 * Checks that speak a protocol by themselves: option mysql-check, pgsql-check, redis-check,
 * smtpchk, ldap-check. Each is a short list of steps built from the backend's check_conf.
 */
#ifndef RELAIS_HEALTH_CHECK_PROTOCOLS_H
#define RELAIS_HEALTH_CHECK_PROTOCOLS_H

#include "balancer/health/check_match.h"

/* The steps of a backend's check, in arena: its own (http-check, tcp-check) or a protocol's.
 * NULL = connecting (and TLS, where asked for) is all. */
const struct check_step *check_protocol_steps(struct arena *arena, const struct check_conf *conf);

#endif
