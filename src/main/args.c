/*
 * Reading the command line. See args.h. One table per dialect; an option that has no effect here
 * is accepted and says so in its row. Called once by main.c.
 */
#include "main/args.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/log/log.h"

enum option_value {
	VALUE_NONE,
	VALUE_ONE,	/* the next word */
	VALUE_ATTACHED, /* what follows the name within the word, may be empty: -dM, -Vfoo */
	VALUE_OPTIONAL, /* the next word unless it starts with '-' */
	VALUE_PIDS,	/* all words up to the next option */
};

struct option_row {
	const char *name, *long_name;
	enum option_value value;
	bool (*apply)(struct args *args, const char *value);
	const char *arg, *doc;
};

static bool add_file(struct args *args, const char *value)
{
	if (args->n_files == ARGS_FILES_MAX)
		return false;
	args->files[args->n_files++] = value;
	return true;
}

static bool add_keepalived_file(struct args *args, const char *value)
{
	if (args->n_keepalived_files == ARGS_FILES_MAX)
		return false;
	args->keepalived_files[args->n_keepalived_files++] = value;
	return true;
}

static bool set_check(struct args *args, const char *value)
{
	(void)value;
	args->verb = ARGS_CHECK;
	return true;
}

static bool set_check_file(struct args *args, const char *value)
{
	args->verb = ARGS_CHECK;
	return !value || add_keepalived_file(args, value);
}

/* What is attached to -t is where the diagnostics go. */
static bool set_check_log(struct args *args, const char *value)
{
	args->verb = ARGS_CHECK;
	args->check_log = value;
	return *value != '\0';
}

static bool set_peer(struct args *args, const char *value)
{
	args->peer_file = value;
	args->verb = ARGS_CHECK;
	return true;
}

static bool set_listen(struct args *args, const char *value)
{
	char *end;

	args->listen_s = strtod(value, &end);
	args->verb = ARGS_CHECK;
	return !*end && args->listen_s > 0 && args->listen_s <= 3600;
}

static bool set_diff(struct args *args, const char *value)
{
	args->diff = true;
	args->diff_with = value;
	args->verb = ARGS_CHECK;
	return true;
}

static bool set_zero_warning(struct args *args, const char *value)
{
	(void)value;
	args->zero_warning = true;
	return true;
}

static bool set_only_vrrp(struct args *args, const char *value)
{
	(void)value;
	args->only_vrrp = true;
	return true;
}

static bool set_show_virtual(struct args *args, const char *value)
{
	(void)value;
	args->verb = ARGS_CHECK;
	args->show_virtual = true;
	return true;
}

static bool set_version(struct args *args, const char *value)
{
	(void)value;
	args->verb = ARGS_VERSION;
	return true;
}

static bool set_build_info(struct args *args, const char *value)
{
	(void)value;
	args->verb = ARGS_BUILD_INFO;
	return true;
}

static bool set_help(struct args *args, const char *value)
{
	(void)value;
	args->verb = ARGS_HELP;
	return true;
}

static bool set_keywords(struct args *args, const char *value)
{
	(void)value;
	args->verb = ARGS_KEYWORDS;
	return true;
}

static bool set_daemon(struct args *args, const char *value)
{
	(void)value;
	args->daemon = true;
	return true;
}

static bool set_debug(struct args *args, const char *value)
{
	(void)value;
	args->debug = true;
	args->daemon = false;
	return true;
}

static bool set_quiet(struct args *args, const char *value)
{
	(void)value;
	args->quiet = true;
	return true;
}

static bool set_verbose(struct args *args, const char *value)
{
	(void)value;
	args->verbose = true;
	return true;
}

static bool set_syslog(struct args *args, const char *value)
{
	(void)value;
	args->log_facility = LOG_FACILITY_DAEMON;
	return true;
}

static bool set_log_facility(struct args *args, const char *value)
{
	if (value[0] < '0' || value[0] > '7' || value[1])
		return false;
	args->log_facility = LOG_FACILITY_LOCAL0 + (value[0] - '0');
	return true;
}

static bool set_no_syslog(struct args *args, const char *value)
{
	(void)value;
	args->no_syslog = true;
	return true;
}

static bool set_pidfile(struct args *args, const char *value)
{
	args->pidfile = value;
	return true;
}

static bool set_name(struct args *args, const char *value)
{
	args->name = value;
	return true;
}

static bool set_config_id(struct args *args, const char *value)
{
	args->config_id = value;
	return true;
}

static bool set_netns(struct args *args, const char *value)
{
	args->netns = value;
	return true;
}

static bool set_chdir(struct args *args, const char *value)
{
	args->chdir = value;
	return true;
}

static bool set_master_socket(struct args *args, const char *value)
{
	args->master_socket = value;
	return true;
}

static bool set_sockets_of(struct args *args, const char *value)
{
	args->sockets_of = value;
	return true;
}

static bool set_maxconn(struct args *args, const char *value)
{
	args->maxconn = atoi(value);
	return args->maxconn > 0;
}

static bool add_old_pid(struct args *args, const char *value)
{
	int pid = atoi(value);

	if (pid <= 1 || args->n_old_pids == ARGS_PIDS_MAX)
		return false;
	args->old_pids[args->n_old_pids++] = pid;
	return true;
}

static bool add_old_pid_terminate(struct args *args, const char *value)
{
	args->old_terminate = true;
	return add_old_pid(args, value);
}

static bool set_worker(struct args *args, const char *value)
{
	(void)value;
	args->worker = true;
	return true;
}

/* keepalived's names for its signals, with its numbers. */
static bool set_signum(struct args *args, const char *value)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = {{"STOP", SIGTERM},
		    {"RELOAD", SIGHUP},
		    {"DATA", SIGUSR1},
		    {"STATS", SIGUSR2},
		    {"STATS_CLEAR", ARGS_SIGNAL_STATS_CLEAR},
		    {"JSON", ARGS_SIGNAL_JSON}};

	args->verb = ARGS_SIGNUM;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(value, rows[i].name) == 0) {
			args->signum = rows[i].number;
			return true;
		}
	}
	return false;
}

static bool accept_only(struct args *args, const char *value)
{
	(void)args, (void)value;
	return true;
}

static const struct option_row relais_rows[] = {
	{"-f", "--file", VALUE_ONE, add_file, "FILE|DIR",
	 "configuration: haproxy.cfg's grammar, or keepalived.conf's (told apart by looking)"},
	{"-k", "--keepalived", VALUE_ONE, add_keepalived_file, "FILE",
	 "configuration in keepalived.conf's grammar"},
	{"-c", "--check", VALUE_NONE, set_check, NULL,
	 "check the configuration, both halves together"},
	{"--peer", "--peer", VALUE_ONE, set_peer, "FILE",
	 "with -c: the other node's keepalived.conf, checked against ours"},
	{"--listen", "--listen", VALUE_ONE, set_listen, "SECONDS",
	 "with -c: hear what others advertise here, send nothing (needs root)"},
	{"--diff", "--diff", VALUE_OPTIONAL, set_diff, "[PIDFILE|PID]",
	 "with -c: what a reload of the running relais would do; exit status 2: a VIP moves"},
	{"--show-virtual", "--show-virtual", VALUE_NONE, set_show_virtual, NULL,
	 "check, and print keepalived.conf's virtual servers in haproxy.cfg's grammar"},
	{"-D", "--daemon", VALUE_NONE, set_daemon, NULL, "go to the background once serving"},
	{"-W", NULL, VALUE_NONE, set_worker, NULL,
	 "there is always a master; exit status 128 + signal when stopped by one"},
	{"-Ws", NULL, VALUE_NONE, set_worker, NULL,
	 "the same; systemd is always told when we serve"},
	{"-db", NULL, VALUE_NONE, set_debug, NULL, "stay in the foreground"},
	{"-d", "--debug", VALUE_NONE, set_debug, NULL, "stay in the foreground"},
	{"-p", "--pidfile", VALUE_ONE, set_pidfile, "FILE", "write the master's process id there"},
	{"-sf", NULL, VALUE_PIDS, add_old_pid, "PID...",
	 "replace these: take their sockets and VIPs over, tell them to finish"},
	{"-st", NULL, VALUE_PIDS, add_old_pid_terminate, "PID...",
	 "the same, and they end at once"},
	{"-n", "--maxconn", VALUE_ONE, set_maxconn, "N", "most connections in all"},
	{"-N", NULL, VALUE_ONE, accept_only, "N", "accepted: each proxy's own maxconn rules"},
	{"-L", "--name", VALUE_ONE, set_name, "NAME", "this node's name"},
	{"-i", "--config-id", VALUE_ONE, set_config_id, "ID",
	 "which @ID lines of keepalived.conf hold here"},
	{"-C", "--chdir", VALUE_ONE, set_chdir, "DIR", "go there before files are read"},
	{"-S", NULL, VALUE_ONE, set_master_socket, "SOCKET",
	 "one more runtime socket, with all rights: fd@N or a path"},
	{"-x", NULL, VALUE_ONE, set_sockets_of, "SOCKET",
	 "share the listening sockets of the relais behind this runtime socket"},
	{"-m", NULL, VALUE_ONE, accept_only, "MB", "accepted: without effect"},
	{"-V", "--verbose", VALUE_NONE, set_verbose, NULL, "say more at start"},
	{"-q", "--quiet", VALUE_NONE, set_quiet, NULL, "no warnings"},
	{"-s", "--syslog", VALUE_NONE, set_syslog, NULL, "the operator's log to syslog too"},
	{"-dK", "--keywords", VALUE_ATTACHED, set_keywords, NULL,
	 "print every keyword with its meaning"},
	{"-dM", NULL, VALUE_ATTACHED, accept_only, NULL,
	 "accepted: a debug switch without effect here"},
	{"-dI", NULL, VALUE_ATTACHED, accept_only, NULL,
	 "accepted: a debug switch without effect here"},
	{"-dW", NULL, VALUE_NONE, set_zero_warning, NULL, "warnings stop the start too"},
	{"-dL", NULL, VALUE_NONE, accept_only, NULL,
	 "accepted: a debug switch without effect here"},
	{"-dS", NULL, VALUE_NONE, accept_only, NULL,
	 "accepted: a debug switch without effect here"},
	{"-dr", NULL, VALUE_NONE, accept_only, NULL,
	 "accepted: a debug switch without effect here"},
	{"-v", "--version", VALUE_NONE, set_version, NULL, "version"},
	{"-vv", NULL, VALUE_NONE, set_build_info, NULL, "version and what it was built with"},
	{"-h", "--help", VALUE_NONE, set_help, NULL, "this list"},
	{NULL, NULL, VALUE_NONE, NULL, NULL, NULL},
};

static const struct option_row keepalived_rows[] = {
	{"-f", "--use-file", VALUE_ONE, add_keepalived_file, "FILE", "configuration"},
	{"-t", "--config-test", VALUE_OPTIONAL, set_check_file, "[FILE]",
	 "check the configuration; --config-test=FILE: write there what is wrong with it"},
	{"-n", "--dont-fork", VALUE_NONE, set_debug, NULL, "stay in the foreground"},
	{"-l", "--log-console", VALUE_NONE, accept_only, NULL,
	 "accepted: the log goes to the console"},
	{"-D", "--log-detail", VALUE_NONE, set_verbose, NULL, "detailed log"},
	{"-d", "--dump-conf", VALUE_NONE, accept_only, NULL, "accepted: use -t"},
	{"-G", "--no-syslog", VALUE_NONE, set_no_syslog, NULL, "nothing to syslog"},
	{"-S", "--log-facility", VALUE_ONE, set_log_facility, "0..7",
	 "to syslog as local0 to local7; in the background daemon is the default"},
	{"-g", "--log-file", VALUE_OPTIONAL, accept_only, "[FILE]", "accepted: redirect stderr"},
	{"-P", "--vrrp", VALUE_NONE, set_only_vrrp, NULL,
	 "VRRP only: virtual servers are not served"},
	{"-C", "--check", VALUE_NONE, accept_only, NULL, "accepted: without effect"},
	{"-p", "--pid", VALUE_ONE, set_pidfile, "FILE", "write the master's process id there"},
	{"-r", "--vrrp_pid", VALUE_ONE, accept_only, "FILE", "accepted: one process id is enough"},
	{"-c", "--checkers_pid", VALUE_ONE, accept_only, "FILE", "accepted: without effect"},
	{"-i", "--config-id", VALUE_ONE, set_config_id, "ID", "which @ID lines hold here"},
	{"-s", "--namespace", VALUE_ONE, set_netns, "NAME",
	 "run in this network namespace, whatever net_namespace says"},
	{"-V", "--dont-release-vrrp", VALUE_NONE, accept_only, NULL, "accepted: without effect"},
	{"-I", "--dont-release-ipvs", VALUE_NONE, accept_only, NULL, "accepted: there is no IPVS"},
	{"-X", "--release-vips", VALUE_NONE, accept_only, NULL,
	 "accepted: they always go at a stop"},
	{"-R", "--dont-respawn", VALUE_NONE, accept_only, NULL, "accepted: without effect"},
	{"-B", "--no_bfd", VALUE_NONE, accept_only, NULL, "accepted: without effect"},
	{"--all", "--all", VALUE_NONE, accept_only, NULL, "accepted: without effect"},
	{"-b", "--bfd_pid", VALUE_ONE, accept_only, "FILE", "accepted: without effect"},
	{"-a", "--address-monitoring", VALUE_NONE, accept_only, NULL, "accepted: without effect"},
	{"-u", "--umask", VALUE_ONE, accept_only, "MASK",
	 "accepted: relais creates no files but its FIFOs and sockets"},
	{"-x", "--snmp", VALUE_NONE, accept_only, NULL, "accepted: there is no SNMP agent"},
	{"-A", "--snmp-agent-socket", VALUE_ONE, accept_only, "FILE", "accepted: without effect"},
	{"-m", "--core-dump", VALUE_NONE, accept_only, NULL, "accepted: without effect"},
	{"-M", "--core-dump-pattern", VALUE_OPTIONAL, accept_only, "[PATTERN]",
	 "accepted: without effect"},
	{"-e", "--all-config", VALUE_NONE, accept_only, NULL,
	 "accepted: a missing file is always said"},
	{"--signum", "--signum", VALUE_ONE, set_signum, "NAME",
	 "the number of a signal: STOP RELOAD DATA STATS STATS_CLEAR JSON"},
	{"-v", "--version", VALUE_NONE, set_version, NULL, "version"},
	{"-h", "--help", VALUE_NONE, set_help, NULL, "this list"},
	{NULL, NULL, VALUE_NONE, NULL, NULL, NULL},
};

static const struct option_row *rows_of(enum args_dialect dialect)
{
	return dialect == ARGS_KEEPALIVED ? keepalived_rows : relais_rows;
}

/* The row of a word; *attached is what follows its name in the word, or NULL. */
static const struct option_row *find_row(const struct option_row *rows, const char *word,
					 const char **attached)
{
	*attached = NULL;
	for (const struct option_row *r = rows; r->name; r++) {
		size_t len = r->long_name ? strlen(r->long_name) : 0;

		if (strcmp(word, r->name) == 0 || (len && strcmp(word, r->long_name) == 0))
			return r;
		if (len && strncmp(word, r->long_name, len) == 0 && word[len] == '=') {
			*attached = word + len + 1;
			return r;
		}
	}
	for (const struct option_row *r = rows; r->name; r++) {
		if (r->value == VALUE_ATTACHED && strncmp(word, r->name, strlen(r->name)) == 0) {
			*attached = word + strlen(r->name);
			return r;
		}
	}
	return NULL;
}

/* Applies one option; returns how many of the following words it took, or -1. */
static int apply_row(struct args *args, const struct option_row *r, const char *attached,
		     char **rest)
{
	int taken = 0;

	if (attached && r->apply == set_check_file)
		return set_check_log(args, attached) ? 0 : -1;
	if (r->value == VALUE_NONE || attached)
		return r->apply(args, attached) ? 0 : -1;
	if (r->value == VALUE_ATTACHED)
		return r->apply(args, "") ? 0 : -1;
	if (r->value == VALUE_OPTIONAL) {
		if (!rest[0] || rest[0][0] == '-')
			return r->apply(args, NULL) ? 0 : -1;
		return r->apply(args, rest[0]) ? 1 : -1;
	}
	if (r->value == VALUE_ONE)
		return rest[0] && r->apply(args, rest[0]) ? 1 : -1;
	while (rest[taken] && rest[taken][0] != '-')
		if (!r->apply(args, rest[taken++]))
			return -1;
	return taken;
}

/* `-nlD`, `-S3`: several options of one letter in a word, the last with its value behind it, as
 * Keepalived is started in most containers. Returns as apply_row; -1 also for a letter that is no
 * option. */
static int apply_letters(struct args *args, const char *word, char **rest)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const char name[] = {'-', *letter, '\0'}, *attached;
		const struct option_row *r = find_row(keepalived_rows, name, &attached);

		if (!r)
			return -1;
		if (r->value != VALUE_NONE)
			return apply_row(args, r, letter[1] ? letter + 1 : NULL, rest);
		if (!r->apply(args, NULL))
			return -1;
	}
	return 0;
}

static enum args_dialect dialect_of(const char *argv0)
{
	const char *base = strrchr(argv0, '/');

	base = base ? base + 1 : argv0;
	if (strcmp(base, "haproxy") == 0)
		return ARGS_HAPROXY;
	if (strcmp(base, "keepalived") == 0)
		return ARGS_KEEPALIVED;
	return ARGS_RELAIS;
}

bool args_parse(struct args *args, int argc, char **argv, FILE *err)
{
	const struct option_row *rows;

	*args = (struct args){.dialect = dialect_of(argc > 0 ? argv[0] : "relais"),
			      .log_facility = LOG_NO_SYSLOG};
	rows = rows_of(args->dialect);
	for (int i = 1; i < argc; i++) {
		const char *attached;
		const struct option_row *r;
		int taken;

		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				if (!add_file(args, argv[i]))
					return false;
			break;
		}
		r = find_row(rows, argv[i], &attached);
		if (!r && args->dialect == ARGS_KEEPALIVED && argv[i][0] != '-') {
			fprintf(err, "relais: '%s' is no option and not used\n", argv[i]);
			continue;
		}
		if (!r && args->dialect == ARGS_KEEPALIVED && argv[i][1] && argv[i][1] != '-') {
			taken = apply_letters(args, argv[i], argv + i + 1);
			if (taken >= 0) {
				i += taken;
				continue;
			}
		}
		if (!r) {
			fprintf(err, "relais: unknown option '%s' (see -h)\n", argv[i]);
			return false;
		}
		taken = apply_row(args, r, attached, argv + i + 1);
		if (taken < 0) {
			fprintf(err, "relais: option '%s' needs %s\n", r->name,
				r->arg ? r->arg : "no value");
			return false;
		}
		i += taken;
	}
	if (args->dialect == ARGS_KEEPALIVED && args->n_keepalived_files == 0)
		add_keepalived_file(args, "/etc/keepalived/keepalived.conf");
	if (args->verb <= ARGS_CHECK && !args->diff &&
	    args->n_files + args->n_keepalived_files == 0) {
		fprintf(err, "relais: no configuration: give -f FILE or -k FILE (see -h)\n");
		return false;
	}
	return true;
}

void args_log_setup(const struct args *args, const char *process)
{
	log_setup(process, args->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, true,
		  args->no_syslog ? LOG_NO_SYSLOG : args->log_facility);
}

void args_print_help(enum args_dialect dialect, FILE *out)
{
	fputs("usage: relais -f haproxy.cfg [-k keepalived.conf] [option...]\n", out);
	for (const struct option_row *r = rows_of(dialect); r->name; r++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", r->name, r->arg ? r->arg : "");
		fprintf(out, "  %-16s %s%s%s%s\n", left, r->doc, r->long_name ? " (" : "",
			r->long_name ? r->long_name : "", r->long_name ? ")" : "");
	}
}
