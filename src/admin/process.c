/*
 * Commands on the process itself: `reload`, `show reload`, `show proc`. The balancer asks the
 * master, whose answer stands in the shared page. Runs on a balancer thread.
 */
#include <time.h>
#include <unistd.h>

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

static void print_process(FILE *out, int pid, const char *type, unsigned reloads, int64_t uptime_us)
{
	int64_t s = uptime_us / 1000000;
	char uptime[48];

	snprintf(uptime, sizeof(uptime), "%lldd%02lldh%02lldm%02llds", (long long)(s / 86400),
		 (long long)(s / 3600 % 24), (long long)(s / 60 % 60), (long long)(s % 60));
	fprintf(out, "%-15d %-15s %-15u %-15s %-15s\n", pid, type, reloads, uptime, "0.1.0");
}

/* Other threads than the first one serve, and answer here, before that one has said READY. */
static uint32_t state_of(const struct shared_slot *slot, const struct shared_slot *own)
{
	uint32_t state = atomic_load(&slot->state);

	return slot == own && state == SHARED_BALANCER_STARTING ? SHARED_BALANCER_READY : state;
}

static void show_proc(struct admin_reply *reply, int argc, char **argv)
{
	const struct balancer_setup *setup = balancer_running()->setup;
	const struct shared_page *page = setup->page;
	const struct shared_slot *own = &page->slots[setup->slot % SHARED_SLOTS];
	unsigned reloads = atomic_load(&page->n_reloads);
	struct timespec ts;
	int64_t now;

	(void)argc, (void)argv;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	fprintf(reply->out, "%-15s %-15s %-15s %-15s %-15s\n", "#<PID>", "<type>", "<reloads>",
		"<uptime>", "<version>");
	print_process(reply->out, atomic_load(&page->master_pid), "master", reloads,
		      now - atomic_load(&page->master_started_us));
	for (int pass = 0; pass < 2; pass++) {
		uint32_t wanted = pass ? SHARED_BALANCER_DRAINING : SHARED_BALANCER_READY;

		fputs(pass ? "# old workers\n" : "# workers\n", reply->out);
		for (unsigned i = 0; i < SHARED_SLOTS; i++) {
			const struct shared_slot *slot = &page->slots[i];

			if (state_of(slot, own) == wanted)
				print_process(reply->out,
					      slot == own ? getpid() : atomic_load(&slot->pid),
					      "worker", 0, now - atomic_load(&slot->started_us));
		}
	}
}

const struct admin_command admin_process_commands[] = {
	{"show proc", ADMIN_OPERATOR, "", "the master and the balancers that it runs", show_proc},
	{"reload", ADMIN_ADMIN, "", "read the configuration again; nothing moves, nothing is lost",
	 reload},
	{"show reload", ADMIN_USER, "", "how many reloads were done and refused", show_reload},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
