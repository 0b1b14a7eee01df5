/*
 * Parameters of the block grammar: `$NAME=value`, and the predefined `${_PWD}` family. A value may
 * hold several lines. Substitution is late: a value's own parameters are replaced where it is used.
 * Private to core/conf.
 */
#ifndef RELAIS_BLOCKS_BLOCKS_PARAMS_H
#define RELAIS_BLOCKS_BLOCKS_PARAMS_H

#include "core/conf/blocks/blocks.h"

struct blocks_param {
	struct blocks_param *next;
	const char *name, *value;
};

struct blocks_params {
	struct arena *arena;
	struct conf_files *files;
	const char *config_id;
	struct blocks_param *first;
	uint64_t random; /* state; 0 = not seeded */
};

void blocks_params_init(struct blocks_params *params, struct conf_files *files, struct arena *arena,
			const char *config_id);
void blocks_params_set(struct blocks_params *params, struct slice name, const char *value);

/* From here on ${_RANDOM} gives what it gave after the same number another time. */
void blocks_params_seed(struct blocks_params *params, const char *number);

/* Length of the `$NAME=` at text, the name in *name; 0 when text is no definition. */
size_t blocks_params_definition(const char *text, struct slice *name);

struct blocks_use { /* a replaceable `$NAME` or `${NAME}` in a text */
	size_t at, len;
	const char *value;
};

/* The first replaceable parameter at or behind from. dir: of the current file, for ${_PWD}. */
bool blocks_params_find(struct blocks_params *params, const char *text, size_t from,
			const char *dir, struct blocks_use *use);

#endif
