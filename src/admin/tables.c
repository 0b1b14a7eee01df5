/*
 * Commands on stick tables: `show table`, `clear table`, `set table`. Answers are worded as
 * HAProxy's. Runs on a balancer thread; entries are looked at one by one, under their locks.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin/command.h"
#include "balancer/balancer.h"
#include "balancer/stick/stick_key.h"
#include "balancer/stick/stick_rules.h"

enum { FILTERS_MAX = 4 };

enum compare { CMP_EQ, CMP_NE, CMP_LE, CMP_GE, CMP_LT, CMP_GT, CMP_NONE };

struct filter { /* data.NAME OP VALUE */
	enum stick_data data;
	unsigned element;
	enum compare op;
	uint64_t value;
};

struct query {
	struct admin_reply *reply;
	struct stick_table *table;
	const struct stick_table_conf *conf;
	int64_t now_us;
	struct filter filters[FILTERS_MAX];
	unsigned n_filters;
	bool clear;
	const char *key; /* NULL = all */
};

static int64_t mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static struct stick_table *find_table(const char *name)
{
	struct balancer *b = balancer_running();

	for (unsigned i = 0; i < b->n_proxies; i++)
		if (b->proxies[i].conf->stick_table && strcmp(b->proxies[i].conf->name, name) == 0)
			return stick_house_table(b->stick, b->proxies[i].conf->stick_table);
	return NULL;
}

static void print_head(struct admin_reply *reply, const struct stick_table *t)
{
	const struct stick_table_conf *conf = stick_table_conf_of(t);

	fprintf(reply->out, "# table: %s, type: %s, size:%llu, used:%llu\n", conf->name,
		stick_key_type_name(conf->type), (unsigned long long)conf->size,
		(unsigned long long)stick_table_used(t));
}

/* ---- entries ------------------------------------------------------------------------------- */

static void print_data(FILE *out, const struct query *q, const struct stick_hand *hand,
		       enum stick_data data)
{
	const struct stick_data_row *row = &stick_data_rows[data];
	const struct stick_field *f = &q->conf->fields[data];

	for (unsigned i = 0; i < f->n; i++) {
		if (row->element[0])
			fprintf(out, " %s%u%s", row->element, i,
				row->kind == STICK_ARRAY_RATE ? "_rate" : "");
		else
			fprintf(out, " %s", row->name);
		if (f->period_ms)
			fprintf(out, "(%u)", f->period_ms);
		fprintf(out, "=%llu", (unsigned long long)stick_get(hand, data, i, q->now_us));
	}
}

static void print_entry(const struct query *q, const struct stick_hand *hand)
{
	char text[4 * STICK_KEY_MAX + 1];
	struct stick_key key;

	stick_key_of(hand, &key);
	stick_key_text(&key, q->conf, text, sizeof(text));
	fprintf(q->reply->out, "%p: key=%s use=%u exp=%lld", (void *)hand->entry, text,
		stick_refs(hand),
		q->conf->expire_ms > 0 ? (long long)(stick_left_us(hand, q->now_us) / 1000) : 0LL);
	for (unsigned i = 0; i < STICK_DATA_TYPES; i++)
		print_data(q->reply->out, q, hand, (enum stick_data)i);
	fputc('\n', q->reply->out);
}

static bool holds(const struct query *q, const struct stick_hand *hand)
{
	for (unsigned i = 0; i < q->n_filters; i++) {
		const struct filter *f = &q->filters[i];
		uint64_t v = stick_get(hand, f->data, f->element, q->now_us);
		const bool answers[] = {v == f->value, v != f->value, v <= f->value, v >= f->value,
					v<f->value, v> f->value};

		if (!answers[f->op])
			return false;
	}
	return true;
}

/* stick_each_fn */
static bool look_at(void *ctx, const struct stick_hand *hand)
{
	const struct query *q = ctx;

	if (!holds(q, hand))
		return false;
	if (!q->clear)
		print_entry(q, hand);
	return q->clear;
}

/* ---- arguments ----------------------------------------------------------------------------- */

/* "data.gpc0", "data.gpc[1]". */
static bool read_data_name(const struct stick_table_conf *conf, const char *word,
			   enum stick_data *data, unsigned *element)
{
	struct slice rest = slice_of(word), name;

	if (strncmp(word, "data.", 5) != 0)
		return false;
	rest = slice_of(word + 5);
	name = slice_cut(&rest, '[');
	*element = rest.len ? (unsigned)strtoul(rest.ptr, NULL, 10) : 0;
	for (unsigned i = 0; i < STICK_DATA_TYPES; i++) {
		*data = (enum stick_data)i;
		if (slice_eq_str(name, stick_data_rows[i].name))
			return stick_holds(conf, *data, *element);
	}
	return false;
}

static bool read_filters(struct query *q, int argc, char **argv)
{
	static const char *const ops[] = {"eq", "ne", "le", "ge", "lt", "gt"};

	for (int i = 0; i < argc; i += 3) {
		struct filter *f = &q->filters[q->n_filters];
		unsigned op = 0;
		char *end;

		if (q->n_filters == FILTERS_MAX) {
			fputs("Too many filters\n", q->reply->out);
			return false;
		}
		if (!read_data_name(q->conf, argv[i], &f->data, &f->element)) {
			fprintf(q->reply->out, "Filter entry #%u: Unknown data type\n",
				q->n_filters + 1);
			return false;
		}
		while (i + 1 < argc && op < CMP_NONE && strcmp(argv[i + 1], ops[op]) != 0)
			op++;
		if (i + 1 >= argc || op == CMP_NONE) {
			fputs("Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", "
			      "\"gt\"\n",
			      q->reply->out);
			return false;
		}
		f->op = (enum compare)op;
		f->value = i + 2 < argc ? strtoull(argv[i + 2], &end, 10) : 0;
		if (i + 2 >= argc || *end || end == argv[i + 2]) {
			fputs("Require a valid integer value to compare against\n", q->reply->out);
			return false;
		}
		q->n_filters++;
	}
	return true;
}

/* The table and what follows it; false: an error was printed. */
static bool read_query(struct query *q, int argc, char **argv)
{
	q->now_us = mono_us();
	q->table = find_table(argv[0]);
	if (!q->table) {
		fputs("No such table\n", q->reply->out);
		return false;
	}
	q->conf = stick_table_conf_of(q->table);
	if (argc > 1 && strcmp(argv[1], "key") == 0) {
		q->key = argc > 2 ? argv[2] : "";
		if (!*q->key)
			fputs("Key value expected\n", q->reply->out);
		return *q->key;
	}
	return read_filters(q, argc - 1, argv + 1);
}

static bool read_key(const struct query *q, struct stick_key *key)
{
	if (stick_key_from_text(key, q->conf, slice_of(q->key)))
		return true;
	fputs("Invalid key\n", q->reply->out);
	return false;
}

static void one_entry(struct query *q)
{
	struct stick_hand hand;
	struct stick_key key;

	if (!read_key(q, &key) || !stick_open(q->table, &key, false, q->now_us, &hand))
		return;
	if (!q->clear) {
		print_head(q->reply, q->table);
		print_entry(q, &hand);
		stick_close(&hand);
		return;
	}
	if (stick_refs(&hand) > 0)
		fputs("Entry currently in use, cannot remove\n", q->reply->out);
	stick_remove(&hand);
}

/* ---- commands ------------------------------------------------------------------------------- */

static void show_table(struct admin_reply *reply, int argc, char **argv)
{
	struct balancer *b = balancer_running();
	struct query q = {.reply = reply};

	for (unsigned i = 0; argc == 0 && i < b->n_proxies; i++)
		if (b->proxies[i].conf->stick_table)
			print_head(reply,
				   stick_house_table(b->stick, b->proxies[i].conf->stick_table));
	if (argc == 0 || !read_query(&q, argc, argv))
		return;
	if (q.key) {
		one_entry(&q);
		return;
	}
	print_head(reply, q.table);
	stick_table_each(q.table, q.now_us, look_at, &q);
}

static void clear_table(struct admin_reply *reply, int argc, char **argv)
{
	struct query q = {.reply = reply, .clear = true};

	if (argc == 0) {
		fputs("Required arguments: <table> \"data.<store_data_type>\" <operator> <value> "
		      "or "
		      "<table> key <key>\n",
		      reply->out);
		return;
	}
	if (!read_query(&q, argc, argv))
		return;
	if (q.key)
		one_entry(&q);
	else
		stick_table_each(q.table, q.now_us, look_at, &q);
}

static bool check_values(const struct query *q, int argc, char **argv)
{
	enum stick_data data;
	unsigned element;

	for (int i = 0; i < argc; i += 2) {
		char *end;

		if (!read_data_name(q->conf, argv[i], &data, &element)) {
			fputs("Unknown data type\n", q->reply->out);
			return false;
		}
		if (i + 1 < argc)
			strtoull(argv[i + 1], &end, 10);
		if (i + 1 >= argc || *end || end == argv[i + 1]) {
			fputs("Require a valid integer value to store\n", q->reply->out);
			return false;
		}
	}
	return true;
}

static void set_table(struct admin_reply *reply, int argc, char **argv)
{
	struct query q = {.reply = reply};
	struct stick_hand hand;
	struct stick_key key;
	enum stick_data data;
	unsigned element;

	if (argc < 1) {
		fputs("Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n",
		      reply->out);
		return;
	}
	if (!read_query(&q, argc < 3 ? argc : 3, argv))
		return;
	if (!q.key) {
		fputs("Key value expected\n", reply->out);
		return;
	}
	if (!check_values(&q, argc - 3, argv + 3) || !read_key(&q, &key))
		return;
	if (!stick_open(q.table, &key, true, q.now_us, &hand)) {
		fputs("Unable to allocate a new entry\n", reply->out);
		return;
	}
	for (int i = 3; i < argc; i += 2)
		if (read_data_name(q.conf, argv[i], &data, &element))
			stick_set(&hand, data, element, strtoull(argv[i + 1], NULL, 10), q.now_us);
	stick_touch(&hand, q.now_us);
	stick_close(&hand);
}

const struct admin_command admin_table_commands[] = {
	{"show table", ADMIN_USER, "[<table> [key <key> | data.<type> <op> <value>]]",
	 "stick tables, or what is in one", show_table},
	{"clear table", ADMIN_OPERATOR, "<table> [key <key> | data.<type> <op> <value>]",
	 "removes entries of a stick table", clear_table},
	{"set table", ADMIN_OPERATOR, "<table> key <key> [data.<type> <value>]*",
	 "creates or changes an entry of a stick table", set_table},
	{.words = NULL},
};
