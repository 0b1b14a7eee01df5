/*
 * What balancer.c, balancer_control.c and balancer_privileges.c share.
 */
#ifndef RELAIS_BALANCER_PRIVATE_H
#define RELAIS_BALANCER_PRIVATE_H

#include "balancer/balancer.h"
#include "balancer/flow/worker.h"

struct balancer_process {
	struct balancer balancer;
	struct flow_house house;
	struct loop_fd master; /* channel; on the first worker's loop */
	struct loop_timer hard_stop;
	struct letter drain[SHARED_THREADS_MAX], stop[SHARED_THREADS_MAX];
	bool drain_sent, stop_sent;
	_Atomic unsigned n_drained; /* threads that accept no more */
};

/* READY in the page: before the first thread accepts. */
void balancer_control_show(struct balancer_process *p);
/* Says READY to the master and listens to it from now on. 0 or -errno. */
int balancer_control_start(struct balancer_process *p);
void balancer_control_stop(struct balancer_process *p);
/* balancer_facts.c: publishes what VIPs track, now and at every change. Before READY. */
void balancer_facts_start(struct balancer *b);
void balancer_facts_stop(void);
/* balancer_tables.c: stick tables to the next balancer (fd is taken over), from the one before. */
void balancer_tables_save(struct balancer_process *p, int fd);
void balancer_tables_stop(void);
void balancer_tables_load(struct balancer_process *p);
/* User, group, chroot, capabilities. false: said in the log, do not go on. */
bool balancer_drop_privileges(const struct balancer_conf *conf);

#endif
