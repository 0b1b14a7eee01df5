/*
 * Converters of stick tables: in_table and table_*. The input is a key; nothing is created or
 * touched. Without an entry the value is 0; when the table does not hold the data there is none.
 */
#include "balancer/stick/stick_ask.h"
#include "balancer/stick/stick_key.h"

struct look { /* call->data */
	enum stick_data data;
	unsigned element;
	bool kbytes;
	const struct sample_arg *dflt; /* NULL or not given = none */
	struct stick_table_ref table;
};

static bool open_entry(const struct look *l, struct rule_input *in, struct sample *s,
		       struct stick_hand *hand, bool *known)
{
	struct stick_table *t = stick_table_of(&l->table, in);
	struct stick_key key;

	*known = t && stick_key_from_sample(&key, stick_table_conf_of(t), s, in);
	return *known && stick_open(t, &key, false, in->now_us, hand);
}

static struct look *read_look(struct rules_build *b, struct sample_call *call, unsigned table_arg)
{
	struct look *l = ARENA_NEW(b->arena, struct look);

	call->data = l;
	stick_table_ref_read(b, &l->table, call->args[table_arg].str);
	return l;
}

static bool check_plain(struct rules_build *b, struct sample_call *call)
{
	read_look(b, call, 0)->dflt = &call->args[1];
	return true;
}

/* "table_conn_cnt": the data's own name, but for bytes, which are given in KiB. */
static bool check_data(struct rules_build *b, struct sample_call *call)
{
	const char *name = call->name + strlen("table_");
	bool indexed = strcmp(name, "gpc") == 0 || strcmp(name, "gpt") == 0 ||
		       strcmp(name, "gpc_rate") == 0;
	struct look *l = read_look(b, call, indexed ? 1 : 0);

	l->kbytes = strncmp(name, "kbytes_", 7) == 0;
	if (l->kbytes)
		l->data = strcmp(name, "kbytes_in") == 0 ? STICK_BYTES_IN_CNT : STICK_BYTES_OUT_CNT;
	else
		while (strcmp(stick_data_rows[l->data].name, name) != 0)
			l->data++;
	if (!indexed)
		return true;
	l->element = (unsigned)call->args[0].num;
	if (call->args[0].num >= 0 && l->element < STICK_ARRAY_MAX)
		return true;
	rules_error(b, "'%s': no table has such an element", call->name);
	return false;
}

static bool in_table(const struct sample_call *c, struct rule_input *in, struct sample *s)
{
	struct stick_hand hand;
	bool known, found = open_entry(c->data, in, s, &hand, &known);

	if (found)
		stick_close(&hand);
	return known && sample_give_num(s, SAMPLE_BOOL, found);
}

static bool trackers(const struct sample_call *c, struct rule_input *in, struct sample *s)
{
	struct stick_hand hand;
	unsigned n = 0;
	bool known;

	if (open_entry(c->data, in, s, &hand, &known)) {
		n = stick_refs(&hand);
		stick_close(&hand);
	}
	return known && sample_give_num(s, SAMPLE_INT, n);
}

static bool times(const struct sample_call *c, struct rule_input *in, struct sample *s, bool idle)
{
	const struct look *l = c->data;
	struct stick_hand hand;
	int64_t us;
	bool known;

	if (!open_entry(l, in, s, &hand, &known))
		return known && l->dflt->given && sample_give_num(s, SAMPLE_INT, l->dflt->num);
	us = idle ? stick_idle_us(&hand, in->now_us) : stick_left_us(&hand, in->now_us);
	stick_close(&hand);
	return sample_give_num(s, SAMPLE_INT, us / 1000);
}

static bool idle_time(const struct sample_call *c, struct rule_input *in, struct sample *s)
{
	return times(c, in, s, true);
}

static bool time_left(const struct sample_call *c, struct rule_input *in, struct sample *s)
{
	return times(c, in, s, false);
}

static bool data_of(const struct sample_call *c, struct rule_input *in, struct sample *s)
{
	const struct look *l = c->data;
	enum stick_data data = l->data;
	unsigned element = l->element;
	struct stick_hand hand;
	uint64_t value;
	bool known, held;

	if (!open_entry(l, in, s, &hand, &known))
		return known && sample_give_num(s, SAMPLE_INT, 0);
	held = stick_place(stick_table_conf_of(hand.table), &data, &element);
	value = stick_get(&hand, data, element, in->now_us);
	stick_close(&hand);
	return held && sample_give_num(s, SAMPLE_INT, (int64_t)(l->kbytes ? value >> 10 : value));
}

#define ROW(name, doc)                                                               \
	{                                                                            \
		"table_" name, SAMPLE_ANY, SAMPLE_INT, "s", data_of, check_data, doc \
	}
#define INDEXED(name, doc)                                                            \
	{                                                                             \
		"table_" name, SAMPLE_ANY, SAMPLE_INT, "is", data_of, check_data, doc \
	}

const struct converter_row converter_stick_rows[] = {
	{"in_table", SAMPLE_ANY, SAMPLE_BOOL, "s", in_table, check_plain,
	 "whether a stick table has this key"},
	{"table_trackers", SAMPLE_ANY, SAMPLE_INT, "s", trackers, check_plain,
	 "how many track the key's entry"},
	{"table_idle", SAMPLE_ANY, SAMPLE_INT, "sI", idle_time, check_plain,
	 "ms since the key's entry was touched"},
	{"table_expire", SAMPLE_ANY, SAMPLE_INT, "sI", time_left, check_plain,
	 "ms until the key's entry goes"},
	ROW("bytes_in_rate", "bytes from clients per period"),
	ROW("bytes_out_rate", "bytes to clients per period"),
	ROW("conn_cnt", "connections so far"),
	ROW("conn_cur", "connections now"),
	ROW("conn_rate", "connections per period"),
	ROW("gpc0", "gpc0"),
	ROW("gpc0_rate", "increments of gpc0 per period"),
	ROW("gpc1", "gpc1"),
	ROW("gpc1_rate", "increments of gpc1 per period"),
	ROW("gpt0", "gpt0"),
	ROW("http_err_cnt", "requests that ended in a client's error"),
	ROW("http_err_rate", "clients' errors per period"),
	ROW("http_fail_cnt", "responses that failed"),
	ROW("http_fail_rate", "failed responses per period"),
	ROW("http_req_cnt", "requests so far"),
	ROW("http_req_rate", "requests per period"),
	ROW("kbytes_in", "KiB from clients"),
	ROW("kbytes_out", "KiB to clients"),
	ROW("server_id", "the server that the key sticks to"),
	ROW("sess_cnt", "sessions so far"),
	ROW("sess_rate", "sessions per period"),
	INDEXED("gpc", "an element of gpc"),
	INDEXED("gpc_rate", "increments per period of an element of gpc"),
	INDEXED("gpt", "an element of gpt"),
	{.name = NULL},
};
