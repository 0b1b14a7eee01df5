/*
 * Commands on the process itself: `reload`, `show reload`. The balancer asks the master, whose
 * answer stands in the shared page. Runs on a balancer thread.
 */
#include "admin/command.h"
#include "balancer/balancer.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"

static void reload(struct admin_reply *reply, int argc, char **argv)
{
	(void)argc, (void)argv;
	if (channel_send(balancer_running()->setup->master_fd, MESSAGE_ASK_RELOAD, NULL, 0) < 0)
		fputs("The master does not listen.\n", reply->out);
	else
		fputs("Reload asked for; 'show reload' tells how it went.\n", reply->out);
}

static void show_reload(struct admin_reply *reply, int argc, char **argv)
{
	const struct shared_page *page = balancer_running()->setup->page;

	(void)argc, (void)argv;
	fprintf(reply->out, "done: %u\nrefused: %u\n", atomic_load(&page->n_reloads),
		atomic_load(&page->n_reloads_refused));
}

const struct admin_command admin_process_commands[] = {
	{"reload", ADMIN_ADMIN, "", "read the configuration again; nothing moves, nothing is lost",
	 reload},
	{"show reload", ADMIN_USER, "", "how many reloads were done and refused", show_reload},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
