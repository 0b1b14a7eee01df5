#!/usr/bin/python3
"""What an operator, a network or a kernel may do to nodes with VIPs, again and again, and what must hold
after each: one holder, whom the client's ARP table knows; nothing left on the others; no descriptors and
no memory lost. Durations and lines of the log are shown, never judged.

    tests/lab/torture.py [--rounds N] [--form FORM,...] [ATTACK ...]     (root; build/relais)

Attacks are in torture_attacks.py, nodes and what is asked of them in torture_cluster.py. Without
arguments each form below goes through the attacks that can mean something to it: `make test-long`.
"""
import argparse
import sys
import time
import traceback

from netlab import Lab, LabError
from torture_attacks import ATTACKS
from torture_cluster import VIP6, Cluster

FORMS = {
    "v3": {},
    "v3-10ms": {"advert": 0.01},
    "v2-1s": {"advert": 1, "version": 2},
    "unicast": {"extra": lambda n: "unicast_peer {\n" + "\n".join(
        n.cluster.lab[m].ip4 for m in n.cluster.nodes if m != n.name) + "\n}"},
    "vmac": {"extra": "use_vmac"},
    "ipv6": {"vips": (f"{VIP6}/64",)},
    "ipv6-vmac": {"vips": (f"{VIP6}/64",), "extra": "use_vmac"},
    "mixed": {"extra": "virtual_ipaddress_excluded {\n 2001:db8::77/64\n }\n virtual_routes {\n"
              " 203.0.113.0/24 via 192.0.2.2\n }\n virtual_rules {\n from 192.0.2.10 table 77\n }",
              "also": ("2001:db8::77",), "routes": ("203.0.113.0/24",),
              "rules": ("from 192.0.2.10 lookup 77",)},
    "keepalived": {"keepalived": ("lb2",)},
    "group": {"also": (VIP6,), "tail": "vrrp_instance VI_2 {\n version 3\n state BACKUP\n interface eth0\n"
              " virtual_router_id 52\n priority PRIORITY\n advert_int 0.1\n virtual_ipaddress {\n"
              f" {VIP6}/64\n }}\n}}\nvrrp_sync_group G {{\n group {{\n VI_1\n VI_2\n }}\n}}\n"},
    "three": {"names": ("lb1", "lb2", "lb3")},
}

LINKS = ("link_flaps interface_deleted interface_renamed mac_changed mtu_changed primary_changed "
         "addresses_flushed admin_down ipv6_switched hotplug").split()
NODES = ("partitions frozen_failover frozen_node killed_one_by_one term_in_takeover reload_burst "
         "deaf_one_way random_loss").split()
PLAN = {"v3": list(ATTACKS), "v3-10ms": [*NODES, "address_churn", "link_churn"], "v2-1s": NODES[:3],
        "unicast": [*LINKS, *NODES[:4]], "vmac": [*LINKS, *NODES[:4]], "ipv6": [*LINKS, "vip_by_hand"],
        "ipv6-vmac": LINKS, "mixed": [*LINKS, "vip_by_hand"], "group": [*LINKS, *NODES[:4]],
        "keepalived": [*LINKS, *NODES[:4]], "three": [*LINKS, *NODES]}


def run(name, form, rounds):
    begun = time.monotonic()
    with Lab({"client": 2, "lb1": 11, "lb2": 12, "lb3": 13}) as lab:
        c = Cluster(lab, **FORMS[form])
        problems = []
        try:
            c.start()
            lines = c.lines()
            ATTACKS[name](c, rounds)
            problems = c.leaks()
            grown = {n: v - lines[n] for n, v in c.lines().items()}
            print(f"  {name} [{form}]: {'ok' if not problems else problems} lines {grown} longest gap "
                  f"{c.pinger.gap_ms()} ms, {time.monotonic() - begun:.0f} s", flush=True)
        except Exception as error:
            problems = [str(error)]
            known = isinstance(error, (LabError, AssertionError))
            print(f"  {name} [{form}]: FAILED {error if known else traceback.format_exc()}")
            for n, node in c.nodes.items():
                print(f"    -- {n} {c.all_addresses(n)}")
                print(*("    " + line for line in node.log().splitlines()[-12:]), sep="\n", flush=True)
        if c.pinger:
            c.pinger.stop()
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("attacks", nargs="*")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--form", default=list(FORMS), type=lambda x: x.split(","))
    options = parser.parse_args()
    results = [run(name, form, options.rounds) for form in options.form
               for name in options.attacks or PLAN[form]]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
