/*
 * What global_defs says of the house around VRRP: processes, their names and places in the machine,
 * scripts around the whole run, reloads, files, socket buffers. Plain data, part of failover_conf.
 */
#ifndef RELAIS_MODEL_HOUSE_H
#define RELAIS_MODEL_HOUSE_H

#include "failover/model/vrrp_conf.h"

struct hook_conf {		   /* startup_script, shutdown_script */
	struct script_conf script; /* argv NULL = none */
	int timeout_s;
};

struct house_conf {
	struct hook_conf startup, shutdown;
	const char *reload_file;      /* there while a reload reads files; NULL = none */
	const char *reload_time_file; /* says when the next reload is; NULL = none */
	bool reload_repeat;	      /* the time file stays: again tomorrow */
	const char *master_name, *failover_name, *checker_name; /* of processes; NULL = ours */
	const char *instance;					/* in names of files; NULL = none */
	bool use_pid_dir, data_use_instance;
	const char *state_dump, *stats_dump, *json_dump; /* where dumps go; NULL = /tmp */
	int umask;					 /* -1 = as we were started */
	int child_wait_s;  /* until processes that do not end are killed; 0 = 3 s */
	int nice;	   /* vrrp_priority, the next two too: of failover */
	const int *cpus;   /* n_cpus of them; NULL = all */
	unsigned n_cpus;   /* vrrp_cpu_affinity */
	int64_t rttime_us; /* vrrp_rlimit_rttime; 0 = ours */
	bool log_unknown_vrids;
	enum { HOUSE_RX_SYSTEM, HOUSE_RX_MTU, HOUSE_RX_ADVERT, HOUSE_RX_BYTES } rx_policy;
	int rx_bytes;	   /* HOUSE_RX_BYTES */
	int rx_multiplier; /* of the other two */
};

#endif
