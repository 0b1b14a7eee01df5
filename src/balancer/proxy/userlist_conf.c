/*
 * The `userlist` section: users with their passwords and groups. Rows over struct userlist_conf;
 * what asks for them are rules (http_auth). At load.
 */
#include "balancer/proxy/proxy_parse.h"

struct group_wait { /* a group named a user that stands below it */
	struct group_wait *next;
	struct userlist_conf *list;
	struct slice user, group;
	struct conf_place place;
};

static struct user_conf *find_user(struct userlist_conf *list, struct slice name)
{
	for (struct user_conf *u = list->users; u; u = u->next) {
		if (slice_eq_str(name, u->name))
			return u;
	}
	return NULL;
}

static void add_group(struct conf_ctx *ctx, struct user_conf *user, struct slice group)
{
	const char **list;
	size_t n = 0;

	while (user->groups && user->groups[n])
		n++;
	list = ARENA_ARRAY(ctx->arena, const char *, n + 2);
	if (n)
		memcpy(list, user->groups, n * sizeof(*list));
	list[n] = arena_strndup(ctx->arena, group.ptr, group.len);
	user->groups = list;
}

/* user NAME password|insecure-password TEXT [groups a,b] */
static void read_user(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct userlist_conf *list = target;
	struct user_conf *user = ARENA_NEW(ctx->arena, struct user_conf);

	if (!conf_line_word(line, 1)[0]) {
		conf_ctx_error(ctx, line, 1, "'user' needs a name");
		return;
	}
	user->name = arena_strdup(ctx->arena, conf_line_word(line, 1));
	for (unsigned i = 2; i < line->n_words; i += 2) {
		const char *value = conf_line_word(line, i + 1);
		bool hashed = conf_line_is(line, i, "password");

		if (hashed || conf_line_is(line, i, "insecure-password")) {
			user->password = arena_strdup(ctx->arena, value);
			user->hashed = hashed;
		} else if (conf_line_is(line, i, "groups")) {
			struct slice rest = slice_of(value);

			while (rest.len > 0)
				add_group(ctx, user, slice_cut(&rest, ','));
		} else {
			conf_ctx_error(ctx, line, i, "unknown keyword '%s' on a 'user' line",
				       conf_line_word(line, i));
			return;
		}
	}
	if (find_user(list, slice_of(user->name)))
		conf_ctx_error(ctx, line, 1, "user '%s' is here twice", user->name);
	user->next = list->users;
	list->users = user;
}

/* group NAME [users a,b] */
static void read_group(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct userlist_conf *list = target;
	struct slice group = slice_of(conf_line_word(line, 1)), rest;

	if (!conf_ctx_args(ctx, line, 1, 3))
		return;
	if (line->n_words > 2 && !conf_line_is(line, 2, "users")) {
		conf_ctx_error(ctx, line, 2, "unknown keyword '%s' on a 'group' line",
			       conf_line_word(line, 2));
		return;
	}
	rest = slice_of(conf_line_word(line, 3));
	while (rest.len > 0) {
		struct slice name = slice_cut(&rest, ',');
		struct user_conf *user = find_user(list, name);

		struct group_wait *wait;

		if (user) {
			add_group(ctx, user, group);
			continue;
		}
		wait = ARENA_NEW(ctx->arena, struct group_wait);
		*wait = (struct group_wait){proxy_parse_of(ctx)->group_waits, list, name, group,
					    conf_line_place(line, 3)};
		proxy_parse_of(ctx)->group_waits = wait;
	}
}

static const struct conf_keyword rows[] = {
	{"user", CONF_USERLIST, CONF_CUSTOM, 0, 0, 0,
	 "<name> [password|insecure-password <text>] [groups <list>]", NULL, CONF_EFFECT_RELOAD,
	 read_user, "a user", "0.1", 0},
	{"group", CONF_USERLIST, CONF_CUSTOM, 0, 0, 0, "<name> [users <list>]", NULL,
	 CONF_EFFECT_RELOAD, read_group, "a group of users", "0.1", 0},
	{.name = NULL},
};

static void finish(struct conf_ctx *ctx, void *root)
{
	(void)root;
	for (struct group_wait *w = proxy_parse_of(ctx)->group_waits; w; w = w->next) {
		struct user_conf *user = find_user(w->list, w->user);

		if (user)
			add_group(ctx, user, w->group);
		else
			conf_error(ctx->diags, w->place,
				   "group '%.*s' names a user '%.*s' who is "
				   "not in this userlist",
				   (int)w->group.len, w->group.ptr, (int)w->user.len, w->user.ptr);
	}
}

const struct conf_part proxy_part_userlist = {.name = "userlist", .rows = rows, .finish = finish};
