/*
 * Any bytes as a keepalived.conf: the block grammar, the rows, what they come to. The set of files
 * is sealed, so that nothing on disk is looked at. Bounds of substitution are small, or an input of
 * a line could keep the fuzzer busy for minutes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/conf/blocks/blocks.h"
#include "failover/conf/failover_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const path = "/fuzz/k.conf";
	struct failover_conf_options options = {.config_id = "id", .expanded_max = 20000};
	struct slice bytes = {(const char *)data, len};
	const struct failover_conf *conf;
	struct conf_files files;
	struct conf_diags diags;
	struct arena arena;
	unsigned n = 0;

	conf_files_init(&files);
	conf_diags_init(&diags);
	arena_init(&arena, 0);
	blocks_looks_like(bytes);
	conf_files_put(&files, path, bytes);
	conf_files_put(&files, "/fuzz/sub.conf", SLICE("a {\n"));
	files.sealed = true;
	conf = failover_conf_parse(&files, &path, 1, &arena, &diags, &options);
	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next, n++)
		if (!i->name || (diags.n_errors == 0 && (!i->vrid || !i->interface)))
			abort();
	if (n != conf->n_instances)
		abort();
	arena_fini(&arena);
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	return 0;
}
