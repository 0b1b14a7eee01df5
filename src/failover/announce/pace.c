/*
 * The pace of announcements. See pace.h. A lane is an interface, or all of a group: it knows when
 * the next packet of each family may leave.
 */
#include "failover/announce/pace.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/die.h"

struct lane {
	struct lane *next;
	const struct garp_group_conf *group; /* NULL = of the interface alone */
	char interface[IF_NAMESIZE];
	int64_t free_us[2]; /* IPv4, IPv6 */
};

struct vrrp_pace {
	const struct garp_group_conf *groups;
	struct lane *lanes;
};

struct vrrp_pace *vrrp_pace_new(void)
{
	struct vrrp_pace *pace = calloc(1, sizeof(*pace));

	if (!pace)
		die_no_memory();
	return pace;
}

void vrrp_pace_free(struct vrrp_pace **pace)
{
	struct vrrp_pace *p = *pace;

	*pace = NULL;
	if (!p)
		return;
	vrrp_pace_configure(p, NULL);
	free(p);
}

void vrrp_pace_configure(struct vrrp_pace *pace, const struct garp_group_conf *groups)
{
	while (pace->lanes) {
		struct lane *lane = pace->lanes;

		pace->lanes = lane->next;
		free(lane);
	}
	pace->groups = groups;
}

static const struct garp_group_conf *group_of(const struct vrrp_pace *pace, const char *interface)
{
	for (const struct garp_group_conf *g = pace->groups; g; g = g->next)
		for (const char *const *name = g->interfaces; *name; name++)
			if (strcmp(*name, interface) == 0)
				return g;
	return NULL;
}

static struct lane *lane_of(struct vrrp_pace *pace, const struct garp_group_conf *group,
			    const char *interface)
{
	struct lane *lane;

	for (lane = pace->lanes; lane; lane = lane->next)
		if (lane->group == group && (group || strcmp(lane->interface, interface) == 0))
			return lane;
	lane = calloc(1, sizeof(*lane));
	if (!lane)
		die_no_memory();
	lane->group = group;
	snprintf(lane->interface, sizeof(lane->interface), "%s", interface);
	lane->next = pace->lanes;
	pace->lanes = lane;
	return lane;
}

int64_t vrrp_pace_ask(struct vrrp_pace *pace, const char *interface, bool v6, int64_t own_us,
		      int64_t now_us)
{
	const struct garp_group_conf *group = group_of(pace, interface);
	int64_t gap = !group ? own_us : v6 ? group->gna_interval_us : group->garp_interval_us;
	struct lane *lane;

	if (gap < 0) /* the group does not say: as without it */
		gap = own_us;
	if (gap <= 0)
		return 0;
	lane = lane_of(pace, group, interface);
	if (lane->free_us[v6] > now_us)
		return lane->free_us[v6];
	lane->free_us[v6] = now_us + gap;
	return 0;
}
