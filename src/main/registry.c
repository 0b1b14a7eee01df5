/*
 * The tables of keywords and commands. See registry.h. Called by config.c at each load and by args
 * for -dKall.
 */
#include "main/registry.h"

#include "balancer/health/check_build.h"
#include "balancer/health/state_file.h"
#include "balancer/rules/rules_conf.h"
#include "balancer/stick/stick_conf.h"
#include "failover/conf/failover_conf.h"
#include "failover/native/vip_native.h"

const struct conf_part *const registry_balancer_parts[] = {
	&conf_part_env,
	&proxy_part_global,
	&proxy_part_tuning,
	&proxy_part_proxy,
	&proxy_part_options,
	&proxy_part_bind,
	&proxy_part_server,
	&proxy_part_balance,
	&proxy_part_quorum,
	&proxy_part_log,
	&proxy_part_stats,
	&proxy_part_userlist,
	&check_part_options,
	&check_part_steps,
	&state_file_part,
	&rules_conf_part,
	&stick_conf_part,
	&proxy_part_obsolete,
	NULL,
};

const struct admin_command *const registry_commands[] = {
	admin_show_commands,	    admin_stat_commands,    admin_server_commands,
	admin_vip_commands,	    admin_table_commands,   admin_bfd_commands,
	admin_vip_control_commands, admin_process_commands, NULL,
};

struct balancer_conf *registry_balancer_parse(struct conf_files *files, const char *const *paths,
					      size_t n_paths, struct arena *arena,
					      struct conf_diags *diags, const char *local_peer)
{
	const struct balancer_parse how = {
		.files = files,
		.paths = paths,
		.n_paths = n_paths,
		.parts = registry_balancer_parts,
		.arena = arena,
		.diags = diags,
		.local_peer = local_peer,
	};

	return balancer_conf_parse(&how);
}

static void print_algorithms(FILE *out)
{
	fputs("\n## Algorithms of balance\n\n", out);
	for (const struct balance_algorithm *const *a = balance_algorithms; *a; a++)
		fprintf(out, "- `%s`: %s\n", (*a)->name, (*a)->doc);
}

void registry_manual_print(FILE *out)
{
	static const struct conf_part *const vip_parts[] = {&vip_native_part, NULL};

	conf_manual_print(proxy_sections, registry_balancer_parts, out);
	conf_manual_print(vip_native_sections, vip_parts, out);
	print_algorithms(out);
	rules_manual_print(out);
	conf_manual_print_blocks(failover_keyword_tables, out);
	fputs("\n# Runtime commands\n\n", out);
	admin_print_manual(registry_commands, out);
}
