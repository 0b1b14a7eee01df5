"""Partitions, second paths and witnesses (failover/heart/, vrrp/withhold.c), and faults that both nodes have
(vrrp/compare.c), on two nodes of the whole program with a cable of their own between them."""
import json

import pytest

from failover_node import garps, kill_all
from netlab import AddressWatcher, Lab, Sniffer, descendants_of, now_us, wait_for
from stacks import HAPROXY_CFG, KEEPALIVED_CONF, STACKS, VIP, start_webs, write_files

NODES = ("lb1", "lb2")
WEBS = ("web1", "web2", "web3")
SCRIPT = "    track_script {{\n        chk_haproxy\n    }}\n"
CHECKED = HAPROXY_CFG.replace("inter 500ms fall 2 rise 2", "inter 100ms fall 2 rise 1")
CABLE = {"lb1": "192.0.2.201", "lb2": "192.0.2.202"}
PATHS = "    heartbeat {{\n        dev eth1\n        peer %s\n    }}\n    heartbeat_key_file {dir}/heart.key\n"
WITNESS = "    witness {{\n        ping 192.0.2.2\n    }}\n"
SERVICE = "    track_backend {{\n        web\n    }}\n    compare_delay 3\n"


@pytest.fixture(scope="module")
def lab():
    with Lab() as built:
        built["lb1"].net(["ip", "link", "add", "eth1", "type", "veth", "peer", "name", "eth1", "netns",
                          str(built["lb2"].pid)])
        for name, address in CABLE.items():
            built[name].net(["ip", "-batch", "-"],
                            input=f"addr add {address}/30 dev eth1\nlink set eth1 up\n")
        start_webs(built)
        yield built


@pytest.fixture
def pair(lab):
    started = {}

    def start(rows, paths=False, advert=0.1):
        for name, other in zip(NODES, reversed(NODES)):
            conf = KEEPALIVED_CONF.replace(SCRIPT, rows + (PATHS % CABLE[other] if paths else ""))
            conf = conf.replace("{dir}", str(lab[name].dir))
            lab[name].write("heart.key", "the same key on both of the nodes\n", 0o600)
            write_files(lab[name], advert, CHECKED, conf)
            started[name] = STACKS["relais"](lab[name])
            started[name].start()
        wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 15, "a VIP on lb1\n" + started["lb1"].log())
        if paths:
            wait_for(lambda: all(p["up"] for n in NODES for p in vip(started[n])["paths"]), 10, "both paths")
        return started
    yield start
    lab.mend_all()
    for name in NODES:
        lab[name].net(["ip", "link", "set", "eth1", "up"])
        lab[name].net(["ip", "route", "flush", "type", "prohibit"])
    for node in started.values():
        node.kill()


def vip(node):
    """Its one virtual router. A failover process that goes on for a killed one shows none for a moment."""
    return wait_for(lambda: json.loads(node.ask("show vip json")), 10, f"something to be shown\n{node.log()}")[0]


def isolate(lab, name):
    """The node's port passes nothing; its link stays up."""
    lab.switch.net(["nft", f"add rule bridge lab forward iifname {name} drop; "
                    f"add rule bridge lab forward oifname {name} drop"])


def all_pids(node):
    return [node.master.pid] + descendants_of(node.master.pid)


def test_with_a_second_path_a_broken_segment_makes_no_second_master(lab, pair):
    nodes = pair("", paths=True)
    watcher = AddressWatcher(lab["lb2"])
    lab.partition(*NODES)
    wait_for(lambda: "192.0.2.11 is MASTER as a second path says" in vip(nodes["lb2"])["alarm"], 10, "the alarm")
    lab["lb1"].net(["ip", "link", "set", "eth1", "down"])  # and both paths with it: now it is a dead master
    wait_for(lambda: lab.holders(VIP, NODES) == list(NODES), 10, "two, as nothing is known any more")
    wait_for(lambda: watcher.changes(VIP), 10, "the watcher to see it")
    assert [sign for _, sign in watcher.changes(VIP)] == ["+"]
    wait_for(lambda: "0 of 2 paths are left" in nodes["lb2"].log(), 10, "the other alarm")
    lab["lb1"].net(["ip", "link", "set", "eth1", "up"])
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "lb2 to give way on the second path alone")
    wait_for(lambda: "as a second path says" in vip(nodes["lb2"])["reason"], 10, "the reason")
    lab.heal()
    wait_for(lambda: not vip(nodes["lb2"])["alarm"], 10, "the alarm to end")
    assert lab.holders(VIP, NODES) == ["lb1"]
    assert vip(nodes["lb2"])["peer_alive"] >= 1
    assert "no takeover" in nodes["lb2"].log()


def test_a_dead_master_is_replaced_as_quickly_as_without_and_one_path_is_enough(lab, pair):
    nodes = pair("", paths=True, advert=0.05)
    lab["lb1"].net(["ip", "addr", "del", CABLE["lb1"] + "/30", "dev", "eth1"])  # the peer row is dumb now
    wait_for(lambda: [p["up"] for p in vip(nodes["lb2"])["paths"]] == [True, False], 10, "one path to be lost")
    assert "LOST" in nodes["lb2"].ask("show vip detail")
    watcher = AddressWatcher(lab["lb2"])
    pids = all_pids(nodes["lb1"])
    began = now_us()
    kill_all(pids)
    wait_for(lambda: watcher.changes(VIP), 10, "the VIP on lb2")
    print(f"killed at 50 ms advertisements, with heartbeats: {(watcher.changes(VIP)[0][0] - began) / 1000:.1f} ms")
    lab["lb1"].net(["ip", "addr", "add", CABLE["lb1"] + "/30", "dev", "eth1"])


def test_a_master_whose_own_link_is_dead_gives_up_to_one_that_sees_the_witness(lab, pair):
    nodes = pair(WITNESS, paths=True)
    isolate(lab, "lb1")
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the VIP on lb2 alone")
    wait_for(lambda: "no witness answers here, but 192.0.2.12 sees one" in vip(nodes["lb1"])["reason"], 10,
             "the reason")
    lab.heal()
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "the VIP back on lb1")


def test_with_a_witness_who_is_cut_off_takes_nothing(lab, pair):
    nodes = pair(WITNESS)
    watcher = AddressWatcher(lab["lb2"])
    isolate(lab, "lb2")
    wait_for(lambda: vip(nodes["lb2"])["withheld"] == 1, 10, "lb2 to hold back")
    lab.heal()
    wait_for(lambda: not vip(nodes["lb2"])["alarm"], 10, "lb2 to hear again")
    assert watcher.changes(VIP) == []
    isolate(lab, "lb1")  # that one has the address still, but no traffic
    wait_for(lambda: lab["lb2"].holds(VIP), 10, "lb2 to take over")
    lab.heal()
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "one")


def test_without_anything_a_partition_is_healed_within_an_interval_and_announced(lab, pair):
    pair("", advert=0.1)
    lab.partition(*NODES)
    wait_for(lambda: lab.holders(VIP, NODES) == list(NODES), 10, "two")
    watcher, sniffer = AddressWatcher(lab["lb2"]), Sniffer(lab["client"])
    mac = bytes.fromhex(lab["lb1"].run(["cat", "/sys/class/net/eth0/address"]).strip().replace(":", ""))
    lab.heal()
    healed = now_us()
    wait_for(lambda: watcher.changes(VIP), 10, "lb2 to give way")
    gone = watcher.changes(VIP)[0][0]
    wait_for(lambda: any(m == mac for _, m in garps(sniffer, VIP, healed)), 10, "lb1 to announce again")
    first = next(when for when, m in garps(sniffer, VIP, healed) if m == mac)
    print(f"healed: lb2 let go after {(gone - healed) / 1000:.1f} ms, "
          f"lb1 announced {(first - gone) / 1000:.1f} ms later (100 ms advertisements)")
    assert lab.holders(VIP, NODES) == ["lb1"]
    sniffer.stop()


def test_when_all_servers_die_nothing_moves_until_one_is_back_for_the_peer(lab, pair):
    nodes = pair(SERVICE, paths=True)
    watchers = {name: AddressWatcher(lab[name]) for name in NODES}
    for web in WEBS:
        lab[web].webd.kill()
    wait_for(lambda: vip(nodes["lb1"])["effective_priority"] == 1 and vip(nodes["lb2"])["state"] == "FAULT", 10,
             "both to know of it")
    wait_for(lambda: "stays MASTER with a fault" in vip(nodes["lb1"])["alarm"], 10, "the alarm")
    assert vip(nodes["lb1"])["held_on"] == 1 and vip(nodes["lb1"])["state"] == "MASTER"
    nodes["lb1"].reload()
    wait_for(lambda: "done: 1" in nodes["lb1"].ask("show reload"), 10, "the reload")
    assert [w.changes(VIP) for w in watchers.values()] == [[], []]
    assert all(p["up"] and p["lost"] == 0 for n in NODES for p in vip(nodes[n])["paths"])
    lab["lb1"].run(["ip", "route", "add", "prohibit", "192.0.2.31/32"])
    start_webs(lab, ("web1",))
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the VIP on lb2")
    wait_for(lambda: watchers["lb2"].changes(VIP), 10, "the watcher to see it")

    def took_over():
        moves = vip(nodes["lb2"])["moves"]
        well = next((m for m in moves if (m["from"], m["to"]) == ("FAULT", "BACKUP")), None)
        return well and next((m for m in moves if m["to"] == "MASTER" and m["at"] > well["at"]), None)
    taken = wait_for(took_over, 10, "lb2's moves")
    print(f"a server is back for lb2: {taken['lasted'] * 1000:.1f} ms until it is master (100 ms advertisements)")
    assert taken["lasted"] < 2, f"compare_delay is for who is alike, not for who is better\n{nodes['lb2'].log()}"
    lab["lb1"].run(["ip", "route", "del", "prohibit", "192.0.2.31/32"])
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "the VIP back on lb1, which is well too")
    start_webs(lab, WEBS[1:])
