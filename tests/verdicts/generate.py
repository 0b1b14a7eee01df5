#!/usr/bin/python3
"""Random lines of keepalived.conf, and what `keepalived -t` and relais as keepalived say of each.

    tests/verdicts/generate.py [--seed N] [--count N] [--only SECTION] [PROGRAM]

A configuration that both find good gets one line more (one in five gets two): a word of keepalived.conf(5)
with an argument that fits or does not. Where the exit statuses differ the line is printed with what both
said. Bounded (600 lines unless told, ten seconds each), the same for the same seed; not part of CI: what it
finds is either mended or becomes a file of tests/verdicts/keepalived and a row of
docs/keepalived-differences.md. A status of 2 of Keepalived is one of 5 here: both refuse a word without
its argument; a Keepalived that is killed or hangs says nothing. Needs root and keepalived; runs in
a network namespace of its own.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
INTERFACES = {"eth0": "192.0.2.1/24", "eth1": "2001:db8:1::1/64", "eth2": "192.0.2.201/24"}
BASE = """global_defs {{
    enable_script_security
    script_user root
    {global_defs}
}}
vrrp_script chk {{
    script /bin/true
    {vrrp_script}
}}
vrrp_track_process proc {{
    process nginx
    {vrrp_track_process}
}}
track_file number {{
    file {folder}/number
    {track_file}
}}
bfd_instance neighbor {{
    neighbor_ip 192.0.2.77
    {bfd_instance}
}}
static_ipaddress {{
    198.51.100.1/24 dev eth2
    {static_ipaddress}
}}
vrrp_instance A {{
    interface eth0
    virtual_router_id 51
    {vrrp_instance}
    virtual_ipaddress {{
        192.0.2.10/24
        {virtual_ipaddress}
    }}
    virtual_ipaddress_excluded {{
        192.0.2.11/24
        {virtual_ipaddress_excluded}
    }}
    virtual_routes {{
        198.51.100.0/24 dev eth0
        {virtual_routes}
    }}
    virtual_rules {{
        from 198.51.100.0/24 table 7 preference 7
        {virtual_rules}
    }}
    track_script {{
        chk
    }}
    track_process {{
        proc
    }}
    track_file {{
        number weight 0
    }}
    track_bfd {{
        neighbor
    }}
    track_interface {{
        eth1
        {track_interface}
    }}
}}
vrrp_instance B {{
    interface eth2
    virtual_router_id 52
    virtual_ipaddress {{
        192.0.2.12/24
    }}
}}
vrrp_sync_group G {{
    group {{
        A
        B
    }}
    {vrrp_sync_group}
}}
"""
WORDS = {
    "global_defs": """router_id smtp_alert smtp_alert_vrrp smtp_connect_timeout notification_email_from
        vrrp_mcast_group4 vrrp_mcast_group6 default_interface vrrp_garp_master_delay vrrp_garp_master_repeat
        vrrp_garp_lower_prio_delay vrrp_garp_lower_prio_repeat vrrp_garp_master_refresh
        vrrp_garp_master_refresh_repeat vrrp_garp_interval vrrp_gna_interval vrrp_min_garp vrrp_garp_extra_if
        vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert vrrp_version vrrp_down_timer_adverts
        vrrp_notify_priority_changes vrrp_priority vrrp_rt_priority vrrp_no_swap vrrp_rlimit_rttime
        vrrp_startup_delay max_auto_priority min_auto_priority_delay nftables nftables_priority
        notify_fifo vrrp_notify_fifo umask process_names process_name vrrp_process_name reload_repeat
        vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier dynamic_interfaces vmac_prefix random_seed
        startup_script_timeout shutdown_script_timeout checker_priority bfd_rt_priority""",
    "vrrp_script": "interval timeout weight rise fall init_fail user",
    "vrrp_track_process": "weight quorum quorum_max delay fork_delay terminate_delay full_command param_match",
    "track_file": "weight init_file file",
    "bfd_instance": "source_ip min_rx min_tx idle_tx multiplier passive ttl hoplimit max_hops weight",
    "vrrp_instance": """state priority advert_int version mcast_src_ip mcast_dst_ip dont_track_primary
        track_src_ip nopreempt preempt preempt_delay accept no_accept strict_mode skip_check_adv_addr
        higher_prio_send_advert lower_prio_no_advert garp_master_delay garp_master_repeat
        garp_lower_prio_delay garp_lower_prio_repeat garp_master_refresh garp_master_refresh_repeat
        down_timer_adverts smtp_alert notify_priority_changes promote_secondaries kernel_rx_buf_size
        use_vmac vmac_xmit_base use_vmac_addr linkbeat_use_polling old_unicast_checksum unicast_src_ip
        unicast_ttl check_unicast_src debug native_ipv6 notify notify_master notify_stop""",
    "vrrp_sync_group": "notify notify_master notify_backup notify_fault notify_stop smtp_alert "
                       "notify_priority_changes sync_group_tracking_weight global_tracking",
    "track_interface": "eth0 eth2 eth9",
}
ADDRESS_WORDS = ["", "dev eth0", "dev eth2", "dev eth9", "label eth0:1", "label foo", "scope link",
                 "scope 253", "scope foo", "brd +", "brd -", "brd 192.0.2.255", "brd foo", "peer 192.0.2.99",
                 "home", "-nodad", "nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track",
                 "preferred_lft 0", "preferred_lft forever", "preferred_lft x", "valid_lft 5", "foo"]
ADDRESSES = ["192.0.2.20", "192.0.2.20/24", "192.0.2.20/0", "192.0.2.20/33", "192.0.2.300", "foo",
             "2001:db8:1::20/64", "2001:db8:1::20", "fe80::20/64"]
ROUTE_WORDS = ["dev eth0", "dev eth9", "via 192.0.2.2", "gw 192.0.2.2", "via 2001:db8:1::2", "metric 5",
               "metric x", "table 100", "table main", "table nowhere", "scope link", "tos 16", "mtu 1400",
               "mtu lock 1400", "hoplimit 300", "rtt 300ms", "rto_min 1s", "quickack 1", "quickack 2",
               "src 192.0.2.10", "protocol static", "no_track", "onlink", "pref high", "realms 1/2",
               "features ecn", "initcwnd 10", "foo 5", "expires 60", "congctl cubic"]
ROUTES = ["198.51.101.0/24", "default", "2001:db8:9::/64", "blackhole 198.51.101.0/24", "198.51.101.0/33"]
RULE_WORDS = ["from 198.51.101.0/24", "to 198.51.101.0/24", "from 2001:db8:9::/64", "iif eth0", "oif eth9",
              "fwmark 1", "fwmark 1/0xff", "fwmark x", "table 100", "lookup main", "table nowhere", "tos 16",
              "preference 100", "priority 101", "preference x", "goto 9000", "blackhole", "prohibit", "not",
              "uidrange 1-2", "ipproto tcp", "dport 80-90", "suppress_prefixlength 0", "no_track", "foo"]
ARGUMENTS = """- 0 1 -1 2 3 5 0.5 1.5 40.95 100 101 253 254 255 256 1000 1001 2147483648 99999999999 abc on off yes
    ON maybe eth0 eth9 192.0.2.5 192.0.2.5/24 2001:db8::5 224.0.0.99 ff02::99 MASTER BACKUP FAULT 5s +5
    "5" never all 224.0.0.300 1;2;3 -5;reverse 5;reverse 5;noreverse 0;reverse /bin/true;root
    /tmp/relais-generated MTU initial partial""".split()


def run(*argv, **options):
    try:
        return subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=10, **options)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, None, "", "no answer within ten seconds")


def random_line(dice, section):
    if section in ("virtual_ipaddress", "virtual_ipaddress_excluded", "static_ipaddress"):
        words = dice.sample(ADDRESS_WORDS, dice.choice([1, 1, 2]))
        return " ".join([dice.choice(ADDRESSES), *words]).strip()
    if section == "virtual_routes":
        return " ".join([dice.choice(ROUTES), *dice.sample(ROUTE_WORDS, dice.choice([1, 2, 2, 3]))])
    if section == "virtual_rules":
        return " ".join(dice.sample(RULE_WORDS, dice.choice([1, 2, 3, 4])))
    argument = dice.choice(ARGUMENTS).replace(";", " ")
    if section == "track_interface":
        argument = dice.choice(["", f"weight {argument}"])
    return f"{dice.choice(WORDS[section].split())} {'' if argument == '-' else argument}".strip()


def look(text, folder, programs):
    """([status, what was said] of keepalived, the same of relais)"""
    path = folder / "keepalived.conf"
    path.write_text(text)
    seen = []
    for program in programs:
        done = run(program, "-t", "-f", str(path), cwd=folder)
        said = re.sub(r"^\S*conf:|^\w{3} \w{3} .{15} \d{4}: ", "", done.stderr, flags=re.M)
        seen.append((5 if done.returncode == 2 else done.returncode, said.strip().splitlines()))
    return seen


def prepare():
    for name, address in INTERFACES.items():
        run("ip", "link", "add", name, "type", "veth", "peer", "name", f"p{name}")
        for x in (name, f"p{name}"):
            run("ip", "link", "set", x, "up")
        run("ip", "address", "add", address, "dev", name)


def generate(options, folder):
    dice = random.Random(options.seed)
    relais = folder / "keepalived"
    relais.symlink_to(pathlib.Path(options.program).resolve())
    (folder / "number").write_text("0\n")
    sections = [options.only] if options.only else re.findall(r"\{(\w+)\}", BASE.replace("{folder}", ""))
    n_differences = 0
    for _ in range(options.count):
        lines = dict.fromkeys(re.findall(r"\{(\w+)\}", BASE), "")
        for _ in range(dice.choice([1, 1, 1, 1, 2])):
            section = dice.choice(sections)
            lines[section] = random_line(dice, section)
        theirs, ours = look(BASE.format(**{**lines, "folder": folder}), folder, ("keepalived", str(relais)))
        if theirs[0] == ours[0] or theirs[0] is None or theirs[0] < 0:
            continue
        n_differences += 1
        print("; ".join(f"{key}: {line}" for key, line in lines.items() if line))
        print(f"    keepalived {theirs[0]}: {' | '.join(theirs[1][-2:])}")
        print(f"    relais     {ours[0]}: {' | '.join(ours[1][:2])}")
    print(f"generate: seed {options.seed}, {options.count} lines, {n_differences} differences")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--only", choices=sorted([*WORDS, "virtual_ipaddress", "virtual_ipaddress_excluded",
                                                  "static_ipaddress", "virtual_routes", "virtual_rules"]))
    parser.add_argument("program", nargs="?", default=str(TOP / "build/relais"))
    options = parser.parse_args()
    if not shutil.which("keepalived") or os.geteuid() != 0:
        print("generate: no keepalived, or not root")
        return 0
    if os.environ.get("RELAIS_GENERATE") != "inside":
        os.environ["RELAIS_GENERATE"] = "inside"
        os.execvp("unshare", ["unshare", "-n", sys.executable, __file__, *sys.argv[1:]])
    prepare()
    with tempfile.TemporaryDirectory(prefix="relais-generate-") as folder:
        generate(options, pathlib.Path(folder))
    return 0


sys.exit(main())
