/*
 * Any bytes as the virtual servers of a keepalived.conf: what is served becomes text that the
 * balancer's parser takes without an error, with a place for each line. The set of files is sealed,
 * so that nothing on disk is looked at; scripts are therefore left out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "failover/conf/failover_conf.h"
#include "failover/virtual/virtual_text.h"
#include "main/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond) ((cond) ? (void)0 : abort())

static void take_text(const struct virtual_text *v, struct arena *arena)
{
	static const char *const path = "virtual.cfg";
	struct conf_files files;
	struct conf_diags diags;
	unsigned n_lines = 0;

	conf_files_init(&files);
	conf_diags_init(&diags);
	conf_files_put(&files, path, v->text);
	files.sealed = true;
	balancer_conf_parse(&(struct balancer_parse){.files = &files,
						     .paths = &path,
						     .n_paths = 1,
						     .parts = registry_balancer_parts,
						     .arena = arena,
						     .diags = &diags,
						     .local_peer = "fuzz",
						     .offline = true});
	for (const struct conf_diag *d = diags.first; d; d = d->next) {
		if (d->severity == CONF_ERROR) {
			conf_diags_print(&diags, stderr, true);
			fwrite(v->text.ptr, 1, v->text.len, stderr);
			abort();
		}
	}
	for (size_t i = 0; i < v->text.len; i++)
		n_lines += v->text.ptr[i] == '\n';
	MUST(n_lines == v->n_lines);
	conf_diags_fini(&diags);
	conf_files_fini(&files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const path = "/fuzz/k.conf";
	struct failover_conf_options options = {.config_id = "id", .expanded_max = 20000};
	const struct failover_conf *conf;
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	struct virtual_text v;

	conf_files_init(&files);
	conf_diags_init(&diags);
	arena_init(&arena, 0);
	conf_files_put(&files, path, (struct slice){(const char *)data, size});
	files.sealed = true;
	conf = failover_conf_parse(&files, &path, 1, &arena, &diags, &options);
	conf->virtual_servers->probe = "/usr/libexec/relais/relais-probe";
	if (virtual_text_write(conf->virtual_servers, true, &arena, &diags, &v)) {
		for (unsigned i = 0; i < v.n_lines; i++)
			MUST(v.places[i].file && v.places[i].line > 0);
		take_text(&v, &arena);
	}
	arena_fini(&arena);
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	return 0;
}
