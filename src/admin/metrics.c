/*
 * Metrics of the process and its proxies. See metrics.h. All lines of `show stat` are made first:
 * the format wants all samples of one metric together.
 */
#include "admin/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin/stat_row.h"

#define F METRICS_FRONTEND
#define B METRICS_BACKEND
#define S METRICS_SERVER

enum type { GAUGE, GAUGE_MS /* its column has milliseconds */, COUNTER };

struct metric {
	unsigned scopes;
	enum stat_column column;
	const char *name;
	enum type type;
	const char *doc;
};

static const struct metric metrics[] = {
#define METRIC(scopes, column, name, type, doc) {scopes, STAT_##column, name, type, doc},
#include "admin/metrics.def"
#undef METRIC
};

enum { N_METRICS = sizeof(metrics) / sizeof(metrics[0]) };

struct rows {
	struct stat_row *list;
	size_t n, cap;
};

static const char *const scope_names[] = {"process", "frontend", "backend", "server", "vip"};

void metrics_put_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

static void head(FILE *out, const char *scope, const char *name, enum type type, const char *doc)
{
	fprintf(out, "# HELP haproxy_%s_%s %s\n# TYPE haproxy_%s_%s %s\n", scope, name, doc, scope,
		name, type == COUNTER ? "counter" : "gauge");
}

static unsigned scope_of(const struct stat_row *row)
{
	static const unsigned of[] = {
		[STAT_TYPE_FRONTEND] = F, [STAT_TYPE_BACKEND] = B, [STAT_TYPE_SERVER] = S};

	return of[row->type];
}

static void labels(FILE *out, const char *scope, const char *name, const struct stat_row *row)
{
	fprintf(out, "haproxy_%s_%s{", scope, name);
	metrics_put_label(out, "proxy", row->cell[STAT_PXNAME]);
	if (row->type == STAT_TYPE_SERVER) {
		fputc(',', out);
		metrics_put_label(out, "server", row->cell[STAT_SVNAME]);
	}
}

static void put_metric(FILE *out, const struct rows *rows, unsigned scope, const char *scope_name,
		       const struct metric *m)
{
	bool first = true;

	for (size_t i = 0; i < rows->n; i++) {
		const struct stat_row *row = &rows->list[i];

		if (scope_of(row) != scope || !row->cell[m->column])
			continue;
		if (first)
			head(out, scope_name, m->name, m->type, m->doc);
		first = false;
		labels(out, scope_name, m->name, row);
		if (m->type == GAUGE_MS)
			fprintf(out, "} %.3f\n", strtod(row->cell[m->column], NULL) / 1000);
		else
			fprintf(out, "} %s\n", row->cell[m->column]);
	}
}

static void put_responses(FILE *out, const struct rows *rows, unsigned scope,
			  const char *scope_name)
{
	static const char *const codes[] = {"1xx", "2xx", "3xx", "4xx", "5xx", "other"};
	static const char name[] = "http_responses_total";

	head(out, scope_name, name, COUNTER, "HTTP responses by the first digit of their code");
	for (size_t i = 0; i < rows->n; i++) {
		const struct stat_row *row = &rows->list[i];

		for (unsigned c = 0; scope_of(row) == scope && c < 6; c++) {
			if (!row->cell[STAT_HRSP_1XX + c])
				continue;
			labels(out, scope_name, name, row);
			fprintf(out, ",code=\"%s\"} %s\n", codes[c], row->cell[STAT_HRSP_1XX + c]);
		}
	}
}

/* One sample of 0 or 1 for each state that there is. */
static void put_status(FILE *out, const struct rows *rows, unsigned scope, const char *scope_name)
{
	static const char *const states[] = {"DOWN", "UP", "MAINT", "DRAIN", "NOLB"};
	unsigned n = scope == S ? 5 : 2;

	head(out, scope_name, "status", GAUGE, "1 for the state that it is in");
	for (size_t i = 0; i < rows->n; i++) {
		const struct stat_row *row = &rows->list[i];
		const char *is = row->cell[STAT_STATUS];

		if (scope_of(row) != scope)
			continue;
		if (!is || strcmp(is, "OPEN") == 0 || strcmp(is, "no check") == 0)
			is = "UP";
		for (unsigned s = 0; s < n; s++) {
			labels(out, scope_name, "status", row);
			fprintf(out, ",state=\"%s\"} %d\n", states[s],
				strncmp(is, states[s], strlen(states[s])) == 0);
		}
	}
}

static void put_scope(FILE *out, const struct rows *rows, unsigned scope, const char *name)
{
	put_status(out, rows, scope, name);
	for (size_t i = 0; i < N_METRICS; i++)
		if (metrics[i].scopes & scope)
			put_metric(out, rows, scope, name, &metrics[i]);
	put_responses(out, rows, scope, name);
}

static void put_value(FILE *out, const char *name, enum type type, const char *doc, uint64_t value)
{
	head(out, "process", name, type, doc);
	fprintf(out, "haproxy_process_%s %llu\n", name, (unsigned long long)value);
}

static void put_process(FILE *out, const struct balancer *b)
{
	uint64_t requests = 0, bytes_out = 0;

	for (unsigned i = 0; i < b->n_proxies; i++) {
		struct proxy_counters c = proxy_counters_sum(&b->proxies[i], 0);

		requests += c.requests;
		bytes_out += c.bytes_out;
	}
	put_value(out, "nbthread", GAUGE, "Threads of the balancer", b->n_threads);
	put_value(out, "start_time_seconds", GAUGE, "When the balancer started",
		  (uint64_t)b->started_wall_us / 1000000);
	put_value(out, "uptime_seconds", GAUGE, "Since the balancer started",
		  (uint64_t)(time(NULL) - b->started_wall_us / 1000000));
	put_value(out, "max_connections", GAUGE, "Most connections allowed", b->maxconn);
	put_value(out, "current_connections", GAUGE, "Connections now",
		  atomic_load(&b->totals.connections));
	put_value(out, "connections_total", COUNTER, "Connections",
		  atomic_load(&b->totals.total_connections));
	put_value(out, "requests_total", COUNTER, "HTTP requests", requests);
	put_value(out, "bytes_out_total", COUNTER, "Bytes of responses", bytes_out);
	put_value(out, "stopping", GAUGE, "1 while it finishes its connections",
		  atomic_load(&b->totals.draining) ? 1 : 0);
}

/* How many lines there will be. */
static size_t count_rows(const struct balancer *b)
{
	size_t n = 0;

	for (unsigned i = 0; i < b->n_proxies; i++)
		n += 2 + (b->proxies[i].backend ? b->proxies[i].backend->n_servers : 0);
	return n;
}

/* The cells of a row point into the row. */
static void keep_row(void *ctx, const struct proxy *p, const struct stat_row *row)
{
	struct rows *rows = ctx;
	struct stat_row *copy;

	(void)p;
	if (rows->n == rows->cap)
		return;
	copy = &rows->list[rows->n++];
	*copy = *row;
	for (unsigned i = 0; i < STAT_COLUMNS; i++)
		if (row->cell[i] >= row->text && row->cell[i] < row->text + sizeof(row->text))
			copy->cell[i] = copy->text + (row->cell[i] - row->text);
}

static int64_t mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

bool metrics_print(FILE *out, const struct balancer *b, unsigned scopes)
{
	struct rows rows = {.list = NULL};

	if (scopes & METRICS_PROCESS)
		put_process(out, b);
	if (scopes & (F | B | S)) {
		rows.cap = count_rows(b);
		rows.list = calloc(rows.cap + 1, sizeof(*rows.list));
		if (!rows.list)
			return false;
		stat_rows_each(b, keep_row, &rows);
	}
	for (unsigned i = 1; i <= 3; i++)
		if (scopes & (1u << i))
			put_scope(out, &rows, 1u << i, scope_names[i]);
	free(rows.list);
	if (scopes & METRICS_VIP)
		metrics_print_vips(out, b->setup->page, mono_us());
	return true;
}

unsigned metrics_scope_find(struct slice name)
{
	if (slice_eq(name, SLICE("*")))
		return METRICS_ALL;
	if (slice_eq(name, SLICE("global"))) /* as HAProxy's exporter has it */
		return METRICS_PROCESS;
	for (unsigned i = 0; i < sizeof(scope_names) / sizeof(scope_names[0]); i++)
		if (slice_eq(name, slice_of(scope_names[i])))
			return 1u << i;
	return 0;
}

unsigned metrics_scopes_of(struct slice target)
{
	unsigned scopes = 0;

	slice_cut(&target, '?');
	while (target.len > 0) {
		struct slice part = slice_cut(&target, '&');

		if (slice_starts(part, SLICE("scope=")))
			scopes |= metrics_scope_find((struct slice){part.ptr + 6, part.len - 6});
	}
	return scopes ? scopes : METRICS_ALL;
}
