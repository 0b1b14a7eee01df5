/*
 * Sticking. See stick_rules.h. As in HAProxy: rules in file order; a table learns one key from the
 * request and one from the response, of eight rules at most.
 */
#include "balancer/stick/stick_rules.h"

#include <stdlib.h>
#include <string.h>

#include "balancer/rules/acl.h"
#include "balancer/stick/stick_key.h"

enum { STORES_MAX = 8 };

struct stick_house {
	unsigned n;
	struct stick_table *tables[];
};

struct stick_stores {
	unsigned n;
	struct {
		struct stick_table *table;
		bool response;
		struct slice key;
	} all[STORES_MAX];
};

struct stick_house *stick_house_new(const struct balancer_conf *conf)
{
	struct stick_house *h;
	unsigned n = 0;

	for (const struct proxy_conf *p = conf->proxies; p; p = p->next)
		n += p->stick_table != NULL;
	h = calloc(1, sizeof(*h) + n * sizeof(h->tables[0]));
	if (!h)
		return NULL;
	h->n = n;
	for (const struct proxy_conf *p = conf->proxies; p; p = p->next) {
		if (!p->stick_table)
			continue;
		h->tables[p->stick_table->index] = stick_table_new(p->stick_table);
		if (!h->tables[p->stick_table->index]) {
			stick_house_free(&h);
			return NULL;
		}
	}
	return h;
}

void stick_house_free(struct stick_house **slot)
{
	struct stick_house *h = *slot;

	*slot = NULL;
	for (unsigned i = 0; h && i < h->n; i++)
		stick_table_free(&h->tables[i]);
	free(h);
}

struct stick_table *stick_house_table(const struct stick_house *house,
				      const struct stick_table_conf *conf)
{
	return house && conf ? house->tables[conf->index] : NULL;
}

unsigned stick_house_count(const struct stick_house *house)
{
	return house->n;
}

struct stick_table *stick_house_at(const struct stick_house *house, unsigned i)
{
	return house->tables[i];
}

void stick_house_tick(const struct stick_house *house, int64_t now_us)
{
	for (unsigned i = 0; i < house->n; i++)
		stick_table_expire(house->tables[i], now_us);
}

/* ---- rules --------------------------------------------------------------------------------- */

static bool is_stored(const struct stick_stores *stores, const struct stick_table *table,
		      bool response)
{
	for (unsigned i = 0; stores && i < stores->n; i++)
		if (stores->all[i].table == table && stores->all[i].response == response)
			return true;
	return false;
}

static void remember(struct stick_stores **slot, struct rule_input *in, struct stick_table *table,
		     bool response, const struct stick_key *key)
{
	struct stick_stores *stores = *slot;
	struct slice copy;

	if (!stores)
		*slot = stores = ARENA_NEW(in->arena, struct stick_stores);
	if (!stores || stores->n == STORES_MAX)
		return;
	copy = arena_slice_dup(in->arena, (struct slice){(const char *)key->bytes, key->len});
	if (!copy.ptr)
		return;
	stores->all[stores->n].table = table;
	stores->all[stores->n].response = response;
	stores->all[stores->n++].key = copy;
}

static bool make_key(const struct stick_rule *r, struct rule_input *in, struct stick_key *key)
{
	struct sample s;

	return rule_condition_eval(r->cond, in) == ACL_PASS && sample_eval(r->expr, in, &s) &&
	       stick_key_from_sample(key, r->table, &s, in);
}

/* The server that the key had; 0 = none. */
static unsigned look_up(struct stick_table *table, const struct stick_key *key, int64_t now_us)
{
	struct stick_hand hand;
	unsigned id;

	if (!stick_open(table, key, false, now_us, &hand))
		return 0;
	stick_touch(&hand, now_us);
	id = (unsigned)stick_get(&hand, STICK_SERVER_ID, 0, now_us);
	stick_close(&hand);
	return id;
}

void stick_request(const struct stick_rules *rules, struct rule_input *in,
		   struct stick_stores **stores, stick_server_fn *server, void *ctx)
{
	struct stick_key key;
	bool found = false;

	in->phase = in->req ? RULE_HTTP_REQUEST : RULE_TCP_REQUEST;
	for (const struct stick_rule *r = rules->request; r; r = r->next) {
		struct stick_table *table = stick_house_table(in->stick, r->table);
		unsigned id;

		if (is_stored(*stores, table, false) || !make_key(r, in, &key))
			continue;
		if (r->match && !found && (id = look_up(table, &key, in->now_us)))
			found = server(ctx, id);
		if (r->store)
			remember(stores, in, table, false, &key);
	}
}

void stick_response(const struct stick_rules *rules, struct rule_input *in,
		    struct stick_stores **stores)
{
	struct stick_key key;

	in->phase = RULE_HTTP_RESPONSE;
	for (const struct stick_rule *r = rules->response; r; r = r->next) {
		struct stick_table *table = stick_house_table(in->stick, r->table);

		if (!is_stored(*stores, table, true) && make_key(r, in, &key))
			remember(stores, in, table, true, &key);
	}
}

void stick_store(const struct stick_stores *stores, unsigned server_id, int64_t now_us)
{
	struct stick_key key;
	struct stick_hand hand;

	for (unsigned i = 0; stores && i < stores->n; i++) {
		key.len = (uint32_t)stores->all[i].key.len;
		memcpy(key.bytes, stores->all[i].key.ptr, key.len);
		if (!stick_open(stores->all[i].table, &key, true, now_us, &hand))
			continue;
		stick_touch(&hand, now_us);
		stick_set(&hand, STICK_SERVER_ID, 0, server_id, now_us);
		stick_close(&hand);
	}
}
