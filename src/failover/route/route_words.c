/*
 * Words of routes and rules. See route_words.h. A name of iproute2 is looked up in its files and
 * noted as a fact, so that the failover process, which may not look, is told the same.
 */
#include "failover/route/route_words.h"

#include <errno.h>
#include <glob.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/conf/facts.h"

static const char iproute2[] = "/etc/iproute2";

void route_words_refuse(struct route_words *w, const char *why)
{
	unsigned word = w->at > 0 ? w->at - 1 : 0;

	if (!w->bad)
		FAILOVER_WARN(w->ctx, w->line, word, "'%s' %s: the line is left out",
			      w->line->words[word].text, why);
	w->bad = true;
}

const char *route_words_take(struct route_words *w, const char *what)
{
	char why[64];

	if (w->at < w->line->n_words)
		return w->line->words[w->at++].text;
	snprintf(why, sizeof(why), "needs %s behind it", what);
	route_words_refuse(w, why);
	return "";
}

bool route_words_skip(struct route_words *w, const char *word)
{
	if (w->at >= w->line->n_words || strcmp(w->line->words[w->at].text, word) != 0)
		return false;
	w->at++;
	return true;
}

static bool read_number(const char *text, uint32_t most, uint32_t *out)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno || n > most)
		return false;
	*out = (uint32_t)n;
	return true;
}

bool route_words_number(struct route_words *w, const char *what, uint32_t most, uint32_t *out)
{
	const char *text = route_words_take(w, what);

	if (w->bad || read_number(text, most, out))
		return !w->bad;
	route_words_refuse(w, "is not such a number");
	return false;
}

/* ---- names ---- */

/* Lines "NUMBER NAME", '#' begins a comment. */
static bool find_in_file(const char *path, const char *name, uint32_t *out)
{
	char line[512], number[32], word[128];
	bool found = false;
	FILE *f = fopen(path, "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%31s %127s", number, word) == 2 && strcmp(word, name) == 0 &&
			read_number(number, UINT32_MAX, out);
	if (f)
		fclose(f);
	return found;
}

static bool find_in_files(const char *file, const char *name, uint32_t *out)
{
	char path[128];
	bool found;
	glob_t more;

	snprintf(path, sizeof(path), "%s/%s", iproute2, file);
	found = find_in_file(path, name, out);
	snprintf(path, sizeof(path), "%s/%s.d/*.conf", iproute2, file);
	if (found || glob(path, 0, NULL, &more) != 0)
		return found;
	for (size_t i = 0; i < more.gl_pathc && !found; i++)
		found = find_in_file(more.gl_pathv[i], name, out);
	globfree(&more);
	return found;
}

/* What stands in those files everywhere; they may be missing. */
static bool find_builtin(const char *file, const char *name, uint32_t *out)
{
	static const struct {
		const char *file, *name;
		uint32_t number;
	} known[] = {
		{"rt_tables", "default", 253},	 {"rt_tables", "main", 254},
		{"rt_tables", "local", 255},	 {"rt_scopes", "global", 0},
		{"rt_scopes", "universe", 0},	 {"rt_scopes", "site", 200},
		{"rt_scopes", "link", 253},	 {"rt_scopes", "host", 254},
		{"rt_scopes", "nowhere", 255},	 {"rt_protos", "kernel", 2},
		{"rt_protos", "boot", 3},	 {"rt_protos", "static", 4},
		{"rt_protos", "ra", 9},		 {"rt_protos", "dhcp", 16},
		{"rt_protos", "keepalived", 18},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].file, file) == 0 && strcmp(known[i].name, name) == 0) {
			*out = known[i].number;
			return true;
		}
	}
	return false;
}

static bool find_name(struct conf_ctx *ctx, const char *file, const char *name, uint32_t *out)
{
	const char *noted = conf_fact_find(ctx->files, file, name);
	char text[16] = "";

	if (find_builtin(file, name, out))
		return true;
	if (!noted && !ctx->files->sealed) {
		if (find_in_files(file, name, out))
			snprintf(text, sizeof(text), "%u", *out);
		noted = conf_fact_note(ctx->files, file, name, text);
	}
	return noted && read_number(noted, UINT32_MAX, out);
}

bool route_words_named(struct route_words *w, const char *file, uint32_t most, uint32_t *out)
{
	const char *text = route_words_take(w, "a number or name");
	char why[64];

	if (w->bad || read_number(text, most, out) ||
	    (find_name(w->ctx, file, text, out) && *out <= most))
		return !w->bad;
	snprintf(why, sizeof(why), "is no number and not in %s/%s", iproute2, file);
	route_words_refuse(w, why);
	return false;
}

bool route_words_realms(struct route_words *w, uint32_t *out)
{
	const char *text = route_words_take(w, "a realm");
	struct slice rest = slice_of(text), first = slice_cut(&rest, '/');
	uint32_t numbers[2] = {0, 0};
	struct slice parts[2] = {first, rest};

	for (int i = 0; i < 2 && !w->bad; i++) {
		const char *part = arena_strndup(w->ctx->arena, parts[i].ptr, parts[i].len);

		if (i == 1 && !strchr(text, '/'))
			break;
		if (!read_number(part, 0xffff, &numbers[i]) &&
		    (!find_name(w->ctx, "rt_realms", part, &numbers[i]) || numbers[i] > 0xffff))
			route_words_refuse(w, "is no realm");
	}
	/* A single one is the destination's. */
	*out = strchr(text, '/') ? numbers[0] << 16 | numbers[1] : numbers[0];
	return !w->bad;
}

/* ---- addresses ---- */

static bool read_host(struct route_words *w, struct slice text, struct addr *out)
{
	if (!addr_parse_ip(out, text, 0)) {
		route_words_refuse(w, "is no IP address");
	} else if (w->family != AF_UNSPEC && out->sa.sa_family != w->family) {
		route_words_refuse(w, "is of another family than the rest of the line");
	} else {
		w->family = out->sa.sa_family;
		return true;
	}
	out->len = 0;
	return false;
}

bool route_words_address(struct route_words *w, struct addr *out)
{
	const char *text = route_words_take(w, "an address");

	return !w->bad && read_host(w, slice_of(text), out);
}

bool route_words_prefix(struct route_words *w, struct addr *out, unsigned *len)
{
	const char *text = route_words_take(w, "an address"), *slash = strchr(text, '/');
	unsigned long long n;
	unsigned whole;

	*len = 0;
	out->len = 0;
	if (strcmp(text, "default") == 0 || strcmp(text, "any") == 0 || strcmp(text, "all") == 0)
		return !w->bad;
	if (strcmp(text, "default6") == 0) {
		w->family = w->family == AF_UNSPEC ? AF_INET6 : w->family;
		return !w->bad;
	}
	if (w->bad ||
	    !read_host(w, (struct slice){text, slash ? (size_t)(slash - text) : strlen(text)}, out))
		return false;
	whole = out->sa.sa_family == AF_INET6 ? 128 : 32;
	*len = whole;
	if (!slash)
		return true;
	if (!slice_to_uint(slice_of(slash + 1), whole, &n)) {
		route_words_refuse(w, "has no such prefix length");
		return false;
	}
	*len = (unsigned)n;
	if (n == 0)
		out->len = 0;
	return true;
}

bool route_words_device(struct route_words *w, const char **out)
{
	*out = route_words_take(w, "an interface");
	if (!w->bad && strlen(*out) >= IFNAMSIZ)
		route_words_refuse(w, "is too long for an interface's name");
	return !w->bad;
}

const char *route_words_text(const struct route_words *w)
{
	const char *text = w->line->words[0].text;

	for (unsigned i = 1; i < w->line->n_words; i++)
		text = arena_printf(w->ctx->arena, "%s %s", text, w->line->words[i].text);
	return text;
}
