/*
 * Commands on servers: `show servers state`, `set server`, `enable|disable server`, `get weight`,
 * `set weight`. Answers are worded so that scripts written for HAProxy find what they look for.
 * Runs on a balancer thread; changes go through the doors of server/.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin/command.h"
#include "admin/stat_row.h"
#include "balancer/health/health.h"

static int64_t mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static struct proxy *find_backend(const char *name, size_t len)
{
	struct balancer *b = balancer_running();

	for (unsigned i = 0; i < b->n_proxies; i++)
		if (b->proxies[i].backend && strlen(b->proxies[i].conf->name) == len &&
		    memcmp(b->proxies[i].conf->name, name, len) == 0)
			return &b->proxies[i];
	return NULL;
}

/* "backend/server"; says what is missing when there is none. */
static struct server *find_server(struct admin_reply *reply, int argc, char **argv)
{
	const char *slash = argc > 0 ? strchr(argv[0], '/') : NULL;
	struct proxy *p;
	struct server *s;

	if (!slash) {
		fputs("Require 'backend/server'.\n", reply->out);
		return NULL;
	}
	p = find_backend(argv[0], (size_t)(slash - argv[0]));
	if (!p) {
		fputs("No such backend.\n", reply->out);
		return NULL;
	}
	s = backend_find_server(p->backend, slice_of(slash + 1));
	if (!s)
		fputs("No such server.\n", reply->out);
	return s;
}

static void print_state(FILE *out, const struct proxy *p, const struct server *s)
{
	char host[ADDR_TEXT_MAX], detail[128];
	struct check_view view = {.health = 0};
	bool checked = health_view(s, &view, detail);
	unsigned admin = atomic_load(&s->admin);

	fprintf(out, "%u %s %u %s %s %d %u %u %d %lld %d %d %d %d 0 0 0 - %u - 0 %d - - 0\n",
		p->conf->id, p->conf->name, s->conf->id, s->conf->name,
		addr_host_text(&s->conf->addr, host), atomic_load(&s->state),
		(admin & SERVER_ADMIN_MAINT ? 1U : 0) | (admin & SERVER_ADMIN_MAINT_CONF ? 4U : 0) |
			(admin & SERVER_ADMIN_DRAIN ? 8U : 0),
		atomic_load(&s->weight), s->conf->weight,
		(long long)((mono_us() - atomic_load(&s->changed_us)) / 1000000),
		checked && view.status ? 6 : 1, checked ? (view.result_ok ? 3 : 2) : 0,
		checked ? view.health : 1, checked ? 6 : 0, addr_port(&s->conf->addr),
		s->conf->check_port);
}

static void show_servers_state(struct admin_reply *reply, int argc, char **argv)
{
	struct balancer *b = balancer_running();

	if (argc > 0 && !find_backend(argv[0], strlen(argv[0]))) {
		fputs("Can't find backend.\n", reply->out);
		return;
	}
	fputs("1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state "
	      "srv_uweight srv_iweight srv_time_since_last_change srv_check_status "
	      "srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id "
	      "srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port "
	      "srv_check_addr srv_agent_addr srv_agent_port\n",
	      reply->out);
	for (unsigned i = 0; i < b->n_proxies; i++) {
		struct proxy *p = &b->proxies[i];

		if (!p->backend || (argc > 0 && strcmp(argv[0], p->conf->name) != 0))
			continue;
		for (unsigned j = 0; j < p->backend->n_servers; j++)
			print_state(reply->out, p, &p->backend->servers[j]);
	}
}

static void set_state(struct admin_reply *reply, struct server *s, const char *to)
{
	if (to && strcmp(to, "ready") == 0)
		server_admin_set(s, 0,
				 SERVER_ADMIN_MAINT | SERVER_ADMIN_DRAIN | SERVER_ADMIN_MAINT_CONF,
				 mono_us());
	else if (to && strcmp(to, "drain") == 0)
		server_admin_set(s, SERVER_ADMIN_DRAIN,
				 SERVER_ADMIN_MAINT | SERVER_ADMIN_MAINT_CONF, mono_us());
	else if (to && strcmp(to, "maint") == 0)
		server_admin_set(s, SERVER_ADMIN_MAINT, 0, mono_us());
	else
		fputs("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n",
		      reply->out);
}

/* "N" or "N%" of the configured weight. */
static void set_weight_to(struct admin_reply *reply, struct server *s, const char *text)
{
	char *end = NULL;
	long n = text ? strtol(text, &end, 10) : -1;

	if (!text || end == text || n < 0 || (*end && strcmp(end, "%") != 0)) {
		fputs("Require <weight> or <weight%>.\n", reply->out);
		return;
	}
	if (*end == '%')
		n = n * s->conf->weight / 100;
	if (n > BALANCE_WEIGHT_MAX) {
		fputs("Absolute weight can only be between 0 and 256 inclusive.\n", reply->out);
		return;
	}
	server_weight_set(s, (unsigned)n);
}

static void set_server(struct admin_reply *reply, int argc, char **argv)
{
	struct server *s = find_server(reply, argc, argv);

	if (!s)
		return;
	if (argc >= 2 && strcmp(argv[1], "state") == 0)
		set_state(reply, s, argc >= 3 ? argv[2] : NULL);
	else if (argc >= 2 && strcmp(argv[1], "weight") == 0)
		set_weight_to(reply, s, argc >= 3 ? argv[2] : NULL);
	else
		fputs("usage: set server <backend>/<server> state [ready|drain|maint] | weight "
		      "<weight>[%]\n",
		      reply->out);
}

static void disable_server(struct admin_reply *reply, int argc, char **argv)
{
	struct server *s = find_server(reply, argc, argv);

	if (s)
		set_state(reply, s, "maint");
}

static void enable_server(struct admin_reply *reply, int argc, char **argv)
{
	struct server *s = find_server(reply, argc, argv);

	if (s)
		server_admin_set(s, 0, SERVER_ADMIN_MAINT | SERVER_ADMIN_MAINT_CONF, mono_us());
}

static void shutdown_sessions(struct admin_reply *reply, int argc, char **argv)
{
	struct server *s = find_server(reply, argc, argv);

	if (s)
		server_sessions_kill(s);
}

static void get_weight(struct admin_reply *reply, int argc, char **argv)
{
	struct server *s = find_server(reply, argc, argv);

	if (s)
		fprintf(reply->out, "%u (initial %d)\n", atomic_load(&s->weight), s->conf->weight);
}

static void set_weight(struct admin_reply *reply, int argc, char **argv)
{
	struct server *s = find_server(reply, argc, argv);

	if (s)
		set_weight_to(reply, s, argc >= 2 ? argv[1] : NULL);
}

const struct admin_command admin_server_commands[] = {
	{"show servers state", ADMIN_USER, "[<backend>]", "servers with their state, one a line",
	 show_servers_state},
	{"set server", ADMIN_ADMIN, "<backend>/<server> state|weight <value>",
	 "change a server's state (ready, drain, maint) or weight", set_server},
	{"disable server", ADMIN_ADMIN, "<backend>/<server>", "put a server into maintenance",
	 disable_server},
	{"enable server", ADMIN_ADMIN, "<backend>/<server>", "take a server out of maintenance",
	 enable_server},
	{"shutdown sessions server", ADMIN_ADMIN, "<backend>/<server>",
	 "end all sessions on a server", shutdown_sessions},
	{"get weight", ADMIN_USER, "<backend>/<server>", "a server's present and initial weight",
	 get_weight},
	{"set weight", ADMIN_ADMIN, "<backend>/<server> <weight>[%]", "change a server's weight",
	 set_weight},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
