/*
 * What `relais -c` answers. See check.h. Called by main.c; reads, prints, and is done.
 *
 * Under the name keepalived the exit status is what Debian's keepalived 2.2.7 was measured to give
 * with -t: 5 for any complaint, 6 (which outdoes 5) when there are instances and scripts and no
 * enable_script_security; an interface that is not there ends it at once with 5. Warnings that
 * Keepalived does not know (conf_advise) are printed and do not count.
 */
#include "main/check/check.h"

#include <string.h>

#include "failover/lint/lint.h"
#include "failover/lint/overhear.h"
#include "main/config.h"
#include "main/check/diff.h"
#include "main/check/running.h"

enum { KEEPALIVED_COMPLAINTS = 5, KEEPALIVED_SCRIPTS_UNSECURED = 6 };

static int keepalived_status(const struct config *c)
{
	if (c->interface_absent)
		return KEEPALIVED_COMPLAINTS;
	if (c->failover && c->failover->scripts_unsecured)
		return KEEPALIVED_SCRIPTS_UNSECURED;
	return c->diags.n_errors || c->diags.n_warnings > c->diags.n_advices ? KEEPALIVED_COMPLAINTS
									     : 0;
}

static const char *first_error(const struct config *c)
{
	for (const struct conf_diag *d = c->diags.first; d; d = d->next)
		if (d->severity == CONF_ERROR)
			return d->text;
	return "";
}

/* The other node's file, in either grammar, is read by itself; what is wrong within it is its own
 * node's to hear. */
static void compare_peer(struct config *c, const struct args *args)
{
	const struct lint lint = {.conf = c->failover, .diags = &c->diags};
	const struct args theirs = {.dialect = args->dialect,
				    .verb = ARGS_CHECK,
				    .files = {args->peer_file},
				    .n_files = 1,
				    .up_fd = -1};
	const struct conf_place place = {.file = args->peer_file};
	struct config *other = config_load(&theirs);

	if (other->diags.n_errors) {
		conf_error(&c->diags, place, "%u errors in the other node's file: %s",
			   other->diags.n_errors, first_error(other));
	} else if (!other->failover) {
		conf_error(&c->diags, place, "the other node's file has no virtual router");
	} else {
		lint_pair(&lint, other->failover, args->peer_file);
	}
	config_free(&other);
}

static void look_at_peer(struct config *c, const struct args *args)
{
	const struct lint lint = {.conf = c->failover, .diags = &c->diags};

	if (args->peer_file)
		compare_peer(c, args);
	else if (args->dialect == ARGS_RELAIS)
		lint_weight_notes(&lint);
}

static void print_verdict(const struct config *c, bool quiet)
{
	unsigned n = c->diags.n_errors;

	if (n)
		fprintf(stderr, "%u error%s found in the configuration\n", n, n == 1 ? "" : "s");
	else if (!quiet)
		puts("Configuration file is valid");
}

/* What runs is read first: reading ours afterwards makes it the process's own again. */
static struct config *load_running(struct args *args, struct running *running)
{
	struct config *config;

	if (!running_find(running, args->diff_with, stderr))
		return NULL;
	config = running_config(running, stderr);
	if (config && !running_lend_files(running, args)) {
		fputs("relais: --diff: its directory cannot be entered: name the files\n", stderr);
		config_free(&config);
	}
	return config;
}

static int print_diff(const struct config *from, const struct config *to)
{
	int move = diff_failover(from->failover, to->failover, stdout);

	diff_balancer(from, to, stdout);
	return move;
}

static void listen_around(struct config *c, double seconds)
{
	struct lint_host host;
	const struct lint lint = {.conf = c->failover, .host = &host, .diags = &c->diags};
	int err;

	lint_host_read(&host, &c->arena);
	err = overhear_run(&lint, &c->arena, (int64_t)(seconds * 1e6));
	if (err)
		conf_error(&c->diags, (struct conf_place){.file = "--listen"},
			   "no packet socket: %s", strerror(-err));
}

static int check_one(const struct args *args, const struct config *before)
{
	struct config *config = config_load(args);
	int status;

	if (config->failover && config->diags.n_errors == 0)
		look_at_peer(config, args);
	if (args->listen_s > 0 && config->failover && config->diags.n_errors == 0)
		listen_around(config, args->listen_s);
	if (args->zero_warning && config->diags.n_warnings && !config->diags.n_errors)
		conf_error(&config->diags, (struct conf_place){.file = "-dW"},
			   "%u warnings, and none is let pass", config->diags.n_warnings);
	conf_diags_print(&config->diags, stderr, !args->quiet);
	if (args->dialect == ARGS_KEEPALIVED) {
		status = keepalived_status(config);
	} else {
		print_verdict(config, args->quiet || args->show_virtual);
		status = config->diags.n_errors ? 1 : 0;
	}
	if (args->show_virtual && config->virtual_text)
		fwrite(config->virtual_text->text.ptr, 1, config->virtual_text->text.len, stdout);
	if (before && status == 0)
		status = print_diff(before, config);
	config_free(&config);
	return status;
}

int check_run(const struct args *args)
{
	struct running running = {.pid = 0};
	struct args here = *args;
	struct config *before = NULL;
	int status = 1;

	if (args->diff)
		before = load_running(&here, &running);
	if (before || !args->diff)
		status = check_one(&here, before);
	config_free(&before);
	running_free(&running);
	return status;
}
