/*
 * A line of options, one after the other: the frame that routes and rules are read with, and the
 * options that mean the same in both. See route_words.h.
 */
#include "failover/route/route_words.h"

#include <string.h>

static const struct route_option *find_option(const struct route_option *options, const char *word)
{
	for (const struct route_option *o = options; o->name; o++)
		if (strcmp(o->name, word) == 0)
			return o;
	return NULL;
}

bool route_words_option(struct route_words *w, const struct route_option *options, void *line)
{
	const struct route_option *o = find_option(options, w->line->words[w->at].text);

	if (!o)
		return false;
	w->at++;
	if (o->read(w, (char *)line + o->member, o->argument))
		w->said |= o->mark;
	return true;
}

bool route_option_flag(struct route_words *w, void *member, uint32_t argument)
{
	(void)w, (void)argument;
	*(bool *)member = true;
	return true;
}

bool route_option_byte(struct route_words *w, void *member, uint32_t argument)
{
	(void)w;
	*(uint8_t *)member = (uint8_t)argument;
	return true;
}

bool route_option_number(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return route_words_number(w, "a number", UINT32_MAX, member);
}

bool route_option_prefix(struct route_words *w, void *member, uint32_t argument)
{
	void *len = (char *)member + argument;

	return route_words_prefix(w, member, len);
}

bool route_option_device(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return route_words_device(w, member);
}

bool route_option_name(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	*(const char **)member = route_words_take(w, "a name");
	return !w->bad;
}

bool route_option_realms(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return route_words_realms(w, member);
}

bool route_option_table(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return route_words_named(w, "rt_tables", UINT32_MAX, member);
}

static bool read_named_byte(struct route_words *w, const char *file, uint8_t *member)
{
	uint32_t n;

	if (!route_words_named(w, file, 255, &n))
		return false;
	*member = (uint8_t)n;
	return true;
}

bool route_option_tos(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return read_named_byte(w, "rt_dsfield", member);
}

bool route_option_protocol(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return read_named_byte(w, "rt_protos", member);
}

bool route_option_scope(struct route_words *w, void *member, uint32_t argument)
{
	(void)argument;
	return read_named_byte(w, "rt_scopes", member);
}

bool route_option_family(struct route_words *w, void *member, uint32_t argument)
{
	(void)member;
	if (w->family != AF_UNSPEC && w->family != (int)argument)
		route_words_refuse(w, "does not go with an address of the other family");
	w->family = (int)argument;
	return !w->bad;
}
