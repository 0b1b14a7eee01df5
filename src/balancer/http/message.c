/*
 * The message head: its tables, walking over fields, and what the target says. Editing is in
 * message_edit.c, writing in message_write.c. See message.h for ownership and order of calls.
 */
#include "balancer/http/message.h"

void http_message_init(struct http_message *msg, struct arena *arena)
{
	memset(msg, 0, offsetof(struct http_message, inline_entry));
	msg->arena = arena;
	msg->minor = 1;
	msg->n_max = HTTP_FIELDS_MAX_DEFAULT;
	msg->received.entry = msg->inline_entry;
	msg->received.cap = HTTP_FIELDS_INLINE;
	msg->inline_entry[0].line_at = 0;
}

static void rebase_slice(struct slice *s, const char *old, size_t len, const char *new_base)
{
	if (s->ptr >= old && s->ptr <= old + len)
		s->ptr = new_base + (s->ptr - old);
}

void http_message_rebase(struct http_message *msg, char *new_base)
{
	const char *old = msg->received.base;
	size_t len = msg->head_len;

	if (!old || old == new_base)
		return;
	rebase_slice(&msg->start_line, old, len, new_base);
	rebase_slice(&msg->method_text, old, len, new_base);
	rebase_slice(&msg->target, old, len, new_base);
	rebase_slice(&msg->reason, old, len, new_base);
	msg->received.base = new_base;
}

bool http_message_grow(struct http_message *msg)
{
	struct http_fields *f = &msg->received;
	struct http_field *more;
	uint32_t cap = f->cap * 2;

	if (f->n >= msg->n_max)
		return false;
	if (f->n < f->cap)
		return true;
	more = arena_alloc(msg->arena, (cap + 1) * sizeof(*more));
	if (!more)
		return false;
	memcpy(more, f->entry, (f->n + 1) * sizeof(*more));
	f->entry = more;
	f->cap = cap < msg->n_max ? cap : msg->n_max;
	return true;
}

/* Fills the cursor from the field at place, received or added. */
static void show(const struct http_message *msg, struct http_cursor *at, uint32_t place)
{
	const struct http_field *f;
	const char *base;

	at->place = place;
	at->next = place + 1;
	if (place < msg->received.n) {
		f = &msg->received.entry[place];
		base = msg->received.base;
	} else {
		f = &msg->added.entry[place - msg->received.n];
		base = msg->added.base;
	}
	at->name = (struct slice){base + f->line_at, f->name_len};
	if (f->mark == HTTP_FIELD_REPLACED)
		at->value.ptr = msg->added.base + f->value_at + f->name_len + 2;
	else
		at->value.ptr = base + f->value_at;
	at->value.len = f->value_len;
}

static const struct http_field *field_at(const struct http_message *msg, uint32_t place)
{
	if (place < msg->received.n)
		return &msg->received.entry[place];
	return &msg->added.entry[place - msg->received.n];
}

bool http_message_each(const struct http_message *msg, struct http_cursor *at)
{
	uint32_t n = msg->received.n + msg->added.n;

	for (uint32_t i = at->next; i < n; i++) {
		if (field_at(msg, i)->mark == HTTP_FIELD_DROPPED)
			continue;
		show(msg, at, i);
		return true;
	}
	at->next = n;
	return false;
}

static bool find_known(const struct http_message *msg, unsigned id, struct http_cursor *at)
{
	uint32_t n = msg->received.n + msg->added.n;

	if (!(msg->seen >> id & 1))
		return false;
	for (uint32_t i = at->next; i < n; i++) {
		const struct http_field *f = field_at(msg, i);

		if (f->id != id || f->mark == HTTP_FIELD_DROPPED)
			continue;
		show(msg, at, i);
		return true;
	}
	at->next = n;
	return false;
}

bool http_message_find(const struct http_message *msg, struct http_name name,
		       struct http_cursor *at)
{
	uint32_t n = msg->received.n + msg->added.n;

	if (name.id != HTTP_HEADER_OTHER)
		return find_known(msg, name.id, at);
	if (!(msg->seen >> HTTP_HEADER_OTHER & 1))
		return false;
	for (uint32_t i = at->next; i < n; i++) {
		const struct http_field *f = field_at(msg, i);

		if (f->name_len != name.text.len || f->id != HTTP_HEADER_OTHER ||
		    f->mark == HTTP_FIELD_DROPPED)
			continue;
		show(msg, at, i);
		if (slice_case_eq(at->name, name.text))
			return true;
	}
	at->next = n;
	return false;
}

struct slice http_message_value(const struct http_message *msg, enum http_header_id id)
{
	struct http_cursor at = {0};

	return find_known(msg, id, &at) ? at.value : (struct slice){NULL, 0};
}

bool http_message_has(const struct http_message *msg, struct http_name name)
{
	struct http_cursor at = {0};

	return http_message_find(msg, name, &at);
}

bool http_message_has_token(const struct http_message *msg, enum http_header_id id,
			    const char *token)
{
	struct http_cursor at = {0};
	struct slice want = slice_of(token), rest, element;

	while (find_known(msg, id, &at))
		for (rest = at.value; http_list_next(&rest, &element);)
			if (slice_case_eq(element, want))
				return true;
	return false;
}

/* Offset of the comma that ends the first element: not one inside a quoted string. */
static size_t element_end(struct slice s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '"')
			quoted = !quoted;
		else if (c == '\\' && quoted)
			i++;
		else if (c == ',' && !quoted)
			return i;
	}
	return s.len;
}

bool http_list_next(struct slice *rest, struct slice *element)
{
	while (rest->len) {
		size_t end = element_end(*rest);
		size_t skip = end < rest->len ? end + 1 : end;

		*element = slice_trim((struct slice){rest->ptr, end});
		rest->ptr += skip;
		rest->len -= skip;
		if (element->len)
			return true;
	}
	return false;
}

/* Offset of the authority in an absolute target, behind "scheme://". */
static size_t authority_at(struct slice target)
{
	size_t colon = slice_find(target, ':');

	return colon + 3 <= target.len ? colon + 3 : target.len;
}

/* The target from its path on: "" for "http://host". */
static struct slice from_path(const struct http_message *msg)
{
	struct slice t = msg->target;

	if (msg->target_form == HTTP_TARGET_ABSOLUTE) {
		size_t at = authority_at(t);

		while (at < t.len && t.ptr[at] != '/' && t.ptr[at] != '?')
			at++;
		t.ptr += at;
		t.len -= at;
	}
	return t;
}

struct slice http_message_path(const struct http_message *msg)
{
	struct slice t = from_path(msg);

	if (msg->target_form == HTTP_TARGET_AUTHORITY || !msg->target.ptr)
		return (struct slice){NULL, 0};
	t.len = slice_find(t, '?');
	if (t.len == 0)
		return SLICE("/");
	return t;
}

struct slice http_message_query(const struct http_message *msg)
{
	struct slice t = from_path(msg);
	size_t mark = slice_find(t, '?');

	if (mark == t.len)
		return (struct slice){NULL, 0};
	return (struct slice){t.ptr + mark + 1, t.len - mark - 1};
}

struct slice http_message_host(const struct http_message *msg)
{
	struct slice t = msg->target;
	size_t at, end;

	if (msg->target_form == HTTP_TARGET_AUTHORITY)
		return t;
	if (msg->target_form != HTTP_TARGET_ABSOLUTE)
		return http_message_value(msg, HTTP_HEADER_HOST);
	at = end = authority_at(t);
	while (end < t.len && t.ptr[end] != '/' && t.ptr[end] != '?')
		end++;
	return (struct slice){t.ptr + at, end - at};
}
