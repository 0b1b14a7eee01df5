"""The VIP follows the service: track_backend in keepalived.conf, evaluated inside the balancer
(balancer/balancer_facts.c), on two nodes of the whole program. How long it takes is printed, and bounded loosely."""
import json
import socket

import pytest

from netlab import AddressWatcher, Lab, LabError, is_alive, now_us, wait_for
from stacks import HAPROXY_CFG, KEEPALIVED_CONF, STACKS, VIP, start_webs, write_files

NODES = ("lb1", "lb2")
WEBS = ("web1", "web2", "web3")
SCRIPT = "    track_script {{\n        chk_haproxy\n    }}\n"
CHECKED = HAPROXY_CFG.replace("inter 500ms fall 2 rise 2", "inter 100ms fall 2 rise 1")


def conf(row):
    assert SCRIPT in KEEPALIVED_CONF
    return KEEPALIVED_CONF.replace(SCRIPT, "    track_backend {{\n        %s\n    }}\n" % row)


@pytest.fixture
def lab():
    with Lab() as built:
        start_webs(built)
        yield built


@pytest.fixture
def pair(lab):
    started = {}

    def start(row, advert=0.1):
        for name in NODES:
            write_files(lab[name], advert, CHECKED, conf(row))
            started[name] = STACKS["relais"](lab[name])
            started[name].start()
        wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 15, "a VIP on lb1")
        return started
    yield start
    for node in started.values():
        node.kill()


def admin(host, line):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(str(host.root / "run/haproxy/admin.sock"))
        sock.sendall(line.encode() + b"\n")
        return b"".join(iter(lambda: sock.recv(65536), b"")).decode()


def servers(host, state):
    for web in WEBS:
        admin(host, f"set server web/{web} state {state}")


def test_without_a_server_the_address_leaves_at_once_and_returns_with_one(lab, pair):
    pair("web")
    watcher = AddressWatcher(lab["lb2"])
    began = now_us()
    servers(lab["lb1"], "maint")
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the VIP on lb2")
    arrivals = lambda: [us for us, item in watcher.items() if item == ("+", VIP)]
    wait_for(arrivals, 10, "the watcher to see it")
    moved = arrivals()
    print(f"all servers down by command: {(moved[0] - began) / 1000:.1f} ms to the VIP on lb2 (100 ms advertisements)")
    assert moved[0] - began < 1000000, "without waiting for a check or an interval of seconds"
    wait_for(lambda: "backend web is down" in admin(lab["lb1"], "show vip"), 10, "the reason")
    admin(lab["lb1"], "set server web/web2 state ready")
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "the VIP back on lb1")
    wait_for(lambda: " MASTER " in admin(lab["lb1"], "show vip"), 10, "its word on it")
    vip, = json.loads(admin(lab["lb1"], "show vip json"))
    assert [move["to"] for move in vip["moves"]][-3:] == ["FAULT", "BACKUP", "MASTER"]
    assert vip["tracks"] == [{"kind": "backend", "name": "web", "status": "up", "weight": 0, "adds": 0,
                              "fault": False}]
    assert [(peer["address"], peer["priority"]) for peer in vip["peers"]] == [("192.0.2.12", 100)]


def test_a_node_that_cannot_reach_its_servers_gives_the_address_away(lab, pair):
    pair("web min 2 weight -60")
    for number in (31, 32):
        lab["lb1"].run(["ip", "route", "add", "prohibit", f"192.0.2.{number}/32"])
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the VIP on lb2")
    wait_for(lambda: "priority 90/150" in admin(lab["lb1"], "show vip"), 10, "its priority")
    lab["lb1"].run(["ip", "route", "del", "prohibit", "192.0.2.31/32"])
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "the VIP back on lb1")


def test_when_both_nodes_lose_every_server_the_address_stays(lab, pair):
    pair("web weight -30")
    watcher = AddressWatcher(lab["lb1"])
    for web in WEBS:
        lab[web].webd.kill()
    for name, priority in (("lb1", "120/150"), ("lb2", "70/100")):
        wait_for(lambda: f"priority {priority}" in admin(lab[name], "show vip"), 10, f"{name} to notice")
    start_webs(lab, WEBS)
    wait_for(lambda: "priority 150/150" in admin(lab["lb1"], "show vip"), 10, "servers again")
    assert watcher.changes(VIP) == []
    assert lab.holders(VIP, NODES) == ["lb1"]


def test_a_reload_and_a_new_balancer_move_nothing_while_the_service_is_down(lab, pair):
    nodes = pair("web weight -60")
    for number in (31, 32, 33):
        lab["lb1"].run(["ip", "route", "add", "prohibit", f"192.0.2.{number}/32"])
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the VIP on lb2")
    watcher = AddressWatcher(lab["lb1"])
    nodes["lb1"].reload()
    wait_for(lambda: "done: 1" in admin(lab["lb1"], "show reload"), 10, "the reload")
    old = nodes["lb1"].balancer_pids()
    nodes["lb1"].kill_balancer()
    wait_for(lambda: set(nodes["lb1"].balancer_pids()) - set(old) and not any(map(is_alive, old)), 10,
             "another balancer")
    wait_for(lambda: "DOWN" in admin(lab["lb1"], "show stat"), 10, "its checks")
    assert "priority 90/150" in admin(lab["lb1"], "show vip")
    assert watcher.changes(VIP) == []


def test_a_backend_that_does_not_exist_is_refused_with_its_place(lab):
    write_files(lab["lb1"], 0.1, CHECKED, conf("wbe"))
    said = lab["lb1"].run(["sh", "-c", f"{STACKS['relais'].program} -c -f haproxy.cfg -k keepalived.conf 2>&1"],
                          check=False)
    assert "no backend 'wbe', did you mean 'web'?" in said


def test_an_operator_moves_the_address_by_hand(lab, pair):
    pair("web")
    ctl = [STACKS["relais"].program.with_name("relaisctl"), "-s", "/run/haproxy/admin.sock", "vip"]
    watcher = AddressWatcher(lab["lb2"])
    began = now_us()
    assert admin(lab["lb1"], "vip switch VI_1").startswith("done: VI_1: handed over")
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the VIP on lb2")
    arrivals = lambda: [us for us, item in watcher.items() if item == ("+", VIP)]
    wait_for(arrivals, 10, "the watcher to see it")
    print(f"vip switch at 100 ms advertisements: {(arrivals()[0] - began) / 1000:.1f} ms to the VIP on lb2")
    wait_for(lambda: " hold switched " in admin(lab["lb1"], "show vip"), 10, "the hold")
    assert "refused: VI_1: not MASTER here" in admin(lab["lb1"], "vip switch VI_1")
    lab["lb1"].run(ctl + ["release", "VI_1"])
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "the VIP back on lb1")
    lab["lb1"].run(ctl + ["maintenance", "VI_1", "on"])
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 10, "the VIP on lb2")
    assert json.loads(admin(lab["lb1"], "show vip json"))[0]["hold"] == "maintenance"
    two = admin(lab["lb1"], "vip maintenance VI_1 off; vip release VI_9")
    assert "done: VI_1: takes part" in two and "refused: there is no VRRP instance" in two
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"], 10, "the VIP back on lb1")
    with pytest.raises(LabError, match="refused: there is no VRRP instance"):
        lab["lb1"].run(ctl + ["switch", "VI_9"])
