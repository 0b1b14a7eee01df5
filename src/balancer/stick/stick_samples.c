/*
 * Samples of stick tables: src_*, sc_*, sc0_* to sc2_*, table_cnt, table_avl. A row's name says
 * all: whose entry, what is done with it, which data. It is taken apart once, at load.
 *
 * As in HAProxy: without an entry the value is 0; without a tracked entry (sc), or when the table
 * does not hold the data, there is no value.
 */
#include "balancer/stick/stick_ask.h"
#include "balancer/stick/stick_key.h"
#include "balancer/stick/stick_track.h"

enum verb { VERB_GET, VERB_KBYTES, VERB_INC, VERB_CLR, VERB_UPDATE, VERB_TRACKED, VERB_TRACKERS };

static const struct {
	const char *name;
	enum stick_data data, rate; /* rate: counted up beside it; SERVER_ID = none */
	enum verb verb;
	bool indexed; /* the first argument is an element */
} kinds[] = {
	{"bytes_in_rate", STICK_BYTES_IN_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"bytes_out_rate", STICK_BYTES_OUT_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"clr_gpc", STICK_GPC, STICK_SERVER_ID, VERB_CLR, true},
	{"clr_gpc0", STICK_GPC0, STICK_SERVER_ID, VERB_CLR, false},
	{"clr_gpc1", STICK_GPC1, STICK_SERVER_ID, VERB_CLR, false},
	{"conn_cnt", STICK_CONN_CNT, STICK_SERVER_ID, VERB_GET, false},
	{"conn_cur", STICK_CONN_CUR, STICK_SERVER_ID, VERB_GET, false},
	{"conn_rate", STICK_CONN_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"get_gpc", STICK_GPC, STICK_SERVER_ID, VERB_GET, true},
	{"get_gpc0", STICK_GPC0, STICK_SERVER_ID, VERB_GET, false},
	{"get_gpc1", STICK_GPC1, STICK_SERVER_ID, VERB_GET, false},
	{"get_gpt", STICK_GPT, STICK_SERVER_ID, VERB_GET, true},
	{"get_gpt0", STICK_GPT0, STICK_SERVER_ID, VERB_GET, false},
	{"gpc_rate", STICK_GPC_RATE, STICK_SERVER_ID, VERB_GET, true},
	{"gpc0_rate", STICK_GPC0_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"gpc1_rate", STICK_GPC1_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"http_err_cnt", STICK_HTTP_ERR_CNT, STICK_SERVER_ID, VERB_GET, false},
	{"http_err_rate", STICK_HTTP_ERR_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"http_fail_cnt", STICK_HTTP_FAIL_CNT, STICK_SERVER_ID, VERB_GET, false},
	{"http_fail_rate", STICK_HTTP_FAIL_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"http_req_cnt", STICK_HTTP_REQ_CNT, STICK_SERVER_ID, VERB_GET, false},
	{"http_req_rate", STICK_HTTP_REQ_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"inc_gpc", STICK_GPC, STICK_GPC_RATE, VERB_INC, true},
	{"inc_gpc0", STICK_GPC0, STICK_GPC0_RATE, VERB_INC, false},
	{"inc_gpc1", STICK_GPC1, STICK_GPC1_RATE, VERB_INC, false},
	{"kbytes_in", STICK_BYTES_IN_CNT, STICK_SERVER_ID, VERB_KBYTES, false},
	{"kbytes_out", STICK_BYTES_OUT_CNT, STICK_SERVER_ID, VERB_KBYTES, false},
	{"sess_cnt", STICK_SESS_CNT, STICK_SERVER_ID, VERB_GET, false},
	{"sess_rate", STICK_SESS_RATE, STICK_SERVER_ID, VERB_GET, false},
	{"tracked", STICK_SERVER_ID, STICK_SERVER_ID, VERB_TRACKED, false},
	{"trackers", STICK_SERVER_ID, STICK_SERVER_ID, VERB_TRACKERS, false},
	{"updt_conn_cnt", STICK_CONN_CNT, STICK_CONN_RATE, VERB_UPDATE, false},
};

struct ask { /* call->data */
	enum verb verb;
	enum stick_data data, rate;
	unsigned element, counter;
	bool src, other; /* other: a table is named */
	struct stick_table_ref table;
};

/* "src_", "sc_", "sc0_": whose; sc_ has the counter as an argument. false: no such counter. */
static bool read_whose(struct ask *a, struct sample_call *call, struct slice *name, unsigned *arg)
{
	struct slice whose = slice_cut(name, '_');

	a->src = slice_eq_str(whose, "src");
	if (a->src)
		return true;
	if (whose.len == 3) {
		a->counter = (unsigned)(whose.ptr[2] - '0');
		return true;
	}
	a->counter = (unsigned)call->args[*arg].num;
	return call->args[(*arg)++].num >= 0 && a->counter < STICK_COUNTERS;
}

static bool check(struct rules_build *b, struct sample_call *call)
{
	struct ask *a = ARENA_NEW(b->arena, struct ask);
	struct slice name = slice_of(call->name), what = name;
	size_t i = 0;
	unsigned arg = 0;

	call->data = a;
	slice_cut(&what, '_');
	while (!slice_eq_str(what, kinds[i].name))
		i++;
	a->verb = kinds[i].verb;
	a->data = kinds[i].data;
	a->rate = kinds[i].rate;
	if (kinds[i].indexed) {
		a->element = (unsigned)call->args[arg].num;
		if (call->args[arg++].num < 0 || a->element >= STICK_ARRAY_MAX) {
			rules_error(b, "'%s': no table has such an element", call->name);
			return false;
		}
	}
	if (!read_whose(a, call, &name, &arg)) {
		rules_error(b, "'%s': counters are 0 to %d", call->name, STICK_COUNTERS - 1);
		return false;
	}
	a->other = call->args[arg].given;
	if (a->src || a->other)
		stick_table_ref_read(b, &a->table, call->args[arg].str);
	return true;
}

/* The entry that is asked about. *absent: there could be one, but there is none. */
static bool open_entry(const struct ask *a, struct rule_input *in, struct stick_hand *hand,
		       bool *absent)
{
	bool create = a->verb == VERB_INC || a->verb == VERB_UPDATE;
	const struct stick_track *track = a->src ? NULL : stick_track_find(in, a->counter);
	struct stick_table *table;
	struct stick_key key;

	*absent = false;
	if (!a->src && !track)
		return false;
	if (track && !a->other) {
		stick_open_entry(track->table, track->entry, hand);
		return true;
	}
	table = stick_table_of(&a->table, in);
	if (!table)
		return false;
	if (a->src) {
		if (!stick_key_from_addr(&key, stick_table_conf_of(table), in->client))
			return false;
	} else { /* the same key, in another table */
		stick_open_entry(track->table, track->entry, hand);
		stick_key_of(hand, &key);
		stick_close(hand);
	}
	if (stick_open(table, &key, create, in->now_us, hand))
		return true;
	*absent = true;
	return false;
}

static bool carry_out(const struct ask *a, struct rule_input *in, const struct stick_hand *hand,
		      uint64_t *value)
{
	const struct stick_table_conf *conf = stick_table_conf_of(hand->table);
	enum stick_data data = a->data, rate = a->rate;
	unsigned element = a->element, rate_element = a->element;

	if (a->verb == VERB_TRACKERS) {
		*value = stick_refs(hand);
		return true;
	}
	if (!stick_place(conf, &data, &element))
		return false;
	*value = stick_get(hand, data, element, in->now_us);
	switch (a->verb) {
	case VERB_KBYTES:
		*value >>= 10;
		break;
	case VERB_CLR:
		stick_set(hand, data, element, 0, in->now_us);
		break;
	case VERB_INC:
	case VERB_UPDATE:
		*value = stick_add(hand, data, element, 1, in->now_us);
		if (stick_place(conf, &rate, &rate_element))
			stick_add(hand, rate, rate_element, 1, in->now_us);
		stick_touch(hand, in->now_us);
		break;
	default:
		break;
	}
	return true;
}

static bool get(const struct sample_call *c, struct rule_input *in, struct sample_walk *w,
		struct sample *out)
{
	const struct ask *a = c->data;
	struct stick_hand hand;
	uint64_t value = 0;
	bool absent, held;

	(void)w;
	if (a->verb == VERB_TRACKED)
		return sample_give_num(out, SAMPLE_BOOL, stick_track_find(in, a->counter) != NULL);
	if (!open_entry(a, in, &hand, &absent))
		return absent && sample_give_num(out, SAMPLE_INT, 0);
	held = carry_out(a, in, &hand, &value);
	stick_close(&hand);
	return held && sample_give_num(out, SAMPLE_INT, (int64_t)value);
}

/* ---- of whole tables ------------------------------------------------------------------------- */

static bool check_table(struct rules_build *b, struct sample_call *call)
{
	struct stick_table_ref *ref = ARENA_NEW(b->arena, struct stick_table_ref);

	call->data = ref;
	stick_table_ref_read(b, ref, call->args[0].str);
	return true;
}

static bool get_used(const struct sample_call *c, struct rule_input *in, struct sample_walk *w,
		     struct sample *out)
{
	const struct stick_table *t = stick_table_of(c->data, in);

	(void)w;
	return t && sample_give_num(out, SAMPLE_INT, (int64_t)stick_table_used(t));
}

static bool get_free(const struct sample_call *c, struct rule_input *in, struct sample_walk *w,
		     struct sample *out)
{
	const struct stick_table *t = stick_table_of(c->data, in);

	(void)w;
	return t && sample_give_num(out, SAMPLE_INT,
				    (int64_t)(stick_table_conf_of(t)->size - stick_table_used(t)));
}

#define ROW(name, args, doc)                               \
	{                                                  \
		name, SAMPLE_INT, args, 0, get, check, doc \
	}
#define SC(what, doc)                                                                         \
	ROW("sc_" what, "iS", doc ", of a tracked counter"),                                  \
		ROW("sc0_" what, "S", doc ", of sc0"), ROW("sc1_" what, "S", doc ", of sc1"), \
		ROW("sc2_" what, "S", doc ", of sc2")
#define BOTH(what, doc) ROW("src_" what, "S", doc ", of the client's address"), SC(what, doc)
#define INDEXED(what, doc)                                       \
	ROW("src_" what, "iS", doc ", of the client's address"), \
		ROW("sc_" what, "iiS", doc ", of a tracked counter")

const struct sample_row sample_stick_rows[] = {
	BOTH("bytes_in_rate", "bytes from clients per period"),
	BOTH("bytes_out_rate", "bytes to clients per period"),
	BOTH("clr_gpc0", "clears gpc0, gives its value"),
	BOTH("clr_gpc1", "clears gpc1, gives its value"),
	BOTH("conn_cnt", "connections so far"),
	BOTH("conn_cur", "connections now"),
	BOTH("conn_rate", "connections per period"),
	BOTH("get_gpc0", "gpc0"),
	BOTH("get_gpc1", "gpc1"),
	BOTH("get_gpt0", "gpt0"),
	BOTH("gpc0_rate", "increments of gpc0 per period"),
	BOTH("gpc1_rate", "increments of gpc1 per period"),
	BOTH("http_err_cnt", "requests that ended in a client's error"),
	BOTH("http_err_rate", "clients' errors per period"),
	BOTH("http_fail_cnt", "responses that failed"),
	BOTH("http_fail_rate", "failed responses per period"),
	BOTH("http_req_cnt", "requests so far"),
	BOTH("http_req_rate", "requests per period"),
	BOTH("inc_gpc0", "counts gpc0 up, gives its value"),
	BOTH("inc_gpc1", "counts gpc1 up, gives its value"),
	BOTH("kbytes_in", "KiB from clients"),
	BOTH("kbytes_out", "KiB to clients"),
	BOTH("sess_cnt", "sessions so far"),
	BOTH("sess_rate", "sessions per period"),
	SC("tracked", "whether something is tracked"),
	SC("trackers", "how many track the same entry"),
	ROW("src_updt_conn_cnt", "S", "counts connections of the client's address itself"),
	INDEXED("clr_gpc", "clears an element of gpc, gives its value"),
	INDEXED("get_gpc", "an element of gpc"),
	INDEXED("get_gpt", "an element of gpt"),
	INDEXED("gpc_rate", "increments per period of an element of gpc"),
	INDEXED("inc_gpc", "counts an element of gpc up, gives its value"),
	{"table_cnt", SAMPLE_INT, "S", 0, get_used, check_table, "entries of a stick table"},
	{"table_avl", SAMPLE_INT, "S", 0, get_free, check_table, "room left in a stick table"},
	{.name = NULL},
};
