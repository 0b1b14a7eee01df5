/*
 * What relais' processes say to each other: the types and the fixed payloads of channel messages.
 * All processes are forks of one binary, so structs travel as they are.
 */
#ifndef RELAIS_SYS_MESSAGE_H
#define RELAIS_SYS_MESSAGE_H

#include <stdint.h>

enum message_type {
	/* master -> failover */
	MESSAGE_FAILOVER_RELOAD = 1, /* one fd: the configuration's files (conf/files.h) */
	MESSAGE_FAILOVER_STOP,	     /* resign, remove addresses, exit */
	MESSAGE_BALANCER_UP,	     /* the active balancer is ready (shm: shared_page.active) */
	MESSAGE_BALANCER_DOWN,	     /* it ended unasked; a replacement is being started */
	MESSAGE_BALANCER_LOST,	     /* and the replacement failed too: resign now */
	MESSAGE_FAILOVER_VIP,	     /* struct message_vip; answered on the shared page */
	MESSAGE_FAILOVER_VIRTUAL,    /* struct message_virtual: FIFOs and mails tell of it */
	MESSAGE_FAILOVER_HEIR,	     /* one fd: another failover process that may take all over */

	/* failover, balancer -> master */
	MESSAGE_READY = 16,	   /* initialised; serving */
	MESSAGE_ASK_RELOAD,	   /* an operator wants it, through the runtime socket */
	MESSAGE_FAILOVER_RELOADED, /* payload: struct message_reloaded */
	MESSAGE_ASK_VIP,	   /* struct message_vip: hand it on to failover */
	MESSAGE_TELL_VIRTUAL,	   /* struct message_virtual: hand it on to failover */
	MESSAGE_FAILOVER_HANDED,   /* the heir has all; this one ends without touching it */
	MESSAGE_FAILOVER_PACKET,   /* uint32_t enum failover_packet, one fd: to keep for the next */

	/* master -> balancer */
	MESSAGE_BALANCER_DRAIN = 32, /* stop accepting, finish what runs, exit */
	MESSAGE_BALANCER_STOP,	     /* exit now */
	MESSAGE_BALANCER_SAVE,	     /* one fd: write the stick tables there, for the next one */

	/* failover, balancer -> runner */
	MESSAGE_RUN = 48,   /* struct message_run, then argv and env as NUL-terminated strings */
	MESSAGE_RUN_CANCEL, /* struct message_run_exit (id only): kill it, no report */
	/* runner -> failover, balancer */
	/* struct message_run_exit, then the last bytes of its output as text. Id 0, once, when a
	 * runner starts: what an earlier one ran on this channel has ended, no report will come. */
	MESSAGE_RUN_EXIT,
	/* A line that it wrote, where wants_lines: struct message_run_line, then the text. One that
	 * finds no room in the channel is lost. */
	MESSAGE_RUN_LINE,
};

struct message_reloaded {
	uint32_t n_kept, n_adapted, n_rebuilt, n_added, n_removed;
	int32_t err; /* 0, or -errno: the old configuration stays */
};

enum message_vip_action {
	MESSAGE_VIP_SWITCH,
	MESSAGE_VIP_MAINTENANCE_ON,
	MESSAGE_VIP_MAINTENANCE_OFF,
	MESSAGE_VIP_RELEASE,
};

struct message_vip { /* what an operator wants of a VRRP instance or sync group */
	uint64_t id; /* not 0; of the answer, struct shared_answer */
	uint32_t action;
	char name[64];
};

/* A virtual server has reached or lost its quorum, or one of its real servers went up or down. */
struct message_virtual {
	uint32_t is_up;
	uint32_t is_start; /* no change: so it begins */
	uint64_t weight;   /* of the servers that are up */
	char proxy[192];
	char server[96]; /* "" = the quorum */
	char reason[128];
};

struct message_run {
	uint64_t id; /* the sender's own; comes back in the report */
	uint32_t uid, gid;
	uint32_t timeout_ms;	/* 0 = none; then SIGTERM, and SIGKILL two seconds later */
	uint32_t n_argv, n_env; /* env is added to the runner's own */
	uint32_t wants_report, wants_lines;
	/* Not 0: runs one after the other with others of this lane and client (but waits at most
	 * MESSAGE_RUN_LANE_WAIT_US), and is let finish when the client ends. Others are killed. */
	uint32_t lane;
	uint32_t clean_env; /* the runner's own environment is left out */
};

struct message_run_line {
	uint64_t id;
};

enum { MESSAGE_RUN_LANE_WAIT_US = 10000000 };

struct message_run_exit {
	uint64_t id;
	int32_t status; /* as waitpid's; -1 = could not be started (err says why) */
	int32_t err;
	uint32_t timed_out;
	uint32_t run_us;
};

#endif
