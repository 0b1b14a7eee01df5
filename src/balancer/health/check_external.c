/*
 * A check by a program: `option external-check`. The runner runs it, as the user that the balancer
 * has become; its exit status is the result. Called by check_run.c on the checks' thread.
 *
 * Differences to HAProxy: the program runs in / and outside of a chroot, and the last line that it
 * wrote is the check's info when it fails.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balancer/health/check.h"
#include "balancer/health/follow.h"

enum { ENV_MAX = 16, ENV_LEN = 2048, AGAIN_US = 100000 };

struct words { /* of one run: texts in buf */
	char buf[ENV_LEN];
	size_t len;
	const char *env[ENV_MAX + 1];
	unsigned n_env;
};

static void add_env(struct words *w, const char *name, const char *value)
{
	int n = snprintf(w->buf + w->len, sizeof(w->buf) - w->len, "%s=%s", name, value);

	if (n < 0 || (size_t)n >= sizeof(w->buf) - w->len || w->n_env == ENV_MAX)
		return;
	w->env[w->n_env++] = w->buf + w->len;
	w->len += (size_t)n + 1;
}

static void add_env_num(struct words *w, const char *name, unsigned value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	add_env(w, name, text);
}

struct place { /* an address as the program sees it: arguments say NOT_USED where env is empty */
	char host[ADDR_TEXT_MAX], port[8];
};

static void write_place(struct place *p, const struct addr *a)
{
	p->host[0] = p->port[0] = '\0';
	if (!a->len)
		return;
	if (a->sa.sa_family == AF_UNIX) {
		snprintf(p->host, sizeof(p->host), "%s", a->un.sun_path);
		return;
	}
	addr_host_text(a, p->host);
	snprintf(p->port, sizeof(p->port), "%u", addr_port(a));
}

static const char *or_unused(const char *text)
{
	return text[0] ? text : "NOT_USED";
}

/* An inherited socket knows its address, as long as it is open. */
static void find_listener(struct addr *out, const struct proxy_conf *p)
{
	const struct listener_conf *l = p->listeners;

	out->len = 0;
	if (l && l->addr.len) {
		*out = l->addr;
	} else if (l) {
		out->len = sizeof(out->un);
		if (getsockname(l->fd, &out->sa, &out->len) < 0)
			out->len = 0;
	}
}

void check_external_init(struct check *c, const struct global_conf *conf,
			 struct runner_link *runner)
{
	c->runner = runner;
	c->weight = -1;
	c->preserve_env = conf->external_check_env;
	if (c->kind->kind == CHECK_EXTERNAL)
		find_listener(&c->proxy_addr, c->conf->proxy);
}

static void describe(const struct check *c, struct words *w, const struct place *proxy,
		     const struct place *server)
{
	const struct proxy_conf *p = c->conf->proxy;
	const struct server_conf *s = c->conf;

	add_env(w, "PATH", c->kind->path ? c->kind->path : "");
	add_env(w, "HAPROXY_PROXY_ADDR", proxy->host);
	add_env_num(w, "HAPROXY_PROXY_ID", p->id);
	add_env(w, "HAPROXY_PROXY_NAME", p->name);
	add_env(w, "HAPROXY_PROXY_PORT", proxy->port);
	add_env(w, "HAPROXY_SERVER_ADDR", server->host);
	add_env_num(w, "HAPROXY_SERVER_CURCONN", atomic_load(&c->server->current));
	add_env_num(w, "HAPROXY_SERVER_ID", s->id);
	add_env_num(w, "HAPROXY_SERVER_MAXCONN", s->maxconn > 0 ? (unsigned)s->maxconn : 0);
	add_env(w, "HAPROXY_SERVER_NAME", s->name);
	add_env(w, "HAPROXY_SERVER_PORT", server->port);
	add_env(w, "HAPROXY_SERVER_PROTO", p->mode == PROXY_MODE_HTTP ? "h1" : "tcp");
	add_env(w, "HAPROXY_SERVER_SSL", s->ssl ? "1" : "0");
}

static void finish(struct check *c, enum check_result result, int code, struct slice detail)
{
	struct check_outcome o = {.result = result, .code = code};

	snprintf(o.detail, sizeof(o.detail), "%.*s", (int)detail.len, detail.ptr);
	loop_timer_clear(c->loop, &c->timer);
	c->phase = CHECK_IDLE;
	check_finished(c, &o);
}

static struct slice last_line(struct slice output)
{
	struct slice line = {output.ptr, 0};

	output = slice_trim(output);
	while (output.len > 0)
		line = slice_cut(&output, '\n');
	return slice_trim(line);
}

/* An exit status from 2 on is good, and two more than the weight. */
static bool is_weight(const struct check *c, int status)
{
	return c->kind->script_is_weight && WIFEXITED(status) && WEXITSTATUS(status) >= 2;
}

static void take_weight(struct check *c, int status)
{
	if (c->weight == WEXITSTATUS(status) - 2)
		return;
	c->weight = WEXITSTATUS(status) - 2;
	server_weight_set(c->server, (unsigned)c->weight);
	follow_weigh(c);
}

static void program_ended(struct runner_call *call, const struct message_run_exit *exit,
			  struct slice output)
{
	struct check *c = container_of(call, struct check, call);

	if (exit->status < 0 && (exit->err == ECONNRESET || exit->err == EAGAIN)) {
		/* our own lack, it says nothing about the server */
		c->phase = CHECK_IDLE;
		loop_timer_set(c->loop, &c->timer, loop_now_us(c->loop) + AGAIN_US);
	} else if (exit->status < 0) {
		finish(c, CHECK_PROCERR, 255, slice_of(strerror(exit->err)));
	} else if (exit->timed_out) {
		finish(c, CHECK_PROCTOUT, 0, SLICE(""));
	} else if (is_weight(c, exit->status)) {
		take_weight(c, exit->status);
		finish(c, CHECK_PROCOK, WEXITSTATUS(exit->status), SLICE(""));
	} else if (exit->status == 0) {
		finish(c, CHECK_PROCOK, 0, SLICE(""));
	} else if (WIFEXITED(exit->status)) {
		finish(c, CHECK_PROCERR, WEXITSTATUS(exit->status), last_line(output));
	} else {
		finish(c, CHECK_PROCERR, -1, slice_of(strsignal(WTERMSIG(exit->status))));
	}
}

static int64_t time_limit_us(const struct check *c)
{
	return c->kind->script_timeout_ms ? (int64_t)c->kind->script_timeout_ms * 1000
					  : c->intervals.inter;
}

/* The operator's command as it is. */
static int run_script(struct check *c)
{
	const struct command_conf *script = &c->kind->script;
	const struct runner_ask ask = {.argv = script->argv,
				       .uid = script->uid,
				       .gid = script->gid,
				       .timeout_ms = (uint32_t)(time_limit_us(c) / 1000)};

	return runner_link_run(c->runner, &ask, &c->call);
}

/* HAProxy's way: four arguments, and what else there is to know in the environment. */
static int run_command(struct check *c)
{
	struct place proxy, server;
	struct words w = {.len = 0};
	const char *argv[6] = {c->kind->command};
	struct runner_ask ask = {.argv = argv,
				 .env = w.env,
				 .uid = geteuid(),
				 .gid = getegid(),
				 .timeout_ms = (uint32_t)(time_limit_us(c) / 1000),
				 .clean_env = !c->preserve_env};

	write_place(&proxy, &c->proxy_addr);
	write_place(&server, &c->conf->addr);
	argv[1] = or_unused(proxy.host);
	argv[2] = or_unused(proxy.port);
	argv[3] = or_unused(server.host);
	argv[4] = or_unused(server.port);
	describe(c, &w, &proxy, &server);
	return runner_link_run(c->runner, &ask, &c->call);
}

void check_external_begin(struct check *c)
{
	int err = -ENOTCONN;

	c->phase = CHECK_RUNNING;
	c->call.on_exit = program_ended;
	if (c->runner)
		err = c->kind->script.argv ? run_script(c) : run_command(c);
	if (err)
		finish(c, CHECK_SOCKERR, -1, slice_of(strerror(-err)));
	else
		loop_timer_set(c->loop, &c->timer, c->started_us + time_limit_us(c));
}

void check_external_expired(struct check *c)
{
	runner_link_cancel(c->runner, &c->call);
	finish(c, CHECK_PROCTOUT, 0, SLICE(""));
}
