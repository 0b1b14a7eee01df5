/*
 * Parameters: names, values, the predefined ones. See blocks_params.h. What comes from outside the
 * files (environment, host name, a random seed, the working directory) is noted as a fact, so that
 * a sealed set of files substitutes the same text.
 */
#include "core/conf/blocks/blocks_params.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/conf/facts.h"

static const char *host_name(struct conf_files *files)
{
	const char *noted = conf_fact_find(files, "host", "");
	char name[256] = "";

	if (noted)
		return noted;
	if (gethostname(name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	name[strcspn(name, ".")] = '\0';
	return conf_fact_note(files, "host", "", name);
}

void blocks_params_init(struct blocks_params *params, struct conf_files *files, struct arena *arena,
			const char *config_id)
{
	*params = (struct blocks_params){.arena = arena, .files = files};
	params->config_id = config_id ? config_id : host_name(files);
}

static struct blocks_param *find(struct blocks_params *params, struct slice name)
{
	for (struct blocks_param *p = params->first; p; p = p->next)
		if (slice_eq_str(name, p->name))
			return p;
	return NULL;
}

void blocks_params_set(struct blocks_params *params, struct slice name, const char *value)
{
	struct blocks_param *p = find(params, name);

	if (!p) {
		p = ARENA_NEW(params->arena, struct blocks_param);
		p->name = arena_strndup(params->arena, name.ptr, name.len);
		p->next = params->first;
		params->first = p;
	}
	p->value = value;
}

static size_t name_len(const char *text)
{
	size_t n = 0;

	if (isdigit((unsigned char)text[0]))
		return 0;
	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

size_t blocks_params_definition(const char *text, struct slice *name)
{
	size_t n;

	if (text[0] != '$')
		return 0;
	n = name_len(text + 1);
	if (n == 0 || text[1 + n] != '=')
		return 0;
	*name = (struct slice){text + 1, n};
	return n + 2;
}

static uint64_t next_random(struct blocks_params *params)
{
	if (!params->random) {
		const char *noted = conf_fact_find(params->files, "seed", "");
		uint64_t seed = 1;

		if (!noted) {
			if (getrandom(&seed, sizeof(seed), 0) < 0)
				seed = 1;
			noted = conf_fact_note(
				params->files, "seed", "",
				arena_printf(params->arena, "%llu", (unsigned long long)seed));
		}
		params->random = strtoull(noted, NULL, 10) | 1;
	}
	params->random ^= params->random << 13;
	params->random ^= params->random >> 7;
	params->random ^= params->random << 17;
	return params->random;
}

void blocks_params_seed(struct blocks_params *params, const char *number)
{
	params->random = strtoull(number, NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

/* "_RANDOM [MIN [MAX]]": 0..32767 unless told. */
static const char *random_value(struct blocks_params *params, const char *args)
{
	unsigned long long least = 0, most = 32767;
	char *end;

	least = strtoull(args, &end, 10);
	args = end;
	if (*args && *args != '}')
		most = strtoull(args, &end, 10);
	if (most < least)
		most = least;
	least += most - least == UINT64_MAX ? next_random(params)
					    : next_random(params) % (most - least + 1);
	return arena_printf(params->arena, "%llu", least);
}

static const char *env_value(struct blocks_params *params, struct slice name)
{
	char *key = arena_strndup(params->arena, name.ptr, name.len);
	const char *noted = conf_fact_find(params->files, "env", key);
	const char *value = getenv(key);

	if (noted || params->files->sealed || !value)
		return noted ? noted : "";
	return conf_fact_note(params->files, "env", key, value);
}

static const char *working_dir(struct blocks_params *params, const char *dir)
{
	const char *cwd = conf_fact_find(params->files, "cwd", "");
	char *now;

	if (dir[0] == '/')
		return dir;
	if (!cwd) {
		now = getcwd(NULL, 0);
		cwd = conf_fact_note(params->files, "cwd", "", now ? now : "");
		free(now);
	}
	return strcmp(dir, ".") == 0 ? cwd : arena_printf(params->arena, "%s/%s", cwd, dir);
}

/* The predefined parameter within braces, or NULL. */
static const char *predefined(struct blocks_params *params, struct slice inner, const char *dir)
{
	struct slice args = inner, name = slice_cut(&args, ' ');

	args = slice_trim(args);
	if (slice_eq_str(name, "_PWD"))
		return working_dir(params, dir);
	if (slice_eq_str(name, "_INSTANCE"))
		return params->config_id;
	if (slice_eq_str(name, "_HASH"))
		return "#";
	if (slice_eq_str(name, "_BANG"))
		return "!";
	if (slice_eq_str(name, "_ENV") && args.len > 0)
		return env_value(params, args);
	if (slice_eq_str(name, "_RANDOM"))
		return random_value(params, arena_strndup(params->arena, args.ptr, args.len));
	return NULL;
}

bool blocks_params_find(struct blocks_params *params, const char *text, size_t from,
			const char *dir, struct blocks_use *use)
{
	for (const char *at = strchr(text + from, '$'); at; at = strchr(at + 1, '$')) {
		bool braces = at[1] == '{';
		struct slice inner = {at + 1 + braces, 0};
		struct blocks_param *p;

		inner.len = braces ? strcspn(inner.ptr, "}\n") : name_len(inner.ptr);
		if (inner.len == 0 || (braces && inner.ptr[inner.len] != '}'))
			continue;
		if (!braces && inner.ptr[inner.len] &&
		    !isspace((unsigned char)inner.ptr[inner.len]))
			continue;
		p = find(params, inner);
		use->value = p ? p->value : braces ? predefined(params, inner, dir) : NULL;
		if (!use->value)
			continue;
		use->at = (size_t)(at - text);
		use->len = 1 + inner.len + (braces ? 2 : 0);
		return true;
	}
	return false;
}
