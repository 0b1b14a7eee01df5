/*
 * The native grammar with every row of the program: any bytes give a configuration or diagnostics,
 * each with its place, and the same ones when read again. No name is looked up and no file opened.
 */
#include <stdlib.h>

#include "main/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond) ((cond) ? (void)0 : abort())

struct outcome {
	unsigned n_errors, n_warnings, n_proxies;
};

static struct outcome read_once(struct slice text)
{
	static const char *const paths[] = {"f.cfg"};
	struct outcome o;
	struct arena arena;
	struct conf_files files;
	struct conf_diags diags;
	const struct balancer_conf *conf;
	unsigned n = 0;

	arena_init(&arena, 0);
	conf_files_init(&files);
	conf_diags_init(&diags);
	conf_files_put(&files, paths[0], text);
	files.sealed = true;
	conf = balancer_conf_parse(&(struct balancer_parse){.files = &files,
							    .paths = paths,
							    .n_paths = 1,
							    .parts = registry_balancer_parts,
							    .arena = &arena,
							    .diags = &diags,
							    .local_peer = "fuzz",
							    .offline = true});
	MUST(conf);
	for (const struct proxy_conf *p = conf->proxies; p; p = p->next) {
		unsigned servers = 0;

		n++;
		MUST(p->name && p->balance && p->sides);
		for (const struct server_conf *s = p->servers; s; s = s->next, servers++)
			MUST(s->name && s->proxy == p);
		MUST(servers == p->n_servers);
	}
	MUST(n == conf->n_proxies);
	for (const struct conf_diag *g = diags.first; g; g = g->next)
		MUST(g->place.file && g->text && g->text[0]);
	o = (struct outcome){diags.n_errors, diags.n_warnings, conf->n_proxies};
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	arena_fini(&arena);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct outcome a = read_once(text), b = read_once(text);

	MUST(a.n_errors == b.n_errors && a.n_warnings == b.n_warnings &&
	     a.n_proxies == b.n_proxies);
	return 0;
}
