/*
 * The failover process' place in the machine: real-time priority and locked memory, so that load
 * and paging do not delay an advertisement; then no more capabilities than packets and addresses
 * need. Everything is best effort: in a container without the rights VRRP still works.
 */
#include "failover/failover_impl.h"

#include <cap-ng.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/log/log.h"
#include "failover/model/house.h"

enum {
	DEFAULT_PRIORITY = 50,
	RUNAWAY_US = 2000000, /* this long without a pause, it is a fault: end it */
};

static void choose_cpus(const struct house_conf *house)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (unsigned i = 0; i < house->n_cpus; i++)
		CPU_SET((size_t)house->cpus[i], &set);
	if (house->n_cpus && sched_setaffinity(0, sizeof(set), &set) < 0)
		log_warn("vrrp_cpu_affinity: %s", strerror(errno));
}

void failover_rights_realtime(const struct failover_conf *conf)
{
	int priority = conf->rt_priority > 0 ? conf->rt_priority : DEFAULT_PRIORITY;
	struct sched_param param = {.sched_priority = priority};
	/* Never less than ours: taking over many addresses may need more than others grant. */
	rlim_t us = conf->house->rttime_us > RUNAWAY_US ? (rlim_t)conf->house->rttime_us
							: (rlim_t)RUNAWAY_US;
	struct rlimit run = {us, us};

	choose_cpus(conf->house);
	if (conf->house->nice && setpriority(PRIO_PROCESS, 0, conf->house->nice) < 0)
		log_info("vrrp_priority: %s", strerror(errno));
	if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) < 0)
		log_info("failover runs without real-time priority: %s", strerror(errno));
	else
		setrlimit(RLIMIT_RTTIME, &run);
}

/* Without it sockets would open, and each takeover fail: a master without its addresses. */
bool failover_rights_suffice(void)
{
	return capng_get_caps_process() < 0 ||
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN);
}

void failover_rights_lock_memory(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	int flags = MCL_CURRENT;

	/* Later allocations are locked too only where that cannot make them fail. */
	if (setrlimit(RLIMIT_MEMLOCK, &all) == 0)
		flags |= MCL_FUTURE;
	if (mlockall(flags) < 0)
		log_info("failover's memory is not locked: %s", strerror(errno));
}

void failover_rights_drop(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	capng_clear(CAPNG_SELECT_BOTH);
	capng_updatev(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED), CAP_NET_ADMIN,
		      CAP_NET_RAW, -1);
	if (capng_apply(CAPNG_SELECT_BOTH) < 0)
		log_warn("failover could not give up its capabilities");
	/* The channel's end says it too; this also covers a master whose end others still hold. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}
