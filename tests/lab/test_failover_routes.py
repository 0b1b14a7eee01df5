"""Routes and rules that move with the addresses, and static ones that do not
(failover_holdings.c, address/keep.c), with a real kernel and a pair of nodes."""
import json
import signal

import pytest

from failover_node import Relais
from netlab import Lab, send_signal, wait_for

NODES = ("lb1", "lb2")
CONF = """\
static_ipaddress {{
    192.0.2.{static}/24 dev eth0
}}
static_routes {{
    198.51.100.0/25 via 192.0.2.2 dev eth0
}}
static_rules {{
    from 192.0.2.{static} lookup 9 priority 90
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    version 3
    advert_int 0.3
    virtual_ipaddress {{
        192.0.2.10/24
    }}
    virtual_routes {{
        198.51.100.128/25 dev eth0 src 192.0.2.10 scope link table 100
        203.0.113.0/24 via 192.0.2.2{more}
        2001:db8:5::/64 via 2001:db8::2 dev eth0
    }}
    virtual_rules {{
        from 192.0.2.10/32 table 100 priority 100
        to 2001:db8:5::/64 table 100 priority 101
    }}
}}
"""
MOVED = {"198.51.100.128/25", "203.0.113.0/24", "2001:db8:5::/64"}
STATIC = {"198.51.100.0/25"}


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def routes(host):
    found = set()
    for family in ("-4", "-6"):
        text = host.run(["ip", "-j", family, "route", "show", "table", "all", "proto", "18"])
        found |= {r["dst"] for r in json.loads(text or "[]")}
    return found


def rules(host):
    found = set()
    for family in ("-4", "-6"):
        text = host.run(["ip", "-j", "-d", family, "rule", "show"])
        found |= {r["priority"] for r in json.loads(text or "[]") if r.get("protocol") == "keepalived"}
    return found


def conf(host, priority, more=""):
    static = host.ip4.rpartition(".")[2] + "0"
    return host.write("keepalived.conf", CONF.format(priority=priority, static=static, more=more), 0o600)


def pair(lab):
    one = Relais(lab["lb1"], "-k", conf(lab["lb1"], 150))
    one.wait_state("MASTER")
    two = Relais(lab["lb2"], "-k", conf(lab["lb2"], 100))
    two.wait_state("BACKUP")
    return one, two


def wait_for_ways(host, some_routes, some_rules):
    wait_for(lambda: routes(host) == some_routes and rules(host) == some_rules, 10,
             f"{some_routes} and {some_rules} on {host.name}, has {routes(host)} and {rules(host)}")


def test_they_move_with_the_address_and_static_ones_stay(lab):
    one, two = pair(lab)
    wait_for_ways(lab["lb1"], MOVED | STATIC, {90, 100, 101})
    wait_for_ways(lab["lb2"], STATIC, {90})
    assert lab["lb2"].holds("192.0.2.120")
    assert one.stop() == "ended 0 swept 0"
    assert routes(lab["lb1"]) == set() and rules(lab["lb1"]) == set()
    assert not lab["lb1"].holds("192.0.2.110"), "a static address leaves with its process"
    two.wait_state("MASTER")
    wait_for_ways(lab["lb2"], MOVED | STATIC, {90, 100, 101})
    two.stop()
    assert routes(lab["lb2"]) == set() and rules(lab["lb2"]) == set()


def test_whoever_deletes_them_they_are_back(lab):
    one, two = pair(lab)
    host, before = lab["lb1"], one.show()["repaired"]
    host.run(["ip", "route", "del", "203.0.113.0/24"])
    host.run(["ip", "rule", "del", "priority", "100"])
    host.run(["ip", "-6", "rule", "del", "priority", "101"])
    host.run(["ip", "rule", "del", "priority", "90"])
    wait_for_ways(host, MOVED | STATIC, {90, 100, 101})
    host.run(["ip", "addr", "del", "192.0.2.10/24", "dev", "eth0"])
    wait_for_ways(host, MOVED | STATIC, {90, 100, 101})
    assert host.holds("192.0.2.10")
    wait_for(lambda: one.show()["repaired"] >= before + 4, 10, "the repairs to be counted")
    assert one.show()["transitions"] == 2 and two.show()["transitions"] == 1


def test_a_lost_link_takes_them_and_a_found_one_brings_them_back(lab):
    one, two = pair(lab)
    lab.cut("lb1")
    two.wait_state("MASTER")
    wait_for_ways(lab["lb2"], MOVED | STATIC, {90, 100, 101})
    wait_for(lambda: rules(lab["lb1"]) == {90}, 10, "rules to leave lb1")
    lab.mend("lb1")
    one.wait_state("MASTER")
    wait_for_ways(lab["lb1"], MOVED | STATIC, {90, 100, 101})
    wait_for_ways(lab["lb2"], STATIC, {90})


def test_a_killed_failover_is_swept_and_a_crashed_one_goes_on(lab):
    one, two = pair(lab)
    wait_for_ways(lab["lb1"], MOVED | STATIC, {90, 100, 101})
    for _ in range(2):
        one.do("crash")
        one.expect("ready")
        one.wait_state("MASTER")
    assert routes(lab["lb1"]) == MOVED | STATIC and rules(lab["lb1"]) == {90, 100, 101}
    assert two.show()["transitions"] == 1
    send_signal(one.failover_pid(), signal.SIGKILL)
    one.expect("ended")
    assert routes(lab["lb1"]) == set() and rules(lab["lb1"]) == set()


def test_a_reload_touches_only_what_changed(lab):
    one, two = pair(lab)
    wait_for_ways(lab["lb1"], MOVED | STATIC, {90, 100, 101})
    assert one.reload("-k", conf(lab["lb1"], 150))["kept"] == 1
    repaired = one.show()["repaired"]
    lab["lb1"].run(["ip", "rule", "del", "priority", "100"])
    wait_for_ways(lab["lb1"], MOVED | STATIC, {90, 100, 101})
    wait_for(lambda: one.show()["repaired"] == repaired + 1, 10, "a repair after the reload")
    more = "\n 203.0.114.0/24 via 192.0.2.2"
    assert one.reload("-k", conf(lab["lb1"], 150, more))["adapted"] == 1
    wait_for_ways(lab["lb1"], MOVED | STATIC | {"203.0.114.0/24"}, {90, 100, 101})
    assert one.show()["transitions"] == 2
    assert one.reload("-k", conf(lab["lb1"], 150))["adapted"] == 1
    wait_for_ways(lab["lb1"], MOVED | STATIC, {90, 100, 101})
    one.stop()
    assert routes(lab["lb1"]) == set()
