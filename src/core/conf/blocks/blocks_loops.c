/*
 * Repeated lines. See blocks_loops.h. Pure but for the parameters it sets.
 */
#include "core/conf/blocks/blocks_loops.h"

#include <stdlib.h>

size_t blocks_loop_head_len(const char *text)
{
	static const char *const names[] = {"~SEQx", "~SEQ", "~LST"};
	const char *end;
	size_t len = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && len == 0; i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			len = strlen(names[i]);
	if (len == 0 || text[len + strspn(text + len, " \t")] != '(')
		return 0;
	end = strchr(text, ')');
	return end ? (size_t)(end - text) + 1 : strlen(text);
}

/* The next element of a list: `{...}` whole, else up to a comma. */
static struct slice cut(struct slice *rest)
{
	struct slice head;

	*rest = slice_trim(*rest);
	if (rest->len > 0 && rest->ptr[0] == '{') {
		size_t end = slice_find(*rest, '}');

		head = (struct slice){rest->ptr, end < rest->len ? end + 1 : end};
		*rest = (struct slice){rest->ptr + head.len, rest->len - head.len};
		slice_cut(rest, ',');
		return head;
	}
	return slice_trim(slice_cut(rest, ','));
}

static bool unwrap(struct slice *s)
{
	if (s->len < 2 || s->ptr[0] != '{' || s->ptr[s->len - 1] != '}')
		return false;
	*s = (struct slice){s->ptr + 1, s->len - 2};
	return true;
}

/* Of a parameter too: `$NAME` here ends where the number ends. */
static bool number(struct blocks_params *params, struct slice s, long long *out)
{
	const char *text = arena_strndup(params->arena, s.ptr, s.len);
	struct blocks_use use;
	char *end;

	if (*text == '$' && blocks_params_find(params, text, 0, ".", &use) && use.len == s.len)
		text = use.value;
	*out = strtoll(text, &end, 0);
	return *text && !*end && *out >= -(1LL << 40) && *out <= 1LL << 40;
}

/* (var, [start, [step,]] end): start is 1 or -1, step 1 or -1, whichever leads to the end. */
static bool read_sequence(struct blocks_loop *l, struct blocks_params *params, struct slice args)
{
	long long n[3];
	unsigned n_numbers = 0;

	l->vars[0] = cut(&args);
	l->n_vars = 1;
	while (args.len > 0 && n_numbers < 3)
		if (!number(params, cut(&args), &n[n_numbers++]))
			return false;
	if (l->vars[0].len == 0 || n_numbers == 0 || args.len > 0)
		return false;
	l->end = n[n_numbers - 1];
	l->at = n_numbers > 1 ? n[0] : l->end > 0 ? 1 : -1;
	l->step = n_numbers > 2 ? n[1] : l->end >= l->at ? 1 : -1;
	return l->step > 0 ? l->at <= l->end : l->step < 0 && l->at >= l->end;
}

/* No value has more parts than there are variables. */
static bool fits(struct slice values, unsigned n_vars)
{
	while (values.len > 0) {
		struct slice value = cut(&values);
		unsigned n = 0;

		unwrap(&value);
		while (value.len > 0) {
			cut(&value);
			n++;
		}
		if (n > n_vars)
			return false;
	}
	return true;
}

static bool read_list(struct blocks_loop *l, struct slice args)
{
	struct slice vars = cut(&args);

	l->is_list = true;
	l->values = args;
	l->is_tuple = unwrap(&vars);
	if (!l->is_tuple) {
		l->vars[0] = vars;
		l->n_vars = 1;
		return vars.len > 0 && args.len > 0;
	}
	while (vars.len > 0 && l->n_vars < BLOCKS_LOOP_VARS)
		l->vars[l->n_vars++] = cut(&vars);
	return l->n_vars > 0 && vars.len == 0 && args.len > 0 && fits(args, l->n_vars);
}

struct blocks_loop *blocks_loop_new(struct blocks_params *params, const char *head,
				    const char *rest)
{
	struct blocks_loop *l = ARENA_NEW(params->arena, struct blocks_loop);
	struct slice args = slice_of(strchr(head, '(') + 1);

	if (args.len == 0 || args.ptr[args.len - 1] != ')')
		return NULL;
	args.len--;
	l->rest = rest;
	l->hex = head[4] == 'x';
	if (head[1] == 'S' ? !read_sequence(l, params, args) : !read_list(l, args))
		return NULL;
	return l;
}

static bool turn_sequence(struct blocks_loop *l, struct blocks_params *params)
{
	if (l->step > 0 ? l->at > l->end : l->at < l->end)
		return false;
	blocks_params_set(params, l->vars[0],
			  arena_printf(params->arena, l->hex ? "%llx" : "%lld", l->at));
	l->at += l->step;
	return true;
}

static bool turn_list(struct blocks_loop *l, struct blocks_params *params)
{
	struct slice value;

	if (l->values.len == 0)
		return false;
	value = cut(&l->values);
	if (l->is_tuple)
		unwrap(&value);
	for (unsigned i = 0; i < l->n_vars; i++) {
		struct slice part = l->is_tuple ? cut(&value) : value;

		blocks_params_set(params, l->vars[i],
				  arena_strndup(params->arena, part.ptr, part.len));
	}
	return true;
}

bool blocks_loop_turn(struct blocks_loop *l, struct blocks_params *params)
{
	return l->is_list ? turn_list(l, params) : turn_sequence(l, params);
}
