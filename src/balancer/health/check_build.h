/*
 * Checks while the configuration is read: the two families of steps of a proxy, of which the option
 * in force chooses one at the end. Shared by check_conf.c and check_steps_conf.c.
 */
#ifndef RELAIS_HEALTH_CHECK_BUILD_H
#define RELAIS_HEALTH_CHECK_BUILD_H

#include "balancer/health/check_conf.h"
#include "balancer/proxy/proxy_parse.h"

enum { CHECK_FAMILY_HTTP, CHECK_FAMILY_TCP, CHECK_FAMILIES };

struct check_steps {
	struct check_step *first, **tail;
	bool inherited;	     /* from defaults: the first line here begins anew */
	const char *comment; /* for the next step */
};

struct check_build {
	struct check_steps steps[CHECK_FAMILIES];
};

struct check_build *check_build_of(struct proxy_conf *p);

/* For main/registry.c. */
extern const struct conf_part check_part_options, check_part_steps;

#endif
