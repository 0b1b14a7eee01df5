/*
 * The words of a tracked database. See track_database.h. An option is a row: how it is read, and
 * where it goes.
 */
#include "failover/conf/track/track_database.h"

#include <failover/conf/database_built.h> /* made by the build */
#include <string.h>

#include "core/conf/value.h"

enum { COUNT_MOST = 1000 };
static const int64_t time_least_us = 20000, time_most_us = 3600 * INT64_C(1000000);

static const struct {
	const char *word, *library;
	bool is_built;
} kinds[] = {
	[VRRP_DATABASE_PGSQL] = {"pgsql", "libpq", DATABASE_HAS_PGSQL},
	[VRRP_DATABASE_MYSQL] = {"mysql", "libmariadb", DATABASE_HAS_MYSQL},
	[VRRP_DATABASE_REDIS] = {"redis", "hiredis", DATABASE_HAS_REDIS},
};

enum value { TEXT, PATH, HOST, TIME, COUNT, PORT, ROLE, WEIGHT, COLD, GALERA };

#define AT(member) offsetof(struct vrrp_database_conf, member)

static const struct option {
	const char *word;
	enum value value;
	size_t at;
} options[] = {
	{"role", ROLE, 0},
	{"host", HOST, AT(host)},
	{"socket", PATH, AT(host)},
	{"port", PORT, AT(port)},
	{"user", TEXT, AT(user)},
	{"password-file", PATH, AT(password_file)},
	{"password_file", PATH, AT(password_file)},
	{"dbname", TEXT, AT(dbname)},
	{"interval", TIME, AT(interval_us)},
	{"timeout", TIME, AT(timeout_us)},
	{"rise", COUNT, AT(rise)},
	{"fall", COUNT, AT(fall)},
	{"weight", WEIGHT, 0},
	{"cold", COLD, 0},
	{"galera", GALERA, 0},
};

bool track_database_begin(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			  const char *kind, int64_t time_unit_us, struct track_database *out)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].word, kind) != 0)
			continue;
		*out = (struct track_database){
			.time_unit_us = time_unit_us,
			.db = {.kind = (enum vrrp_database_kind)i,
			       .interval_us = 500000,
			       .timeout_us = 1000000,
			       .rise = 1,
			       .fall = 1,
			       .place = conf_line_place(line, word)},
		};
		if (!kinds[i].is_built)
			conf_ctx_error(ctx, line, word,
				       "'%s' is not supported by this build of relais: %s was not "
				       "there",
				       kind, kinds[i].library);
		return kinds[i].is_built;
	}
	conf_ctx_error(ctx, line, word, "'%s' is no kind of database: pgsql, mysql or redis", kind);
	return false;
}

/* Seconds with a fraction, as in a keepalived.conf, or a number with a unit. */
static bool read_time(const char *text, int64_t unit_us, int64_t *out)
{
	int64_t whole = 0, part = 0, scale = 1;
	const char *dot = strchr(text, '.');

	if (!dot)
		return conf_text_time(text, unit_us, out) == NULL;
	for (; text < dot; text++) {
		if (*text < '0' || *text > '9' || whole > time_most_us)
			return false;
		whole = whole * 10 + (*text - '0');
	}
	for (text = dot + 1; *text; text++) {
		if (*text < '0' || *text > '9' || scale >= 1000000)
			return false;
		part = part * 10 + (*text - '0');
		scale *= 10;
	}
	*out = whole * unit_us + part * unit_us / scale;
	return scale > 1;
}

static const struct option *find(const char *word)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].word, word) == 0)
			return &options[i];
	return NULL;
}

static bool read_weight(struct conf_ctx *ctx, const struct conf_line *line, unsigned *at,
			struct track_database *t)
{
	t->weight_set = conf_word_int(ctx, line, *at + 1, -253, 253, &t->weight);
	if (t->weight_set && conf_line_is(line, *at + 2, "reverse")) {
		t->reverse = true;
		++*at;
	}
	return t->weight_set;
}

static bool read_span(struct conf_ctx *ctx, const struct conf_line *line, unsigned i, int64_t unit,
		      int64_t *out)
{
	if (read_time(conf_line_word(line, i), unit, out) && *out >= time_least_us &&
	    *out <= time_most_us)
		return true;
	conf_ctx_error(ctx, line, i, "'%s' is not a time from 20 ms to one hour",
		       conf_line_word(line, i));
	return false;
}

/* One option that has a value, at words[*at]. */
static bool read_value(struct conf_ctx *ctx, const struct conf_line *line, unsigned *at,
		       const struct option *o, struct track_database *t)
{
	static const char *const roles[] = {"primary", "replica", NULL};
	void *to = (char *)&t->db + o->at;
	const char *text = conf_line_word(line, *at + 1);
	unsigned role;
	int n;

	switch (o->value) {
	case TIME:
		return read_span(ctx, line, *at + 1, t->time_unit_us, to);
	case COUNT:
		return conf_word_int(ctx, line, *at + 1, 1, COUNT_MOST, to);
	case PORT:
		if (!conf_word_int(ctx, line, *at + 1, 1, 65535, &n))
			return false;
		t->db.port = (unsigned)n;
		return true;
	case WEIGHT:
		return read_weight(ctx, line, at, t);
	case ROLE:
		t->role_set = conf_word_choice(ctx, line, *at + 1, roles, &role);
		t->db.replica = t->role_set && role == 1;
		return t->role_set;
	case PATH:
		if (text[0] != '/') {
			conf_ctx_error(ctx, line, *at + 1, "'%s' is no absolute path", text);
			return false;
		}
		break;
	default:
		break;
	}
	return conf_word_string(ctx, line, *at + 1, to);
}

bool track_database_words(struct conf_ctx *ctx, const struct conf_line *line, unsigned from,
			  struct track_database *t)
{
	for (unsigned at = from; at < line->n_words; at++) {
		const struct option *o = find(line->words[at].text);

		if (!o || (o->value == GALERA && t->db.kind != VRRP_DATABASE_MYSQL)) {
			conf_ctx_error(
				ctx, line, at,
				"'%s' is not understood here: role, host, socket, port, user, "
				"password-file, dbname, interval, timeout, weight, rise, fall, "
				"cold%s",
				line->words[at].text,
				t->db.kind == VRRP_DATABASE_MYSQL ? ", galera" : "");
			return false;
		}
		t->db.cold |= o->value == COLD;
		t->db.galera |= o->value == GALERA;
		if (o->value == COLD || o->value == GALERA)
			continue;
		if (at + 1 >= line->n_words) {
			conf_ctx_error(ctx, line, at, "'%s' needs a value", o->word);
			return false;
		}
		if (!read_value(ctx, line, &at, o, t))
			return false;
		at++;
	}
	return true;
}

/* ---- the row ---- */

static bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same(const struct vrrp_database_conf *a, const struct vrrp_database_conf *b)
{
	return a->kind == b->kind && a->replica == b->replica && a->cold == b->cold &&
	       a->galera == b->galera && text_same(a->host, b->host) && a->port == b->port &&
	       text_same(a->user, b->user) && text_same(a->password_file, b->password_file) &&
	       text_same(a->dbname, b->dbname) && a->interval_us == b->interval_us &&
	       a->timeout_us == b->timeout_us && a->rise == b->rise && a->fall == b->fall &&
	       a->uid == b->uid && a->gid == b->gid;
}

static bool is_taken(const struct failover_conf *conf, const char *name)
{
	for (const struct vrrp_database_conf *d = conf->databases; d; d = d->next)
		if (strcmp(d->name, name) == 0)
			return true;
	return false;
}

/* "pgsql primary 192.0.2.41:5432/shop", with a number where there are two of them. */
static const char *make_name(struct conf_ctx *ctx, const struct failover_conf *conf,
			     const struct vrrp_database_conf *db)
{
	const char *port = db->port ? arena_printf(ctx->arena, ":%u", db->port) : "";
	const char *base = arena_printf(ctx->arena, "%s %s%s%s%s%s%s", kinds[db->kind].word,
					db->replica ? "replica" : "primary",
					db->host || db->port ? " " : "", db->host ? db->host : "",
					port, db->dbname ? "/" : "", db->dbname ? db->dbname : "");
	const char *name = base;

	for (unsigned n = 2; is_taken(conf, name); n++)
		name = arena_printf(ctx->arena, "%s #%u", base, n);
	return name;
}

static const struct vrrp_database_conf *share(struct conf_ctx *ctx, struct failover_conf *conf,
					      const struct vrrp_database_conf *db)
{
	struct vrrp_database_conf **tail = &conf->databases, *d;

	for (; *tail; tail = &(*tail)->next)
		if (is_same(*tail, db))
			return *tail;
	d = ARENA_NEW(ctx->arena, struct vrrp_database_conf);
	*d = *db;
	d->name = make_name(ctx, conf, db);
	*tail = d;
	return d;
}

struct vrrp_track_conf *track_database_end(struct conf_ctx *ctx, const struct conf_line *line,
					   unsigned word, struct failover_conf *conf,
					   struct track_database *t, uint32_t uid, uint32_t gid)
{
	struct vrrp_track_conf *row;

	if (!t->role_set) {
		conf_ctx_error(ctx, line, word,
			       "a tracked database needs 'role primary' or 'role "
			       "replica'");
		return NULL;
	}
	t->db.uid = uid;
	t->db.gid = gid;
	row = ARENA_NEW(ctx->arena, struct vrrp_track_conf);
	*row = (struct vrrp_track_conf){.kind = VRRP_TRACK_DATABASE,
					.database = share(ctx, conf, &t->db),
					.weight = t->weight,
					.weight_set = t->weight_set,
					.reverse = t->reverse,
					.place = t->db.place};
	row->name = row->database->name;
	return row;
}
