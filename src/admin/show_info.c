/*
 * `show info`, `show version`, `show backend`: facts about the process. Lines are named as HAProxy
 * names them, for the exporters and scripts that read them; a line that would have no meaning here
 * is left out. Rows of a table: name and the function that prints its value.
 */
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "admin/command.h"
#include "admin/metrics.h"
#include "balancer/balancer.h"

struct info_row {
	const char *name;
	void (*print)(FILE *out, const struct balancer *b);
};

static int64_t uptime_s(const struct balancer *b)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec - b->started_wall_us / 1000000;
}

static void print_name(FILE *out, const struct balancer *b)
{
	(void)b;
	fputs("relais", out);
}

static void print_version(FILE *out, const struct balancer *b)
{
	(void)b;
	fputs("0.1.0", out);
}

static void print_nbthread(FILE *out, const struct balancer *b)
{
	fprintf(out, "%u", b->n_threads);
}

static void print_pid(FILE *out, const struct balancer *b)
{
	(void)b;
	fprintf(out, "%d", (int)getpid());
}

static void print_uptime(FILE *out, const struct balancer *b)
{
	int64_t s = uptime_s(b);

	fprintf(out, "%lldd %lldh%02lldm%02llds", (long long)(s / 86400),
		(long long)(s / 3600 % 24), (long long)(s / 60 % 60), (long long)(s % 60));
}

static void print_uptime_s(FILE *out, const struct balancer *b)
{
	fprintf(out, "%lld", (long long)uptime_s(b));
}

static void print_fd_limit(FILE *out, const struct balancer *b)
{
	struct rlimit limit = {0, 0};

	(void)b;
	getrlimit(RLIMIT_NOFILE, &limit);
	fprintf(out, "%llu", (unsigned long long)limit.rlim_cur);
}

static void print_maxconn(FILE *out, const struct balancer *b)
{
	fprintf(out, "%u", b->maxconn);
}

static void print_connections(FILE *out, const struct balancer *b)
{
	fprintf(out, "%u", atomic_load(&b->totals.connections));
}

static void print_total_connections(FILE *out, const struct balancer *b)
{
	fprintf(out, "%llu", (unsigned long long)atomic_load(&b->totals.total_connections));
}

static void print_requests(FILE *out, const struct balancer *b)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < b->n_proxies; i++)
		n += proxy_counters_sum(&b->proxies[i], 0).requests;
	fprintf(out, "%llu", (unsigned long long)n);
}

static void print_bytes_out(FILE *out, const struct balancer *b)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < b->n_proxies; i++)
		n += proxy_counters_sum(&b->proxies[i], 0).bytes_out;
	fprintf(out, "%llu", (unsigned long long)n);
}

static void print_node(FILE *out, const struct balancer *b)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	fputs(b->conf->global.node ? b->conf->global.node : host, out);
}

static void print_stopping(FILE *out, const struct balancer *b)
{
	fprintf(out, "%d", atomic_load(&b->totals.draining) ? 1 : 0);
}

static void print_listeners(FILE *out, const struct balancer *b)
{
	unsigned n = 0;

	for (const struct proxy_conf *p = b->conf->proxies; p; p = p->next)
		for (const struct listener_conf *l = p->listeners; l; l = l->next)
			n++;
	for (const struct listener_conf *l = b->conf->global.stats_sockets; l; l = l->next)
		n++;
	fprintf(out, "%u", n);
}

static void print_start(FILE *out, const struct balancer *b)
{
	fprintf(out, "%lld", (long long)(b->started_wall_us / 1000000));
}

static const struct info_row info_rows[] = {
	{"Name", print_name},
	{"Version", print_version},
	{"Nbthread", print_nbthread},
	{"Pid", print_pid},
	{"Uptime", print_uptime},
	{"Uptime_sec", print_uptime_s},
	{"Ulimit-n", print_fd_limit},
	{"Maxconn", print_maxconn},
	{"CurrConns", print_connections},
	{"CumConns", print_total_connections},
	{"CumReq", print_requests},
	{"node", print_node},
	{"Stopping", print_stopping},
	{"Listeners", print_listeners},
	{"TotalBytesOut", print_bytes_out},
	{"Start_time_sec", print_start},
};

static void show_info(struct admin_reply *reply, int argc, char **argv)
{
	(void)argc, (void)argv;
	for (size_t i = 0; i < sizeof(info_rows) / sizeof(info_rows[0]); i++) {
		fprintf(reply->out, "%s: ", info_rows[i].name);
		info_rows[i].print(reply->out, balancer_running());
		fputc('\n', reply->out);
	}
}

static void show_version(struct admin_reply *reply, int argc, char **argv)
{
	(void)argc, (void)argv;
	print_version(reply->out, balancer_running());
	fputc('\n', reply->out);
}

static void show_backend(struct admin_reply *reply, int argc, char **argv)
{
	const struct balancer *b = balancer_running();

	(void)argc, (void)argv;
	fputs("# name\n", reply->out);
	for (unsigned i = 0; i < b->n_proxies; i++)
		if (b->proxies[i].backend)
			fprintf(reply->out, "%s\n", b->proxies[i].conf->name);
}

static void show_env(struct admin_reply *reply, int argc, char **argv)
{
	extern char **environ;

	for (char **e = environ; *e; e++) {
		size_t len = argc > 0 ? strlen(argv[0]) : 0;

		if (argc == 0 || (strncmp(*e, argv[0], len) == 0 && (*e)[len] == '='))
			fprintf(reply->out, "%s\n", *e);
	}
}

static void show_metrics(struct admin_reply *reply, int argc, char **argv)
{
	unsigned scopes = metrics_scope_find(slice_of(argc > 0 ? argv[0] : "*"));

	if (!scopes)
		fprintf(reply->out, "There are no metrics of '%s'.\n", argv[0]);
	else if (!metrics_print(reply->out, balancer_running(), scopes))
		fputs("no memory\n", reply->out);
}

const struct admin_command admin_show_commands[] = {
	{"show info", ADMIN_USER, "", "facts about this process", show_info},
	{"show version", ADMIN_USER, "", "version of this process", show_version},
	{"show backend", ADMIN_USER, "", "names of the backends", show_backend},
	{"show metrics", ADMIN_USER, "[global|frontend|backend|server|vip]",
	 "both halves' metrics, as Prometheus reads them", show_metrics},
	{"show env", ADMIN_OPERATOR, "[<name>]", "environment of this process", show_env},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
