/*
 * See state_file.h. As HAProxy takes them up: maintenance and drain that an operator asked for, a
 * weight if the configured one is as it was then, and for servers that are checked (or track one
 * that is) up or down with the check's count. Addresses are not taken from files.
 */
#include "balancer/health/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/health/check.h"
#include "core/log/log.h"

enum {
	FIELDS = 15, /* as far as we read; later ones are of no use here */
	FILE_LEN_MAX = 16 << 20,
	ADMIN_FORCED_MAINT = 1, /* bits of srv_admin_state */
	ADMIN_CONF_MAINT = 4,
	ADMIN_FORCED_DRAIN = 8,
};

static bool number(struct slice text, unsigned long long *out)
{
	return slice_to_uint(text, UINT32_MAX, out);
}

static bool read_line(struct slice line, struct state_line *out)
{
	struct slice f[FIELDS];
	unsigned long long n[FIELDS];

	for (unsigned i = 0; i < FIELDS; i++) {
		f[i] = slice_cut(&line, ' ');
		if (f[i].len == 0)
			return false;
	}
	for (unsigned i = 5; i < 13; i++)
		if (!number(f[i], &n[i]))
			return false;
	*out = (struct state_line){.backend = f[1],
				   .server = f[3],
				   .op_state = (unsigned)n[5],
				   .admin = (unsigned)n[6],
				   .weight = (unsigned)n[7],
				   .conf_weight = (unsigned)n[8],
				   .age_s = (int64_t)n[9],
				   .health = (unsigned)n[12]};
	return true;
}

bool state_line_next(struct slice *rest, struct state_line *out)
{
	while (rest->len > 0) {
		struct slice line = slice_trim(slice_cut(rest, '\n'));

		if (line.len > 0 && line.ptr[0] != '#' && read_line(line, out))
			return true;
	}
	return false;
}

/* ---- taking up ------------------------------------------------------------------------------- */

static void set_health(struct server *s, const struct state_line *l, bool up)
{
	struct check *c = s->check;

	if (!c)
		return;
	tally_force(&c->tally, up);
	if (up && (int)l->health >= c->tally.rise && (int)l->health < c->tally.health)
		c->tally.health = (int)l->health;
	if (!up && (int)l->health < c->tally.rise)
		c->tally.health = (int)l->health;
	c->seen_health = c->tally.health;
}

static void take_up(struct server *s, const struct state_line *l, int64_t now_us)
{
	bool up = l->op_state != SERVER_STOPPED;
	unsigned admin = 0;

	if (s->check || s->conf->track) {
		set_health(s, l, up);
		server_state_restore(s, up, now_us - l->age_s * 1000000);
	}
	/* what the file knows of the configuration then may be changed in it since */
	if (l->admin & ADMIN_FORCED_MAINT && !(l->admin & ADMIN_CONF_MAINT))
		admin |= SERVER_ADMIN_MAINT;
	if (l->admin & ADMIN_FORCED_DRAIN)
		admin |= SERVER_ADMIN_DRAIN;
	server_admin_restore(s, admin);
	if (l->conf_weight == (unsigned)s->conf->weight && l->weight <= BALANCE_WEIGHT_MAX)
		server_weight_set(s, l->weight);
}

static void take_up_backend(struct backend *b, struct slice text, int64_t now_us)
{
	struct state_line line;

	while (state_line_next(&text, &line)) {
		struct server *s = slice_eq_str(line.backend, b->proxy->conf->name)
					   ? backend_find_server(b, line.server)
					   : NULL;

		if (s)
			take_up(s, &line, now_us);
	}
}

/* ---- files ----------------------------------------------------------------------------------- */

static char *read_whole(FILE *in, size_t *len)
{
	char *text = malloc(FILE_LEN_MAX);

	if (!text)
		return NULL;
	*len = fread(text, 1, FILE_LEN_MAX, in);
	if (!ferror(in) && *len >= 2 && text[0] == '1' && (text[1] == '\n' || text[1] == '\r'))
		return text;
	errno = ferror(in) ? errno : EBADMSG;
	free(text);
	return NULL;
}

/* The path of a backend's file; false: none. */
static bool path_of(const struct proxy_conf *p, const struct global_conf *global, char *path,
		    size_t len)
{
	const char *base = global->state_base, *name;
	int n;

	if (p->state_from == PROXY_STATE_GLOBAL)
		name = global->state_file;
	else
		name = p->state_file ? p->state_file : p->name;
	if (!name)
		return false;
	n = name[0] == '/' || !base ? snprintf(path, len, "%s", name)
				    : snprintf(path, len, "%s/%s", base, name);
	return n > 0 && (size_t)n < len;
}

static void load_backend(const struct health_setup *setup, struct backend *b, int64_t now_us)
{
	const struct proxy_conf *p = b->proxy->conf;
	char path[4096], *text;
	size_t len;
	FILE *in;

	if (!path_of(p, &setup->conf->global, path, sizeof(path))) {
		log_warn("%s: load-server-state-from-file: no file is named", p->name);
		return;
	}
	in = fopen(path, "re");
	text = in ? read_whole(in, &len) : NULL;
	if (text)
		take_up_backend(b, (struct slice){text, len}, now_us);
	else
		log_warn("%s: no servers' states from '%s': %s", p->name, path,
			 errno == EBADMSG ? "not a file of version 1" : strerror(errno));
	free(text);
	if (in)
		fclose(in);
}

void state_files_load(const struct health_setup *setup, int64_t now_us)
{
	for (unsigned i = 0; i < setup->n_proxies; i++)
		if (setup->proxies[i].backend &&
		    setup->proxies[i].conf->state_from != PROXY_STATE_NONE)
			load_backend(setup, setup->proxies[i].backend, now_us);
}
