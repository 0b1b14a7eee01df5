/*
 * `vip` sections of the native grammar: what a vrrp_instance of keepalived.conf says, in HAProxy's
 * style and in the same file as the proxies. They are turned into the statements that the block
 * grammar would have given, so one set of rows (failover/conf/) reads both, with the native lines'
 * places in every message. Called by main/ in the master, and in the failover process at a reload.
 */
#ifndef RELAIS_NATIVE_VIP_NATIVE_H
#define RELAIS_NATIVE_VIP_NATIVE_H

#include "core/conf/blocks/blocks.h"
#include "core/conf/native.h"

/* vip, vip-group and vip-defaults, for the manual and for readers that pass over them; their begin
 * is NULL. Ends with name NULL. */
extern const struct conf_section vip_native_sections[];
extern const struct conf_part vip_native_part; /* their rows */

struct vip_native {
	struct conf_files *files;
	const char *const *paths; /* as -f had them; those files are in `files` already */
	size_t n_paths;
	const struct conf_section *others; /* the sections that end ours; ends with name NULL */
	struct arena *arena;		   /* owns the result */
	struct conf_diags *diags;
};

/* The statements, in file order; NULL when no file has such a section. */
const struct block_node *vip_native_read(const struct vip_native *how);

#endif
