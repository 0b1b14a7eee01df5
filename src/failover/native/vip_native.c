/*
 * Reading `vip` sections. See vip_native.h. A second reading of the native files: what belongs to
 * the balancer is passed over, and nothing is complained of that its reader complains of.
 */
#include "failover/native/vip_native.h"

#include <string.h>

#include "failover/native/vip_build.h"

enum { SECTIONS_MAX = 64 };

/* ---- statements ---- */

static struct block_node *node_new(struct conf_ctx *ctx, const struct conf_line *line, unsigned at,
				   const char *name, unsigned n)
{
	struct block_node *node = ARENA_NEW(ctx->arena, struct block_node);
	struct conf_word *words = ARENA_ARRAY(ctx->arena, struct conf_word, n + 2);

	words[0] = (struct conf_word){.text = name, .column = conf_line_place(line, at).column};
	words[n + 1] = (struct conf_word){.text = "", .column = conf_line_place(line, 9999).column};
	node->line = (struct conf_line){
		.file = line->file, .line = line->line, .n_words = n + 1, .words = words};
	return node;
}

struct block_node *vip_statement(struct conf_ctx *ctx, const struct conf_line *line, unsigned at,
				 const char *name, unsigned from, unsigned to)
{
	struct block_node *node = node_new(ctx, line, at, name, to > from ? to - from : 0);
	struct conf_word *words = (struct conf_word *)node->line.words;

	for (unsigned i = from; i < to; i++)
		words[1 + i - from] = line->words[i];
	return node;
}

struct block_node *vip_word(struct conf_ctx *ctx, const struct conf_line *line, unsigned at,
			    const char *name, const char *word)
{
	struct block_node *node = node_new(ctx, line, at, name, word ? 1 : 0);

	if (word)
		((struct conf_word *)node->line.words)[1] =
			(struct conf_word){.text = word, .column = node->line.words[0].column};
	return node;
}

void vip_append(struct block_node *parent, struct block_node *child)
{
	struct block_node **end = &parent->children;

	while (*end)
		end = &(*end)->next;
	*end = child;
}

struct block_node *vip_block(struct conf_ctx *ctx, const struct conf_line *line,
			     struct block_node *parent, const char *name)
{
	struct block_node *node = parent->children;

	for (; node; node = node->next)
		if (node->has_block && strcmp(node->line.words[0].text, name) == 0)
			return node;
	node = vip_word(ctx, line, 0, name, NULL);
	node->has_block = true;
	vip_append(parent, node);
	return node;
}

/* ---- sections ---- */

static struct vip_section *begin(struct conf_ctx *ctx, const struct conf_line *line,
				 const char *kind, bool named)
{
	struct vip_reader *r = ctx->extra;
	struct vip_section *s = ARENA_NEW(ctx->arena, struct vip_section);
	const char *name = conf_line_word(line, 1);

	if (named && !name[0])
		conf_ctx_error(ctx, line, 1, "'%s' needs a name", ctx->section->name);
	if (line->n_words > (named ? 2 : 1))
		conf_ctx_error(ctx, line, named ? 2 : 1, "'%s' has no use for '%s'",
			       ctx->section->name, conf_line_word(line, named ? 2 : 1));
	for (const struct vip_section *o = r->first; o && named; o = o->next)
		if (strcmp(o->kind, kind) == 0 && strcmp(o->node->line.words[1].text, name) == 0)
			conf_ctx_error(ctx, line, 1, "there is a '%s %s' already, in line %u",
				       ctx->section->name, name, o->node->line.line);
	s->kind = kind;
	s->node = vip_word(ctx, line, 0, kind, named ? name : NULL);
	s->node->has_block = true;
	*r->tail = s;
	r->tail = &s->next;
	return s;
}

static void *begin_vip(struct conf_ctx *ctx, const struct conf_line *line)
{
	struct vip_section *s = begin(ctx, line, "vrrp_instance", true);

	vip_append(s->node, vip_word(ctx, line, 0, "version", "3"));
	return s;
}

static void *begin_group(struct conf_ctx *ctx, const struct conf_line *line)
{
	return begin(ctx, line, "vrrp_sync_group", true);
}

static void *begin_defaults(struct conf_ctx *ctx, const struct conf_line *line)
{
	return begin(ctx, line, "global_defs", false);
}

#define VIP_SECTIONS(ROW)                                                                         \
	ROW("vip", CONF_VIP, "<name>", "a virtual router: its addresses move with it", begin_vip) \
	ROW("vip-group", CONF_VIP_GROUP, "<name>", "virtual routers that move together",          \
	    begin_group)                                                                          \
	ROW("vip-defaults", CONF_VIP_DEFAULTS, "", "what counts for all virtual routers",         \
	    begin_defaults)

#define KNOWN(name, bit, args, doc, begin_) {name, bit, args, doc, NULL, 0, true},
#define OWN(name, bit, args, doc, begin_)   {name, bit, args, doc, begin_, 0, false},

const struct conf_section vip_native_sections[] = {VIP_SECTIONS(KNOWN){.name = NULL}};
static const struct conf_section own[] = {VIP_SECTIONS(OWN){.name = NULL}};

static void *begin_other(struct conf_ctx *ctx, const struct conf_line *line)
{
	(void)line;
	return ctx->extra; /* for rows that count everywhere (conf_part_env): any target will do */
}

/* Ours, and the others' names. */
static const struct conf_section *all_sections(const struct vip_native *how)
{
	struct conf_section *all = ARENA_ARRAY(how->arena, struct conf_section, SECTIONS_MAX);
	size_t n = 0;

	for (const struct conf_section *s = own; s->name; s++)
		all[n++] = *s;
	for (const struct conf_section *s = how->others; s->name && n < SECTIONS_MAX - 1; s++) {
		if (s->passed_over)
			continue; /* ours, as the balancer's reader knows them */
		all[n] = *s;
		all[n].begin = begin_other;
		all[n++].passed_over = true;
	}
	all[n].name = NULL;
	return all;
}

/* ---- the end of a section ---- */

/* False: it cannot be used, and was said so. */
static bool settle(struct conf_ctx *ctx, struct vip_section *s)
{
	const struct conf_line *line = &s->node->line;
	bool is_vip = strcmp(s->kind, "vrrp_instance") == 0;

	if (s->source)
		((struct conf_word *)s->source->line.words)[0].text =
			s->has_peer ? "unicast_src_ip" : "mcast_src_ip";
	if (is_vip && !s->has_interface)
		conf_ctx_error(ctx, line, 1, "vip %s: 'interface' is missing", line->words[1].text);
	if (is_vip && !s->has_id)
		conf_ctx_error(ctx, line, 1, "vip %s: 'id' is missing", line->words[1].text);
	if (strcmp(s->kind, "vrrp_sync_group") == 0 && !s->has_member)
		conf_ctx_error(ctx, line, 1, "vip-group %s: 'member' is missing",
			       line->words[1].text);
	return !is_vip || (s->has_interface && s->has_id);
}

/* A file that has no line with one of our sections is not read a second time. */
static bool is_wanted(const struct conf_files *files)
{
	for (const struct conf_file *f = files->first; f; f = f->next) {
		const char *at = f->bytes.ptr;

		while ((at = strstr(at, "vip")) != NULL) {
			const char *start = at;

			while (start > f->bytes.ptr && (start[-1] == ' ' || start[-1] == '\t'))
				start--;
			if ((start == f->bytes.ptr || start[-1] == '\n') &&
			    (at[3] == ' ' || at[3] == '\t' || at[3] == '-'))
				return true;
			at += 3;
		}
	}
	return false;
}

const struct block_node *vip_native_read(const struct vip_native *how)
{
	static const struct conf_part *const parts[] = {&conf_part_env, &vip_native_part, NULL};
	struct vip_reader r = {.first = NULL};
	struct block_node **tail;
	struct conf_diags unread;
	struct conf_ctx ctx;

	if (how->n_paths == 0 || !is_wanted(how->files))
		return NULL;
	r.tail = &r.first;
	r.others_tail = &r.others;
	conf_diags_init(&unread);
	conf_ctx_init(&ctx, how->files, how->arena, how->diags);
	ctx.read = how->diags;
	ctx.unread = &unread;
	ctx.second = true;
	ctx.sections = all_sections(how);
	ctx.parts = parts;
	ctx.extra = &r;
	conf_native_read_paths(&ctx, how->paths, how->n_paths);
	tail = r.others_tail; /* they come first: a track needs what it names above it */
	for (struct vip_section *s = r.first; s; s = s->next) {
		if (!settle(&ctx, s))
			continue;
		*tail = s->node;
		tail = &s->node->next;
	}
	conf_diags_fini(&unread);
	return r.others;
}
