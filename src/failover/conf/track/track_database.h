/*
 * A tracked database in words, for both grammars: `track_pgsql { role primary ... }` of a
 * keepalived.conf (track_database_conf.c) and a native `track pgsql role primary ...`. Order of
 * calls: begin, words once for each line, end.
 */
#ifndef RELAIS_TRACK_TRACK_DATABASE_H
#define RELAIS_TRACK_TRACK_DATABASE_H

#include "core/conf/native.h"
#include "failover/model/vrrp_conf.h"

struct track_database {
	struct vrrp_database_conf db;
	bool role_set, weight_set, reverse;
	int weight;
	int64_t time_unit_us; /* of a time without a unit */
};

/* "pgsql", "mysql", "redis". An error that says so where the build lacks its library: false. */
bool track_database_begin(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			  const char *kind, int64_t time_unit_us, struct track_database *out);
/* Options from words[from] on; false with an error. */
bool track_database_words(struct conf_ctx *ctx, const struct conf_line *line, unsigned from,
			  struct track_database *t);
/* The row, and the database in conf (one for all rows that ask the same). uid, gid: who asks. NULL
 * with an error at words[word]. */
struct vrrp_track_conf *track_database_end(struct conf_ctx *ctx, const struct conf_line *line,
					   unsigned word, struct failover_conf *conf,
					   struct track_database *t, uint32_t uid, uint32_t gid);

#endif
