/*
 * Filling lines of `show stat` from counters. See stat_row.h. Reads other threads' counters without
 * locks: each is one word, a sum may be a request behind.
 */
#include "admin/stat_row.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "balancer/health/health.h"

const char *const stat_column_names[STAT_COLUMNS] = {
#define STAT(constant, name) name,
#include "admin/stat_columns.def"
#undef STAT
};

static void set_fmt(struct stat_row *row, enum stat_column column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void set_fmt(struct stat_row *row, enum stat_column column, const char *fmt, ...)
{
	size_t room = sizeof(row->text) - row->used;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(row->text + row->used, room, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room)
		return;
	row->cell[column] = row->text + row->used;
	row->used += (size_t)len + 1;
}

static void set_uint(struct stat_row *row, enum stat_column column, uint64_t n)
{
	set_fmt(row, column, "%llu", (unsigned long long)n);
}

static void row_begin(struct stat_row *row, enum stat_type type, const struct balancer *b,
		      const struct proxy *p, const char *name)
{
	row->type = type;
	row->used = 0;
	memset(row->cell, 0, sizeof(row->cell));
	row->cell[STAT_PXNAME] = p->conf->name;
	row->cell[STAT_SVNAME] = name;
	row->cell[STAT_MODE] = p->conf->mode == PROXY_MODE_HTTP ? "http" : "tcp";
	set_uint(row, STAT_PID, 1);
	set_uint(row, STAT_IID, p->conf->id);
	set_uint(row, STAT_TYPE, (unsigned)type);
	(void)b;
}

static void set_responses(struct stat_row *row, const uint64_t responses[6])
{
	for (unsigned i = 0; i < 6; i++)
		set_uint(row, STAT_HRSP_1XX + i, responses[i]);
}

static void set_traffic(struct stat_row *row, const struct proxy_counters *c)
{
	set_uint(row, STAT_STOT, c->sessions);
	set_uint(row, STAT_BIN, c->bytes_in);
	set_uint(row, STAT_BOUT, c->bytes_out);
	set_uint(row, STAT_DREQ, c->denied_requests);
	set_uint(row, STAT_DRESP, c->denied_responses);
}

void stat_row_frontend(struct stat_row *row, const struct balancer *b, const struct proxy *p)
{
	struct proxy_counters c = proxy_counters_sum(p, 0);

	row_begin(row, STAT_TYPE_FRONTEND, b, p, "FRONTEND");
	row->cell[STAT_STATUS] = atomic_load(&b->totals.draining) ? "STOP" : "OPEN";
	set_uint(row, STAT_SID, 0);
	set_uint(row, STAT_SCUR, atomic_load(&p->fe_current));
	set_uint(row, STAT_SMAX, atomic_load(&p->fe_max));
	set_uint(row, STAT_SLIM, p->conf->maxconn ? (unsigned)p->conf->maxconn : b->maxconn);
	set_traffic(row, &c);
	set_uint(row, STAT_EREQ, c.failed_requests);
	set_uint(row, STAT_DCON, c.denied_connections);
	set_uint(row, STAT_DSES, c.denied_sessions);
	set_uint(row, STAT_CONN_TOT, c.connections);
	if (p->conf->mode != PROXY_MODE_HTTP)
		return;
	set_uint(row, STAT_REQ_TOT, c.requests);
	set_responses(row, c.responses);
}

static int64_t seconds_since(int64_t then_us)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec - then_us / 1000000;
}

const char *stat_server_status(const struct server *s, char buf[static 24])
{
	unsigned admin = atomic_load(&s->admin);
	int state = atomic_load(&s->state);
	struct check_view view;
	char detail[128];

	if (admin & (SERVER_ADMIN_MAINT | SERVER_ADMIN_MAINT_CONF))
		return "MAINT";
	if (admin & SERVER_ADMIN_DRAIN)
		return state == SERVER_STOPPED ? "DOWN" : "DRAIN";
	if (!health_view(s, &view, detail))
		return state == SERVER_STOPPED ? "DOWN" : "no check";
	if (state == SERVER_STOPPED) {
		if (view.health <= 0)
			return "DOWN";
		snprintf(buf, 24, "DOWN %d/%d", view.health, view.rise);
		return buf;
	}
	if (state == SERVER_STOPPING)
		return "NOLB";
	if (view.health >= view.rise + view.fall - 1)
		return "UP";
	snprintf(buf, 24, "UP %d/%d", view.health - view.rise + 1, view.fall);
	return buf;
}

static void set_check(struct stat_row *row, const struct server *s)
{
	struct check_view view;
	char detail[128];

	if (!health_view(s, &view, detail))
		return;
	set_uint(row, STAT_CHKFAIL, atomic_load(&s->counters.check_failures));
	set_uint(row, STAT_CHKDOWN, atomic_load(&s->counters.check_downs));
	set_uint(row, STAT_DOWNTIME, atomic_load(&s->counters.down_us) / 1000000);
	row->cell[STAT_CHECK_STATUS] = view.status ? view.status : "INI";
	if (view.code >= 0)
		set_uint(row, STAT_CHECK_CODE, (unsigned)view.code);
	if (view.duration_ms >= 0)
		set_uint(row, STAT_CHECK_DURATION, (uint64_t)view.duration_ms);
	row->cell[STAT_CHECK_DESC] = view.description;
	set_fmt(row, STAT_LAST_CHK, "%s", view.detail ? view.detail : "");
	set_uint(row, STAT_CHECK_RISE, (unsigned)view.rise);
	set_uint(row, STAT_CHECK_FALL, (unsigned)view.fall);
	set_uint(row, STAT_CHECK_HEALTH, (unsigned)(view.health > 0 ? view.health : 0));
}

static void set_server_traffic(struct stat_row *row, const struct server *s)
{
	const struct server_counters *c = &s->counters;
	uint64_t responses[6];

	set_uint(row, STAT_STOT, atomic_load(&c->sessions));
	set_uint(row, STAT_BIN, atomic_load(&c->bytes_in));
	set_uint(row, STAT_BOUT, atomic_load(&c->bytes_out));
	set_uint(row, STAT_DRESP, atomic_load(&c->denied_responses));
	set_uint(row, STAT_ECON, atomic_load(&c->failed_connects));
	set_uint(row, STAT_ERESP, atomic_load(&c->failed_responses));
	set_uint(row, STAT_WRETR, atomic_load(&c->retries));
	set_uint(row, STAT_WREDIS, atomic_load(&c->redispatches));
	set_uint(row, STAT_LBTOT, atomic_load(&c->lb_total));
	set_uint(row, STAT_CLI_ABRT, atomic_load(&c->client_aborts));
	set_uint(row, STAT_SRV_ABRT, atomic_load(&c->server_aborts));
	set_uint(row, STAT_CONNECT, atomic_load(&c->connect_new));
	set_uint(row, STAT_REUSE, atomic_load(&c->connect_reused));
	for (unsigned i = 0; i < 6; i++)
		responses[i] = atomic_load(&c->responses[i]);
	if (s->conf->proxy->mode == PROXY_MODE_HTTP)
		set_responses(row, responses);
}

void stat_row_server(struct stat_row *row, const struct balancer *b, const struct proxy *p,
		     const struct server *s)
{
	char address[ADDR_TEXT_MAX], status[24];

	row_begin(row, STAT_TYPE_SERVER, b, p, s->conf->name);
	set_uint(row, STAT_SID, s->conf->id);
	set_uint(row, STAT_QCUR, atomic_load(&s->queued));
	set_uint(row, STAT_QMAX, atomic_load(&s->queued_max));
	set_uint(row, STAT_SCUR, atomic_load(&s->current));
	set_uint(row, STAT_SMAX, atomic_load(&s->current_max));
	if (s->conf->maxconn)
		set_uint(row, STAT_SLIM, (unsigned)s->conf->maxconn);
	if (s->conf->maxqueue)
		set_uint(row, STAT_QLIMIT, (unsigned)s->conf->maxqueue);
	set_server_traffic(row, s);
	set_fmt(row, STAT_STATUS, "%s", stat_server_status(s, status));
	set_uint(row, STAT_WEIGHT, atomic_load(&s->weight));
	set_uint(row, STAT_UWEIGHT, atomic_load(&s->weight));
	set_uint(row, STAT_ACT, s->conf->backup ? 0 : 1);
	set_uint(row, STAT_BCK, s->conf->backup ? 1 : 0);
	set_uint(row, STAT_LASTCHG, (uint64_t)seconds_since(atomic_load(&s->changed_us)));
	set_check(row, s);
	set_fmt(row, STAT_ADDR, "%s", addr_text(&s->conf->addr, address));
	row->cell[STAT_COOKIE] = s->conf->cookie;
	if (s->conf->track)
		row->cell[STAT_TRACKED] = s->conf->track;
}

void stat_row_backend(struct stat_row *row, const struct balancer *b, const struct proxy *p)
{
	struct proxy_counters c = proxy_counters_sum(p, 1);
	const struct backend *be = p->backend;
	unsigned up = atomic_load(&be->n_up), backups = atomic_load(&be->n_up_backup);

	row_begin(row, STAT_TYPE_BACKEND, b, p, "BACKEND");
	set_uint(row, STAT_SID, 0);
	set_uint(row, STAT_QCUR, atomic_load(&p->queued));
	set_uint(row, STAT_QMAX, atomic_load(&p->queued_max));
	set_uint(row, STAT_SCUR, atomic_load(&p->be_current));
	set_uint(row, STAT_SMAX, atomic_load(&p->be_max));
	set_uint(row, STAT_SLIM,
		 p->conf->fullconn ? (unsigned)p->conf->fullconn : (b->maxconn + 9) / 10);
	set_traffic(row, &c);
	set_uint(row, STAT_ECON, c.failed_connects);
	set_uint(row, STAT_ERESP, c.failed_responses);
	set_uint(row, STAT_WRETR, c.retries);
	set_uint(row, STAT_WREDIS, c.redispatches);
	row->cell[STAT_STATUS] = up || backups || be->n_servers == 0 ? "UP" : "DOWN";
	set_uint(row, STAT_WEIGHT, be->set.total_weight);
	set_uint(row, STAT_UWEIGHT, be->set.total_weight);
	set_uint(row, STAT_ACT, up);
	set_uint(row, STAT_BCK, backups);
	set_uint(row, STAT_CHKDOWN, (uint64_t)atomic_load(&be->downs));
	set_uint(row, STAT_LASTCHG, (uint64_t)seconds_since(atomic_load(&be->changed_us)));
	set_uint(row, STAT_DOWNTIME, (uint64_t)atomic_load(&be->down_us) / 1000000);
	set_uint(row, STAT_LBTOT, c.lb_total);
	set_uint(row, STAT_CLI_ABRT, c.client_aborts);
	set_uint(row, STAT_SRV_ABRT, c.server_aborts);
	row->cell[STAT_COOKIE] = p->conf->cookie.name;
	row->cell[STAT_ALGO] = p->conf->balance ? p->conf->balance->name : NULL;
	if (p->conf->mode != PROXY_MODE_HTTP)
		return;
	set_uint(row, STAT_REQ_TOT, c.requests);
	set_responses(row, c.responses);
}

void stat_rows_each(const struct balancer *b,
		    void (*each)(void *ctx, const struct proxy *p, const struct stat_row *row),
		    void *ctx)
{
	struct stat_row row;

	for (unsigned i = 0; i < b->n_proxies; i++) {
		const struct proxy *p = &b->proxies[i];

		if (p->conf->disabled)
			continue;
		if (p->conf->sides & PROXY_FRONTEND) {
			stat_row_frontend(&row, b, p);
			each(ctx, p, &row);
		}
		for (unsigned j = 0; p->backend && j < p->backend->n_servers; j++) {
			stat_row_server(&row, b, p, &p->backend->servers[j]);
			each(ctx, p, &row);
		}
		if (p->backend) {
			stat_row_backend(&row, b, p);
			each(ctx, p, &row);
		}
	}
}
