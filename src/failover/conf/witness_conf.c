/*
 * The row witness { ... } of an instance: third parties that are asked, and the lease in etcd.
 * relais' own, a real Keepalived passes over it with a warning. Target: struct vrrp_instance_conf.
 */
#include "failover/conf/failover_build.h"

enum { TTL_S = 5, TTL_LEAST_S = 2, TTL_MOST_S = 60, LEASE_NAME_MOST = 47 };

/* IP:PORT, an IPv6 address in brackets. */
static bool read_endpoint(struct slice text, struct addr *out)
{
	unsigned long long port;
	struct slice host;
	size_t colon;

	for (colon = text.len; colon > 0 && text.ptr[colon - 1] != ':'; colon--)
		;
	if (colon < 2 ||
	    !slice_to_uint((struct slice){text.ptr + colon, text.len - colon}, 65535, &port) ||
	    port == 0)
		return false;
	host = (struct slice){text.ptr, colon - 1};
	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = (struct slice){host.ptr + 1, host.len - 2};
	return addr_parse_ip(out, host, (unsigned)port);
}

static bool is(const struct conf_line *line, unsigned at, const char *word)
{
	return at < line->n_words && strcmp(line->words[at].text, word) == 0;
}

/* ping IP | tcp IP:PORT */
static bool read_asked(struct conf_ctx *ctx, const struct conf_line *line,
		       struct vrrp_instance_conf *inst)
{
	struct vrrp_witness_conf **tail = &inst->witnesses, *w;

	if (line->n_words < 2 || !(is(line, 0, "ping") || is(line, 0, "tcp")))
		return false;
	w = ARENA_NEW(ctx->arena, struct vrrp_witness_conf);
	w->tcp = is(line, 0, "tcp");
	if (w->tcp ? !read_endpoint(slice_of(line->words[1].text), &w->address)
		   : !addr_parse_ip(&w->address, slice_of(line->words[1].text), 0))
		return false;
	failover_rows_extra(ctx, line, 2);
	while (*tail)
		tail = &(*tail)->next;
	*tail = w;
	return true;
}

/* etcd http://IP:PORT lease NAME [ttl SECONDS]; further rows add addresses of the same lease. */
static bool read_etcd(struct conf_ctx *ctx, const struct conf_line *line,
		      struct vrrp_instance_conf *inst)
{
	static const char scheme[] = "http://";
	struct vrrp_lease_conf *lease = inst->lease;
	long long ttl_s = TTL_S;
	const char *url;
	struct addr at;

	if (!is(line, 0, "etcd") || line->n_words < 4 || !is(line, 2, "lease"))
		return false;
	url = line->words[1].text;
	if (strncmp(url, "https://", 8) == 0) {
		FAILOVER_ERROR(ctx, line, 1,
			       "etcd is spoken to over http only; for TLS put a 'listen' of this "
			       "program on 127.0.0.1 before it");
		return true;
	}
	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 ||
	    !read_endpoint(slice_of(url + sizeof(scheme) - 1), &at) ||
	    strlen(line->words[3].text) > LEASE_NAME_MOST)
		return false;
	if (is(line, 4, "ttl"))
		failover_value_int(ctx, line, 5, TTL_LEAST_S, TTL_MOST_S, &ttl_s, "5 is taken");
	failover_rows_extra(ctx, line, is(line, 4, "ttl") ? 6 : 4);
	if (!lease) {
		lease = inst->lease = ARENA_NEW(ctx->arena, struct vrrp_lease_conf);
		lease->name = line->words[3].text;
		lease->ttl_s = (unsigned)ttl_s;
	}
	if (strcmp(lease->name, line->words[3].text) != 0 ||
	    lease->n_endpoints == VRRP_ENDPOINTS_MAX)
		FAILOVER_ERROR(ctx, line, 3, "an instance has one lease, at up to %d addresses",
			       VRRP_ENDPOINTS_MAX);
	else
		lease->endpoints[lease->n_endpoints++] = at;
	return true;
}

static void read_witnesses(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct block_node *node = block_node_of(line);

	failover_rows_extra(ctx, line, 1);
	for (node = node->children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		if (!read_asked(ctx, &node->line, target) && !read_etcd(ctx, &node->line, target))
			FAILOVER_ERROR(ctx, &node->line, 0,
				       "a witness is 'ping ADDRESS', 'tcp ADDRESS:PORT' or 'etcd "
				       "http://ADDRESS:PORT lease NAME [ttl SECONDS]'");
	}
}

static const char *lease_name(const struct vrrp_instance_conf *inst)
{
	return inst->lease ? inst->lease->name : "";
}

/* A group moves as one, so what forbids one of it to be master forbids all. */
void failover_leases_finish(struct failover_build *b)
{
	for (const struct vrrp_instance_conf *i = b->conf->instances; i; i = i->next) {
		if (i->lease && i->priority == 255)
			conf_error(b->ctx.diags, i->place,
				   "%s: the owner of addresses (priority 255) asks nobody, it "
				   "cannot have a lease",
				   i->name);
		for (const struct vrrp_instance_conf *j = b->conf->instances; i->group && j != i;
		     j = j->next)
			if (j->group == i->group && strcmp(lease_name(i), lease_name(j)) != 0)
				conf_error(b->ctx.diags, i->place,
					   "%s and %s are in one sync group, but have not the same "
					   "lease",
					   j->name, i->name);
	}
}

const struct conf_keyword failover_witness_rows[] = {
	{.name = "witness",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_CUSTOM,
	 .parse = read_witnesses,
	 .args = "{ ping <address> | tcp <address>:<port> | etcd http://<address>:<port> lease "
		 "<name> [ttl <seconds>] }",
	 .doc = "third parties: a node that hears neither a master nor one of these takes nothing; "
		"with a lease in etcd only its holder is master",
	 .since = "0.1"},
	{.name = NULL},
};
