/*
 * `vip switch`, `vip maintenance`, `vip release`: what an operator wants of a VIP. The balancer
 * asks the master, which hands it on to the failover process; that one's answer stands on the
 * shared page, where the connection looks for it. Runs on a balancer thread.
 */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "admin/command.h"
#include "balancer/balancer.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"

static bool look(struct admin_reply *reply, uint64_t ticket)
{
	struct shared_answer answer;

	if (!shared_answer_get(balancer_running()->setup->page, ticket, &answer))
		return false;
	fprintf(reply->out, "%s: %s\n", answer.ok ? "done" : "refused", answer.text);
	return true;
}

/* Never the same twice, nor another balancer's. */
static uint64_t new_ticket(void)
{
	static _Atomic uint32_t n;

	return (uint64_t)getpid() << 32 | (atomic_fetch_add(&n, 1) + 1);
}

static void ask(struct admin_reply *reply, enum message_vip_action action, const char *name)
{
	const struct balancer_setup *setup = balancer_running()->setup;
	struct message_vip msg = {.id = new_ticket(), .action = action};

	if (strlen(name) >= sizeof(msg.name) || reply->n_waits == ADMIN_WAITS_MAX) {
		fputs("refused: the name is too long, or too many commands on one line\n",
		      reply->out);
		return;
	}
	strcpy(msg.name, name);
	if (channel_send(setup->master_fd, MESSAGE_ASK_VIP, &msg, sizeof(msg)) < 0) {
		fputs("refused: the master does not listen\n", reply->out);
		return;
	}
	reply->waits[reply->n_waits++] = (struct admin_wait){look, msg.id};
}

static void vip_switch(struct admin_reply *reply, int argc, char **argv)
{
	if (argc != 1)
		fputs("refused: which? vip switch <name>\n", reply->out);
	else
		ask(reply, MESSAGE_VIP_SWITCH, argv[0]);
}

static void vip_release(struct admin_reply *reply, int argc, char **argv)
{
	if (argc != 1)
		fputs("refused: which? vip release <name>\n", reply->out);
	else
		ask(reply, MESSAGE_VIP_RELEASE, argv[0]);
}

static void vip_maintenance(struct admin_reply *reply, int argc, char **argv)
{
	bool on = argc == 2 && strcmp(argv[1], "on") == 0;

	if (!on && (argc != 2 || strcmp(argv[1], "off") != 0))
		fputs("refused: vip maintenance <name> on|off\n", reply->out);
	else
		ask(reply, on ? MESSAGE_VIP_MAINTENANCE_ON : MESSAGE_VIP_MAINTENANCE_OFF, argv[0]);
}

const struct admin_command admin_vip_control_commands[] = {
	{"vip switch", ADMIN_ADMIN, "<name>",
	 "hand a VIP (or all of a sync group) over to the peer now, and leave it there",
	 vip_switch},
	{"vip maintenance", ADMIN_ADMIN, "<name> on|off",
	 "hand it over and take it only when nobody else has it", vip_maintenance},
	{"vip release", ADMIN_ADMIN, "<name>", "end of switch or maintenance: as configured",
	 vip_release},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
