/*
 * The front door: the command line, the configuration, then the master. Messages and exit codes:
 * 0 good, 1 something is wrong (each error with its place). What -c answers is check.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/log/log.h"
#include "core/sys/netns.h"
#include "main/check/check.h"
#include "main/handover/handover_take.h"
#include "main/house_files.h"
#include "main/listeners.h"
#include "main/master.h"
#include "main/registry.h"

#ifndef RELAIS_VERSION
#define RELAIS_VERSION "0.1.0"
#endif

static void print_version(bool build_info)
{
	printf("relais %s - balancer and failover in one program\n", RELAIS_VERSION);
	if (!build_info)
		return;
	printf("Built with: %s\n", __VERSION__);
	puts("Features: THREAD EPOLL SPLICE TPROXY IPV6 VRRP_V2 VRRP_V3 PCRE2 PCRE2_JIT SYSTEMD");
	puts("Options: see relais -h; keywords: relais -dK");
}

/* Goes to the background. The parent stays until the daemon serves (a byte in the pipe) and ends
 * with 0 then, with 1 if the daemon ends before. Returns the pipe's end to write to, in the daemon.
 */
static int daemonize(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int ends[2];
	pid_t pid;
	char byte;

	if (null < 0 || pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		fprintf(stderr, "relais: cannot go to the background: %s\n", strerror(errno));
		exit(1);
	}
	if (pid > 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
	}
	close(ends[0]);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
	return ends[1];
}

enum { PID_WAIT_MS = 1000, PID_STEP_MS = 10 };

static bool write_pidfile(const char *path)
{
	if (house_pid_write(path))
		return true;
	fprintf(stderr, "relais: cannot write the pid file %s: %s\n", path, strerror(errno));
	return false;
}

/* As Keepalived, a second one is not started, and takes nobody's pid file away. A second haproxy
 * is: it is the ports that say whether both can be. */
static bool is_running(const struct args *args, const char *pidfile)
{
	static const struct timespec step = {.tv_nsec = PID_STEP_MS * 1000000};
	bool asked = pidfile[0] && args->dialect != ARGS_HAPROXY;
	int pid = asked ? house_pid_owner(pidfile) : 0;

	for (size_t i = 0; i < args->n_old_pids; i++)
		if (args->old_pids[i] == pid)
			return false;
	/* One that was killed a moment ago is about to be gone. */
	for (int waited = 0; pid && waited < PID_WAIT_MS; waited += PID_STEP_MS) {
		nanosleep(&step, NULL);
		pid = house_pid_owner(pidfile);
	}
	if (pid)
		fprintf(stderr,
			"relais: not started: it is running already (process %d, says %s)\n", pid,
			pidfile);
	return pid != 0;
}

static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void choose_background(struct args *args, const struct config *config)
{
	const struct global_conf *global = config->balancer ? &config->balancer->global : NULL;

	if (global && global->daemon && args->dialect == ARGS_HAPROXY && !args->debug)
		args->daemon = true;
	if (args->dialect == ARGS_KEEPALIVED && !args->debug)
		args->daemon = true;
	/* stderr leads nowhere from there */
	if (args->daemon && args->log_facility == LOG_NO_SYSLOG)
		args->log_facility = LOG_FACILITY_DAEMON;
	args_log_setup(args, "master");
}

/* With its listeners open, some of them from those that we replace. NULL: errors were printed. */
static struct config *load(struct args *args, struct handover **handover)
{
	struct config *config = config_load(args);
	const struct global_conf *global = config->balancer ? &config->balancer->global : NULL;

	if (config->diags.n_errors == 0)
		*handover = handover_new(args);
	if (config->diags.n_errors == 0 && config->balancer)
		listeners_open(config->balancer, handover_listeners(*handover), &config->diags);
	conf_diags_print(&config->diags, stderr, !args->quiet && !(global && global->quiet));
	if (config->diags.n_errors == 0) {
		handover_drop_unused(*handover, config->balancer);
		return config;
	}
	fprintf(stderr, "relais: not started: %u error%s in the configuration\n",
		config->diags.n_errors, config->diags.n_errors == 1 ? "" : "s");
	handover_drop_unused(*handover, NULL);
	handover_free(handover);
	config_free(&config);
	return NULL;
}

static int serve(struct args *args, struct config *config, struct handover *handover)
{
	bool pid_asked = args->pidfile || (config->balancer && config->balancer->global.pidfile);
	char pidfile[4096] = "";
	int status;

	choose_background(args, config);
	house_pid_path(args, config, pidfile, sizeof(pidfile));
	if (is_running(args, pidfile)) {
		config_free(&config);
		return 1;
	}
	args->up_fd = args->daemon ? daemonize() : -1;
	handover_say_pid(handover);
	/* The file is that of those that we replace, until we do. */
	args->late_pidfile = handover && pidfile[0] ? pidfile : NULL;
	if (!args->late_pidfile && pidfile[0] && !write_pidfile(pidfile)) {
		if (pid_asked)
			return 1;
		pidfile[0] = '\0';
	}
	status = master_run(args, &config, handover);
	if (pidfile[0])
		house_pid_remove(pidfile);
	return status;
}

static int run(struct args *args)
{
	struct handover *handover = NULL;
	struct config *config;
	int status;

	raise_fd_limit();
	config = load(args, &handover);
	if (!config)
		return 1;
	status = serve(args, config, handover);
	handover_free(&handover);
	return status;
}

int main(int argc, char **argv)
{
	struct args args;
	int err;

	if (!args_parse(&args, argc, argv, stderr))
		return 1;
	if ((err = netns_enter(args.netns, NULL)) != 0) {
		fprintf(stderr, "relais: network namespace %s: %s\n", args.netns, strerror(-err));
		return 1;
	}
	if (args.chdir && chdir(args.chdir) < 0) {
		fprintf(stderr, "relais: %s: %s\n", args.chdir, strerror(errno));
		return 1;
	}
	args_log_setup(&args, "master");
	switch (args.verb) {
	case ARGS_VERSION:
	case ARGS_BUILD_INFO:
		print_version(args.verb == ARGS_BUILD_INFO);
		return 0;
	case ARGS_HELP:
		args_print_help(args.dialect, stdout);
		return 0;
	case ARGS_KEYWORDS:
		registry_manual_print(stdout);
		return 0;
	case ARGS_SIGNUM:
		printf("%d\n", args.signum);
		return 0;
	case ARGS_CHECK:
		if (args.check_log && !freopen(args.check_log, "we", stderr))
			return EXIT_FAILURE;
		return check_run(&args);
	case ARGS_RUN:
		break;
	}
	return run(&args);
}
