"""A million hostile packets at two nodes, as fast as one sender can: counted by kind, nobody moves, nothing
is lost of what the nodes say to each other, and neither log nor memory grows with them."""
import json

import pytest

from failover_node import Relais, keepalived_conf
from netlab import Lab, tool, wait_for

COUNT = 1_000_000
VIP, VIP6, OPEN = "192.0.2.10", "fe80::10", "192.0.2.20"
NODES = {"lb1": 150, "lb2": 100}
AUTH = "authentication {\n auth_type HMAC\n key 1 0123456789abcdef0123456789abcdef\n }"
NAMES = ("VI_1", "VI_6", "OPEN")
# what is sent: whose counter it is, and its name there
KINDS = {"ttl": ("VI_1", "ttl"), "source": ("VI_1", "source"), "version": ("VI_1", "version"),
         "type": ("VI_1", "type"), "count-zero": ("VI_1", "count-zero"), "length": ("VI_1", "length"),
         "checksum": ("VI_1", "checksum"), "unsigned": ("VI_1", "unsigned"), "key": ("VI_1", "key"),
         "auth": ("VI_1", "auth"), "stretch": ("OPEN", "stretch"), "ttl6": ("VI_6", "ttl"),
         "source6": ("VI_6", "source"), "checksum6": ("VI_6", "checksum"), "unsigned6": ("VI_6", "unsigned")}


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def conf(priority):
    """Two routers that sign, and one without any authentication."""
    signed4 = keepalived_conf(priority, [f"{VIP}/24"], 0.1, 3, AUTH)
    signed6 = keepalived_conf(priority, [f"{VIP6}/64"], 0.1, 3, AUTH, vrid=56).replace("VI_1", "VI_6")
    return signed4 + signed6 + keepalived_conf(priority, [f"{OPEN}/24"], 0.1, 3, "", vrid=58).replace("VI_1", "OPEN")


def memory_kb(node):
    """Counted page by page: what /proc/PID/status says may be wrong by some hundred kB on two processors."""
    with open(f"/proc/{node.failover_pid()}/smaps_rollup") as f:
        return int(next(line for line in f if line.startswith("Rss:")).split()[1])


def lost_on_the_way(lab):
    """Frames that the kernel had no room for between the hosts' interfaces."""
    found = 0
    for host in (lab.switch, *lab.hosts.values()):
        for link in json.loads(host.net(["ip", "-j", "-s", "link"])):
            found += link["stats64"]["rx"]["dropped"] + link["stats64"]["tx"]["dropped"]
    return found


def counted(node):
    """What was sent of each kind, as this node counts it."""
    seen = {name: node.show(name) for name in NAMES}
    result = {kind: seen[name]["kinds"][word] for kind, (name, word) in KINDS.items()}
    result["truncated"], result["vrid"] = seen["OPEN"]["malformed"], seen["OPEN"]["unknown"]
    result["replay"] = seen["VI_1"]["kinds"]["replay"] + seen["VI_1"]["kinds"]["stale"]
    return result, seen["OPEN"]["overflown"]


def test_a_million_hostile_packets(lab):
    nodes = {name: Relais(lab[name], "-k", lab[name].write("k.conf", conf(priority)))
             for name, priority in NODES.items()}
    for name in NAMES:
        nodes["lb1"].wait_state("MASTER", name=name)
        wait_for(lambda: nodes["lb2"].show(name)["received"] > 2, 10, "lb2 to hear lb1")
    moves = {(at, name): nodes[at].show(name)["transitions"] for at in NODES for name in NAMES}
    memory = {at: memory_kb(nodes[at]) for at in NODES}
    lines = {at: nodes[at].log_text().count("\n") for at in NODES}
    lost_before = lost_on_the_way(lab)
    heard, said = nodes["lb2"].show("VI_1")["received"], nodes["lb1"].show("VI_1")["sent"]

    flood = lab["client"].run([tool("vrrp_flood"), "eth0", COUNT, VIP, VIP6, OPEN, "51", "56", "58"])
    sent = json.loads(flood)
    assert sum(sent.values()) >= COUNT

    for at in NODES:
        # a kernel takes nothing from outside that has its own address as source
        expected = {kind: n for kind, n in sent.items() if kind != "replay" or at == "lb2"}
        last = {}

        def all_counted():
            counts, overflown = counted(nodes[at])
            missing = {kind: n - counts[kind] for kind, n in expected.items()}
            last.update(missing, overflown=overflown)
            return min(missing.values()) >= 0 and \
                sum(missing.values()) <= overflown + lost_on_the_way(lab) - lost_before
        try:
            wait_for(all_counted, 30, f"{at} to count all of {sent}")
        finally:
            print(at, "missing", last)
    said = nodes["lb1"].show("VI_1")["sent"] - said
    _, overflown = counted(nodes["lb2"])
    wait_for(lambda: nodes["lb2"].show("VI_1")["received"] - heard + overflown >= said, 20,
             f"lb2 to have heard all {said} of lb1")
    assert {(at, name): nodes[at].show(name)["transitions"] for at in NODES for name in NAMES} == moves
    for at in NODES:
        assert abs(memory_kb(nodes[at]) - memory[at]) <= 128, f"{memory[at]} kB before"
        assert nodes[at].log_text().count("\n") - lines[at] <= 100, nodes[at].log_text()
    for vip in (VIP, OPEN, VIP6):
        assert lab.holders(vip, NODES) == ["lb1"]
