/*
 * A keepalived.conf in a string, as the room reads it. Included by one test program each.
 */
#ifndef RELAIS_TESTS_READING_H
#define RELAIS_TESTS_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "failover/conf/failover_conf.h"

struct reading {
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct failover_conf *conf;
};

static inline void reading_init(struct reading *r)
{
	conf_files_init(&r->files);
	conf_diags_init(&r->diags);
	arena_init(&r->arena, 0);
}

static inline void reading_parse(struct reading *r, const char *text)
{
	static const char *const path = "k.conf";
	struct failover_conf_options options = {.config_id = "lb1"};

	conf_files_put(&r->files, path, slice_of(text));
	r->conf = failover_conf_parse(&r->files, &path, 1, &r->arena, &r->diags, &options);
}

static inline void reading_start(struct reading *r, const char *text)
{
	reading_init(r);
	reading_parse(r, text);
}

static inline void reading_end(struct reading *r)
{
	arena_fini(&r->arena);
	conf_diags_fini(&r->diags);
	conf_files_fini(&r->files);
}

#endif
