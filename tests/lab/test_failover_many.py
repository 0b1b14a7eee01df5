"""50 virtual routers with 255 addresses on one pair: they move together, each says so once, and what
operators look at shows all of them. What it costs is measured by bench/failover_scale.py."""
import re
import socket
import time
from collections import Counter

import pytest

from many import N_INSTANCES, N_VIPS, config, held, vips
from netlab import Lab, Sniffer, now_us, wait_for
from stacks import Relais

HAPROXY_CFG = """\
global
    log stdout format raw local0
    stats socket /run/haproxy/admin.sock mode 660 level admin

frontend metrics
    bind 127.0.0.1:8404
    mode http
    timeout client 5s
    http-request use-service prometheus-exporter if { path /metrics }
"""
NAMES = [f"VI_{i + 1}" for i in range(N_INSTANCES)]
ALL = {address.split("/")[0] for addresses in vips() for address in addresses}


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 250, "lb2": 251}) as built:
        yield built


@pytest.fixture
def nodes(lab):
    made = []
    for name, priority in (("lb1", 150), ("lb2", 100)):
        lab[name].write("haproxy.cfg", HAPROXY_CFG)
        lab[name].write("keepalived.conf", config(priority, 0.1))
        (lab[name].root / "run/haproxy").mkdir()
        made.append(Relais(lab[name]))
    try:
        yield made
    finally:
        for node in made:
            node.kill()


def shown(node):
    """Lines of `show vip` by state."""
    lines = [line.split() for line in node.ask("show vip").splitlines()]
    return Counter(state for line in lines for state in ("MASTER", "BACKUP") if state in line
                   if line[0] in NAMES)


def moves(text):
    return Counter(re.findall(r"\((VI_\d+)\) Entering (\w+) STATE", text))


def quiet_seconds(nodes):
    """True: nothing moved for two seconds. A busy test machine gets another chance."""
    before = [node.log().count("Entering ") for node in nodes]
    time.sleep(2)
    return before == [node.log().count("Entering ") for node in nodes]


def announced(frames):
    found = set()
    for _, frame in frames:
        if frame[12:14] == b"\x08\x06" and frame[28:32] == frame[38:42]:
            found.add(socket.inet_ntop(socket.AF_INET, frame[28:32]))
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136:
            found.add(socket.inet_ntop(socket.AF_INET6, frame[62:78]))
    return found


def test_fifty_routers_stand_and_move_together(lab, nodes):
    one, two = nodes
    one.start()
    wait_for(lambda: set(held(lab["lb1"])) == ALL, 20, "all addresses on lb1")
    two.start()
    wait_for(lambda: shown(two) == {"BACKUP": N_INSTANCES}, 10, "all BACKUP on lb2")
    assert len(ALL) == N_VIPS
    assert any(quiet_seconds(nodes) for _ in range(3)), "it moves without a reason"
    assert set(held(lab["lb1"])) == ALL and held(lab["lb2"]) == []

    sniffer, since, read = Sniffer(lab["client"]), now_us(), [len(node.log()) for node in nodes]
    one.stop()
    wait_for(lambda: set(held(lab["lb2"])) == ALL, 20, "all addresses on lb2")
    wait_for(lambda: ALL <= announced(sniffer.items(since)), 10, "announcements of all addresses")
    sniffer.stop()
    wait_for(lambda: shown(two) == {"MASTER": N_INSTANCES}, 10, "all MASTER on lb2")
    assert held(lab["lb1"]) == []
    assert moves(one.log()[read[0]:]) == Counter((name, "INIT") for name in NAMES)
    assert moves(two.log()[read[1]:]) == Counter((name, "MASTER") for name in NAMES)

    metrics = lab["lb2"].run(["curl", "-s", "-m", "20", "http://127.0.0.1:8404/metrics"])
    sent = set(re.findall(r'\w*adverts?\w*sent\w*\{[^}]*?"(VI_\d+)"', metrics))
    assert sent == set(NAMES), metrics[:2000]
