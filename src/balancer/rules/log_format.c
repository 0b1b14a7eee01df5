/*
 * log-format: its little language compiled into an array of steps, and the steps carried out. The
 * same language makes header values (set-header and its like), there without "-" and with blanks
 * as they are written.
 */
#include "balancer/rules/log_format.h"

#include <pthread.h>

#include "balancer/rules/log_alias.h"

/* ---- compiling ---------------------------------------------------------------------------- */

struct compiler {
	struct rules_build *b;
	struct log_format *fmt;
	enum proxy_mode mode;
	uint8_t flags; /* of %{..}o */
};

static struct log_op *push(struct compiler *c, enum log_op_kind kind)
{
	struct log_op *op = RULES_PUSH(c->b->arena, c->fmt->ops, c->fmt->n);

	op->kind = kind;
	op->flags = c->flags;
	op->in_log = c->fmt->in_log;
	return op;
}

static void push_text(struct compiler *c, struct slice text)
{
	struct log_op *last = c->fmt->n ? &c->fmt->ops[c->fmt->n - 1] : NULL;

	if (last && last->kind == LOG_OP_TEXT) { /* "%%" in the middle of a text */
		const char *joined = arena_printf(c->b->arena, "%.*s%.*s", (int)last->text.len,
						  last->text.ptr, (int)text.len, text.ptr);

		last->text = slice_of(joined);
		return;
	}
	push(c, LOG_OP_TEXT)->text = arena_slice_dup(c->b->arena, text);
}

static const char *const flag_names = "QXE";

/* "{+Q,-E}" from *text; flags that are not known are passed over, as HAProxy does. */
static bool read_flags(struct compiler *c, struct slice *text, uint8_t *flags)
{
	size_t end = slice_find(*text, '}');
	bool add = true;

	if (end == text->len) {
		rules_error(c->b, "log-format: '%%{' is not closed");
		return false;
	}
	for (size_t i = 1; i < end; i++) {
		const char *at = strchr(flag_names, text->ptr[i]);

		if (text->ptr[i] == '+' || text->ptr[i] == '-')
			add = text->ptr[i] == '+';
		else if (at)
			*flags = (uint8_t)(add ? *flags | 1 << (at - flag_names)
					       : *flags & ~(1 << (at - flag_names)));
	}
	*text = (struct slice){text->ptr + end + 1, text->len - end - 1};
	return true;
}

static bool read_sample(struct compiler *c, struct slice *text, uint8_t flags)
{
	const struct sample_expr *expr;
	struct log_op *op;

	*text = (struct slice){text->ptr + 1, text->len - 1};
	while (text->len > 0 && *text->ptr == ' ')
		*text = (struct slice){text->ptr + 1, text->len - 1};
	expr = sample_compile(c->b, text, NULL);
	if (!expr)
		return false;
	while (text->len > 0 && *text->ptr == ' ')
		*text = (struct slice){text->ptr + 1, text->len - 1};
	if (text->len == 0 || *text->ptr != ']') {
		rules_error(c->b, "log-format: '%%[' is not closed");
		return false;
	}
	*text = (struct slice){text->ptr + 1, text->len - 1};
	op = push(c, LOG_OP_SAMPLE);
	op->expr = expr;
	op->flags = flags;
	return true;
}

static const struct log_alias *find_alias(struct slice name)
{
	for (const struct log_alias *a = log_aliases; a->name; a++)
		if (slice_eq_str(name, a->name))
			return a;
	return NULL;
}

static bool read_alias(struct compiler *c, struct slice *text, uint8_t flags)
{
	struct slice name = {text->ptr, 0};
	const struct log_alias *a;
	struct log_op *op;

	if (text->len > 0 && *text->ptr == '(' && slice_find(*text, ')') < text->len) {
		/* "%( bind)", in built-in formats */
		name = (struct slice){text->ptr + 1, slice_find(*text, ')') - 1};
		*text = (struct slice){name.ptr + name.len + 1, text->len - name.len - 2};
	} else {
		while (name.len < text->len && (text->ptr[name.len] | 32) >= 'a' &&
		       (text->ptr[name.len] | 32) <= 'z')
			name.len++;
		*text = (struct slice){text->ptr + name.len, text->len - name.len};
	}
	if (slice_eq_str(name, "o")) {
		c->flags = flags;
		return true;
	}
	a = find_alias(name);
	if (!a) {
		rules_error(
			c->b,
			"log-format: there is no variable '%%%.*s' (a plain %% is written %%%%)",
			(int)name.len, name.ptr);
		return false;
	}
	if (a->http_only && c->mode != PROXY_MODE_HTTP) {
		rules_error(c->b, "log-format: '%%%s' is of HTTP only", a->name);
		return false;
	}
	op = push(c, LOG_OP_ALIAS);
	op->write = a->write;
	op->flags = flags;
	op->may_vanish = a->name[0] == 'h' || a->name[0] == 'H' || !c->fmt->in_log;
	c->fmt->has_alias = true;
	return true;
}

/* text stands behind a '%'. */
static bool read_variable(struct compiler *c, struct slice *text)
{
	uint8_t flags = c->flags;

	if (text->len > 0 && *text->ptr == '%') {
		push_text(c, SLICE("%"));
		*text = (struct slice){text->ptr + 1, text->len - 1};
		return true;
	}
	if (text->len > 0 && *text->ptr == '{' && !read_flags(c, text, &flags))
		return false;
	if (text->len == 0) {
		rules_error(c->b,
			    "log-format: the text ends behind a '%%' (a plain %% is written %%%%)");
		return false;
	}
	if (*text->ptr == '[')
		return read_sample(c, text, flags);
	return read_alias(c, text, flags);
}

static bool compile(struct compiler *c, struct slice text)
{
	while (text.len > 0) {
		size_t n = 0;

		if (*text.ptr == '%') {
			text = (struct slice){text.ptr + 1, text.len - 1};
			if (!read_variable(c, &text))
				return false;
			continue;
		}
		if (c->fmt->in_log && *text.ptr == ' ') {
			push(c, LOG_OP_BLANK);
			n = 1;
		} else {
			while (n < text.len && text.ptr[n] != '%' &&
			       !(c->fmt->in_log && text.ptr[n] == ' '))
				n++;
			push_text(c, (struct slice){text.ptr, n});
		}
		text = (struct slice){text.ptr + n, text.len - n};
	}
	return true;
}

/* Shows at least one character, whatever the record says. */
static bool is_solid(const struct log_op *op)
{
	return op->kind == LOG_OP_TEXT || (op->kind == LOG_OP_ALIAS && !op->may_vanish);
}

/* A blank between two that always show something is a plain text; texts that follow each other, or
 * an alias, are written along with it. Half as many steps for the usual line. */
static void shorten(struct compiler *c)
{
	struct log_format *fmt = c->fmt;
	unsigned n = 0;

	for (unsigned i = 0; i < fmt->n; i++) {
		struct log_op *op = &fmt->ops[i], *last = n ? &fmt->ops[n - 1] : NULL;

		if (op->kind == LOG_OP_BLANK && last && last->kind != LOG_OP_BLANK &&
		    is_solid(last) && i + 1 < fmt->n && is_solid(op + 1)) {
			op->kind = LOG_OP_TEXT;
			op->text = SLICE(" ");
		}
		if (op->kind == LOG_OP_TEXT && last && last->kind == LOG_OP_ALIAS &&
		    is_solid(last) && op->text.len + last->n_tail <= sizeof(last->tail)) {
			memcpy(last->tail + last->n_tail, op->text.ptr, op->text.len);
			last->n_tail = (uint8_t)(last->n_tail + op->text.len);
			continue;
		}
		if (op->kind == LOG_OP_TEXT && last && last->kind == LOG_OP_TEXT) {
			last->text = slice_of(arena_printf(c->b->arena, "%.*s%.*s",
							   (int)last->text.len, last->text.ptr,
							   (int)op->text.len, op->text.ptr));
			continue;
		}
		fmt->ops[n++] = *op;
	}
	fmt->n = n;
}

static struct log_format *compile_text(struct rules_build *b, const char *text,
				       enum proxy_mode mode, bool in_log)
{
	struct compiler c = {.b = b, .fmt = ARENA_NEW(b->arena, struct log_format), .mode = mode};

	c.fmt->in_log = in_log;
	if (!compile(&c, slice_of(text)))
		return NULL;
	shorten(&c);
	return c.fmt;
}

struct log_format *log_format_compile_value(struct rules_build *b, const char *text)
{
	return compile_text(b, text, PROXY_MODE_HTTP, false);
}

struct log_format *log_format_literal(struct rules_build *b, const char *text)
{
	struct compiler c = {.b = b, .fmt = ARENA_NEW(b->arena, struct log_format)};

	push(&c, LOG_OP_TEXT)->text = slice_of(arena_strdup(b->arena, text));
	return c.fmt;
}

struct log_format *log_format_compile_log(struct rules_build *b, const char *text,
					  enum proxy_mode mode)
{
	return compile_text(b, text, mode, true);
}

struct log_format *log_format_compile(struct arena *arena, struct conf_diags *diags,
				      struct conf_place at, const char *text, enum proxy_mode mode)
{
	struct rules_build b = {.arena = arena, .diags = diags, .at = at, .place = RULES_AT_LOG};

	return log_format_compile_log(&b, text, mode);
}

/* ---- built-in formats --------------------------------------------------------------------- */

static const struct builtin {
	char kind;
	const char *text;
} builtins[] = {
	{'h', "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc "
	      "%sq/%bq %hr %hs %{+Q}r"},
	{'t', "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq"},
	{'c', "%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta "
	      "%tsc %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl"},
	{'d', "Connect from %ci:%cp to %fi:%fp (%f/TCP)"},
	{'D', "Connect from %ci:%cp to %fi:%fp (%f/HTTP)"},
	{'e', "%ci:%cp [%t] %f/%( bind): %( message)"},
};

enum { N_BUILTINS = sizeof(builtins) / sizeof(builtins[0]) };

static struct log_format *compiled[N_BUILTINS]; /* for the process's life */

static void compile_builtins(void)
{
	static struct arena arena;
	struct conf_diags diags;

	arena_init(&arena, 0);
	conf_diags_init(&diags);
	for (unsigned i = 0; i < N_BUILTINS; i++)
		compiled[i] = log_format_compile(&arena, &diags, (struct conf_place){0},
						 builtins[i].text, PROXY_MODE_HTTP);
	conf_diags_fini(&diags);
}

const struct log_format *log_format_builtin(char kind)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, compile_builtins);
	for (unsigned i = 0; i < N_BUILTINS; i++)
		if (builtins[i].kind == kind)
			return compiled[i];
	return NULL;
}

/* ---- writing ------------------------------------------------------------------------------ */

static const char hex[] = "0123456789ABCDEF";

/* What a sample says may come from a peer: a value keeps to what a header may hold, a log line to
 * one line. */
static void put_safe(struct slice text, bool in_log, struct text *out)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char ch = (unsigned char)text.ptr[i];

		if (in_log ? ch != '\n' && ch != '\r' && ch != '\0'
			   : (ch >= 32 && ch != 127) || ch == '\t')
			continue;
		log_put(out, (struct slice){text.ptr + from, i - from});
		log_put_char(out, in_log ? '#' : '%');
		log_put_char(out, hex[ch >> 4]);
		log_put_char(out, hex[ch & 15]);
		from = i + 1;
	}
	log_put(out, (struct slice){text.ptr + from, text.len - from});
}

static void write_sample(const struct log_op *op, struct rule_input *in, struct text *out)
{
	char buf[ADDR_TEXT_MAX];
	struct sample s;

	if (!in || !sample_eval(op->expr, in, &s)) {
		if (op->in_log)
			log_put_text(op, SLICE(""), out);
		return;
	}
	switch (s.type) {
	case SAMPLE_BOOL:
		log_put_char(out, s.num ? '1' : '0');
		return;
	case SAMPLE_INT:
		text_int(out, s.num);
		return;
	case SAMPLE_ADDR:
		s.str = (struct slice){buf, sample_addr_text(&s.addr, buf)};
		break;
	default:
		break;
	}
	if (op->flags == 0 && s.str.len > 0) {
		put_safe(s.str, op->in_log, out);
	} else if (!op->in_log) { /* in values samples are escaped on demand, never quoted */
		struct log_op plain = *op;

		plain.flags &= LOG_ESCAPE;
		log_put_text(&plain, s.str, out);
	} else {
		log_put_text(op, s.str, out);
	}
}

/* For %names in a header's value, where nobody has finished a record. */
static void make_record(struct log_record *rec, struct rule_input *in)
{
	memset(rec, 0, sizeof(*rec));
	rec->client = in->client;
	rec->local = in->local;
	rec->frontend = in->frontend ? in->frontend->name : NULL;
	rec->backend = in->backend ? in->backend->name : rec->frontend;
	rec->server_name = in->server ? in->server->name : "<NOSRV>";
	rec->bind_name = in->listener ? in->listener->name : NULL;
	rec->accept_wall_us = rec->request_wall_us = in->wall_us;
	rec->tw_ms = rec->tc_ms = rec->tr_ms = -1;
	memcpy(rec->flags, "----", 5);
	rec->status = in->res ? in->res->status : 0;
	if (in->req) {
		rec->request_line = in->req->start_line;
		rec->request_line.len -= rec->request_line.len >= 2 ? 2 : rec->request_line.len;
	}
}

/* Eight bytes are copied as cheaply as one. */
static inline void put_tail(const struct log_op *op, struct text *out)
{
	if (out->len + sizeof(op->tail) < out->cap) {
		memcpy(out->buf + out->len, op->tail, sizeof(op->tail));
		out->len += op->n_tail;
	} else {
		log_put(out, (struct slice){op->tail, op->n_tail});
	}
}

void log_format_write(const struct log_format *fmt, const struct log_record *rec,
		      struct rule_input *in, struct text *out)
{
	struct log_record stand_in;
	size_t start;

	if (out->cap == 0)
		return;
	if (!rec && fmt->has_alias) {
		rec = in ? in->record : NULL;
		if (!rec && !in)
			return;
		if (!rec) {
			make_record(&stand_in, in);
			rec = &stand_in;
		}
	}
	start = out->len;
	for (unsigned i = 0; i < fmt->n; i++) {
		const struct log_op *op = &fmt->ops[i];

		switch (op->kind) {
		case LOG_OP_TEXT:
			log_put(out, op->text);
			break;
		case LOG_OP_BLANK: /* several count as one, also around what shows nothing */
			if (out->len > start && out->buf[out->len - 1] != ' ')
				log_put_char(out, ' ');
			break;
		case LOG_OP_ALIAS:
			op->write(op, rec, out);
			put_tail(op, out);
			break;
		case LOG_OP_SAMPLE:
			write_sample(op, in, out);
			break;
		}
	}
	text_add(out, SLICE("")); /* the NUL */
}

struct slice log_format_value(const struct log_format *fmt, struct rule_input *in)
{
	enum { VALUE_MAX = 16384 };
	char buf[VALUE_MAX];
	struct text out;

	if (fmt->n == 1 && fmt->ops[0].kind == LOG_OP_TEXT)
		return fmt->ops[0].text; /* a constant: the configuration's bytes */
	text_init(&out, buf, sizeof(buf));
	log_format_write(fmt, NULL, in, &out);
	return arena_slice_dup(in->arena, (struct slice){buf, out.len});
}
