/*
 * Rules at work in a test: a configuration text through the whole grammar, a request through the
 * HTTP/1 parser, and what rules make of it.
 */
#ifndef RELAIS_TEST_RULES_ROOM_H
#define RELAIS_TEST_RULES_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "balancer/h1/parse.h"
#include "balancer/rules/log_format.h"
#include "balancer/rules/rules.h"
#include "core/base/text.h"
#include "main/registry.h"

struct rules_room {
	struct conf_files files;
	struct conf_diags diags;
	struct arena conf_arena, arena;
	struct balancer_conf *conf;
	struct proxy_conf *fe; /* the first frontend */
	struct rule_input in;
	struct rule_verdict verdict;
	struct http_message req, res;
	struct h1_parser req_parser, res_parser;
	struct addr client, local;
	char req_bytes[8192], res_bytes[8192], out[16384];
	struct slice captures[8];
};

static const int64_t room_wall_us = 1795340313954511; /* 2026-11-22T09:38:33.954511Z */

static inline struct proxy_conf *room_proxy(struct rules_room *r, const char *name)
{
	for (struct proxy_conf *p = r->conf->proxies; p; p = p->next)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* Reads the configuration; false when it has errors (they stand in r->diags). */
static inline bool room_read(struct rules_room *r, const char *config)
{
	static const char *const paths[] = {"test.cfg"};

	memset(r, 0, sizeof(*r));
	conf_files_init(&r->files);
	conf_diags_init(&r->diags);
	arena_init(&r->conf_arena, 0);
	arena_init(&r->arena, 0);
	conf_files_put(&r->files, "test.cfg", slice_of(config));
	conf_files_put(&r->files, "paths.lst", SLICE("# paths\n/a\n  /b/c/d\n\n"));
	conf_files_put(&r->files, "hosts.map",
		       SLICE("# host backend\nwww.example.org site one\napi.example.org api\n"));
	conf_files_put(&r->files, "nets.map", SLICE("10.0.0.0/8 inside\n192.0.2.1 one\n"));
	conf_files_put(&r->files, "paths.map", SLICE("^/b/(.*)/d got-\\1\n. other\n"));
	conf_files_put(&r->files, "page.html", SLICE("<p>%[path]</p>\n"));
	conf_files_put(&r->files, "503.http", SLICE("HTTP/1.0 503 Own\r\n\r\nown\n"));
	r->conf = registry_balancer_parse(&r->files, paths, 1, &r->conf_arena, &r->diags, NULL);
	for (r->fe = r->conf->proxies; r->fe && !(r->fe->sides & PROXY_FRONTEND);
	     r->fe = r->fe->next)
		;
	assert_true(addr_parse_ip(&r->client, slice_of("127.0.0.1"), 4444));
	assert_true(addr_parse_ip(&r->local, slice_of("192.0.2.80"), 8080));
	r->in = (struct rule_input){.conf = r->conf,
				    .frontend = r->fe,
				    .client = &r->client,
				    .local = &r->local,
				    .arena = &r->arena,
				    .captures = r->captures,
				    .payload_complete = true,
				    .wall_us = room_wall_us};
	return r->diags.n_errors == 0;
}

static inline void room_open(struct rules_room *r, const char *config)
{
	if (!room_read(r, config)) {
		conf_diags_print(&r->diags, stderr, true);
		fail_msg("the configuration has errors");
	}
}

static inline void room_close(struct rules_room *r)
{
	arena_fini(&r->arena);
	arena_fini(&r->conf_arena);
	conf_diags_fini(&r->diags);
	conf_files_fini(&r->files);
}

static inline void room_request(struct rules_room *r, const char *bytes)
{
	size_t len = strlen(bytes);

	memcpy(r->req_bytes, bytes, len);
	memset(&r->req_parser, 0, sizeof(r->req_parser));
	http_message_init(&r->req, &r->arena);
	assert_int_equal(h1_parse_request(&r->req_parser, &r->req, r->req_bytes, len), H1_DONE);
	r->in.req = &r->req;
	r->in.res = NULL;
	memset(r->captures, 0, sizeof(r->captures));
}

static inline void room_response(struct rules_room *r, const char *bytes)
{
	size_t len = strlen(bytes);

	memcpy(r->res_bytes, bytes, len);
	memset(&r->res_parser, 0, sizeof(r->res_parser));
	http_message_init(&r->res, &r->arena);
	assert_int_equal(
		h1_parse_response(&r->res_parser, &r->res, HTTP_METHOD_GET, r->res_bytes, len),
		H1_DONE);
	r->in.res = &r->res;
}

static inline enum rule_outcome room_run(struct rules_room *r, enum rule_phase phase)
{
	memset(&r->verdict, 0, sizeof(r->verdict));
	return rules_run(r->fe->rules, phase, &r->in, &r->verdict);
}

/* The head of a message as it would be sent. */
static inline const char *room_head(struct rules_room *r, const struct http_message *msg)
{
	r->out[http_message_write(msg, r->out, sizeof(r->out) - 1)] = '\0';
	return r->out;
}

static inline bool room_said(const struct rules_room *r, const char *part)
{
	for (const struct conf_diag *d = r->diags.first; d; d = d->next)
		if (strstr(d->text, part))
			return true;
	return false;
}

#define ROOM_DEFAULTS \
	"defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n"
#define ROOM_FRONTEND "frontend f\n bind 127.0.0.1:8080\n"
#define ROOM_REQUEST                                           \
	"GET /b/c/d.png?x=1&y=a%20b+c&z=&x=2 HTTP/1.1\r\n"     \
	"Host: Www.Example.org:8080\r\n"                       \
	"X-List: a, b ,\"c,d\",e\r\nX-List: f\r\nX-Empty:\r\n" \
	"Cookie: a=1; b=\"two\"; c=3\r\nCookie: a=9\r\n"       \
	"X-Num: 42\r\nX-Ip: 10.1.2.3, 2001:db8::5\r\n"         \
	"User-Agent: Mozilla/5.0 (X11) [a]\r\n\r\n"

#endif
