/*
 * Rows of words that Keepalived knows and relais does not act on. CONF_IGNORED: nothing is lost
 * by leaving it out, a warning says why. CONF_UNSERVED: it does real work, so the configuration is
 * refused by name. One list for all blocks; the doc is the sentence behind the colon.
 */
#include "failover/conf/failover_build.h"

#define IGNORED(where, word, why)                                                                 \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_IGNORED, .doc = why, .since = "0.1" \
	}
/* Keepalived 2.2.7 complains as well. */
#define OBSOLETE(where, word, why)                                                           \
	{                                                                                    \
		.name = word, .sections = where, .type = CONF_IGNORED, .flags = CONF_STRICT, \
		.doc = why, .since = "0.1"                                                   \
	}
/* What Keepalived complains of in such a word is complained of here. */
#define IGNORED_COUNT(where, word, least, most, why)                                       \
	{                                                                                  \
		.name = word, .sections = where, .type = CONF_IGNORED, .args = "<number>", \
		.min = least, .max = most, .doc = why, .since = "0.1"                      \
	}
#define IGNORED_OPTIONAL(where, word, least, most, why)                                      \
	{                                                                                    \
		.name = word, .sections = where, .type = CONF_IGNORED, .args = "[<number>]", \
		.min = least, .max = most, .doc = why, .since = "0.1"                        \
	}
#define IGNORED_BOOL(where, word, why)                                                     \
	{                                                                                  \
		.name = word, .sections = where, .type = CONF_IGNORED, .args = "[<bool>]", \
		.doc = why, .since = "0.1"                                                 \
	}
#define IGNORED_WORD(where, word, why)                                                   \
	{                                                                                \
		.name = word, .sections = where, .type = CONF_IGNORED, .args = "<word>", \
		.doc = why, .since = "0.1"                                               \
	}
#define UNSERVED(where, word, what)                                                  \
	{                                                                            \
		.name = word, .sections = where, .type = CONF_UNSERVED, .doc = what, \
		.since = "0.1"                                                       \
	}

#define G FAILOVER_GLOBAL
#define I FAILOVER_INSTANCE
#define S FAILOVER_GROUP
#define T FAILOVER_TOP

static const char lvs[] = "relais has no IPVS, it proxies what virtual servers say";
static const char bfd[] = "BFD runs inside the failover process";
static const char snmp[] = "relais has no SNMP agent, see its metrics";
static const char dbus[] = "relais has no D-Bus interface, see relaisctl";
static const char sched[] =
	"the failover process has real-time priority from the start, see vrrp_rt_priority";
static const char netlink[] =
	"these buffers always have 4 MiB, and what is lost in spite of it is read again";
static const char buffers[] = "processes are looked for again when events were lost";
static const char firewall[] = "relais has its own table of nftables";

const struct conf_keyword failover_unserved_rows[] = {
	/* ---- global_defs and the top: nothing lost ---- */
	IGNORED_WORD(G, "lvs_sync_daemon", lvs),
	IGNORED(G, "lvs_flush", lvs),
	IGNORED(G, "lvs_flush_onstop", lvs),
	IGNORED(G, "lvs_flush_on_stop", lvs),
	IGNORED_COUNT(G, "lvs_netlink_cmd_rcv_bufs", 0, UINT32_MAX, lvs),
	IGNORED_BOOL(G, "lvs_netlink_cmd_rcv_bufs_force", lvs),
	IGNORED_COUNT(G, "lvs_netlink_monitor_rcv_bufs", 0, UINT32_MAX, lvs),
	IGNORED_BOOL(G, "lvs_netlink_monitor_rcv_bufs_force", lvs),
	IGNORED(G, "nftables_ipvs", lvs),
	IGNORED_COUNT(G, "nftables_ipvs_priority", INT32_MIN, INT32_MAX, lvs),
	IGNORED_COUNT(G, "nftables_ipvs_start_fwmark", 1, UINT32_MAX, lvs),
	IGNORED_WORD(T, "net_namespace_ipvs", lvs),
	IGNORED(T, "namespace_with_ipsets", firewall),
	IGNORED_COUNT(G, "checker_priority", -20, 19, lvs),
	IGNORED(G, "checker_no_swap", lvs),
	IGNORED_WORD(G, "checker_cpu_affinity", lvs),
	IGNORED_COUNT(G, "checker_rt_priority", 1, 99, lvs),
	IGNORED_COUNT(G, "checker_rlimit_rttime", 1, UINT32_MAX, lvs),
	IGNORED_WORD(G, "bfd_process_name", bfd),
	IGNORED_COUNT(G, "bfd_priority", -20, 19, bfd),
	IGNORED(G, "bfd_no_swap", bfd),
	IGNORED_WORD(G, "bfd_cpu_affinity", bfd),
	IGNORED_COUNT(G, "bfd_rt_priority", 1, 99, bfd),
	IGNORED_COUNT(G, "bfd_rlimit_rttime", 1, UINT32_MAX, bfd),
	IGNORED_WORD(G, "tmp_config_directory", "the configuration is held in memory"),
	IGNORED_WORD(G, "config_save_dir",
		     "for debugging Keepalived; a reload logs what it changes"),
	IGNORED(G, "json_version", "the JSON dump is written as version 1"),
	IGNORED_WORD(G, "snmp_socket", snmp),
	IGNORED(G, "enable_snmp_keepalived", snmp),
	IGNORED(G, "enable_snmp_vrrp", snmp),
	IGNORED(G, "enable_snmp_checker", snmp),
	IGNORED(G, "enable_snmp_rfc", snmp),
	IGNORED(G, "enable_snmp_rfcv2", snmp),
	IGNORED(G, "enable_snmp_rfcv3", snmp),
	IGNORED(G, "enable_traps", snmp),
	IGNORED(G, "enable_dbus", dbus),
	IGNORED_WORD(G, "dbus_service_name", dbus),
	IGNORED(G, "dbus_no_interface_name", dbus),
	IGNORED_OPTIONAL(G, "max_auto_priority", -1, 99, sched),
	IGNORED_COUNT(G, "min_auto_priority_delay", 1, 10000000, sched),
	IGNORED(G, "vrrp_no_swap", "the memory of the failover process is always locked"),
	IGNORED_COUNT(G, "vrrp_netlink_cmd_rcv_bufs", 0, UINT32_MAX, netlink),
	IGNORED_BOOL(G, "vrrp_netlink_cmd_rcv_bufs_force", netlink),
	IGNORED_COUNT(G, "vrrp_netlink_monitor_rcv_bufs", 0, UINT32_MAX, netlink),
	IGNORED_BOOL(G, "vrrp_netlink_monitor_rcv_bufs_force", netlink),
	IGNORED_COUNT(G, "process_monitor_rcv_bufs", 0, UINT32_MAX, buffers),
	IGNORED_BOOL(G, "process_monitor_rcv_bufs_force", buffers),
	OBSOLETE(G, "vrrp_iptables", firewall),
	OBSOLETE(G, "vrrp_ipsets", firewall),
	IGNORED(G, "nftables_counters", "what is dropped is always counted"),
	IGNORED(G, "nftables_ifindex", firewall),
	IGNORED(G, "iptables", firewall),
	IGNORED(G, "disable_local_igmp", firewall),
	IGNORED(G, "dynamic_interfaces", "interfaces may always come and go"),
	IGNORED(G, "reload_check_config", "a reload always checks first"),
	IGNORED(G, "include_check", "a missing file of an include is always said"),
	IGNORED(G, "set_supplementary_groups", "scripts always get their user's groups"),
	IGNORED(G, "use_symlink_paths", "scripts are run by the path that is written"),
	IGNORED(T, "local_address_group",
		"checks and connections leave from relais' own addresses"),
	/* ---- vrrp_instance, vrrp_sync_group ---- */
	OBSOLETE(I, "native_ipv6", "the addresses say which family it is"),
	OBSOLETE(I, "lvs_sync_daemon_interface", lvs),
	IGNORED_COUNT(I, "debug", 0, 4, "see the log level"),
	IGNORED(I, "no_virtual_ipaddress", "an instance may have no address"),
	OBSOLETE(S, "global_tracking", "tracks of a group always count for all its members"),
	UNSERVED(I, "use_ipvlan", "ipvlan interfaces"),
	UNSERVED(I, "vrf", "an instance in a VRF"),
	{.name = NULL},
};
