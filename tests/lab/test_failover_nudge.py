"""Faults that both nodes may have, without a second path (vrrp/compare.c, vrrp/last_resort.c): two nodes of the whole
program, or one beside Debian's keepalived. A master whose servers are gone nudges the other and stays until it is
relieved. How long a move takes is printed, and not judged."""
import itertools
import json

import pytest

from failover_node import Keepalived, keepalived_conf
from netlab import AddressWatcher, now_us, wait_for
from stacks import HAPROXY_CFG, KEEPALIVED_CONF, STACKS, VIP, start_webs, write_files

NODES = ("lb1", "lb2")
WEBS = ("web1", "web2", "web3")
SCRIPT = "    track_script {{\n        chk_haproxy\n    }}\n"
CHECKED = HAPROXY_CFG.replace("inter 500ms fall 2 rise 2", "inter 100ms fall 2 rise 1")
BACKEND = "    track_backend {{\n        web\n    }}\n"
SWITCH = "track_file ill {\n    file %s\n    init_file 0\n}\n"


@pytest.fixture
def start(lab):
    started = []

    def begin(names=NODES, advert=0.1, rows="", version="version 3", checked=CHECKED):
        conf = KEEPALIVED_CONF.replace(SCRIPT, BACKEND + rows).replace("version 3", version)
        nodes = {}
        for name in names:
            write_files(lab[name], advert, checked, conf)
            nodes[name] = STACKS["relais"](lab[name])
            started.append(nodes[name])
            nodes[name].start()
        wait_for(lambda: lab.holders(VIP, NODES) == [names[0]], 15, f"a VIP on {names[0]}\n{nodes[names[0]].log()}")
        for name in names[1:]:
            is_in(nodes[name], "BACKUP")
        return nodes
    yield begin
    for node in started:
        node.kill()


def vip(node):
    """Its one virtual router. A failover process that goes on for a killed one shows none for a moment."""
    return wait_for(lambda: json.loads(node.ask("show vip json")), 10, f"something to be shown\n{node.log()}")[0]


def servers(node, state, names=WEBS):
    for web in names:
        node.ask(f"set server web/{web} state {state}")


def changes(watcher):
    return [sign for _, sign in watcher.changes(VIP)]


def held_by(lab, name):
    wait_for(lambda: lab.holders(VIP, NODES) == [name], 15, f"the VIP on {name} alone")


def said(node, text):
    wait_for(lambda: text in node.log(), 10, f"'{text}' in the log")


def is_in(node, state):
    wait_for(lambda: vip(node)["state"] == state, 10, state)


def holds_on(node, why="nobody takes over"):
    wait_for(lambda: "stays MASTER with a fault, " + why in vip(node)["alarm"], 10, "the alarm")
    wait_for(lambda: vip(node)["effective_priority"] == 1 and vip(node)["state"] == "MASTER", 10, "it to hold on")


def nudged(node, times=2):
    sent = vip(node)["resigned_sent"]
    wait_for(lambda: vip(node)["resigned_sent"] >= sent + times, 15, f"{times} more nudges")


def test_when_both_lose_every_server_nothing_moves_until_one_is_back_for_the_peer(lab, start):
    nodes = start()
    watchers = {name: AddressWatcher(lab[name]) for name in NODES}
    servers(nodes["lb2"], "maint")
    is_in(nodes["lb2"], "FAULT")
    servers(nodes["lb1"], "maint")
    holds_on(nodes["lb1"])
    nudged(nodes["lb1"])
    assert vip(nodes["lb1"])["held_on"] == 1 and vip(nodes["lb2"])["state"] == "FAULT"
    assert [changes(w) for w in watchers.values()] == [[], []]
    servers(nodes["lb2"], "ready", ["web1"])
    held_by(lab, "lb2")
    said(nodes["lb1"], "backend web is down, and 192.0.2.12 has taken over")
    servers(nodes["lb1"], "ready", ["web2"])
    held_by(lab, "lb1")  # which is preferred
    wait_for(lambda: not vip(nodes["lb1"])["alarm"], 10, "the alarm to end")
    wait_for(lambda: [changes(w) for w in watchers.values()] == [["-", "+"], ["+", "-"]], 10, "both moves, and no more")


def test_when_the_servers_themselves_die_the_address_stays_with_somebody(lab, start):
    """Whichever node is the first to find it, the other has seen checks fail by then, and waits until it knows."""
    nodes = start(checked=HAPROXY_CFG.replace("inter 500ms fall 2 rise 2", "inter 1s fall 3 rise 1"))
    watchers = {name: AddressWatcher(lab[name]) for name in NODES}
    for web in WEBS:
        lab[web].webd.kill()
    holds_on(nodes["lb1"])
    is_in(nodes["lb2"], "FAULT")
    nodes["lb1"].kill_failover()  # another process goes on
    said(nodes["lb1"], "continues: the last advertisement")
    holds_on(nodes["lb1"], "nobody else takes over")
    assert lab.holders(VIP, NODES) == ["lb1"] and changes(watchers["lb2"]) == []
    nodes["lb1"].stop()  # and now there is only one that has the fault
    held_by(lab, "lb2")
    said(nodes["lb2"], "backend web is down, but nobody else takes over")
    holds_on(nodes["lb2"], "nobody else takes over")
    start_webs(lab)
    wait_for(lambda: vip(nodes["lb2"])["effective_priority"] == 100, 10, "servers again")
    assert changes(watchers["lb2"]) == ["+"]


@pytest.mark.parametrize("advert,version", [(0.05, "version 3"), (0.1, "version 3"), (1, "version 2")])
def test_when_only_the_masters_are_gone_it_moves_as_from_one_that_resigns(lab, start, advert, version):
    nodes = start(advert=advert, version=version, rows="    nopreempt\n" if advert == 0.1 else "")
    watchers = {name: AddressWatcher(lab[name]) for name in NODES}
    began = now_us()
    servers(nodes["lb1"], "maint")
    held_by(lab, "lb2")
    wait_for(lambda: changes(watchers["lb2"]) == ["+"] and changes(watchers["lb1"]) == ["-"], 10, "the watchers to see it")
    taken, gone = watchers["lb2"].changes(VIP)[0][0], watchers["lb1"].changes(VIP)[0][0]
    print(f"{advert} s advertisements, {version}: on lb2 after {(taken - began) / 1000:.1f} ms, "
          f"gone from lb1 {(gone - taken) / 1000:.2f} ms later")
    is_in(nodes["lb1"], "FAULT")
    assert vip(nodes["lb1"])["held_on"] == 0
    servers(nodes["lb1"], "ready")
    is_in(nodes["lb1"], "BACKUP" if advert == 0.1 else "MASTER")


def test_beside_keepalived_too(lab, start):
    ill = lab["lb2"].dir / "ill"
    ill.write_text("0\n")
    nodes = start(["lb1"])
    other = Keepalived(lab["lb2"], SWITCH % ill + keepalived_conf(
        100, [f"{VIP}/24"], 0.1, 3, "nopreempt\n track_file {\n ill weight 0\n }"))
    watchers = {name: AddressWatcher(lab[name]) for name in NODES}
    try:
        wait_for(lambda: "BACKUP STATE" in other.log_text(), 10, "keepalived as BACKUP")
        began = now_us()
        servers(nodes["lb1"], "maint")
        held_by(lab, "lb2")
        wait_for(lambda: changes(watchers["lb2"]) == ["+"], 10, "the watcher to see it")
        print(f"to keepalived: {(watchers['lb2'].changes(VIP)[0][0] - began) / 1000:.1f} ms (100 ms advertisements)")
        is_in(nodes["lb1"], "FAULT")
        servers(nodes["lb1"], "ready")
        held_by(lab, "lb1")
        ill.write_text("1\n")
        wait_for(lambda: "FAULT STATE" in other.log_text(), 10, "keepalived in FAULT")
        servers(nodes["lb1"], "maint")
        holds_on(nodes["lb1"])
        nudged(nodes["lb1"])
        assert changes(watchers["lb2"]) == ["+", "-"] and lab.holders(VIP, NODES) == ["lb1"]
        ill.write_text("0\n")  # it preempts nobody, but it is nudged
        held_by(lab, "lb2")
        other.stop()  # and now only one is left, which has the fault
        held_by(lab, "lb1")
        said(nodes["lb1"], "nobody else takes over")
        wait_for(lambda: [[s for s, _ in itertools.groupby(changes(w))] for w in watchers.values()] ==
                 [["-", "+", "-", "+"], ["+", "-", "+", "-"]], 10, "all moves, and no more")
    finally:
        other.process.kill()
