/*
 * Rows of `stick-table` and `stick`. At load, one thread. Tables are found by name, which is their
 * proxy's, when all is read; entries hold server_id as soon as a stick rule uses the table.
 */
#include "balancer/stick/stick_conf.h"

#include "balancer/rules/acl.h"
#include "balancer/rules/rules_conf.h"
#include "balancer/rules/sample.h"
#include "core/conf/value.h"

enum { KEY_LEN_DEFAULT = 32, PERIOD_MAX_MS = INT32_MAX };

/* ---- stick-table --------------------------------------------------------------------------- */

struct table_line { /* one being read */
	struct conf_ctx *ctx;
	const struct conf_line *line;
	unsigned at;
	struct stick_table_conf *conf;
	bool has_type, has_size;
};

static bool read_type(struct table_line *t)
{
	static const char *const names[] = {"ip", "ipv6", "integer", "string", "binary", NULL};
	static const uint32_t lengths[] = {4, 16, 4, KEY_LEN_DEFAULT, KEY_LEN_DEFAULT};
	unsigned type;
	int len;

	if (!conf_word_choice(t->ctx, t->line, t->at++, names, &type))
		return false;
	t->has_type = true;
	t->conf->type = (enum stick_key_type)type;
	t->conf->key_len = lengths[type];
	if (t->conf->type < STICK_KEY_STRING || !conf_line_is(t->line, t->at, "len"))
		return true;
	if (!conf_word_int(t->ctx, t->line, t->at + 1, 1, STICK_KEY_MAX, &len))
		return false;
	t->conf->key_len = (uint32_t)len;
	t->at += 2;
	return true;
}

static int find_data(struct slice name)
{
	for (int i = 0; i < STICK_DATA_TYPES; i++)
		if (slice_eq_str(name, stick_data_rows[i].name))
			return i;
	return -1;
}

/* The legacy names and the arrays exclude each other, or it would not be known which is meant. */
static bool has_rival(const struct stick_table_conf *conf, enum stick_data data)
{
	switch (data) {
	case STICK_GPT:
		return conf->fields[STICK_GPT0].n;
	case STICK_GPC:
		return conf->fields[STICK_GPC0].n || conf->fields[STICK_GPC1].n;
	case STICK_GPC_RATE:
		return conf->fields[STICK_GPC0_RATE].n || conf->fields[STICK_GPC1_RATE].n;
	case STICK_GPT0:
		return conf->fields[STICK_GPT].n;
	case STICK_GPC0:
	case STICK_GPC1:
		return conf->fields[STICK_GPC].n;
	case STICK_GPC0_RATE:
	case STICK_GPC1_RATE:
		return conf->fields[STICK_GPC_RATE].n;
	default:
		return false;
	}
}

/* "name", "name(period)", "name(elements)" or "name(elements,period)". */
static bool read_one_data(struct table_line *t, struct slice word)
{
	struct slice rest = word, name = slice_cut(&rest, '(');
	int data = find_data(name);
	enum stick_kind kind;
	const char *args, *wrong = NULL;
	long long n = 1;
	int64_t period_us = 0;

	if (data < 0) {
		conf_ctx_error(t->ctx, t->line, t->at, "stick-table: unknown data type '%.*s'",
			       (int)name.len, name.ptr);
		return false;
	}
	kind = stick_data_rows[data].kind;
	if (rest.len > 0 && rest.ptr[rest.len - 1] == ')')
		rest.len--;
	if (kind == STICK_ARRAY_NUM || kind == STICK_ARRAY_RATE) {
		struct slice count = slice_cut(&rest, ',');

		args = arena_strndup(t->ctx->arena, count.ptr, count.len);
		wrong = conf_text_int(args, 1, STICK_ARRAY_MAX, &n);
	}
	if (!wrong && (kind == STICK_RATE || kind == STICK_ARRAY_RATE)) {
		args = arena_strndup(t->ctx->arena, rest.ptr, rest.len);
		wrong = conf_text_time(args, 1000, &period_us);
		if (!wrong && (period_us < 1000 || period_us / 1000 > PERIOD_MAX_MS))
			wrong = "is not a period";
		rest.len = 0;
	}
	if (!wrong && rest.len > 0)
		wrong = "is too much";
	if (wrong) {
		conf_ctx_error(t->ctx, t->line, t->at, "stick-table: '%.*s': its argument %s",
			       (int)word.len, word.ptr, wrong);
		return false;
	}
	if (has_rival(t->conf, (enum stick_data)data) || t->conf->fields[data].n) {
		conf_ctx_error(t->ctx, t->line, t->at,
			       "stick-table: '%.*s' is there already, under this or another name",
			       (int)name.len, name.ptr);
		return false;
	}
	stick_table_conf_store(t->conf, (enum stick_data)data, (unsigned)n,
			       (unsigned)(period_us / 1000));
	return true;
}

/* A comma in brackets does not separate. */
static struct slice cut_data(struct slice *rest)
{
	struct slice word = {rest->ptr, 0};
	bool inside = false;

	while (word.len < rest->len && (inside || word.ptr[word.len] != ',')) {
		inside = word.ptr[word.len] == '(' || (inside && word.ptr[word.len] != ')');
		word.len++;
	}
	rest->ptr += word.len;
	rest->len -= word.len;
	if (rest->len > 0) {
		rest->ptr++;
		rest->len--;
	}
	return word;
}

static bool read_data(struct table_line *t)
{
	struct slice rest = slice_of(conf_line_word(t->line, t->at));

	if (rest.len == 0) {
		conf_ctx_error(t->ctx, t->line, t->at, "stick-table: 'store' needs data types");
		return false;
	}
	while (rest.len > 0)
		if (!read_one_data(t, cut_data(&rest)))
			return false;
	t->at++;
	return true;
}

static bool read_option(struct table_line *t)
{
	const char *word = conf_line_word(t->line, t->at++);

	if (strcmp(word, "type") == 0)
		return read_type(t);
	if (strcmp(word, "size") == 0) {
		t->has_size = true;
		return conf_word_size(t->ctx, t->line, t->at++, 1, 1ull << 32, &t->conf->size);
	}
	if (strcmp(word, "expire") == 0)
		return conf_word_time_ms(t->ctx, t->line, t->at++, 1, INT32_MAX,
					 &t->conf->expire_ms);
	if (strcmp(word, "nopurge") == 0) {
		t->conf->nopurge = true;
		return true;
	}
	if (strcmp(word, "store") == 0)
		return read_data(t);
	if (strcmp(word, "peers") == 0 || strcmp(word, "srvkey") == 0 ||
	    strcmp(word, "write-to") == 0) {
		conf_ctx_warn(t->ctx, t->line, t->at - 1,
			      "stick-table: '%s' has no effect yet: tables are not shared between "
			      "nodes",
			      word);
		t->at++;
		return true;
	}
	conf_ctx_error(t->ctx, t->line, t->at - 1, "stick-table: unknown option '%s'", word);
	return false;
}

static void read_table(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct proxy_conf *p = target;
	struct table_line t = {.ctx = ctx, .line = line, .at = ctx->n_name};

	if (p->stick_table) {
		conf_ctx_error(ctx, line, 0, "a proxy has one stick-table: '%s' has one already",
			       p->name);
		return;
	}
	t.conf = ARENA_NEW(ctx->arena, struct stick_table_conf);
	t.conf->name = p->name;
	t.conf->place = conf_line_place(line, 0);
	while (t.at < line->n_words)
		if (!read_option(&t))
			return;
	if (!t.has_type)
		conf_ctx_error(ctx, line, 0, "stick-table: 'type' is missing");
	else if (!t.has_size)
		conf_ctx_error(ctx, line, 0, "stick-table: 'size' is missing");
	else
		p->stick_table = t.conf;
}

/* ---- stick --------------------------------------------------------------------------------- */

static void add_rule(struct arena *arena, struct proxy_conf *p, bool response,
		     const struct stick_rule *rule)
{
	struct stick_rule **tail, *copy = ARENA_NEW(arena, struct stick_rule);

	if (!p->stick_rules)
		p->stick_rules = ARENA_NEW(arena, struct stick_rules);
	tail = response ? &p->stick_rules->response : &p->stick_rules->request;
	while (*tail)
		tail = &(*tail)->next;
	*copy = *rule;
	*tail = copy;
}

/* <pattern> [table <name>] [if|unless <condition>] */
static void read_stick(struct conf_ctx *ctx, const struct conf_line *line, struct proxy_conf *p,
		       struct stick_rule rule, bool response)
{
	struct rules_build b = {.arena = ctx->arena,
				.diags = ctx->diags,
				.files = ctx->files,
				.at = conf_line_place(line, 0),
				.set = rules_set_of(ctx->arena, p),
				.place = response ? RULES_AT_RESPONSE : RULES_AT_REQUEST};
	unsigned at = ctx->n_name;

	rule.place = b.at;
	if (at >= line->n_words) {
		conf_ctx_error(ctx, line, at, "'%s' needs a sample", ctx->keyword->name);
		return;
	}
	rule.expr = sample_compile_word(&b, conf_line_word(line, at++));
	if (!rule.expr)
		return;
	if (conf_line_is(line, at, "table")) {
		if (!conf_word_string(ctx, line, at + 1, &rule.table_name))
			return;
		at += 2;
	}
	if (at < line->n_words && !conf_line_is(line, at, "if") &&
	    !conf_line_is(line, at, "unless")) {
		conf_ctx_error(ctx, line, at,
			       "'%s': 'table', 'if' or 'unless' expected instead of '%s'",
			       ctx->keyword->name, conf_line_word(line, at));
		return;
	}
	if (at < line->n_words) {
		rule.cond = rule_condition_parse(&b, line->words + at, line->n_words - at);
		if (!rule.cond)
			return;
	}
	add_rule(ctx->arena, p, response, &rule);
}

static void read_on(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_stick(ctx, line, target, (struct stick_rule){.match = true, .store = true}, false);
}

static void read_match(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_stick(ctx, line, target, (struct stick_rule){.match = true}, false);
}

static void read_store_request(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_stick(ctx, line, target, (struct stick_rule){.store = true}, false);
}

static void read_store_response(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_stick(ctx, line, target, (struct stick_rule){.store = true}, true);
}

/* ---- when all is read ------------------------------------------------------------------------ */

static void resolve(struct conf_ctx *ctx, const struct balancer_conf *conf,
		    const struct proxy_conf *p, struct stick_rule *rules)
{
	for (struct stick_rule *r = rules; r; r = r->next) {
		struct stick_table_conf *table = p->stick_table;

		if (r->table_name)
			table = NULL;
		for (const struct proxy_conf *o = conf->proxies; o && r->table_name && !table;
		     o = o->next)
			if (o->stick_table && strcmp(o->name, r->table_name) == 0)
				table = o->stick_table;
		r->table = table;
		if (table)
			stick_table_conf_store(table, STICK_SERVER_ID, 1, 0);
		else if (r->table_name)
			conf_error(ctx->diags, r->place, "there is no stick-table '%s'",
				   r->table_name);
		else
			conf_error(ctx->diags, r->place, "'%s' has no stick-table", p->name);
	}
}

bool stick_conf_any(const struct balancer_conf *conf)
{
	for (const struct proxy_conf *p = conf->proxies; p; p = p->next)
		if (p->stick_table)
			return true;
	return false;
}

static void number_tables(struct balancer_conf *conf)
{
	unsigned n = 0;

	for (struct proxy_conf *p = conf->proxies; p; p = p->next) {
		if (!p->stick_table)
			continue;
		p->stick_table->index = n++;
		stick_table_conf_seal(p->stick_table);
	}
}

static void finish(struct conf_ctx *ctx, void *root)
{
	struct balancer_conf *conf = root;

	for (struct proxy_conf *p = conf->proxies; p; p = p->next) {
		if (!p->stick_rules)
			continue;
		resolve(ctx, conf, p, p->stick_rules->request);
		resolve(ctx, conf, p, p->stick_rules->response);
	}
	number_tables(conf);
}

#define COND "[table <name>] [if|unless <condition>]"
#define ROW(name, sections, args, parse, doc)                                                     \
	{                                                                                         \
		name, sections, CONF_CUSTOM, 0, 0, 0, args, NULL, CONF_EFFECT_RELOAD, parse, doc, \
			"0.3", 0                                                                  \
	}

static const struct conf_keyword rows[] = {
	ROW("stick-table", CONF_PROXY,
	    "type ip|ipv6|integer|string [len <n>]|binary [len <n>] size <n> [expire <time>] "
	    "[nopurge] [store <data>[,...]]",
	    read_table, "a table of keys: which server each sticks to, counters, tags"),
	ROW("stick on", CONF_BE, "<sample> " COND, read_on,
	    "requests with the same key go to the same server"),
	ROW("stick match", CONF_BE, "<sample> " COND, read_match,
	    "a request whose key is in the table goes to the server found there"),
	ROW("stick store-request", CONF_BE, "<sample> " COND, read_store_request,
	    "the table learns a key of the request"),
	ROW("stick store-response", CONF_BE, "<sample> " COND, read_store_response,
	    "the table learns a key of the response"),
	{.name = NULL},
};

const struct conf_part stick_conf_part = {.name = "stick tables", .rows = rows, .finish = finish};
