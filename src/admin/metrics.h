/*
 * Metrics of both halves in the Prometheus text format 0.0.4: proxies and servers under the names
 * of HAProxy's exporter, VIPs under relais_vip_. For `show metrics` and for `http-request
 * use-service prometheus-exporter`. On a balancer thread; reads only.
 */
#ifndef RELAIS_ADMIN_METRICS_H
#define RELAIS_ADMIN_METRICS_H

#include <stdio.h>

#include "balancer/balancer.h"

enum metrics_scope { /* bits */
		     METRICS_PROCESS = 1,
		     METRICS_FRONTEND = 2,
		     METRICS_BACKEND = 4,
		     METRICS_SERVER = 8,
		     METRICS_VIP = 16,
		     METRICS_ALL = 31,
};

/* False: no memory, out has a part. */
bool metrics_print(FILE *out, const struct balancer *b, unsigned scopes);
/* The bits of a name, "*" = all; 0 = there is none such. */
unsigned metrics_scope_find(struct slice name);
/* Of a request's target: ?scope=server&scope=vip; all when none is named. */
unsigned metrics_scopes_of(struct slice target);

/* vip_metrics.c */
void metrics_print_vips(FILE *out, const struct shared_page *page, int64_t now_mono_us);
/* A label's value: quotes, backslashes and newlines escaped. */
void metrics_put_label(FILE *out, const char *name, const char *value);

#endif
