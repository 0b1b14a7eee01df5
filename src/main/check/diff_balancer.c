/*
 * What a reload would change in the balancer, in short. See diff.h. Listeners and servers are
 * compared as they were parsed; whatever else a section says, by its text without comments and
 * blanks. A reload always starts a new balancer process on the sockets that stay.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/die.h"
#include "core/conf/blocks/blocks.h"
#include "main/check/diff.h"

enum { SECTIONS_MAX = 4096 };

struct section {
	struct slice head; /* "frontend web" */
	uint64_t sum;	   /* of what is in it */
	unsigned nth;	   /* of those with the same head: sections without a name */
};

struct sections {
	struct section list[SECTIONS_MAX];
	unsigned n;
};

static const char *const kinds[] = {
	"global",      "defaults", "frontend",	"backend",     "listen", "peers",
	"resolvers",   "userlist", "mailers",	"ring",	       "cache",	 "http-errors",
	"log-forward", "program",  "crt-store", "fcgi-app",    "traces", "log-profile",
	"acme",	       "vip",	   "vip-group", "vip-defaults"};

static bool is_head(struct slice line)
{
	struct slice rest = line, word = slice_cut(&rest, ' ');

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (slice_eq_str(word, kinds[i]))
			return true;
	return false;
}

/* FNV-1a over the words, so that blanks do not count. */
static void add_line(uint64_t *sum, struct slice line)
{
	bool blank = false;

	for (size_t i = 0; i < line.len && line.ptr[i] != '#'; i++) {
		unsigned char c = (unsigned char)line.ptr[i];

		if (c == ' ' || c == '\t' || c == '\r') {
			blank = true;
			continue;
		}
		if (blank)
			*sum = (*sum ^ ' ') * 0x100000001b3ULL;
		blank = false;
		*sum = (*sum ^ c) * 0x100000001b3ULL;
	}
	*sum = (*sum ^ '\n') * 0x100000001b3ULL;
}

static struct section *open_section(struct sections *s, struct slice head)
{
	struct section *new;
	unsigned nth = 0;

	for (unsigned i = 0; i < s->n; i++)
		nth += slice_eq(s->list[i].head, head);
	if (s->n == SECTIONS_MAX)
		return &s->list[SECTIONS_MAX - 1];
	new = &s->list[s->n++];
	*new = (struct section){.head = head, .sum = 0xcbf29ce484222325ULL, .nth = nth};
	return new;
}

static void cut_file(struct sections *s, struct slice bytes)
{
	struct section *at = NULL;

	while (bytes.len > 0) {
		struct slice line = slice_trim(slice_cut(&bytes, '\n'));

		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (is_head(line))
			at = open_section(s, line);
		else if (at)
			add_line(&at->sum, line);
	}
}

/* Files of the native grammar only: those that a proxy or a global section stands in, and not what
 * an option of the command line stands for ("-S"). */
static void cut_config(struct sections *s, const struct config *c)
{
	s->n = 0;
	for (const struct conf_file *f = c->files.first; f && c->balancer; f = f->next)
		if (f->path[0] && f->path[0] != '-' && !blocks_looks_like(f->bytes))
			cut_file(s, f->bytes);
}

static const struct section *find_section(const struct sections *s, const struct section *like)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->list[i].nth == like->nth && slice_eq(s->list[i].head, like->head))
			return &s->list[i];
	return NULL;
}

static void print_sections(const struct sections *from, const struct sections *to, FILE *out)
{
	for (unsigned i = 0; i < from->n; i++) {
		const struct section *now = find_section(to, &from->list[i]);

		if (!now || now->sum != from->list[i].sum)
			fprintf(out, "%.*s: %s\n", (int)from->list[i].head.len,
				from->list[i].head.ptr, now ? "CHANGED" : "REMOVED");
	}
	for (unsigned i = 0; i < to->n; i++)
		if (!find_section(from, &to->list[i]))
			fprintf(out, "%.*s: ADDED\n", (int)to->list[i].head.len,
				to->list[i].head.ptr);
}

static const struct proxy_conf *find_proxy(const struct config *c, const struct proxy_conf *like)
{
	const struct proxy_conf *p = c->balancer ? c->balancer->proxies : NULL;

	while (p && (p->sides != like->sides || strcmp(p->name, like->name) != 0))
		p = p->next;
	return p;
}

static bool has_listener(const struct config *c, const struct listener_conf *like)
{
	for (const struct proxy_conf *p = c->balancer ? c->balancer->proxies : NULL; p; p = p->next)
		for (const struct listener_conf *l = p->listeners; l; l = l->next)
			if (addr_eq(&l->addr, &like->addr, true) &&
			    l->inherited_fd == like->inherited_fd)
				return true;
	return false;
}

/* Counts those that are in both; names the others. */
static unsigned print_listeners(const struct config *of, const struct config *other,
				const char *word, FILE *out)
{
	char text[ADDR_TEXT_MAX];
	unsigned n_same = 0;

	for (const struct proxy_conf *p = of->balancer ? of->balancer->proxies : NULL; p;
	     p = p->next) {
		for (const struct listener_conf *l = p->listeners; l; l = l->next) {
			bool same = has_listener(other, l);

			n_same += same;
			if (!same)
				fprintf(out, "listener %s (%s): %s\n",
					l->addr.len ? addr_text(&l->addr, text) : "fd", p->name,
					word);
		}
	}
	return n_same;
}

static const struct server_conf *find_server(const struct proxy_conf *p, const char *name)
{
	const struct server_conf *s = p->servers;

	while (s && strcmp(s->name, name) != 0)
		s = s->next;
	return s;
}

static void print_servers(const struct proxy_conf *from, const struct proxy_conf *to, FILE *out)
{
	char was[ADDR_TEXT_MAX], is[ADDR_TEXT_MAX];

	for (const struct server_conf *s = from->servers; s; s = s->next) {
		const struct server_conf *now = find_server(to, s->name);

		if (!now)
			fprintf(out, "server %s/%s: REMOVED\n", from->name, s->name);
		else if (!addr_eq(&s->addr, &now->addr, true))
			fprintf(out, "server %s/%s: %s -> %s\n", from->name, s->name,
				addr_text(&s->addr, was), addr_text(&now->addr, is));
		else if (s->weight != now->weight)
			fprintf(out, "server %s/%s: weight %d -> %d\n", from->name, s->name,
				s->weight, now->weight);
	}
	for (const struct server_conf *s = to->servers; s; s = s->next)
		if (!find_server(from, s->name))
			fprintf(out, "server %s/%s: ADDED\n", to->name, s->name);
}

void diff_balancer(const struct config *from, const struct config *to, FILE *out)
{
	struct sections *both = calloc(2, sizeof(*both)), *was = both, *is;
	unsigned n_same;

	if (!both)
		die_no_memory();
	is = both + 1;
	cut_config(was, from);
	cut_config(is, to);
	print_sections(was, is, out);
	free(both);
	if (!from->balancer && !to->balancer)
		return;
	print_listeners(from, to, "closed", out);
	n_same = print_listeners(to, from, "opened", out);
	for (const struct proxy_conf *p = from->balancer ? from->balancer->proxies : NULL; p;
	     p = p->next) {
		const struct proxy_conf *now = find_proxy(to, p);

		if (now)
			print_servers(p, now, out);
	}
	fprintf(out, "balancer: %u listeners stay open, a new process serves them\n", n_same);
}
