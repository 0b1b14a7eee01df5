/*
 * Samples of the connections: who talks to whom, through which listener.
 */
#include "balancer/rules/log_format.h"
#include "balancer/rules/sample.h"

static bool give_port(struct sample *out, const struct addr *a)
{
	return a && a->len && a->sa.sa_family != AF_UNIX &&
	       sample_give_num(out, SAMPLE_INT, addr_port(a));
}

SAMPLE_GET(get_src)
{
	return sample_give_addr(out, in->client);
}

SAMPLE_GET(get_dst)
{
	return sample_give_addr(out, in->local);
}

SAMPLE_GET(get_src_port)
{
	return give_port(out, in->client);
}

SAMPLE_GET(get_dst_port)
{
	return give_port(out, in->local);
}

SAMPLE_GET(get_bc_src)
{
	return in->record && sample_give_addr(out, in->record->server_src);
}

SAMPLE_GET(get_bc_dst)
{
	return in->record && sample_give_addr(out, in->record->server);
}

SAMPLE_GET(get_bc_src_port)
{
	return in->record && give_port(out, in->record->server_src);
}

SAMPLE_GET(get_bc_dst_port)
{
	return in->record && give_port(out, in->record->server);
}

/* No TLS towards clients yet: a listener that wanted it would not have started. */
SAMPLE_GET(get_ssl_fc)
{
	return sample_give_num(out, SAMPLE_BOOL, 0);
}

SAMPLE_GET(get_so_id)
{
	unsigned id = 0;

	if (!in->listener || !in->frontend)
		return false;
	for (const struct listener_conf *l = in->frontend->listeners; l; l = l->next) {
		id++;
		if (l == in->listener)
			break;
	}
	return sample_give_num(out, SAMPLE_INT, id);
}

SAMPLE_GET(get_so_name)
{
	return in->listener && in->listener->name &&
	       sample_give_str(out, slice_of(in->listener->name));
}

const struct sample_row sample_conn_rows[] = {
	{"src", SAMPLE_ADDR, "", 0, get_src, NULL, "the client's address"},
	{"dst", SAMPLE_ADDR, "", 0, get_dst, NULL, "the address the client connected to"},
	{"src_port", SAMPLE_INT, "", 0, get_src_port, NULL, "the client's port"},
	{"dst_port", SAMPLE_INT, "", 0, get_dst_port, NULL, "the port the client connected to"},
	{"fc_src", SAMPLE_ADDR, "", 0, get_src, NULL, "src"},
	{"fc_dst", SAMPLE_ADDR, "", 0, get_dst, NULL, "dst"},
	{"fc_src_port", SAMPLE_INT, "", 0, get_src_port, NULL, "src_port"},
	{"fc_dst_port", SAMPLE_INT, "", 0, get_dst_port, NULL, "dst_port"},
	{"bc_src", SAMPLE_ADDR, "", 0, get_bc_src, NULL, "our address towards the server"},
	{"bc_dst", SAMPLE_ADDR, "", 0, get_bc_dst, NULL, "the server's address"},
	{"bc_src_port", SAMPLE_INT, "", 0, get_bc_src_port, NULL, "our port towards the server"},
	{"bc_dst_port", SAMPLE_INT, "", 0, get_bc_dst_port, NULL, "the server's port"},
	{"ssl_fc", SAMPLE_BOOL, "", 0, get_ssl_fc, NULL, "the client came over TLS"},
	{"so_id", SAMPLE_INT, "", 0, get_so_id, NULL, "number of the listener in its frontend"},
	{"so_name", SAMPLE_STR, "", 0, get_so_name, NULL, "name of the listener"},
	{.name = NULL},
};
