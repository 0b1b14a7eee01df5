/*
 * Rules' little languages from any bytes: a log format, a header format, a sample, an ACL's words,
 * a condition. What compiles is asked on a fixed request, with payload and without.
 */
#include <stdint.h>
#include <stdlib.h>

#include "balancer/h1/parse.h"
#include "balancer/rules/acl.h"
#include "balancer/rules/log_format.h"
#include "balancer/rules/rule_set.h"

enum { MAX_INPUT = 4096, MAX_WORDS = 32 };

static const char request[] =
	"POST /b/c/d.png?x=1&y=a%20b+c HTTP/1.1\r\nHost: www.example.org:80\r\nX-List: a, "
	"\"b,c\",\r\n"
	"Cookie: a=1; b=\"2\"; ;=\r\nX-Ip: 10.1.2.3\r\nContent-Length: 3\r\n\r\n";

struct fixture {
	struct arena arena;
	struct http_message req;
	struct h1_parser parser;
	struct addr client, local;
	char bytes[sizeof(request)];
	struct rule_input in;
};

static void prepare(struct fixture *f, bool complete)
{
	memset(f, 0, sizeof(*f));
	arena_init(&f->arena, 0);
	memcpy(f->bytes, request, sizeof(request));
	http_message_init(&f->req, &f->arena);
	if (h1_parse_request(&f->parser, &f->req, f->bytes, sizeof(request) - 1) != H1_DONE)
		abort();
	addr_parse_ip(&f->client, slice_of("192.0.2.1"), 1234);
	addr_parse_ip(&f->local, slice_of("2001:db8::1"), 80);
	f->in = (struct rule_input){.client = &f->client,
				    .local = &f->local,
				    .arena = &f->arena,
				    .wall_us = 1795340313954511,
				    .payload_complete = complete,
				    .payload = SLICE("\x16\3\1\0\4\1\0\0\0"),
				    .phase = RULE_TCP_REQUEST};
	if (complete) {
		f->in.req = &f->req;
		f->in.phase = RULE_HTTP_REQUEST;
	}
}

static void write_format(const struct log_format *fmt, struct fixture *f)
{
	char buf[1024];
	struct text out;

	text_init(&out, buf, sizeof(buf));
	if (fmt)
		log_format_write(fmt, NULL, &f->in, &out);
}

static unsigned split(char *text, struct conf_word *words)
{
	unsigned n = 0;

	for (char *save, *w = strtok_r(text, " ", &save); w && n < MAX_WORDS;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = (struct conf_word){.text = w};
	return n;
}

static void try_one(struct rules_build *b, uint8_t kind, char *text, struct fixture *f)
{
	struct conf_word words[MAX_WORDS + 1];
	const struct sample_expr *e;
	struct sample s;
	unsigned n;

	switch (kind % 5) {
	case 0:
		write_format(log_format_compile_log(b, text, PROXY_MODE_HTTP), f);
		break;
	case 1:
		write_format(log_format_compile_value(b, text), f);
		break;
	case 2:
		e = sample_compile_word(b, text);
		if (e && sample_eval(e, &f->in, &s))
			sample_cast(&s, SAMPLE_STR, &f->in);
		break;
	case 3:
		n = split(text, words);
		if (n > 0 && acl_define(b, words[0].text, words + 1, n - 1))
			rule_condition_eval(
				rule_condition_parse(
					b, (struct conf_word[]){{.text = "if"}, words[0]}, 2),
				&f->in);
		break;
	default:
		words[0] = (struct conf_word){.text = "unless"};
		n = split(text, words + 1);
		if (n > 0)
			rule_condition_eval(rule_condition_parse(b, words, n + 1), &f->in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_diags diags;
	struct arena arena;
	struct rule_set set = {0};

	if (size < 1 || size > MAX_INPUT)
		return 0;
	for (int complete = 0; complete < 2; complete++) {
		struct rules_build b = {.arena = &arena, .diags = &diags, .set = &set};
		struct fixture f;
		char *text;

		memset(&set, 0, sizeof(set));
		arena_init(&arena, 0);
		conf_diags_init(&diags);
		prepare(&f, complete);
		text = arena_strndup(&arena, (const char *)data + 1, size - 1);
		try_one(&b, data[0], text, &f);
		arena_fini(&f.arena);
		conf_diags_fini(&diags);
		arena_fini(&arena);
	}
	return 0;
}
