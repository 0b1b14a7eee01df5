/*
 * What is kept at this moment. See keep.h.
 */
#include "failover/address/keep_impl.h"

bool keep_claims_slot(const struct keep *keep, int slot)
{
	const struct list *pos;

	LIST_EACH(pos, &keep->all)
	{
		if (container_of(pos, struct kept, link)->slot == slot)
			return true;
	}
	return false;
}

bool keep_has(const struct keep *keep, const void *owner, const struct route_conf *route,
	      const struct rule_conf *rule)
{
	const struct list *pos;

	LIST_EACH(pos, &keep->all)
	{
		const struct kept *k = container_of(pos, struct kept, link);

		if (k->owner == owner && k->route == route && k->rule == rule)
			return k->present;
	}
	return false;
}
