/*
 * Which runtime commands there are, and how the balancer reaches admin/. See admin_wiring.h.
 */
#include "main/admin_wiring.h"

#include "admin/socket.h"
#include "admin/stats_page.h"
#include "main/registry.h"

void admin_wire(struct balancer_setup *setup)
{
	admin_setup(registry_commands);
	setup->admin_accept = admin_accept;
	setup->stats_page = &admin_stats_page;
}
