/*
 * What samples and conditions may ask of the running program: sessions, rates, servers up. Read
 * from published atomics, on any thread.
 */
#include "balancer/flow/exchange.h"

static unsigned servers_up(void *ctx, const struct proxy_conf *backend)
{
	const struct proxy *p = house_proxy(ctx, backend);

	if (!p || !p->backend)
		return 0;
	return p->backend->n_up > 0 ? p->backend->n_up : p->backend->n_up_backup;
}

static unsigned sessions(void *ctx, const struct proxy_conf *proxy, bool fe)
{
	const struct proxy *p = house_proxy(ctx, proxy);

	return !p ? 0 : fe ? p->fe_current : p->be_current;
}

static unsigned session_rate(void *ctx, const struct proxy_conf *proxy, bool fe)
{
	const struct proxy *p = house_proxy(ctx, proxy);

	return !p ? 0 : fe ? p->fe_rate : p->be_rate;
}

static bool server_up(void *ctx, const struct server_conf *conf)
{
	const struct proxy *p = house_proxy(ctx, conf->proxy);
	const struct server *s = p && p->backend ? server_of_conf(p->backend, conf) : NULL;

	return s && server_is_reachable(s);
}

static unsigned queued(void *ctx, const struct proxy_conf *backend)
{
	const struct proxy *p = house_proxy(ctx, backend);

	return p ? p->queued : 0;
}

static unsigned connections(void *ctx)
{
	const struct flow_house *house = ctx;

	return house->totals->connections;
}

const struct rule_facts flow_facts = {
	.servers_up = servers_up,
	.sessions = sessions,
	.session_rate = session_rate,
	.server_is_up = server_up,
	.queued = queued,
	.connections = connections,
};
