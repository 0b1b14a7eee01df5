/*
 * A new configuration, asked for by SIGUSR2 or SIGHUP. It is read and checked in full first; a
 * wrong one changes nothing. Then its new listening sockets are opened beside the old ones, a new
 * balancer starts on them, and only when that one serves is the old one told to finish. The
 * failover process keeps running throughout: it is handed the same files and adapts.
 */
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "balancer/stick/stick_conf.h"
#include "core/log/log.h"
#include "core/sys/message.h"
#include "failover/address/hold.h"
#include "main/house_files.h"
#include "main/listeners.h"
#include "main/master_priv.h"
#include "main/check/running.h"

static void report(const struct config *config)
{
	for (const struct conf_diag *d = config->diags.first; d; d = d->next)
		log_line(d->severity == CONF_ERROR ? LOG_LEVEL_ERR : LOG_LEVEL_WARNING,
			 "%s:%u:%u: %s", d->place.file, d->place.line, d->place.column, d->text);
}

static void tell_systemd(const char *state)
{
	struct timespec ts;
	char text[128];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "%s\nMONOTONIC_USEC=%lld", state,
		 (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	sd_notify(0, text);
}

/* The failover half changes hands: told, started or stopped as the new configuration wants. */
static void reload_failover(struct master *m)
{
	int fd;

	if (!m->config->failover) {
		if (m->failover)
			child_send(m->failover, MESSAGE_FAILOVER_STOP, NULL, 0);
		return;
	}
	if (!m->runner)
		master_start_runner(m);
	if (!m->failover) {
		master_start_failover(m, false);
		return;
	}
	fd = conf_files_save(&m->config->files);
	if (fd < 0) {
		log_err("cannot hand the configuration to failover: %s", strerror(-fd));
		return;
	}
	if (channel_send_fds(m->failover->channel, MESSAGE_FAILOVER_RELOAD, NULL, 0, &fd, 1) < 0)
		log_err("cannot hand the configuration to failover: it does not read");
	close(fd);
}

void master_reload(struct master *m)
{
	struct config *next;

	if (m->giver.heir || (m->handover && !m->said_up)) {
		log_warn("reload: not while one process replaces another");
		return;
	}
	if (m->next || m->starting || m->hook.job) {
		log_warn(m->hook.job ? "reload: %s is still running"
				     : "reload: the previous one is still under way",
			 m->hook.name);
		return;
	}
	tell_systemd("RELOADING=1");
	house_reload_begin(m->config);
	next = config_load(m->args);
	house_reload_end(m->config);
	if (next->diags.n_errors == 0 && next->balancer)
		listeners_open(next->balancer, m->config->balancer, &next->diags);
	report(next);
	if (next->diags.n_errors > 0) {
		atomic_fetch_add(&m->page->n_reloads_refused, 1);
		log_err("reload refused: %u errors; the running configuration stays",
			next->diags.n_errors);
		config_free(&next);
		tell_systemd("READY=1");
		return;
	}
	m->next = next;
	if (next->balancer) {
		if (!master_start_balancer(m))
			master_reload_failed(m, "no process");
		return;
	}
	master_reload_done(m);
}

int master_ask_tables(const struct master *m, const struct balancer_conf *next)
{
	int fd;

	if (!m->said_up && m->handover)
		return stick_conf_any(next) ? handover_tables(m->handover) : -1;
	if (!m->active || !m->config->balancer || !stick_conf_any(m->config->balancer) ||
	    !stick_conf_any(next))
		return -1;
	fd = memfd_create("relais-tables", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	if (channel_send_fds(m->active->channel, MESSAGE_BALANCER_SAVE, NULL, 0, &fd, 1) == 0)
		return fd;
	close(fd);
	return -1;
}

void master_reload_done(struct master *m)
{
	struct config *before = m->config;

	m->config = m->next;
	m->next = NULL;
	if (before->balancer)
		listeners_close_unused(before->balancer, m->config->balancer);
	reload_failover(m);
	running_publish(m->config, &m->conf_fd);
	config_free(&before);
	reload_time_configure(&m->reload_time, master_house(m));
	atomic_fetch_add(&m->page->n_reloads, 1);
	log_notice("reloaded");
	tell_systemd("READY=1");
	handover_give_next(m);
}

void master_reload_failed(struct master *m, const char *why)
{
	struct config *next = m->next;

	m->next = NULL;
	if (next->balancer)
		listeners_close_unused(next->balancer, m->config->balancer);
	config_free(&next);
	atomic_fetch_add(&m->page->n_reloads_refused, 1);
	log_err("reload failed: the new balancer did not start (%s); the old one stays", why);
	tell_systemd("READY=1");
	handover_give_next(m);
}
