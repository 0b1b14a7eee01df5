/*
 * Cookies. See cookie.h.
 */
#include "balancer/http/cookie.h"

static void split_pair(struct slice pair, struct http_cookie *cookie)
{
	size_t equals = slice_find(pair, '=');

	cookie->pair = pair;
	if (equals == pair.len) {
		cookie->name = (struct slice){pair.ptr, 0};
		cookie->value = pair;
		return;
	}
	cookie->name = slice_trim((struct slice){pair.ptr, equals});
	cookie->value = slice_trim((struct slice){pair.ptr + equals + 1, pair.len - equals - 1});
}

bool http_cookie_next(struct slice *rest, struct http_cookie *cookie)
{
	while (rest->len) {
		struct slice pair = slice_trim(slice_cut(rest, ';'));

		if (pair.len) {
			split_pair(pair, cookie);
			return true;
		}
	}
	return false;
}

bool http_cookie_find(const struct http_message *msg, struct slice name, struct http_cursor *at,
		      struct http_cookie *cookie)
{
	while (http_message_find(msg, http_name_known(HTTP_HEADER_COOKIE), at)) {
		struct slice rest = at->value;

		while (http_cookie_next(&rest, cookie))
			if (slice_eq(cookie->name, name))
				return true;
	}
	return false;
}

bool http_cookie_cut(struct http_message *msg, struct http_cursor *at,
		     const struct http_cookie *cookie)
{
	struct slice all = at->value, left;
	size_t from = (size_t)(cookie->pair.ptr - all.ptr);
	size_t to = from + cookie->pair.len;
	char *text;

	while (to < all.len && (all.ptr[to] == ' ' || all.ptr[to] == ';'))
		to++;
	if (to == all.len)
		while (from > 0 && (all.ptr[from - 1] == ' ' || all.ptr[from - 1] == ';'))
			from--;
	left.len = from + all.len - to;
	if (left.len == 0) {
		http_message_drop_at(msg, at);
		return true;
	}
	text = arena_alloc(msg->arena, left.len);
	if (!text)
		return false;
	memcpy(text, all.ptr, from);
	memcpy(text + from, all.ptr + to, all.len - to);
	left.ptr = text;
	return http_message_replace_at(msg, at, left);
}

bool http_cookie_set_parse(struct slice field_value, struct http_cookie *cookie)
{
	struct slice rest = field_value, pair = slice_trim(slice_cut(&rest, ';'));

	split_pair(pair, cookie);
	return cookie->name.len > 0;
}
